/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of waivers.
 */
#include "model/waiver.h"

#include "model/format.h"
#include "model/phase.h"

static const char *const states[] = {"requested", "approved", "expired", "revoked", NULL};
const struct field_names waiver_state_names = {"state of a waiver", states};

static const struct field artifact_fields[] = {
	{"provider", FIELD_STRING, offsetof(struct waiver_artifact, provider), FIELD_REQUIRED,
		.format = &format_provider},
	{"id", FIELD_STRING, offsetof(struct waiver_artifact, id), FIELD_REQUIRED, .min = 1,
		.max = 220, .format = &format_artifact_id},
};
static const struct field_table artifact_ref_table =
	FIELD_TABLE("WaiverArtifact", "The candidate.", struct waiver_artifact, artifact_fields);

#define F(name_, type_, ...)                                               \
	{                                                                  \
#name_, type_, offsetof(struct waiver, name_), __VA_ARGS__ \
	}
static const struct field waiver_fields[] = {
	F(id, FIELD_STRING, FIELD_READ_ONLY, .help = "of the waiver"),
	F(state, FIELD_ENUM, FIELD_READ_ONLY, .names = &waiver_state_names,
		.help = "at the moment of the answer"),
	F(gate, FIELD_ENUM, FIELD_REQUIRED, .names = &gate_names),
	F(artifact, FIELD_OBJECT, FIELD_REQUIRED, .table = &artifact_ref_table),
	F(reason, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 1000, .format = &format_line,
		.help = "kept in the history"),
	F(expires_at, FIELD_TIME, FIELD_REQUIRED, .help = "at most 30 days ahead"),
	F(requested_by, FIELD_STRING, 0, .min = 1, .max = 128, .format = &format_line,
		.help = "only without authentication, and then needed; else the token is it"),
	F(requested_at, FIELD_TIME, FIELD_READ_ONLY),
	F(approved_by, FIELD_STRING, FIELD_READ_ONLY, .help = "never who requested it"),
	F(approved_at, FIELD_TIME, FIELD_READ_ONLY),
	F(approval_reason, FIELD_STRING, FIELD_READ_ONLY),
	F(revoked_by, FIELD_STRING, FIELD_READ_ONLY),
	F(revoked_at, FIELD_TIME, FIELD_READ_ONLY),
	F(revocation_reason, FIELD_STRING, FIELD_READ_ONLY),
};
#undef F
const struct field_table waiver_table = FIELD_TABLE("Waiver",
	"Leave to pass one gate with one candidate, for a while.", struct waiver, waiver_fields);

static const struct field approval_fields[] = {
	{"reason", FIELD_STRING, offsetof(struct waiver_approval, reason), 0, .min = 1, .max = 1000,
		.format = &format_line, .help = "kept in the history"},
	{"approved_by", FIELD_STRING, offsetof(struct waiver_approval, approved_by), 0, .min = 1,
		.max = 128, .format = &format_line,
		.help = "only without authentication, and then needed; another than requested_by"},
	{"dry_run", FIELD_BOOL, offsetof(struct waiver_approval, dry_run), 0,
		.help = "answer what would be, and change nothing"},
};
const struct field_table waiver_approval_table =
	FIELD_TABLE("WaiverApproval", NULL, struct waiver_approval, approval_fields);
