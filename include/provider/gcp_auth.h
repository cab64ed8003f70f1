/* SPDX-License-Identifier: Apache-2.0
 *
 * Access tokens for Google's APIs: by a service account's key, by workload identity federation, or from
 * the metadata server of the machine. A token is kept until 3 min 45 s before its end, then another is
 * fetched; the credentials are read anew each time, so that a rotated file needs no restart. Neither
 * tokens nor keys stand in errors. One thread at a time.
 */
#ifndef PROVIDER_GCP_AUTH_H
#define PROVIDER_GCP_AUTH_H

#include "provider/session.h"

struct gcp_auth_options {
	const char *file;	   /* of credentials; NULL: the metadata server */
	const char *metadata_host; /* host[:port]; NULL: metadata.google.internal */
};

/* How requests go out, as session_send() does it. */
struct gcp_way {
	int (*send)(void *arg, const struct provider_call *call, struct session_request *r,
		const int *expected, struct http_response *ret, int *ret_status, struct err *err);
	void *arg;
};
struct gcp_way gcp_way_of(struct session *s);

struct gcp_auth;
/* `way` NULL: by a session of its own. */
struct gcp_auth *gcp_auth_new(const struct gcp_auth_options *o, const struct gcp_way *way);
void gcp_auth_free(struct gcp_auth *g); /* NULL is allowed */

/* The value of Authorization, in the call's arena. ERR_CONFIG: the credentials are none, or are refused;
 * ERR_UNREACHABLE: who gives tokens can't be reached now. */
int gcp_auth_header(
	struct gcp_auth *g, const struct provider_call *call, const char **ret, struct err *err);

/* The token that was given last was refused: fetch another next time. */
void gcp_auth_forget(struct gcp_auth *g);

#endif
