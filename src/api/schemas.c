/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers as field tables, for the OpenAPI document. Every member that is always there is REQUIRED;
 * more members may come.
 */
#include "api/schemas.h"

#include "model/artifact.h"
#include "model/attestation.h"
#include "model/format.h"
#include "model/gate.h"
#include "model/manifest.h"
#include "model/node.h"
#include "model/phase.h"
#include "model/policy.h"
#include "model/promotability.h"
#include "model/release.h"
#include "model/slo.h"

#define TABLE(name_, help_, fields_)                                   \
	{                                                              \
		.name = (name_), .help = (help_), .fields = (fields_), \
		.n_fields = sizeof(fields_) / sizeof((fields_)[0])     \
	}
#define NEED(name_, type_, ...)                                                                \
	{                                                                                      \
		.name = (name_), .type = FIELD_##type_, .flags = FIELD_REQUIRED, ##__VA_ARGS__ \
	}
#define NULLS(name_, type_, ...)                                                                   \
	{                                                                                          \
		.name = (name_), .type = FIELD_##type_, .flags = FIELD_REQUIRED | FIELD_EMIT_NULL, \
		##__VA_ARGS__                                                                      \
	}
#define MAY(name_, type_, ...)                                        \
	{                                                             \
		.name = (name_), .type = FIELD_##type_, ##__VA_ARGS__ \
	}

static const struct field health_fields[] = {
	NEED("status", STRING, .help = "ok"),
};
const struct field_table health_table = TABLE("Health", "The daemon answers.", health_fields);

static const struct field error_fields[] = {
	NEED("pointer", STRING, .help = "RFC 6901 pointer into the body; empty for the whole"),
	NEED("detail", STRING, .help = "what is wrong there"),
};
static const struct field_table error_table =
	TABLE("Fault", "One thing that is wrong with a body.", error_fields);

static const struct field problem_fields[] = {
	NEED("type", STRING, .help = "urn:spiralfed:problem:<code>"),
	NEED("title", STRING, .help = "the same for every problem of this code"),
	NEED("status", INT, .min = 400, .max = 599),
	NEED("code", STRING, .help = "stable: scripts match on it"),
	NEED("detail", STRING, .help = "what happened this time"),
	MAY("pointer", STRING, .help = "RFC 6901 pointer to the member at fault"),
	NEED("instance", STRING, .help = "the path that was asked for"),
	NEED("hint", STRING, .help = "what to do next"),
	NEED("request_id", STRING, .help = "find it in the log by this"),
	MAY("errors", LIST, .table = &error_table, .min = 0, .max = 20),
	MAY("errors_total", INT, .help = "when there are more than are listed"),
	MAY("changes", JSON, .help = "version_too_low: what changed, breaking ones first"),
	MAY("total", INT, .help = "version_too_low: how many changes there are"),
	MAY("name", STRING, .help = "version_too_low: the contract"),
	MAY("from", STRING, .help = "version_too_low: the lower of the two versions"),
	MAY("to", STRING, .help = "version_too_low: the higher one"),
	MAY("against", STRING, .help = "version_too_low: the one that was there"),
	MAY("relation", STRING, .help = "version_too_low: compatible or breaking"),
	MAY("level", STRING, .help = "version_too_low: the step that the changes force"),
	MAY("least_version", STRING, .help = "version_too_low: what it must be at least"),
	MAY("slots", JSON, .help = "nothing_to_merge: for each slot what is missing"),
	MAY("next_open", TIME, .help = "promotion_closed: when promotions are open next"),
	MAY("held_by", STRING, .help = "promotion_closed: the deny or freeze that holds them"),
	MAY("held_until", TIME, .help = "promotion_closed: when it ends"),
	MAY("blockers", LIST, .table = &blocker_table, .min = 0, .max = 1024,
		.help = "of a promotion: all that stands in the way; the first one is the error"),
};
const struct field_table problem_table =
	TABLE("Problem", "An error, as RFC 9457 has it.", problem_fields);

static const struct field verdict_fields[] = {
	NEED("gate", ENUM, .names = &gate_names),
	NEED("verdict", ENUM, .names = &verdict_names),
	NEED("reason", STRING, .help = "a stable word"),
	MAY("detail", STRING, .help = "one sentence, with the numbers"),
};
static const struct field_table verdict_table =
	TABLE("GateVerdict", "What one gate said, in short.", verdict_fields);

static const struct field receipt_artifact_fields[] = {
	NEED("id", STRING, .format = &format_artifact_id),
	NEED("role", STRING),
	NEED("phase", ENUM, .names = &phase_names),
	NEED("late", BOOL, .help = "its number was below the newest of its family"),
	NEED("gates", LIST, .table = &verdict_table),
	MAY("detail", STRING, .help = "of evidence that is held: what it waits for"),
};
static const struct field_table receipt_artifact_table =
	TABLE("ReceiptArtifact", "An artifact and its first verdict.", receipt_artifact_fields);

static const struct field receipt_fields[] = {
	NEED("digest", STRING, .format = &format_digest, .help = "identity of the manifest"),
	NEED("provider", STRING, .format = &format_provider),
	NEED("received_at", TIME),
	NEED("artifacts", LIST, .table = &receipt_artifact_table, .min = 1, .max = 256),
};
const struct field_table receipt_table =
	TABLE("Receipt", "What a manifest's submission was answered.", receipt_fields);

static const struct field manifest_record_fields[] = {
	NEED("actor", STRING, .help = "who sent it first"),
	NEED("document", OBJECT, .table = &manifest_table, .help = "in canonical form"),
	NEED("digest", STRING, .format = &format_digest),
	NEED("provider", STRING, .format = &format_provider),
	NEED("received_at", TIME),
	NEED("artifacts", LIST, .table = &receipt_artifact_table, .min = 1, .max = 256),
};
const struct field_table manifest_record_table =
	TABLE("ManifestRecord", "A stored manifest.", manifest_record_fields);

static const struct field link_fields[] = {
	NEED("self", STRING),
	NEED("gates", STRING),
	NEED("manifest", STRING),
};
static const struct field_table links_table =
	TABLE("ArtifactLinks", "Paths of what belongs to it.", link_fields);

static const struct field artifact_record_fields[] = {
	NEED("provider", STRING, .format = &format_provider),
	NEED("id", STRING, .format = &format_artifact_id),
	NEED("role", STRING),
	NULLS("slot", STRING, .help = "null: evidence, never a unit"),
	NEED("phase", ENUM, .names = &phase_names),
	MAY("detail", STRING, .help = "of evidence that is held: what it waits for"),
	NULLS("branch", STRING),
	NULLS("subject", STRING, .help = "what it is evidence about"),
	NEED("late", BOOL),
	NULLS("held_by", STRING, .help = "the breached release that quarantined it"),
	NULLS("withdrawn_at", TIME),
	NULLS("uri", STRING),
	NEED("manifest", STRING, .format = &format_digest),
	NEED("digest", STRING, .format = &format_digest, .help = "of its content"),
	NULLS("score", REAL, .help = "ranks candidates that pass"),
	NEED("metrics", MAP, .table = &metric_table),
	NEED("gates", LIST, .table = &verdict_table),
	NEED("links", OBJECT, .table = &links_table),
	NEED("received_at", TIME),
	NEED("updated_at", TIME),
};
const struct field_table artifact_record_table =
	TABLE("ArtifactRecord", "An artifact and where it stands now.", artifact_record_fields);

static const struct field judgement_record_fields[] = {
	NEED("provider", STRING, .format = &format_provider),
	NEED("id", STRING, .format = &format_artifact_id),
	NULLS("slot", STRING),
	NULLS("judged_at", TIME),
	NULLS("judgement", STRING, .help = "digest of the verdict"),
	NULLS("inputs", STRING, .help = "digest of all that it was made from"),
	NULLS("held_by", STRING, .help = "the breached release that keeps it from being merged"),
	NULLS("withdrawn_at", TIME, .help = "set: it is never merged, whatever the gates say"),
	MAY("phase", ENUM, .names = &phase_names),
	MAY("baseline", STRING, .help = "what it was compared with"),
	MAY("baseline_digest", STRING),
	MAY("policy_digest", STRING),
	MAY("score", REAL),
	NEED("gates", LIST, .table = &gate_result_table),
};
const struct field_table judgement_record_table =
	TABLE("JudgementRecord", "The latest verdict, with its numbers.", judgement_record_fields);

static const struct field channel_move_fields[] = {
	NEED("release", STRING, .format = &format_version, .help = "active now"),
	NEED("fused_model_id", STRING),
	NEED("channel", OBJECT, .table = &channel_table),
	MAY("drill", OBJECT, .table = &drill_table, .help = "of a drill: the channel did not move"),
};
const struct field_table channel_move_table =
	TABLE("ChannelMove", "Where the channel went.", channel_move_fields);

static const struct field observation_receipt_fields[] = {
	NEED("accepted", INT, .help = "new, and counted from now on"),
	NEED("duplicates", INT, .help = "reported before with the same counts; not counted twice"),
	NEED("conflicts", INT,
		.help = "not counted: they share time with another window of the node, which "
			"stands"),
	NEED("late", INT, .help = "not counted: they ended before the activation they speak of"),
	MAY("left_out", STRINGS,
		.help = "counters that count from Prometheus alone, which is asked for them"),
	NEED("breached", STRINGS, .help = "objectives that are breached now"),
};
const struct field_table observation_receipt_table =
	TABLE("ObservationReceipt", "What was counted.", observation_receipt_fields);

static const struct field node_answer_fields[] = {
	NEED("id", STRING),
	NEED("state", STRING, .help = "current, behind, unhealthy"),
	NEED("serial", INT),
	NEED("release", STRING),
	NEED("channel", OBJECT, .table = &channel_table, .help = "where it should be"),
	MAY("drill", OBJECT, .table = &drill_table,
		.help = "that runs: have its release ready, and say so"),
};
const struct field_table node_answer_table =
	TABLE("NodeAnswer", "The node, and where the channel is.", node_answer_fields);

static const struct field acknowledgement_fields[] = {
	NEED("acknowledged_at", TIME),
	NULLS("held", STRING, .help = "what held promotions: holdoff, locked; null: nothing did"),
	NEED("rollbacks", INT, .help = "automatic ones since the last time"),
};
const struct field_table acknowledgement_table =
	TABLE("Acknowledgement", "Promotions are free again.", acknowledgement_fields);

static const struct field event_fields[] = {
	NEED("seq", INT),
	NEED("at", TIME),
	NEED("type", STRING, .help = "entity.action"),
	NEED("subject", STRING, .help = "what it happened to"),
	NEED("actor", STRING, .help = "token:<id>, controller:<name>, local"),
	MAY("reason", STRING),
	MAY("request_id", STRING),
	MAY("data", JSON),
};
const struct field_table event_table = TABLE("Event", "One entry of the history.", event_fields);

static const struct field policy_record_fields[] = {
	NEED("version", INT, .min = 1, .max = 9007199254740991.0),
	NEED("digest", STRING, .format = &format_digest),
	NEED("actor", STRING),
	NULLS("reason", STRING),
	NEED("created_at", TIME),
	MAY("policy", OBJECT, .table = &policy_table, .help = "the document, when it was replaced"),
};
const struct field_table policy_record_table =
	TABLE("PolicyRecord", "A version of the policy.", policy_record_fields);

static const struct field token_fields[] = {
	NEED("id", STRING),
	NEED("name", STRING),
	NEED("scopes", STRINGS),
	NEED("created_by", STRING),
	NEED("created_at", TIME),
	NULLS("expires_at", TIME),
	NULLS("revoked_at", TIME),
	MAY("token", STRING, .help = "the whole token; only when it is made, this once"),
};
const struct field_table token_table = TABLE("Token", "Who may do what.", token_fields);
