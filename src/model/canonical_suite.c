/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the canonical evaluation suites.
 */
#include "model/canonical_suite.h"

#include <string.h>

#include "base/digest.h"
#include "model/format.h"

static const struct field dataset_fields[] = {
	{"digest", FIELD_STRING, offsetof(struct suite_dataset, digest), FIELD_REQUIRED,
		.format = &format_digest},
};
static const struct field_table dataset_table =
	FIELD_TABLE("SuiteDataset", "A data set, by the digest of its content.",
		struct suite_dataset, dataset_fields, .scalar = "digest");

static const struct field requirement_fields[] = {
	{"metrics", FIELD_STRINGS, offsetof(struct suite_requirement, metrics), FIELD_REQUIRED,
		.min = 1, .max = 64, .format = &format_name},
};
static const struct field_table requirement_table =
	FIELD_TABLE("SuiteRequirement", "The metrics that a role must bring.",
		struct suite_requirement, requirement_fields, .scalar = "metrics");

#define F(name_, type_, ...)                                                        \
	{                                                                           \
#name_, type_, offsetof(struct canonical_suite, name_), __VA_ARGS__ \
	}
static const struct field suite_fields[] = {
	F(name, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(version, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(digest, FIELD_STRING, 0, .format = &format_digest,
		.help = "what manifests refer to; made from the definition when absent"),
	F(datasets, FIELD_MAP, FIELD_REQUIRED, .min = 1, .max = 256, .table = &dataset_table,
		.help = "name: digest"),
	F(required_metrics, FIELD_MAP, FIELD_REQUIRED, .min = 1, .max = 64,
		.table = &requirement_table, .help = "role: names of metrics"),
	F(required_suites, FIELD_STRINGS, 0, .min = 0, .max = 64, .format = &format_name,
		.help = "safety suites that every artifact must bring"),
	F(notes, FIELD_STRING, 0, .min = 1, .max = 4096),
	F(current, FIELD_BOOL, 0, .help = "exactly one suite is the current one"),
	F(actor, FIELD_STRING, FIELD_READ_ONLY),
	F(created_at, FIELD_TIME, FIELD_READ_ONLY),
};
#undef F

/* Two equal names in a list say that one of them should have been another. */
static void check_twice(const struct strings *list, const char *pointer, struct faults *faults)
{
	char at[160];

	for (size_t i = 1; i < list->n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(list->v[i], list->v[k]) != 0)
				continue;
			pointer_index(at, sizeof(at), pointer, i);
			fault_add(faults, at, "\"%s\" is there twice", list->v[i]);
			break;
		}
	}
}

static void suite_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct canonical_suite *s = obj;
	char base[160], at[160];

	pointer_join(at, sizeof(at), pointer, "required_suites");
	check_twice(&s->required_suites, at, faults);
	pointer_join(base, sizeof(base), pointer, "required_metrics");
	for (size_t i = 0; i < s->required_metrics.n; i++) {
		const struct suite_requirement *r =
			LIST_AT(&s->required_metrics, struct suite_requirement, i);
		pointer_join(at, sizeof(at), base, r->name);
		check_twice(&r->metrics, at, faults);
	}
}

const struct field_table canonical_suite_table =
	FIELD_TABLE("CanonicalSuite", "An evaluation suite that metrics are compared under.",
		struct canonical_suite, suite_fields, .check = suite_check);

const char *canonical_suite_content(
	const struct canonical_suite *s, struct arena *a, size_t *ret_len)
{
	struct canonical_suite content = *s;

	content.current = -1;
	content.actor = NULL;
	content.created_at = 0;
	return fields_canonical(&canonical_suite_table, &content, a, ret_len);
}

void canonical_suite_identify(struct canonical_suite *s, struct arena *a)
{
	struct canonical_suite definition = *s;
	char digest[DIGEST_STRLEN];
	size_t len;

	if (s->digest)
		return;
	definition.notes = NULL;
	const char *text = canonical_suite_content(&definition, a, &len);
	s->digest = arena_strdup(a, digest_string(text, len, digest));
}

const struct strings *canonical_suite_metrics(const struct canonical_suite *s, const char *role)
{
	for (size_t i = 0; i < s->required_metrics.n; i++) {
		const struct suite_requirement *r =
			LIST_AT(&s->required_metrics, struct suite_requirement, i);
		if (!strcmp(r->name, role))
			return &r->metrics;
	}
	return NULL;
}
