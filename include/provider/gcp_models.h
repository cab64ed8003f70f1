/* SPDX-License-Identifier: Apache-2.0
 *
 * The models of Vertex AI's registry: each model's default version is what is published, or all of them,
 * which costs a request for each model that is new or changed. What was listed
 * is remembered, by the instant at which each model was last changed: lists come with the latest change
 * first, so that one page on which nothing is new ends the listing. What was deleted shows when its
 * page is read, once a week at the latest, when all pages are read; it is said to be gone when somebody
 * fetches it. One thread at a time.
 */
#ifndef PROVIDER_GCP_MODELS_H
#define PROVIDER_GCP_MODELS_H

#include "provider/gcp_client.h"

struct gcp_model {
	const char *id, *version;    /* versionId */
	const char *updated;	     /* of the model; decides whether it has to be looked at */
	const char *version_updated; /* of the version; an entry's version */
	const char *display_name, *artifact_uri; /* "" when absent; not in listings */
	const char *label, *family; /* the labels `spiralfed` and `spiralfed-family`, "" */
};

struct gcp_models; /* what is remembered */
struct gcp_models *gcp_models_new(void);
void gcp_models_free(struct gcp_models *m); /* NULL is allowed */

struct gcp_models_options {
	const char *filter; /* as Vertex AI takes it */
	bool all_versions;  /* of each model; else its default one */
};
int gcp_models_list(struct gcp_models *m, struct gcp_client *c, const struct gcp_models_options *o,
	const struct provider_call *call, struct source_listing *ret, struct err *err);

/* One model, `id` or `id@version`: 1, 0, -1. In the arena of the call. */
int gcp_model_get(struct gcp_client *c, const struct provider_call *call, const char *id,
	struct gcp_model *ret, struct err *err);
/* Is it one that the filter lists? The same. */
int gcp_model_is_listed(struct gcp_client *c, const struct gcp_models_options *o,
	const struct provider_call *call, const struct gcp_model *m, struct err *err);
struct source_entry gcp_model_entry(const struct gcp_model *m, struct arena *a);

/* The id in a name of the form projects/.../locations/.../models/ID[@version], in the arena; NULL: it is
 * no such name. */
const char *gcp_model_id(const char *name, struct arena *a);

/* May such a name be of a model there? Not of another location, nor of a project with another id; which
 * id belongs to a project's number is not known here. */
bool gcp_model_is_of(const char *name, const char *parent);

#endif
