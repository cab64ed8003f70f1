/* SPDX-License-Identifier: Apache-2.0
 *
 * The evaluation suites that teams agreed on, one of which is current: which data sets, which metrics
 * a role must bring, which safety suites. Manifests refer to one by name and digest (eval_suite);
 * numbers from another one are no comparison. A version never changes.
 */
#ifndef MODEL_CANONICAL_SUITE_H
#define MODEL_CANONICAL_SUITE_H

#include "model/field.h"

struct suite_dataset {
	const char *name, *digest;
};

struct suite_requirement {
	const char *name; /* a role */
	struct strings metrics;
};

struct canonical_suite {
	const char *name, *version;
	/* What manifests call it by. Left out, it is made from the definition: from the fields
	 * below but for the notes, with name and version. */
	const char *digest;
	struct list datasets;	      /* MAP of struct suite_dataset */
	struct list required_metrics; /* MAP of struct suite_requirement */
	struct strings required_suites;
	const char *notes;
	int current; /* of a request: make it the current one, too */
	/* ours */
	const char *actor;
	int64_t created_at;
};
extern const struct field_table canonical_suite_table;

/* Fill in the digest when there is none. */
void canonical_suite_identify(struct canonical_suite *s, struct arena *a);

/* The canonical text of what never changes: all but `current` and what is ours. */
const char *canonical_suite_content(
	const struct canonical_suite *s, struct arena *a, size_t *ret_len);

/* NULL: the role must bring nothing. */
const struct strings *canonical_suite_metrics(const struct canonical_suite *s, const char *role);

#endif
