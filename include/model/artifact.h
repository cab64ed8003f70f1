/* SPDX-License-Identifier: Apache-2.0
 *
 * An artifact as a manifest gives it, and the unit: the artifact with the context that its verdict
 * depends on. A unit's canonical form is the artifact's content; its digest is its identity, so the
 * same id with another metric, contract or suite is a conflict.
 */
#ifndef MODEL_ARTIFACT_H
#define MODEL_ARTIFACT_H

#include "model/evidence.h"
#include "model/field.h"

/* {name, version, digest}: the evaluation suite or the contract that was used. */
struct named_digest {
	const char *name, *version, *digest;
};
extern const struct field_table eval_suite_table;
extern const struct field_table contract_ref_table;

/* The vector index that a unit holds or was built to search. */
struct artifact_index {
	const char *embedder; /* id of the artifact whose vectors are in it */
	const char *digest;
	int64_t dimensions;
};

struct artifact {
	const char *id, *kind, *role, *uri, *digest;
	int64_t size_bytes;
	const char *base_model;
	struct strings derived_from;
	const char *subject;
	struct strings prompt_types;
	const char *license, *branch;
	struct artifact_index *index;
	struct list metrics; /* MAP of struct metric */
	struct list suites;  /* MAP of struct suite */
};
extern const struct field_table artifact_table, metric_table, suite_table;

struct unit {
	const char *provider;
	struct artifact *artifact;
	struct named_digest *contract, *eval_suite;
	const char *content_digest; /* derived, not a field: digest of the canonical form */
};
extern const struct field_table unit_table;

/* The sentence for fields that carry the data itself, for the tables of a manifest. */
const char *evidence_unknown(const char *key, size_t elements);

/* NULL when the artifact has none of that name. */
const struct metric *artifact_metric(const struct artifact *a, const char *name);
const struct suite *artifact_suite(const struct artifact *a, const char *name);

/* Could a connector ever look at this place: scheme://..., and arn:...? Scripts and data are none. Asked
 * of manifests only: what came before it was asked is read as it is. */
#define ARTIFACT_PLACES "hf://, gs://, s3://, https://, file:// (or another scheme://), or arn:"
bool artifact_is_place(const char *uri);

/* Order units by their content digests. */
void units_sort(const struct unit **v, size_t n);

#endif
