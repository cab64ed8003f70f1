/* SPDX-License-Identifier: Apache-2.0
 *
 * Artifacts as a manifest gives them, and units, whose canonical form is an artifact's content.
 */
#include "model/artifact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/format.h"

static const struct field named_digest_fields[] = {
	{"name", FIELD_STRING, offsetof(struct named_digest, name), FIELD_REQUIRED,
		.format = &format_name},
	{"version", FIELD_STRING, offsetof(struct named_digest, version), 0, .min = 1, .max = 64,
		.format = &format_line},
	{"digest", FIELD_STRING, offsetof(struct named_digest, digest), 0,
		.format = &format_digest},
};

const struct field_table eval_suite_table =
	FIELD_TABLE("EvalSuite", "The evaluation suite that the metrics come from.",
		struct named_digest, named_digest_fields, .unknown = evidence_unknown);

const struct field_table contract_ref_table =
	FIELD_TABLE("ContractRef", "The nodal contract that the artifacts honour.",
		struct named_digest, named_digest_fields, .unknown = evidence_unknown);

static const struct field index_fields[] = {
	{"embedder", FIELD_STRING, offsetof(struct artifact_index, embedder), 0, .min = 1,
		.max = 220, .format = &format_artifact_id,
		.help = "id of the artifact whose vectors are in it"},
	{"digest", FIELD_STRING, offsetof(struct artifact_index, digest), 0,
		.format = &format_digest},
	{"dimensions", FIELD_INT, offsetof(struct artifact_index, dimensions), 0, .min = 1,
		.max = 1048576},
};
static const struct field_table index_table =
	FIELD_TABLE("ArtifactIndex", "The vector index that the unit holds or was built to search.",
		struct artifact_index, index_fields, .unknown = evidence_unknown);

#define F(name_, type_, ...)                                                 \
	{                                                                    \
#name_, type_, offsetof(struct artifact, name_), __VA_ARGS__ \
	}
static const struct field artifact_fields[] = {
	F(id, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 220, .format = &format_artifact_id),
	F(kind, FIELD_STRING, 0, .format = &format_name, .help = "e.g. adapter"),
	F(role, FIELD_STRING, FIELD_REQUIRED, .format = &format_name,
		.help = "one of the provider's roles in the policy"),
	F(uri, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 2048, .format = &format_uri),
	F(digest, FIELD_STRING, 0, .format = &format_digest, .help = "of the artifact's bytes"),
	F(size_bytes, FIELD_INT, 0),
	F(base_model, FIELD_STRING, 0, .min = 1, .max = 256, .format = &format_line),
	F(derived_from, FIELD_STRINGS, 0, .min = 0, .max = 64, .format = &format_artifact_id),
	F(subject, FIELD_STRING, 0, .min = 1, .max = 220, .format = &format_artifact_id,
		.help = "the artifact that this one is evidence about"),
	F(prompt_types, FIELD_STRINGS, 0, .min = 0, .max = 64, .format = &format_name),
	F(license, FIELD_STRING, 0, .min = 1, .max = 128, .format = &format_line),
	F(branch, FIELD_STRING, 0, .format = &format_name, .help = "of a rapid A/B comparison"),
	F(index, FIELD_OBJECT, 0, .table = &index_table),
	F(metrics, FIELD_MAP, 0, .min = 1, .max = 256, .table = &metric_table),
	F(suites, FIELD_MAP, 0, .min = 1, .max = 64, .table = &suite_table),
};
#undef F

static void artifact_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct artifact *o = obj;
	char at[160], element[160];

	if (!o->metrics.n && !o->suites.n) {
		pointer_join(at, sizeof(at), pointer, "metrics");
		fault_add(faults, at, "is required");
	}
	if (o->subject && !strcmp(o->subject, o->id)) {
		pointer_join(at, sizeof(at), pointer, "subject");
		fault_add(faults, at, "must be another artifact");
	}
	pointer_join(at, sizeof(at), pointer, "derived_from");
	for (size_t i = 0; i < o->derived_from.n; i++) {
		if (strcmp(o->derived_from.v[i], o->id) != 0)
			continue;
		pointer_index(element, sizeof(element), at, i);
		fault_add(faults, element, "must be another artifact");
	}
}

const struct field_table artifact_table =
	FIELD_TABLE("Artifact", "An artifact, its metrics and its evidence.", struct artifact,
		artifact_fields, .check = artifact_check, .unknown = evidence_unknown);

static const struct field unit_fields[] = {
	{"artifact", FIELD_OBJECT, offsetof(struct unit, artifact), FIELD_REQUIRED,
		.table = &artifact_table},
	{"contract", FIELD_OBJECT, offsetof(struct unit, contract), 0,
		.table = &contract_ref_table},
	{"eval_suite", FIELD_OBJECT, offsetof(struct unit, eval_suite), 0,
		.table = &eval_suite_table},
	{"provider", FIELD_STRING, offsetof(struct unit, provider), FIELD_REQUIRED,
		.format = &format_provider},
};

const struct field_table unit_table = FIELD_TABLE(
	"Unit", "An artifact with what its verdict depends on.", struct unit, unit_fields);

bool artifact_is_place(const char *uri)
{
	static const char *const no_places[] = {"javascript", "vbscript", "data", "blob"};
	size_t n = strcspn(uri, ":");

	for (size_t i = 0; i < sizeof(no_places) / sizeof(no_places[0]); i++)
		if (strlen(no_places[i]) == n && strncasecmp(uri, no_places[i], n) == 0)
			return false;
	return text_starts(uri + n, "://") || text_starts(uri, "arn:");
}

static int by_digest(const void *a, const void *b)
{
	const struct unit *u = *(const struct unit *const *)a, *w = *(const struct unit *const *)b;

	return strcmp(u->content_digest, w->content_digest);
}

void units_sort(const struct unit **v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), by_digest);
}

const struct metric *artifact_metric(const struct artifact *a, const char *name)
{
	for (size_t i = 0; i < a->metrics.n; i++) {
		const struct metric *m = LIST_AT(&a->metrics, struct metric, i);
		if (!strcmp(m->name, name))
			return m;
	}
	return NULL;
}

const struct suite *artifact_suite(const struct artifact *a, const char *name)
{
	for (size_t i = 0; i < a->suites.n; i++) {
		const struct suite *s = LIST_AT(&a->suites, struct suite, i);
		if (!strcmp(s->name, name))
			return s;
	}
	return NULL;
}
