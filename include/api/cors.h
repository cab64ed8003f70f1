/* SPDX-License-Identifier: Apache-2.0
 *
 * Cross-origin requests: allowed for the origins that the configuration names, and only for those.
 */
#ifndef API_CORS_H
#define API_CORS_H

struct request;
struct MHD_Response;

/* Add what the request's Origin is entitled to, and Vary when origins matter at all. */
void cors_headers(const struct request *r, struct MHD_Response *response);

/* OPTIONS: 204 with Allow, and the preflight's answer. */
int cors_options(struct request *r);

#endif
