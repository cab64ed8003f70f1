/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of burn-rate service levels. Refuses levels that could never say anything: a budget that
 * no number of faults exceeds, a short window longer than the long one, a guard that always passes.
 */
#include "model/burn.h"

#include <math.h>
#include <string.h>

#include "model/format.h"
#include "model/observation.h"

enum { POINTER_MAX = 160 };

#define NAMES(var, title, ...) \
	const struct field_names var = {title, (const char *const[]){__VA_ARGS__, NULL}}
NAMES(burn_kind_names, "kind of a service level", [BURN_RATIO] = "ratio", [BURN_VALUE] = "value",
	[BURN_COUNT] = "count");
NAMES(burn_coverage_names,
	"coverage", [BURN_SCALE] = "scale", [BURN_FULL] = "full", [BURN_OBSERVED] = "observed");
NAMES(burn_action_names, "action", [BURN_ROLLBACK] = "rollback", [BURN_WARN] = "warn");
NAMES(exhausted_action_names, "action without a warm release", [EXHAUSTED_HOLD] = "hold",
	[EXHAUSTED_SAFE_MODE] = "safe_mode");

static bool is_counter(const char *s)
{
	struct observation o = {0};

	return observation_counter(&o, s) >= 0;
}
static const struct field_format format_burn_counter = {
	.title = "a counter of observations",
	.example = "errors",
	.pattern = "^(total|errors|slow|tokens|cost_micro|safety_checked|safety_violations|"
		   "safety_critical)$",
	.check = is_counter,
};

static void must(const char *pointer, const char *key, const char *what, struct faults *faults)
{
	char at[POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, key);
	fault_add(faults, at, "%s", what);
}

/* ---- Rules ---- */

#define F(key_, name_, type_, flags_, ...)                                          \
	{                                                                           \
		key_, type_, offsetof(struct burn_rule, name_), flags_, __VA_ARGS__ \
	}
static const struct field rule_fields[] = {
	F("long", long_s, FIELD_INT, FIELD_REQUIRED, .min = 1, .max = BURN_WINDOW_MAX,
		.help = "seconds"),
	F("short", short_s, FIELD_INT, FIELD_REQUIRED, .min = 1, .max = BURN_WINDOW_MAX,
		.help = "seconds, at most `long`; tells that it still goes on"),
	F("factor_milli", factor_milli, FIELD_INT, FIELD_REQUIRED, .min = 1, .max = BURN_FACTOR_MAX,
		.help = "thousandths of the budget or limit"),
	F("action", action, FIELD_ENUM, FIELD_REQUIRED, .names = &burn_action_names),
	F("coverage", coverage, FIELD_ENUM, 0, .names = &burn_coverage_names,
		.help = "the service level's when absent"),
	F("only_first_s", only_first_s, FIELD_INT, 0, .min = 1, .max = BURN_WINDOW_MAX,
		.help = "seconds after an activation in which the rule holds"),
};
#undef F

static void rule_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct burn_rule *r = obj;

	if (r->short_s > r->long_s)
		must(pointer, "short", "must not be longer than long", faults);
	if (r->only_first_s >= 0 && r->only_first_s < r->long_s && r->coverage == BURN_FULL)
		must(pointer, "only_first_s",
			"must not end before the long window is full: the rule could never fire",
			faults);
}

static const struct field_table rule_table =
	FIELD_TABLE("BurnRule", "Fires when both windows burn faster than the factor.",
		struct burn_rule, rule_fields, .check = rule_check);

/* ---- Service levels ---- */

#define F(name_, type_, flags_, ...)                                                 \
	{                                                                            \
#name_, type_, offsetof(struct burn_slo, name_), flags_, __VA_ARGS__ \
	}
static const struct field slo_fields[] = {
	F(name, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(kind, FIELD_ENUM, 0, .names = &burn_kind_names,
		.help = "a plain threshold when absent: one window, acted on at once"),
	F(coverage, FIELD_ENUM, 0, .names = &burn_coverage_names, .help = "full when absent"),
	F(bad, FIELD_STRING, FIELD_REQUIRED, .format = &format_burn_counter),
	F(of, FIELD_STRING, 0, .format = &format_burn_counter),
	F(budget_ppm, FIELD_INT, 0, .min = 1, .max = 1000000, .help = "ratio: millionths"),
	F(limit_micro_per_1k, FIELD_INT, 0, .min = 0, .max = BURN_LIMIT_MAX,
		.help = "value: of `bad` for 1000 of `of`; of cost over tokens the gate's ceiling "
			"when absent"),
	F(max_count, FIELD_INT, 0, .help = "count: one more is a breach"),
	F(window, FIELD_INT, 0, .min = 1, .max = BURN_WINDOW_MAX, .help = "count: seconds"),
	F(action, FIELD_ENUM, 0, .names = &burn_action_names,
		.help = "count, threshold; rollback when absent"),
	F(min_total, FIELD_INT, FIELD_ZERO, .help = "of `of` in the long window"),
	F(min_short, FIELD_INT, FIELD_ZERO, .help = "of `of` in the short window"),
	F(min_bad, FIELD_INT, FIELD_ZERO, .help = "of `bad` in the long window"),
	F(warmup_s, FIELD_INT, FIELD_ZERO, .min = 0, .max = BURN_WINDOW_MAX,
		.help = "seconds after an activation that do not count"),
	F(guard_alpha, FIELD_REAL, 0, .min = 0, .max = 1,
		.help = "ratio: fires only when chance explains the faults at most this often"),
	F(for_evals, FIELD_INT, 0, .min = 1, .max = 1000,
		.help = "evaluations in a row, the policy's when absent; 1 acts at once, as counts "
			"do"),
	F(rules, FIELD_LIST, 0, .min = 0, .max = BURN_RULES_MAX, .table = &rule_table),
	F(limit, FIELD_REAL, 0, .min = 0, .max = INFINITY,
		.help = "threshold: breached above it; of cost_micro over tokens, micro-units per "
			"1000 tokens"),
	F(window_s, FIELD_INT, 0, .min = 1, .max = BURN_WINDOW_MAX,
		.help = "threshold: seconds; 300 when absent"),
};
#undef F

/* A plain threshold has no kind. */
static const char *kind_of(const struct burn_slo *s)
{
	return s->kind < 0 ? "threshold (no kind)" : burn_kind_names.names[s->kind];
}

static void only_for(bool given, const char *key, const struct burn_slo *s, const char *pointer,
	struct faults *faults)
{
	char at[POINTER_MAX];

	if (!given)
		return;
	pointer_join(at, sizeof(at), pointer, key);
	fault_add(faults, at, "means nothing for the kind %s", kind_of(s));
}

static void needs(bool given, const char *key, const struct burn_slo *s, const char *pointer,
	struct faults *faults)
{
	char at[POINTER_MAX];

	if (given)
		return;
	pointer_join(at, sizeof(at), pointer, key);
	fault_add(faults, at, "is required for the kind %s", kind_of(s));
}

static void check_keys(const struct burn_slo *s, const char *pointer, struct faults *faults)
{
	bool counts = s->kind == BURN_COUNT;

	if (counts) {
		needs(s->window >= 0, "window", s, pointer, faults);
		needs(s->max_count >= 0, "max_count", s, pointer, faults);
		only_for(s->of, "of", s, pointer, faults);
		only_for(s->rules.n, "rules", s, pointer, faults);
		only_for(s->min_total > 0, "min_total", s, pointer, faults);
		only_for(s->min_short > 0, "min_short", s, pointer, faults);
		only_for(s->min_bad > 0, "min_bad", s, pointer, faults);
	} else {
		needs(s->of, "of", s, pointer, faults);
		needs(s->rules.n, "rules", s, pointer, faults);
		only_for(s->window >= 0, "window", s, pointer, faults);
		only_for(s->max_count >= 0, "max_count", s, pointer, faults);
		only_for(s->action >= 0, "action", s, pointer, faults);
	}
	if (s->kind == BURN_RATIO)
		needs(s->budget_ppm >= 0, "budget_ppm", s, pointer, faults);
	else
		only_for(s->budget_ppm >= 0, "budget_ppm", s, pointer, faults);
	if (s->kind != BURN_VALUE)
		only_for(s->limit_micro_per_1k >= 0, "limit_micro_per_1k", s, pointer, faults);
	only_for(!isnan(s->limit), "limit", s, pointer, faults);
	only_for(s->window_s >= 0, "window_s", s, pointer, faults);
	if (s->kind != BURN_RATIO)
		only_for(s->guard_alpha > 0, "guard_alpha", s, pointer, faults);
}

static void one_rule(struct burn_slo *s, struct arena *a)
{
	struct burn_rule *r = ARENA_NEW(a, struct burn_rule);

	fields_init(&rule_table, r);
	r->long_s = r->short_s = s->window;
	r->factor_milli = 1000;
	r->action = s->action;
	s->rules = (struct list){r, 1};
}

/* ---- Plain thresholds ---- */

static bool is_cost(const struct burn_slo *s)
{
	return s->of && !strcmp(s->bad, "cost_micro") && !strcmp(s->of, "tokens");
}

static int64_t whole(double limit, int64_t most)
{
	return limit >= (double)most ? most : (int64_t)limit;
}

/* Into the kind that it amounts to, over one window. */
static void plain_kind(struct burn_slo *s)
{
	enum { PPM = 1000000 };

	if (!s->of) {
		s->kind = BURN_COUNT;
		s->max_count = whole(s->limit, OBSERVATION_COUNT_MAX);
		return;
	}
	if (is_cost(s)) {
		s->kind = BURN_VALUE;
		s->limit_micro_per_1k = whole(s->limit, BURN_LIMIT_MAX);
	} else {
		s->kind = BURN_RATIO;
		s->budget_ppm = whole(round(s->limit * PPM), PPM);
		/* One in a million is as little as a budget says. */
		s->budget_ppm += s->budget_ppm == 0;
	}
	s->min_short = s->min_total;
}

static void check_plain(struct burn_slo *s, const char *pointer, struct faults *faults)
{
	needs(!isnan(s->limit), "limit", s, pointer, faults);
	only_for(s->budget_ppm >= 0, "budget_ppm", s, pointer, faults);
	only_for(s->limit_micro_per_1k >= 0, "limit_micro_per_1k", s, pointer, faults);
	only_for(s->max_count >= 0, "max_count", s, pointer, faults);
	only_for(s->window >= 0, "window", s, pointer, faults);
	only_for(s->min_short > 0, "min_short", s, pointer, faults);
	only_for(s->guard_alpha > 0, "guard_alpha", s, pointer, faults);
	only_for(s->coverage >= 0, "coverage", s, pointer, faults);
	only_for(s->rules.n, "rules", s, pointer, faults);
}

static void plain(struct burn_slo *s, const char *pointer, struct arena *a, struct faults *faults)
{
	check_plain(s, pointer, faults);
	if (isnan(s->limit))
		return;
	plain_kind(s);
	s->coverage = BURN_OBSERVED;
	s->window = s->window_s < 0 ? 300 : s->window_s;
	if (s->action < 0)
		s->action = BURN_ROLLBACK;
	if (s->for_evals < 0)
		s->for_evals = 1;
	one_rule(s, a);
}

static void slo_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct burn_slo *s = obj;
	bool is_plain = s->kind < 0;

	if (s->of && !strcmp(s->bad, s->of))
		must(pointer, "of", "must not be the counter of `bad`", faults);
	if (is_plain)
		plain(s, pointer, a, faults);
	else
		check_keys(s, pointer, faults);
	if (isnan(s->guard_alpha))
		s->guard_alpha = 0;
	if (s->coverage < 0)
		s->coverage = s->kind == BURN_COUNT ? BURN_OBSERVED : BURN_FULL;
	if (s->kind == BURN_COUNT && s->action < 0)
		s->action = BURN_ROLLBACK;
	if (!is_plain && s->kind == BURN_COUNT && s->window > 0)
		one_rule(s, a);
	for (size_t i = 0; i < s->rules.n; i++) {
		struct burn_rule *r = LIST_AT(&s->rules, struct burn_rule, i);

		if (r->coverage < 0)
			r->coverage = s->coverage;
	}
}

const struct field_table burn_slo_table =
	FIELD_TABLE("BurnSlo", "A service level, judged by how fast it burns its budget.",
		struct burn_slo, slo_fields, .check = slo_check);

/* ---- The whole ---- */

#define F(key_, name_, type_, ...)                                              \
	{                                                                       \
		key_, type_, offsetof(struct burn_rules, name_), 0, __VA_ARGS__ \
	}
static const struct field rules_fields[] = {
	F("auto", automatic, FIELD_BOOL, .help = "true when absent"),
	F("on_exhausted", on_exhausted, FIELD_ENUM, .names = &exhausted_action_names,
		.help = "hold when absent"),
	F("eval_s", eval_s, FIELD_INT, .min = 1, .max = 3600, .help = "30 when absent"),
	F("for_evals", for_evals, FIELD_INT, .min = 1, .max = 1000,
		.help = "evaluations in a row; 2 when absent"),
	F("cooldown_s", cooldown_s, FIELD_INT, .min = 0, .max = BURN_WINDOW_MAX,
		.help = "between rollbacks; 900 when absent"),
	F("max_auto", max_auto, FIELD_INT, .min = 0, .max = 64,
		.help = "rollbacks in max_auto_window_s; 2 when absent"),
	F("max_auto_window_s", max_auto_window_s, FIELD_INT, .min = 1, .max = BURN_WINDOW_MAX,
		.help = "86400 when absent"),
	F("holdoff_s", holdoff_s, FIELD_INT, .min = 0, .max = BURN_WINDOW_MAX,
		.help = "without promotions after a rollback; 86400 when absent"),
	F("slos", slos, FIELD_LIST, .min = 0, .max = BURN_SLOS_MAX, .table = &burn_slo_table),
};
#undef F

static void set_absent(int64_t *member, int64_t value)
{
	if (*member < 0)
		*member = value;
}

void burn_rules_defaults(struct burn_rules *r)
{
	if (r->automatic < 0)
		r->automatic = 1;
	if (r->on_exhausted < 0)
		r->on_exhausted = EXHAUSTED_HOLD;
	set_absent(&r->eval_s, 30);
	set_absent(&r->for_evals, 2);
	set_absent(&r->cooldown_s, 900);
	set_absent(&r->max_auto, 2);
	set_absent(&r->max_auto_window_s, 86400);
	set_absent(&r->holdoff_s, 86400);
}

static void check_name(
	const struct list *slos, size_t i, const char *pointer, struct faults *faults)
{
	const char *name = LIST_AT(slos, struct burn_slo, i)->name;

	for (size_t j = 0; name && j < i; j++) {
		const char *other = LIST_AT(slos, struct burn_slo, j)->name;

		if (!other || strcmp(name, other) != 0)
			continue;
		must(pointer, "name", "is the name of another service level, too", faults);
		break;
	}
}

void burn_slos_check(
	struct list *slos, int64_t cost_limit, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];

	for (size_t i = 0; i < slos->n; i++) {
		struct burn_slo *s = LIST_AT(slos, struct burn_slo, i);

		pointer_index(at, sizeof(at), pointer, i);
		check_name(slos, i, at, faults);
		if (s->kind != BURN_VALUE || s->limit_micro_per_1k >= 0)
			continue;
		if (s->bad && is_cost(s))
			s->limit_micro_per_1k = cost_limit;
		needs(s->limit_micro_per_1k >= 0, "limit_micro_per_1k", s, at, faults);
	}
}

int64_t burn_evaluations(const struct burn_rules *r, const struct burn_slo *s)
{
	if (s->for_evals > 0)
		return s->for_evals;
	return s->kind == BURN_COUNT ? 1 : r->for_evals;
}

static void rules_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct burn_rules *r = obj;
	char base[POINTER_MAX];

	burn_rules_defaults(r);
	pointer_join(base, sizeof(base), pointer, "slos");
	burn_slos_check(&r->slos, -1, base, faults);
}

const struct field_table burn_rules_table =
	FIELD_TABLE("BurnRules", "Service levels and the rules of the way back.", struct burn_rules,
		rules_fields, .check = rules_check);
