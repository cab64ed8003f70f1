/* SPDX-License-Identifier: Apache-2.0
 *
 * Google's credential files, as `gcloud` and the console write them: a service account's key
 * (`service_account`), and workload identity federation (`external_account`) with a subject token from a
 * file or a URL. Other kinds, people's own logins first of all, are refused with a sentence. Secrets go
 * to https alone, or to this machine. Pure; results live in the arena, which holds a secret then.
 */
#ifndef PROVIDER_GCP_CREDENTIALS_H
#define PROVIDER_GCP_CREDENTIALS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/http.h"

enum { GCP_CREDENTIALS_MAX = 64 << 10, GCP_SOURCE_HEADERS_MAX = 8 };

enum gcp_credentials_kind { GCP_KEY, GCP_FEDERATION };

struct gcp_credentials {
	enum gcp_credentials_kind kind;
	const char *token_url; /* of the key: token_uri */
	/* GCP_KEY */
	const char *email, *private_key, *private_key_id;
	/* GCP_FEDERATION */
	const char *audience, *subject_token_type;
	const char *source_file, *source_url; /* one of them */
	struct http_header source_headers[GCP_SOURCE_HEADERS_MAX];
	size_t n_source_headers;
	const char *source_field; /* of a JSON text; NULL: all of the text is the token */
	const char *impersonate;  /* URL; NULL: the exchanged token is used as it is */
	int lifetime_s;		  /* of the impersonated token */
};

/* ERR_CONFIG, without any of the text. */
int gcp_credentials_parse(const char *text, size_t len, struct arena *a,
	struct gcp_credentials *ret, struct err *err);

/* A URL as a server and what is asked of it; ERR_CONFIG unless it is https, or http on this machine or
 * at the address of a metadata server. */
int gcp_secret_url(const char *url, struct arena *a, struct http_server *ret, const char **ret_path,
	struct err *err);

#endif
