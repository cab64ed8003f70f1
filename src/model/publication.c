/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of what stands beside a published release.
 */
#include "model/publication.h"

#include <string.h>

#include "model/format.h"

const char *const published_paths[PUBLISHED_PATHS] = {PUBLISHED_RELEASE, PUBLISHED_ATTESTATION,
	PUBLISHED_RECORD, PUBLISHED_CHANNEL, PUBLISHED_POINTER, PUBLISHED_STATES, PUBLISHED_CARD,
	PUBLISHED_CHANGELOG, PUBLISHED_SEAL};

bool published_is_prose(const char *path)
{
	return strcmp(path, PUBLISHED_CARD) == 0 || strcmp(path, PUBLISHED_CHANGELOG) == 0;
}

#define F(type_, name_, field_, ...)                                                 \
	{                                                                            \
#name_, FIELD_##field_, offsetof(struct type_, name_), ##__VA_ARGS__ \
	}
#define TABLE(name_, type_, fields_) FIELD_TABLE(name_, NULL, struct type_, fields_)

static const struct field release_fields[] = {
	F(record_release, version, STRING, FIELD_REQUIRED, .format = &format_core),
	F(record_release, merge, STRING, FIELD_REQUIRED),
	F(record_release, previous, STRING, FIELD_EMIT_NULL | FIELD_TAKE_NULL,
		.format = &format_core),
	F(record_release, digest, STRING, FIELD_REQUIRED, .format = &format_digest),
	F(record_release, actor, STRING, FIELD_REQUIRED),
	F(record_release, reason, STRING, FIELD_REQUIRED, .min = 0, .max = 4096),
	F(record_release, created_at, TIME, FIELD_REQUIRED),
};
static const struct field_table release_part =
	TABLE("RecordRelease", record_release, release_fields);

static const struct field merge_fields[] = {
	F(record_merge, version, STRING, FIELD_REQUIRED),
	F(record_merge, release, STRING, FIELD_REQUIRED, .format = &format_core),
	F(record_merge, baseline, STRING, FIELD_EMIT_NULL | FIELD_TAKE_NULL,
		.format = &format_core),
	F(record_merge, serial, INT, FIELD_REQUIRED),
	F(record_merge, policy_digest, STRING, FIELD_REQUIRED, .format = &format_digest),
	F(record_merge, identity, STRING, FIELD_REQUIRED, .format = &format_digest),
	F(record_merge, digest, STRING, FIELD_REQUIRED, .format = &format_digest),
	F(record_merge, actor, STRING, FIELD_REQUIRED),
	F(record_merge, created_at, TIME, FIELD_REQUIRED),
	F(record_merge, content, JSON, FIELD_REQUIRED),
};
static const struct field_table merge_part = TABLE("RecordMerge", record_merge, merge_fields);

static const struct field policy_fields[] = {
	F(record_policy, version, INT, FIELD_REQUIRED, .min = 1, .max = 9007199254740991),
	F(record_policy, digest, STRING, FIELD_REQUIRED, .format = &format_digest),
	F(record_policy, actor, STRING, FIELD_REQUIRED),
	F(record_policy, reason, STRING, FIELD_REQUIRED, .min = 0, .max = 4096),
	F(record_policy, created_at, TIME, FIELD_REQUIRED),
	F(record_policy, document, JSON, FIELD_REQUIRED),
};
static const struct field_table policy_part = TABLE("RecordPolicy", record_policy, policy_fields);

static const struct field unit_fields[] = {
	F(record_unit, slot, STRING, FIELD_REQUIRED, .format = &format_name),
	F(record_unit, provider, STRING, FIELD_REQUIRED, .format = &format_provider),
	F(record_unit, id, STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(record_unit, kept, BOOL, FIELD_REQUIRED),
	F(record_unit, fresh, BOOL, FIELD_REQUIRED),
};
static const struct field_table unit_part = TABLE("RecordUnit", record_unit, unit_fields);

static const struct field manifest_fields[] = {
	F(record_manifest, digest, STRING, FIELD_REQUIRED, .format = &format_digest),
	F(record_manifest, actor, STRING, FIELD_REQUIRED),
	F(record_manifest, received_at, TIME, FIELD_REQUIRED),
	F(record_manifest, document, JSON, FIELD_REQUIRED),
};
static const struct field_table manifest_part =
	TABLE("RecordManifest", record_manifest, manifest_fields);

static const struct field key_fields[] = {
	F(record_key, keyid, STRING, FIELD_REQUIRED),
	F(record_key, public_key, STRING, FIELD_REQUIRED),
	F(record_key, created_at, TIME, FIELD_REQUIRED),
	F(record_key, retires_at, TIME, 0),
};
static const struct field_table key_part = TABLE("RecordKey", record_key, key_fields);

static const struct field record_fields[] = {
	F(publication_record, schema, STRING, FIELD_REQUIRED),
	F(publication_record, release, OBJECT, FIELD_REQUIRED, .table = &release_part),
	F(publication_record, merge, OBJECT, FIELD_REQUIRED, .table = &merge_part),
	F(publication_record, policy, OBJECT, FIELD_REQUIRED, .table = &policy_part),
	F(publication_record, units, LIST, FIELD_REQUIRED, .min = 1, .max = 32,
		.table = &unit_part),
	F(publication_record, manifests, LIST, FIELD_REQUIRED, .min = 1,
		.max = RECORD_MANIFESTS_MAX, .table = &manifest_part),
	F(publication_record, keys, LIST, FIELD_REQUIRED, .min = 1, .max = 64, .table = &key_part),
};
const struct field_table publication_record_table =
	FIELD_TABLE("PublicationRecord", "What a registry needs to hold a published release again.",
		struct publication_record, record_fields);

static const struct field state_fields[] = {
	F(state_release, version, STRING, FIELD_REQUIRED, .format = &format_core),
	F(state_release, state, STRING, FIELD_REQUIRED),
	F(state_release, digest, STRING, 0, .format = &format_digest),
	F(state_release, last_serial, INT, FIELD_REQUIRED),
	F(state_release, last_active_at, TIME, FIELD_REQUIRED),
};
static const struct field_table state_part = TABLE("StateRelease", state_release, state_fields);

static const struct field activation_fields[] = {
	F(state_activation, serial, INT, FIELD_REQUIRED, .min = 1, .max = 9007199254740991),
	F(state_activation, version, STRING, FIELD_REQUIRED, .format = &format_core),
	F(state_activation, previous, STRING, FIELD_EMIT_NULL | FIELD_TAKE_NULL,
		.format = &format_core),
	F(state_activation, cause, STRING, FIELD_REQUIRED),
	F(state_activation, actor, STRING, FIELD_REQUIRED),
	F(state_activation, reason, STRING, FIELD_REQUIRED, .min = 0, .max = 4096),
	F(state_activation, at, TIME, FIELD_REQUIRED),
};
static const struct field_table activation_part =
	TABLE("StateActivation", state_activation, activation_fields);

static const struct field held_fields[] = {
	F(state_held, provider, STRING, FIELD_REQUIRED, .format = &format_provider),
	F(state_held, id, STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(state_held, by, STRING, FIELD_REQUIRED, .format = &format_core),
};
static const struct field_table held_part = TABLE("StateHeld", state_held, held_fields);

static const struct field states_fields[] = {
	F(publication_states, schema, STRING, FIELD_REQUIRED),
	F(publication_states, releases, LIST, FIELD_REQUIRED, .min = 1, .max = STATES_MAX,
		.table = &state_part),
	F(publication_states, activations, LIST, FIELD_REQUIRED, .min = 1, .max = STATES_MAX,
		.table = &activation_part),
	F(publication_states, omitted, INT, 0, .help = "activations before those"),
	F(publication_states, held, LIST, FIELD_EMIT_EMPTY, .max = STATES_MAX, .table = &held_part),
	F(publication_states, lost, STRINGS, 0, .max = STATES_MAX, .format = &format_core),
	F(publication_states, keys, LIST, 0, .max = 64, .table = &key_part),
};
const struct field_table publication_states_table = FIELD_TABLE("PublicationStates",
	"Where each release stands.", struct publication_states, states_fields);

static const struct field sealed_fields[] = {
	F(sealed_file, path, STRING, FIELD_REQUIRED),
	F(sealed_file, digest, STRING, FIELD_REQUIRED, .format = &format_digest),
};
static const struct field_table sealed_part = TABLE("SealedFile", sealed_file, sealed_fields);

static const struct field seal_fields[] = {
	F(publication_seal, schema, STRING, FIELD_REQUIRED),
	F(publication_seal, serial, INT, FIELD_REQUIRED, .min = 1, .max = 9007199254740991),
	F(publication_seal, version, STRING, FIELD_REQUIRED, .format = &format_core),
	F(publication_seal, files, LIST, FIELD_REQUIRED, .min = 1, .max = PUBLISHED_PATHS,
		.table = &sealed_part),
};
const struct field_table publication_seal_table = FIELD_TABLE("PublicationSeal",
	"What stands at a commit of the publisher's, as it is signed.", struct publication_seal,
	seal_fields);

static const struct field drift_fields[] = {
	F(publication_drift, code, STRING, FIELD_REQUIRED,
		.help = "repository_gone, tag_deleted, tag_moved, tag_taken, tag_unknown, "
			"file_changed, "
			"file_deleted, file_taken or seal_invalid"),
	F(publication_drift, subject, STRING, FIELD_REQUIRED, .min = 0, .max = 1024),
	F(publication_drift, detail, STRING, FIELD_REQUIRED),
	F(publication_drift, needs, STRING, FIELD_REQUIRED, .help = "what puts it right"),
	F(publication_drift, found, STRING, 0, .format = &format_digest,
		.help = "of a file that is there: its digest"),
};
const struct field_table publication_drift_table =
	FIELD_TABLE("PublicationDrift", "Something in the repository that is not as it was left.",
		struct publication_drift, drift_fields);

static const char *const publication_states[] = {
	"off", "waiting", "agrees", "drifted", "failing", NULL};
static const struct field_names publication_state_names = {
	"state of the publishing", publication_states};

static const struct field error_fields[] = {
	F(publication_error, code, STRING, FIELD_REQUIRED),
	F(publication_error, detail, STRING, FIELD_REQUIRED),
	F(publication_error, at, TIME, FIELD_REQUIRED),
};
static const struct field_table error_part =
	FIELD_TABLE("PublicationError", "Why the repository could not be reached or written.",
		struct publication_error, error_fields);

static const struct field status_fields[] = {
	F(publication_status, state, ENUM, FIELD_REQUIRED, .names = &publication_state_names,
		.help = "off: no connector has a repository to publish to; waiting: not looked at "
			"yet, or something is still to be published"),
	F(publication_status, provider, STRING, FIELD_EMIT_NULL),
	F(publication_status, repository, STRING, FIELD_EMIT_NULL),
	F(publication_status, head, STRING, FIELD_EMIT_NULL, .help = "as it was left"),
	F(publication_status, checked_at, TIME, FIELD_EMIT_NULL),
	F(publication_status, serial, INT, FIELD_ZERO,
		.help = "of the channel as its file shows it"),
	F(publication_status, published, INT, FIELD_ZERO, .help = "releases that stand there"),
	F(publication_status, pending, INT, FIELD_ZERO, .help = "releases that do not yet"),
	F(publication_status, newest, STRING, FIELD_EMIT_NULL, .help = "of those published"),
	F(publication_status, drift, LIST, FIELD_EMIT_EMPTY, .max = 20000,
		.table = &publication_drift_table, .help = "what is not as it was left"),
	F(publication_status, drift_since, TIME, FIELD_EMIT_NULL),
	F(publication_status, failing_since, TIME, FIELD_EMIT_NULL),
	F(publication_status, last_error, OBJECT, FIELD_EMIT_NULL, .table = &error_part,
		.help = "kept after a success"),
};
const struct field_table publication_status_table = FIELD_TABLE("Publication",
	"How releases are published to the Hub.", struct publication_status, status_fields);
#undef F
#undef TABLE
