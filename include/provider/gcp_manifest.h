/* SPDX-License-Identifier: Apache-2.0
 *
 * The manifest of a model in Vertex AI: the one that its pipeline left in Cloud Storage beside the
 * artifact, else one that is made of the model's evaluations. What is made says no more than was
 * measured: numbers under the names that they have there, or that the option `metrics` gives them;
 * nothing is guessed of scales, and an evaluation of a slice is not one of the model.
 */
#ifndef PROVIDER_GCP_MANIFEST_H
#define PROVIDER_GCP_MANIFEST_H

#include "provider/gcp_models.h"

struct gcp_manifest_options {
	const char *provider;
	const char *name_space, *role; /* of what has no manifest; NULL: not said */
	const char *metrics;	       /* harvest_map_parse(); NULL: none */
};

/* enum fetch_result or -1, as a connector's fetch. */
int gcp_manifest_fetch(struct gcp_client *c, const struct gcp_manifest_options *o,
	const struct provider_call *call, const struct gcp_model *m, struct source_document *ret,
	struct err *err);

#endif
