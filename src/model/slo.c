/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of GET /v1/slo.
 */
#include "model/slo.h"

#include "model/burn.h"

#define F(type_, name_, kind_, ...)                                               \
	{                                                                         \
#name_, FIELD_##kind_, offsetof(struct type_, name_), __VA_ARGS__ \
	}

static const struct field window_fields[] = {
	F(slo_window, window_s, INT, 0),
	F(slo_window, bad, INT, 0),
	F(slo_window, of, INT, 0),
	F(slo_window, burn, REAL, 0, .help = "times the budget or limit; absent without data"),
};
static const struct field_table window_table = FIELD_TABLE("SloWindow",
	"What was counted over one window.", struct slo_window, window_fields, .open = true);

static const struct field rule_fields[] = {
	{"long", FIELD_OBJECT, offsetof(struct slo_rule_view, longer), .table = &window_table},
	{"short", FIELD_OBJECT, offsetof(struct slo_rule_view, shorter), .table = &window_table},
	F(slo_rule_view, fires_above, REAL, 0, .help = "both windows have to burn faster"),
	F(slo_rule_view, action, ENUM, 0, .names = &burn_action_names),
	F(slo_rule_view, coverage, ENUM, 0, .names = &burn_coverage_names),
	F(slo_rule_view, state, STRING, 0,
		.help = "quiet, firing, fired, no_data, too_few, not_yet (the activation is too "
			"young), over (it holds no more)"),
	F(slo_rule_view, in_row, INT, 0, .help = "evaluations it has fired in a row"),
	F(slo_rule_view, for_evals, INT, 0, .help = "so many in a row are a breach or a warning"),
	F(slo_rule_view, bad_to_fire, INT, 0,
		.help = "more bad ones in the short window that would make it fire; absent: no "
			"number of them would"),
	F(slo_rule_view, chance, REAL, 0,
		.help = "that so many happen at just the rate that fires; what the guard asks"),
	F(slo_rule_view, detail, STRING, 0),
};
static const struct field_table rule_table = FIELD_TABLE(
	"SloRule", "One rule as it stands.", struct slo_rule_view, rule_fields, .open = true);

static const struct field budget_fields[] = {
	F(slo_budget, window_s, INT, 0),
	F(slo_budget, bad, INT, 0),
	F(slo_budget, allowed, REAL, 0, .help = "bad ones that the traffic of the window allows"),
	F(slo_budget, left, REAL, 0, .help = "share of it that is left; below 0 it is overspent"),
};
static const struct field_table budget_table = FIELD_TABLE("SloBudget",
	"The budget over the longest window.", struct slo_budget, budget_fields, .open = true);

static const struct field level_fields[] = {
	F(slo_level, name, STRING, 0),
	F(slo_level, kind, ENUM, 0, .names = &burn_kind_names),
	F(slo_level, bad, STRING, 0),
	F(slo_level, of, STRING, 0),
	F(slo_level, budget_ppm, INT, 0),
	F(slo_level, limit_micro_per_1k, INT, 0),
	F(slo_level, max_count, INT, 0),
	F(slo_level, budget, OBJECT, 0, .table = &budget_table),
	F(slo_level, state, STRING, 0, .help = "of the rule that fires, or else is nearest to it"),
	F(slo_level, bad_to_fire, INT, 0),
	F(slo_level, detail, STRING, 0),
	F(slo_level, rules, LIST, FIELD_EMIT_EMPTY, .table = &rule_table),
};
static const struct field_table level_table = FIELD_TABLE("SloLevel",
	"One service level as it stands.", struct slo_level, level_fields, .open = true);

static const struct field hold_fields[] = {
	F(slo_hold, reason, STRING, 0, .help = "holdoff, or locked: until acknowledged"),
	F(slo_hold, since, TIME, 0),
	F(slo_hold, until, TIME, 0),
	F(slo_hold, detail, STRING, 0),
};
static const struct field_table hold_table = FIELD_TABLE(
	"PromotionHold", "Why promotions are refused.", struct slo_hold, hold_fields, .open = true);

static const struct field way_fields[] = {
	F(slo_way_back, automatic, BOOL, 0),
	F(slo_way_back, target, STRING, 0, .help = "where it would go; absent: nothing is warm"),
	F(slo_way_back, rollbacks, INT, 0,
		.help = "automatic ones within the last max_auto_window_s"),
	F(slo_way_back, max_auto, INT, 0),
	F(slo_way_back, max_auto_window_s, INT, 0),
	F(slo_way_back, cooldown_until, TIME, 0),
	F(slo_way_back, blocked, STRING, 0,
		.help = "what would keep one back now: manual, max_rollbacks, exhausted, cooldown"),
};
static const struct field_table way_table = FIELD_TABLE(
	"WayBack", "What a breach would lead to.", struct slo_way_back, way_fields, .open = true);

static const struct field view_fields[] = {
	F(slo_view, state, STRING, FIELD_REQUIRED,
		.help = "healthy, no_data (none yet, or none for ten minutes), warning, breached"),
	F(slo_view, release, STRING, FIELD_REQUIRED),
	F(slo_view, serial, INT, FIELD_REQUIRED,
		.help = "of the activation that is watched: the channel's when its release became "
			"active; the channel's own may be higher since"),
	F(slo_view, activated_at, TIME, 0),
	F(slo_view, evaluated_at, TIME, 0,
		.help = "the last step of the rules that are not at once"),
	F(slo_view, newest_at, TIME, 0,
		.help = "end of the newest window of counts, or when it came, if it ends ahead of "
			"that"),
	F(slo_view, slos, LIST, FIELD_EMIT_EMPTY, .table = &level_table),
	F(slo_view, rollback, OBJECT, 0, .table = &way_table),
	F(slo_view, hold, OBJECT, 0, .table = &hold_table, .help = "of promotions"),
	F(slo_view, quarantined, STRINGS, FIELD_EMIT_EMPTY, .help = "releases"),
};
const struct field_table slo_view_table = FIELD_TABLE("Slo",
	"The service levels of the active release.", struct slo_view, view_fields, .open = true);
