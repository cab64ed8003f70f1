/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the fused release as a file, and the way from a part of it to a unit and back.
 */
#include "cli/fused.h"

#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "model/format.h"

enum { FUSED_MAX = 1 << 20 };

const char *const fused_providers[FUSED_UNITS] = {"hf", "gcp", "aws"};

static const struct field part_fields[] = {
	{"id", FIELD_STRING, offsetof(struct fused_part, id), FIELD_REQUIRED,
		.format = &format_artifact_id},
	{"role", FIELD_STRING, offsetof(struct fused_part, role), FIELD_REQUIRED,
		.format = &format_name},
	{"uri", FIELD_STRING, offsetof(struct fused_part, uri), FIELD_REQUIRED,
		.format = &format_uri},
	{"metrics", FIELD_MAP, offsetof(struct fused_part, metrics),
		FIELD_REQUIRED | FIELD_EMIT_EMPTY, .table = &metric_table},
};
static const struct field_table part_table = FIELD_TABLE(
	"FusedPart", "A unit of a fused release.", struct fused_part, part_fields, .open = true);

static const struct field parts_fields[] = {
	{"hf", FIELD_OBJECT, offsetof(struct fused_parts, part[FUSED_HF]), FIELD_REQUIRED,
		.table = &part_table},
	{"gcp", FIELD_OBJECT, offsetof(struct fused_parts, part[FUSED_GCP]), FIELD_REQUIRED,
		.table = &part_table},
	{"aws", FIELD_OBJECT, offsetof(struct fused_parts, part[FUSED_AWS]), FIELD_REQUIRED,
		.table = &part_table},
};
static const struct field_table parts_table = FIELD_TABLE(
	"FusedParts", "The unit of each provider.", struct fused_parts, parts_fields, .open = true);

static const struct field limit_fields[] = {
	{"min_quality", FIELD_REAL, offsetof(struct gate_limits, min_quality)},
	{"min_safety", FIELD_REAL, offsetof(struct gate_limits, min_safety)},
	{"max_latency_ms_p95", FIELD_REAL, offsetof(struct gate_limits, max_latency_ms_p95)},
	{"max_cost_per_1k_tokens", FIELD_REAL,
		offsetof(struct gate_limits, max_cost_per_1k_tokens)},
};
static const struct field_table limits_table = FIELD_TABLE("FusedGates",
	"The thresholds that applied.", struct gate_limits, limit_fields, .open = true);

static const struct field file_fields[] = {
	{"fused_model_id", FIELD_STRING, offsetof(struct fused_file, fused_model_id),
		FIELD_REQUIRED, .format = &format_line},
	{"generated_at", FIELD_TIME, offsetof(struct fused_file, generated_at)},
	{"providers", FIELD_STRINGS, offsetof(struct fused_file, providers)},
	{"gates", FIELD_OBJECT, offsetof(struct fused_file, gates), .table = &limits_table},
	{"units", FIELD_OBJECT, offsetof(struct fused_file, units), FIELD_REQUIRED,
		.table = &parts_table},
	{"contract", FIELD_OBJECT, offsetof(struct fused_file, contract),
		.table = &contract_ref_table},
	{"eval_suite", FIELD_OBJECT, offsetof(struct fused_file, eval_suite),
		.table = &eval_suite_table},
};
const struct field_table fused_file_table = FIELD_TABLE(
	"FusedFile", "A fused release as a file.", struct fused_file, file_fields, .open = true);

int fused_read(const char *path, struct arena *a, struct fused_file *ret,
	struct version *ret_version, struct faults *faults, struct err *err)
{
	const size_t prefix = strlen(FUSED_MODEL_PREFIX);
	char *text;
	size_t len;

	if (file_read(path, FUSED_MAX, a, &text, &len, err) < 0)
		return -1;
	if (fields_parse_text(&fused_file_table, text, len, a, ret, faults, err) < 0) {
		if (!faults->n)
			err_wrap(err, "%s", path);
		return -1;
	}
	if (strncmp(ret->fused_model_id, FUSED_MODEL_PREFIX, prefix) != 0 ||
		version_parse(ret->fused_model_id + prefix, ret_version) < 0 || ret_version->rc)
		return fault_add(faults, "/fused_model_id",
			"is \"%s\", not " FUSED_MODEL_PREFIX "X.Y.Z", ret->fused_model_id);
	return 0;
}

const struct unit *fused_unit_of(const struct fused_file *f, int provider, struct arena *a)
{
	const struct fused_part *part = f->units->part[provider];
	struct artifact *artifact = ARENA_NEW(a, struct artifact);
	struct unit *unit = ARENA_NEW(a, struct unit);
	char *digest = arena_alloc(a, DIGEST_STRLEN);
	size_t len;

	fields_init(&artifact_table, artifact);
	artifact->id = part->id;
	artifact->role = part->role;
	artifact->uri = part->uri;
	artifact->metrics = part->metrics;
	fields_init(&unit_table, unit);
	unit->provider = fused_providers[provider];
	unit->artifact = artifact;
	unit->contract = f->contract;
	unit->eval_suite = f->eval_suite;
	const char *content = fields_canonical(&unit_table, unit, a, &len);
	unit->content_digest = digest_string(content, len, digest);
	return unit;
}

struct fused_part *fused_part_of(const struct artifact *artifact, struct arena *a)
{
	struct fused_part *part = ARENA_NEW(a, struct fused_part);

	*part = (struct fused_part){.id = artifact->id,
		.role = artifact->role,
		.uri = artifact->uri,
		.metrics = artifact->metrics};
	return part;
}

bool fused_part_equal(const struct fused_part *x, const struct fused_part *y, struct arena *a)
{
	size_t x_len, y_len;
	const char *x_text = fields_canonical(&part_table, x, a, &x_len);
	const char *y_text = fields_canonical(&part_table, y, a, &y_len);

	return x_len == y_len && !memcmp(x_text, y_text, x_len);
}
