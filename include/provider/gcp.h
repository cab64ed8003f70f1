/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `gcp`, as its tests open it: with requests that go elsewhere, and an environment of
 * their own.
 */
#ifndef PROVIDER_GCP_H
#define PROVIDER_GCP_H

#include "provider/gcp_auth.h"

/* `way` NULL: the network. `env` is asked for GOOGLE_APPLICATION_CREDENTIALS and GCE_METADATA_HOST. */
int gcp_open_with(const struct connector_options *o, const char *(*env)(const char *name),
	const struct gcp_way *way, struct connector **ret, struct err *err);

#endif
