/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of nodes, the fleet and drills.
 */
#include "model/node.h"

#include "model/format.h"

const struct field_names node_health_names = {"health",
	(const char *const[]){
		[NODE_OK] = "ok", [NODE_DEGRADED] = "degraded", [NODE_FAILING] = "failing", NULL}};

static const struct field loaded_fields[] = {
	{"version", FIELD_STRING, offsetof(struct node_loaded, version), FIELD_REQUIRED,
		.format = &format_release},
	{"ready", FIELD_BOOL, offsetof(struct node_loaded, ready), 0,
		.help = "it could serve at once; true when absent"},
};

static void loaded_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct node_loaded *l = obj;

	if (l->ready < 0)
		l->ready = 1;
}

static const struct field_table loaded_table =
	FIELD_TABLE("NodeLoaded", "A release that a node has loaded.", struct node_loaded,
		loaded_fields, .scalar = "version", .check = loaded_check);

#define REPORT(type_, at_, flags_)                                                               \
	{"serial", FIELD_INT, offsetof(struct type_, at_ serial), FIELD_REQUIRED | (flags_),     \
		.min = 1, .max = 9007199254740991.0,                                             \
		.help = "of the channel's pointer that it follows"},                             \
		{"release", FIELD_STRING, offsetof(struct type_, at_ release),                   \
			FIELD_REQUIRED | (flags_), .format = &format_release,                    \
			.help = "what it serves"},                                               \
		{"loaded", FIELD_LIST, offsetof(struct type_, at_ loaded),                       \
			FIELD_EMIT_EMPTY | (flags_), .min = 0, .max = NODE_LOADED_MAX,           \
			.table = &loaded_table,                                                  \
			.help = "releases it could serve; a bare version is loaded and ready"},  \
		{"health", FIELD_ENUM, offsetof(struct type_, at_ health), (flags_),             \
			.names = &node_health_names, .help = "ok when absent"},                  \
		{"detail", FIELD_STRING, offsetof(struct type_, at_ detail), (flags_), .min = 1, \
			.max = 500, .format = &format_line, .help = "what ails it"},             \
		{"software", FIELD_STRING, offsetof(struct type_, at_ software), (flags_),       \
			.min = 1, .max = 100, .format = &format_line, .help = "what it runs"},   \
	{                                                                                        \
		"contract", FIELD_OBJECT, offsetof(struct type_, at_ contract), (flags_),        \
			.table = &contract_ref_table, .help = "that it speaks"                   \
	}

static const struct field report_fields[] = {
	REPORT(node_report, , 0),
};

static void report_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct node_report *r = obj;

	if (r->health < 0)
		r->health = NODE_OK;
}

const struct field_table node_report_table = FIELD_TABLE("NodeReport",
	"What a node says of itself.", struct node_report, report_fields, .check = report_check);

static const struct field view_fields[] = {
	{"id", FIELD_STRING, offsetof(struct node_view, id), FIELD_REQUIRED,
		.format = &format_name},
	{"state", FIELD_STRING, offsetof(struct node_view, state), FIELD_REQUIRED,
		.help = "current, behind (an older activation, another release, or not ready "
			"yet), unhealthy, silent"},
	REPORT(node_view, report., 0),
	{"first_seen_at", FIELD_TIME, offsetof(struct node_view, first_seen_at)},
	{"serial_since", FIELD_TIME, offsetof(struct node_view, serial_since),
		.help = "since when it has said this serial and release, and of that release "
			"that it has it ready, or not"},
	{"seen_at", FIELD_TIME, offsetof(struct node_view, seen_at)},
};
const struct field_table node_view_table =
	FIELD_TABLE("Node", "One node as it stands.", struct node_view, view_fields, .open = true);

static const struct field serial_fields[] = {
	{"serial", FIELD_INT, offsetof(struct fleet_serial, serial), FIELD_REQUIRED},
	{"release", FIELD_STRING, offsetof(struct fleet_serial, release), FIELD_REQUIRED},
	{"nodes", FIELD_INT, offsetof(struct fleet_serial, nodes), FIELD_REQUIRED},
};
static const struct field_table serial_table = FIELD_TABLE("FleetSerial",
	"How many live nodes follow a serial.", struct fleet_serial, serial_fields, .open = true);

#define F(name_, type_, help_)                                                        \
	{                                                                             \
#name_, FIELD_##type_, offsetof(struct fleet, name_), FIELD_REQUIRED, \
			.help = help_                                                 \
	}
static const struct field fleet_fields[] = {
	F(known, INT, "nodes that were heard of within 7 days"),
	F(live, INT, "within the last 180 s"),
	F(current, INT,
		"live ones that serve what the channel says, and have it ready, in good health"),
	F(behind, INT,
		"live ones that follow an older activation, serve another release, or have "
		"not got theirs ready"),
	F(unhealthy, INT, "live ones that say they fail"),
	F(silent, INT, "known and not live"),
	{"behind_since", FIELD_TIME, offsetof(struct fleet, behind_since), 0,
		.help = "since when the one that is behind the longest is"},
	{"serials", FIELD_LIST, offsetof(struct fleet, serials), FIELD_EMIT_EMPTY,
		.table = &serial_table, .help = "of live nodes, newest first"},
};
#undef F
const struct field_table fleet_table = FIELD_TABLE(
	"Fleet", "How far the nodes follow the channel.", struct fleet, fleet_fields, .open = true);

#define F(name_, type_, flags_, ...)                                                        \
	{                                                                                   \
#name_, FIELD_##type_, offsetof(struct drill, name_), flags_, ##__VA_ARGS__ \
	}
static const struct field drill_fields[] = {
	F(id, INT, FIELD_REQUIRED),
	F(phase, STRING, FIELD_REQUIRED, .help = "Running, Succeeded, Failed"),
	F(release, STRING, FIELD_REQUIRED, .help = "where a rollback would go"),
	F(actor, STRING, FIELD_REQUIRED),
	F(reason, STRING, FIELD_REQUIRED),
	F(started_at, TIME, FIELD_REQUIRED),
	F(due_at, TIME, FIELD_REQUIRED, .help = "not ready by then is failed"),
	F(finished_at, TIME, 0),
	F(took_ms, INT, 0, .help = "until each of the nodes had said that it is ready"),
	F(nodes, INT, 0, .help = "that were live when it began; one that fell silent is missing"),
	F(ready, INT, 0, .help = "of them, those that have said so since the start"),
	F(ready_nodes, STRINGS, 0,
		.help = "who they are, by when they said it; of one drill alone"),
	F(missing, STRINGS, 0, .help = "who has not; in a list the first of them, once it is over"),
};
const struct field_table drill_table =
	FIELD_TABLE("Drill", "A drill of the way back.", struct drill, drill_fields, .open = true);
