/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of lineage and egress.
 */
#include "model/lineage.h"

#include "model/format.h"

#define F(type_, name_, kind_, flags_, ...)                                               \
	{                                                                                 \
#name_, FIELD_##kind_, offsetof(struct type_, name_), flags_, __VA_ARGS__ \
	}
static const struct field node_fields[] = {
	F(lineage_node, id, STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(lineage_node, provider, STRING, FIELD_EMIT_NULL, .format = &format_provider,
		.help = "null: nobody has handed it in"),
	F(lineage_node, role, STRING, 0, .format = &format_name),
	F(lineage_node, uri, STRING, 0, .max = 2048),
	F(lineage_node, size_bytes, INT, 0),
	F(lineage_node, known, BOOL, 0),
};
static const struct field_table node_table =
	FIELD_TABLE("LineageNode", "An artifact.", struct lineage_node, node_fields);

static const struct field edge_fields[] = {
	F(lineage_edge, from, STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(lineage_edge, to, STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(lineage_edge, from_provider, STRING, 0, .format = &format_provider),
	F(lineage_edge, to_provider, STRING, 0, .format = &format_provider),
	F(lineage_edge, crosses, BOOL, 0, .help = "from one cloud to another"),
};
static const struct field_table edge_table = FIELD_TABLE("LineageEdge",
	"From an artifact to what is derived from it.", struct lineage_edge, edge_fields);

static const struct field move_fields[] = {
	F(egress_move, id, STRING, FIELD_REQUIRED, .max = 256, .help = "an artifact, or a digest"),
	F(egress_move, from, STRING, FIELD_REQUIRED, .format = &format_provider),
	F(egress_move, to, STRING, FIELD_REQUIRED, .format = &format_provider),
	F(egress_move, bytes, INT, 0, .help = "absent when no size was given"),
	F(egress_move, why, STRING, FIELD_REQUIRED,
		.help = "derived_from: to make the unit; adapter: to serve the model"),
	F(egress_move, of, STRING, 0, .max = 256, .help = "what needs it"),
};
static const struct field_table move_table = FIELD_TABLE("EgressMove",
	"An artifact that goes from one cloud to another.", struct egress_move, move_fields);

static const struct field egress_fields[] = {
	F(egress, bytes, INT, FIELD_ZERO, .help = "as far as sizes are known"),
	F(egress, unknown, INT, FIELD_ZERO, .help = "moves whose size is not"),
	F(egress, moves, LIST, FIELD_EMIT_EMPTY, .min = 0, .max = EGRESS_MOVES_MAX,
		.table = &move_table),
	F(egress, left_out, INT, 0, .help = "further moves, counted above"),
};
const struct field_table egress_table =
	FIELD_TABLE("Egress", "What goes from one cloud to another.", struct egress, egress_fields);

static const struct field lineage_fields[] = {
	F(lineage, roots, STRINGS, FIELD_REQUIRED, .max = 64),
	F(lineage, nodes, LIST, FIELD_EMIT_EMPTY, .min = 0, .max = LINEAGE_MAX + 64,
		.table = &node_table),
	F(lineage, edges, LIST, FIELD_EMIT_EMPTY, .min = 0, .max = 64 * LINEAGE_MAX,
		.table = &edge_table, .help = "by derived_from, all the way back"),
	F(lineage, children, LIST, 0, .min = 0, .max = 1000, .table = &node_table,
		.help = "of one artifact: those derived from it"),
	F(lineage, egress, OBJECT, 0, .table = &egress_table),
	F(lineage, truncated, BOOL, 0, .help = "there is more than is shown"),
};
#undef F
const struct field_table lineage_table =
	FIELD_TABLE("Lineage", "What something is derived from, as a graph without cycles.",
		struct lineage, lineage_fields);
