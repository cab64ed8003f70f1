/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the credentials for AWS come from, in the order in which AWS's own tools look: the environment,
 * a web identity's token file, the shared file, the container's agent, the machine's metadata (IMDSv2
 * only). A section that names a profile or a file means that one alone. What is looked for first and is
 * there, but wrong, ends the search with its error.
 *
 * Those that expire are fetched anew 15 minutes earlier; when that fails, what is held serves until it
 * expires. Secrets stand in no error and no log. Used by one thread at a time.
 */
#ifndef PROVIDER_AWS_CREDENTIALS_H
#define PROVIDER_AWS_CREDENTIALS_H

#include "provider/session.h"
#include "provider/sigv4.h"

/* Sends; as session_send. */
typedef int aws_send_fn(void *arg, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, struct err *err);

struct aws_identity_options {
	const char *profile, *file;	      /* named by the section; NULL: not */
	const char *sts;		      /* its endpoint */
	const char *(*env)(const char *name); /* a variable; NULL: it is not set */
	aws_send_fn *send;
	void *arg;
};

struct aws_identity;
/* The strings are copied. */
struct aws_identity *aws_identity_new(const struct aws_identity_options *o);
void aws_identity_free(struct aws_identity *i); /* wipes; NULL is allowed */

/* Good until the next get; nothing of them is in the call's arena. ERR_CONFIG when there are none anywhere, else as the one that failed. */
int aws_identity_get(struct aws_identity *i, const struct provider_call *call,
	struct sigv4_credentials *ret, struct err *err);
/* AWS refused what was given out: false when it was fetched so lately that fetching it again makes no
 * sense, else the next get does. */
bool aws_identity_refused(struct aws_identity *i, const struct clock *clock);
/* "environment", "web identity", "shared file", "container", "instance"; NULL: none yet. */
const char *aws_identity_source(const struct aws_identity *i);

/* ---- Its parts, for tests ---- */

/* One profile of a shared file; absent keys are NULL. 1: it is there, 0: it is not, -1: ERR_CONFIG with
 * the line. */
struct aws_profile {
	const char *id, *secret, *token;
	const char
		*elsewhere; /* the first key that says that the credentials come from elsewhere */
};
int aws_profile_parse(const char *text, size_t len, const char *name, struct arena *a,
	struct aws_profile *ret, struct err *err);

/* May the container's agent be there? ERR_CONFIG: credentials would go to somebody else. */
int aws_container_check(const char *url, struct err *err);
/* Sessions, and tokens of web identities, go to https alone, or to this machine and its metadata service:
 * ERR_CONFIG. The URL is one that http_server_parse() takes. */
int aws_secret_check(const char *url, struct err *err);

#endif
