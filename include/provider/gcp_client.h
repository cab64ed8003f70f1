/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to Vertex AI and Cloud Storage: where they are asked, by whose token, and what the errors
 * mean. It only reads. A token that is refused is replaced once; nothing is sent to another server than
 * the two that were named. One thread at a time, but for gcp_client_health().
 */
#ifndef PROVIDER_GCP_CLIENT_H
#define PROVIDER_GCP_CLIENT_H

#include "provider/gcp_auth.h"

struct gcp_client_options {
	const char *project, *location;
	const char *endpoint, *storage_endpoint; /* NULL: Google's own */
	struct gcp_auth_options auth;
	const struct gcp_way *way; /* NULL: a session of its own */
};

struct gcp_client;
/* ERR_CONFIG. */
int gcp_client_new(const struct gcp_client_options *o, struct gcp_client **ret, struct err *err);
void gcp_client_free(struct gcp_client *c); /* NULL is allowed */
void gcp_client_health(struct gcp_client *c, const struct clock *clock, struct session_health *ret);

/* "projects/<project>/locations/<location>" */
const char *gcp_client_parent(const struct gcp_client *c);

enum gcp_api { GCP_VERTEX, GCP_STORAGE };
/* GET: 1 with the answer, 0 when there is no such thing (404), -1. In the call's arena. ERR_IO: this one
 * can't be read (refused, but for 401 and Vertex AI's 403, or beyond `cap`); ERR_CONFIG: Google refuses
 * us; ERR_UNREACHABLE: it can't be asked now. */
int gcp_get(struct gcp_client *c, const struct provider_call *call, enum gcp_api api,
	const char *path, size_t cap, struct http_response *ret, struct err *err);

#endif
