/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy document: its tables, the defaults of what it leaves out, and the order of its parts. A
 * policy that gets through here needs no further check by those who apply it.
 */
#include "model/policy.h"

#include <math.h>
#include <string.h>

#include "model/format.h"

enum { POINTER_MAX = 160 };

#define NAMES(var, title, ...) \
	const struct field_names var = {title, (const char *const[]){__VA_ARGS__, NULL}}
NAMES(metric_role_names,
	"role of a metric", [METRIC_GUARDRAIL] = "guardrail", [METRIC_SUCCESS] = "success");
NAMES(metric_direction_names,
	"direction", [DIRECTION_HIGHER] = "higher", [DIRECTION_LOWER] = "lower");
NAMES(metric_kind_names,
	"kind of a metric", [KIND_PROPORTION] = "proportion", [KIND_MEAN] = "mean");
NAMES(metric_objective_names,
	"objective", [OBJECTIVE_NONINFERIOR] = "noninferior", [OBJECTIVE_SUPERIOR] = "superior");
NAMES(require_names,
	"requirement", [REQUIRE_ANY] = "any", [REQUIRE_ALL] = "all", [REQUIRE_NONE] = "none");
NAMES(suite_required_names, "requirement of a suite", [SUITE_ALWAYS] = "always",
	[SUITE_FULL] = "full", [SUITE_NEVER] = "never");
static NAMES(no_plan_b_names,
	"what the lack of a plan B does", [NO_PLAN_B_WARN] = "warn", [NO_PLAN_B_REFUSE] = "refuse");
NAMES(contract_allow_names,
	"permission", [ALLOW_IDENTICAL] = "identical", [ALLOW_COMPATIBLE] = "compatible");

static bool is_schema(const char *s)
{
	return !strcmp(s, POLICY_SCHEMA);
}
static const struct field_format format_schema = {
	.title = "the schema of a policy",
	.example = POLICY_SCHEMA,
	.pattern = "^spiralfed\\.policy/v1$",
	.check = is_schema,
};

/* ---- Tables ---- */

static const struct field provider_fields[] = {
	{"facility", FIELD_STRING, offsetof(struct policy_provider, facility), 0, .min = 1,
		.max = 64, .format = &format_line},
	{"roles", FIELD_STRINGS, offsetof(struct policy_provider, roles), FIELD_REQUIRED, .min = 1,
		.max = 64, .format = &format_name},
};
static const struct field_table provider_table = FIELD_TABLE("PolicyProvider",
	"A cloud and the roles that are its own.", struct policy_provider, provider_fields);

static const struct field slot_fields[] = {
	{"provider", FIELD_STRING, offsetof(struct policy_slot, provider), FIELD_REQUIRED,
		.format = &format_provider},
	{"role", FIELD_STRING, offsetof(struct policy_slot, role), 0, .format = &format_name,
		.help = "the slot's name when absent"},
	{"required", FIELD_BOOL, offsetof(struct policy_slot, required), 0,
		.help = "true when absent"},
};
static const struct field_table slot_table =
	FIELD_TABLE("PolicySlot", "A place in the fused release.", struct policy_slot, slot_fields);

#define FROM_EVIDENCE "unit roles that wait for it from an artifact about them"

#define F(name_, type_, ...)                                                      \
	{                                                                         \
#name_, type_, offsetof(struct policy_metric, name_), __VA_ARGS__ \
	}
static const struct field metric_fields[] = {
	F(unit_roles, FIELD_STRINGS, 0, .min = 0, .max = 64, .format = &format_name,
		.help = "roles it applies to; all when absent"),
	F(role, FIELD_ENUM, 0, .names = &metric_role_names, .help = "guardrail when absent"),
	F(direction, FIELD_ENUM, 0, .names = &metric_direction_names, .help = "higher when absent"),
	F(kind, FIELD_ENUM, 0, .names = &metric_kind_names, .help = "proportion when absent"),
	F(objective, FIELD_ENUM, 0, .names = &metric_objective_names,
		.help = "noninferior when absent"),
	F(margin, FIELD_REAL, 0, .min = 0, .max = INFINITY, .help = "in the metric's unit"),
	F(margin_rel, FIELD_REAL, 0, .min = 0, .max = INFINITY, .help = "of the baseline"),
	F(alpha, FIELD_REAL, FIELD_EXCLUSIVE, .min = 0, .max = 0.5,
		.help = "one-sided, of the metric alone; 0.05 when absent"),
	F(min_n, FIELD_INT, 0, .help = "100 when absent"),
	F(floor, FIELD_REAL, 0),
	F(ceiling, FIELD_REAL, 0),
	F(allow_point, FIELD_BOOL, 0, .help = "true when absent"),
	F(from_evidence, FIELD_STRINGS, 0, .min = 0, .max = 64, .format = &format_name,
		.help = FROM_EVIDENCE),
};
#undef F

static void set_int(int *member, int value)
{
	if (*member < 0)
		*member = value;
}

static void set_real(double *member, double value)
{
	if (isnan(*member))
		*member = value;
}

static void policy_metric_check(
	void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct policy_metric *m = obj;

	set_int(&m->role, METRIC_GUARDRAIL);
	set_int(&m->direction, DIRECTION_HIGHER);
	set_int(&m->kind, KIND_PROPORTION);
	set_int(&m->objective, OBJECTIVE_NONINFERIOR);
	set_real(&m->alpha, 0.05);
	set_int(&m->allow_point, 1);
	if (m->min_n < 0)
		m->min_n = 100;
	if (m->floor > m->ceiling)
		fault_add(faults, pointer, "floor must not be above ceiling");
	if (!isnan(m->margin) && !isnan(m->margin_rel))
		fault_add(faults, pointer, "must have margin or margin_rel, not both");
}

static const struct field_table policy_metric_table =
	FIELD_TABLE("PolicyMetric", "How one metric is judged.", struct policy_metric,
		metric_fields, .check = policy_metric_check);

static const struct field quality_fields[] = {
	{"require", FIELD_ENUM, offsetof(struct policy_quality, require), 0,
		.names = &require_names,
		.help = "how many success metrics must be better; any when absent"},
	{"metrics", FIELD_MAP, offsetof(struct policy_quality, metrics), 0, .min = 0, .max = 64,
		.table = &policy_metric_table, .help = "quality, at least 0.75, when absent"},
};
static const struct field_table quality_table = FIELD_TABLE(
	"PolicyQuality", "Better than the baseline.", struct policy_quality, quality_fields);

static const struct field limit_fields[] = {
	{"ceiling", FIELD_REAL, offsetof(struct policy_limit, ceiling), FIELD_REQUIRED, .min = 0,
		.max = INFINITY},
	{"margin_rel", FIELD_REAL, offsetof(struct policy_limit, margin_rel), 0, .min = 0,
		.max = INFINITY, .help = "0.05 when absent"},
};
static const struct field_table limit_table = FIELD_TABLE("PolicyLimit",
	"An absolute ceiling, and how much worse than the baseline is still good.",
	struct policy_limit, limit_fields);

static const struct field latency_fields[] = {
	{"p95_ms", FIELD_REAL, offsetof(struct policy_latency, p95_ms), FIELD_EXCLUSIVE, .min = 0,
		.max = INFINITY, .help = "250 when absent"},
	{"cost_per_1k_tokens", FIELD_OBJECT, offsetof(struct policy_latency, cost_per_1k_tokens), 0,
		.table = &limit_table, .help = "ceiling 1.5 when absent"},
	{"from_evidence", FIELD_STRINGS, offsetof(struct policy_latency, from_evidence), 0,
		.min = 0, .max = 64, .format = &format_name, .help = FROM_EVIDENCE},
};
static const struct field_table latency_table = FIELD_TABLE(
	"PolicyLatency", "Fast and cheap enough.", struct policy_latency, latency_fields);

static const struct field suite_fields[] = {
	{"max_rate", FIELD_REAL, offsetof(struct policy_suite, max_rate), 0, .min = 0, .max = 1},
	{"zero_tolerance", FIELD_STRINGS, offsetof(struct policy_suite, zero_tolerance), 0,
		.min = 0, .max = 64, .format = &format_name,
		.help = "categories in which one violation fails"},
	{"digest", FIELD_STRING, offsetof(struct policy_suite, digest), 0, .format = &format_digest,
		.help = "the suite that must have been run"},
	{"min_total", FIELD_INT, offsetof(struct policy_suite, min_total), 0},
	{"required", FIELD_ENUM, offsetof(struct policy_suite, required), 0,
		.names = &suite_required_names,
		.help = "full: of manifests with samples; always when absent"},
	{"from_evidence", FIELD_STRINGS, offsetof(struct policy_suite, from_evidence), 0, .min = 0,
		.max = 64, .format = &format_name, .help = FROM_EVIDENCE},
};

static void suite_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct policy_suite *s = obj;

	set_int(&s->required, SUITE_ALWAYS);
}

static const struct field_table policy_suite_table = FIELD_TABLE("PolicySuite",
	"What a safety suite must show.", struct policy_suite, suite_fields, .check = suite_check);

static const struct field safety_fields[] = {
	{"floor", FIELD_REAL, offsetof(struct policy_safety, floor), 0, .min = 0, .max = 1,
		.help = "0.95 when absent"},
	{"margin", FIELD_REAL, offsetof(struct policy_safety, margin), 0, .min = 0, .max = 1,
		.help = "how much less than the baseline is still good; 0.01 when absent"},
	{"from_evidence", FIELD_STRINGS, offsetof(struct policy_safety, from_evidence), 0, .min = 0,
		.max = 64, .format = &format_name, .help = FROM_EVIDENCE},
	{"suites", FIELD_MAP, offsetof(struct policy_safety, suites), 0, .min = 0, .max = 64,
		.table = &policy_suite_table},
};
static const struct field_table safety_table =
	FIELD_TABLE("PolicySafety", "Safe enough.", struct policy_safety, safety_fields);

static const struct field compatibility_fields[] = {
	{"contract", FIELD_STRING, offsetof(struct policy_compatibility, contract), 0,
		.format = &format_name},
	{"allow", FIELD_ENUM, offsetof(struct policy_compatibility, allow), 0,
		.names = &contract_allow_names, .help = "compatible when absent"},
};
static const struct field_table compatibility_table = FIELD_TABLE("PolicyCompatibility",
	"The nodal contract holds.", struct policy_compatibility, compatibility_fields);

static const struct field combination_fields[] = {
	{"p95_ms", FIELD_REAL, offsetof(struct policy_combination, p95_ms), FIELD_EXCLUSIVE,
		.min = 0, .max = INFINITY,
		.help = "of each way of a route, summed; the latency gate's when absent"},
	{"cost_per_1k_tokens", FIELD_REAL, offsetof(struct policy_combination, cost_per_1k_tokens),
		FIELD_EXCLUSIVE, .min = 0, .max = INFINITY,
		.help = "of each way of a route, summed; the latency gate's ceiling when absent"},
	{"no_plan_b", FIELD_ENUM, offsetof(struct policy_combination, no_plan_b), 0,
		.names = &no_plan_b_names,
		.help = "what it does when the fusion rules do not survive the loss of a provider; "
			"warn when absent"},
};
static const struct field_table combination_table = FIELD_TABLE("PolicyCombination",
	"The combination as a whole.", struct policy_combination, combination_fields);

static const struct field gates_fields[] = {
	{"quality", FIELD_OBJECT, offsetof(struct policy_gates, quality), 0,
		.table = &quality_table},
	{"latency", FIELD_OBJECT, offsetof(struct policy_gates, latency), 0,
		.table = &latency_table},
	{"safety", FIELD_OBJECT, offsetof(struct policy_gates, safety), 0, .table = &safety_table},
	{"compatibility", FIELD_OBJECT, offsetof(struct policy_gates, compatibility), 0,
		.table = &compatibility_table},
	{"combination", FIELD_OBJECT, offsetof(struct policy_gates, combination), 0,
		.table = &combination_table},
	{"alpha", FIELD_REAL, offsetof(struct policy_gates, alpha), FIELD_EXCLUSIVE, .min = 0,
		.max = 0.5, .help = "one-sided, of a whole gate; 0.05 when absent"},
	{"max_looks", FIELD_INT, offsetof(struct policy_gates, max_looks), 0, .min = 1, .max = 100,
		.help = "evaluations of one candidate, each at alpha / max_looks; 3 when absent"},
};
static const struct field_table gates_table =
	FIELD_TABLE("PolicyGates", "The four gates.", struct policy_gates, gates_fields);

#define F(name_)                                                         \
	{                                                                \
#name_, FIELD_REAL, offsetof(struct policy_score, name_) \
	}
static const struct field score_fields[] = {
	F(quality),
	F(safety),
	F(latency_ms_p95),
	F(cost_per_1k_tokens),
};
#undef F
static const struct field_table score_table = FIELD_TABLE(
	"PolicyScore", "Weights that rank what passes.", struct policy_score, score_fields);

#define RULE(name_) offsetof(struct policy_rollback, rules.name_)
static const struct field rollback_fields[] = {
	{"warm", FIELD_INT, offsetof(struct policy_rollback, warm), 0, .min = 1, .max = 10,
		.help = "releases kept ready; 2 when absent"},
	{"automatic", FIELD_BOOL, RULE(automatic), 0, .help = "true when absent"},
	{"on_exhausted", FIELD_ENUM, RULE(on_exhausted), 0, .names = &exhausted_action_names,
		.help = "when nothing warm is left; hold when absent"},
	{"eval_s", FIELD_INT, RULE(eval_s), 0, .min = 1, .max = 3600,
		.help = "seconds between evaluations; 30 when absent"},
	{"for_evals", FIELD_INT, RULE(for_evals), 0, .min = 1, .max = 1000,
		.help = "evaluations in a row that a rule has to fire; 2 when absent"},
	{"cooldown_s", FIELD_INT, RULE(cooldown_s), 0, .min = 0, .max = BURN_WINDOW_MAX,
		.help = "between automatic rollbacks; 900 when absent"},
	{"max_auto", FIELD_INT, RULE(max_auto), 0, .min = 0, .max = 64,
		.help = "automatic rollbacks in max_auto_window_s; 2 when absent"},
	{"max_auto_window_s", FIELD_INT, RULE(max_auto_window_s), 0, .min = 1,
		.max = BURN_WINDOW_MAX, .help = "86400 when absent"},
	{"holdoff_s", FIELD_INT, RULE(holdoff_s), 0, .min = 0, .max = BURN_WINDOW_MAX,
		.help = "without promotions after an automatic rollback; 86400 when absent"},
};
#undef RULE
static const struct field_table rollback_table =
	FIELD_TABLE("PolicyRollback", "The way back.", struct policy_rollback, rollback_fields);

static const struct field evidence_fields[] = {
	{"hold_days", FIELD_INT, offsetof(struct policy_evidence, hold_days), 0, .min = 1,
		.max = 365, .help = "how long it waits for its subject; 14 when absent"},
};
static const struct field_table evidence_table = FIELD_TABLE("PolicyEvidence",
	"Evidence about what is not there yet.", struct policy_evidence, evidence_fields);

static const struct field policy_fields[] = {
	{"schema", FIELD_STRING, offsetof(struct policy, schema), 0, .format = &format_schema},
	{"providers", FIELD_MAP, offsetof(struct policy, providers), FIELD_REQUIRED, .min = 1,
		.max = 32, .table = &provider_table, .format = &format_provider},
	{"slots", FIELD_MAP, offsetof(struct policy, slots), FIELD_REQUIRED, .min = 1, .max = 32,
		.table = &slot_table, .format = &format_name},
	{"gates", FIELD_OBJECT, offsetof(struct policy, gates), 0, .table = &gates_table},
	{"score", FIELD_OBJECT, offsetof(struct policy, score), 0, .table = &score_table},
	{"slos", FIELD_LIST, offsetof(struct policy, slos), 0, .min = 0, .max = BURN_SLOS_MAX,
		.table = &burn_slo_table},
	{"rollback", FIELD_OBJECT, offsetof(struct policy, rollback), 0, .table = &rollback_table},
	{"evidence", FIELD_OBJECT, offsetof(struct policy, evidence), 0, .table = &evidence_table},
	{"cadence", FIELD_OBJECT, offsetof(struct policy, cadence), 0, .table = &cadence_table},
	{"fusion", FIELD_OBJECT, offsetof(struct policy, fusion), 0, .table = &fusion_table,
		.help = "which model answers which request; models are made of slots"},
	{"checklist", FIELD_LIST, offsetof(struct policy, checklist), 0, .min = 0, .max = 32,
		.table = &policy_signoff_table, .help = "what people sign off before a promotion"},
	{"keyless", FIELD_LIST, offsetof(struct policy, keyless), 0, .min = 0, .max = KEYLESS_MAX,
		.table = &policy_keyless_table,
		.help = "whose tokens may submit manifests besides our own"},
	{"soak", FIELD_STRING, offsetof(struct policy, soak), 0, .min = 1, .max = 64,
		.format = &format_line,
		.help = "how old a merge must be before it is promoted, such as PT24H; no matter "
			"when absent"},
};

/* ---- Defaults ---- */

/* A block that may be missing: all absent, to be filled in. */
static void *block(void *present, const struct field_table *t, struct arena *a)
{
	if (present)
		return present;
	void *made = arena_alloc(a, t->size);
	fields_init(t, made);
	return made;
}

static void default_metrics(struct policy_quality *q, struct arena *a)
{
	struct policy_metric *m = ARENA_NEW(a, struct policy_metric);

	fields_init(&policy_metric_table, m);
	m->name = "quality";
	m->role = METRIC_SUCCESS;
	m->floor = 0.75;
	policy_metric_check(m, "", a, NULL);
	q->metrics = (struct list){m, 1};
}

static void default_gates(struct policy_gates *g, struct arena *a)
{
	g->quality = block(g->quality, &quality_table, a);
	set_int(&g->quality->require, REQUIRE_ANY);
	if (!g->quality->metrics.n && g->quality->require != REQUIRE_NONE)
		default_metrics(g->quality, a);

	g->latency = block(g->latency, &latency_table, a);
	set_real(&g->latency->p95_ms, 250);
	g->latency->cost_per_1k_tokens = block(g->latency->cost_per_1k_tokens, &limit_table, a);
	set_real(&g->latency->cost_per_1k_tokens->ceiling, 1.5);
	set_real(&g->latency->cost_per_1k_tokens->margin_rel, 0.05);

	g->safety = block(g->safety, &safety_table, a);
	set_real(&g->safety->floor, 0.95);
	set_real(&g->safety->margin, 0.01);

	g->compatibility = block(g->compatibility, &compatibility_table, a);
	set_int(&g->compatibility->allow, ALLOW_COMPATIBLE);

	g->combination = block(g->combination, &combination_table, a);
	set_real(&g->combination->p95_ms, g->latency->p95_ms);
	set_real(&g->combination->cost_per_1k_tokens, g->latency->cost_per_1k_tokens->ceiling);
	set_int(&g->combination->no_plan_b, NO_PLAN_B_WARN);

	set_real(&g->alpha, 0.05);
	if (g->max_looks < 0)
		g->max_looks = 3;
}

static void fill_defaults(struct policy *p, struct arena *a)
{
	for (size_t i = 0; i < p->slots.n; i++) {
		struct policy_slot *s = LIST_AT(&p->slots, struct policy_slot, i);
		set_int(&s->required, 1);
		if (!s->role)
			s->role = s->name;
	}
	p->gates = block(p->gates, &gates_table, a);
	default_gates(p->gates, a);
	p->score = block(p->score, &score_table, a);
	set_real(&p->score->quality, 0.45);
	set_real(&p->score->safety, 0.45);
	set_real(&p->score->latency_ms_p95, -0.0005);
	set_real(&p->score->cost_per_1k_tokens, -0.1);
	p->rollback = block(p->rollback, &rollback_table, a);
	burn_rules_defaults(&p->rollback->rules);
	if (p->rollback->warm < 0)
		p->rollback->warm = 2;
	p->evidence = block(p->evidence, &evidence_table, a);
	if (p->evidence->hold_days < 0)
		p->evidence->hold_days = 14;
	p->cadence = block(p->cadence, &cadence_table, a);
	policy_fusion_fill(p, a);
}

/* ---- The whole ---- */

static void policy_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct policy *p = obj;

	fill_defaults(p, a);
	policy_check_whole(p, pointer, a, faults);
}

const struct field_table policy_table =
	FIELD_TABLE("Policy", "One versioned, immutable set of rules.", struct policy,
		policy_fields, .check = policy_check);

/* Those of named roles say more about a unit than those of all. */
static int by_scope(const void *a, const void *b)
{
	const struct policy_metric *m = a, *o = b;

	if (!m->unit_roles.n != !o->unit_roles.n)
		return !m->unit_roles.n ? 1 : -1;
	return strcmp(m->name, o->name);
}

static int by_name(const void *a, const void *b)
{
	const struct policy_suite *s = a, *o = b;

	return strcmp(s->name, o->name);
}

/* Members of an object have no order, and one digest must mean one judgement. */
static void put_in_order(struct policy_gates *g)
{
	struct list *metrics = &g->quality->metrics, *suites = &g->safety->suites;

	if (metrics->n)
		qsort(metrics->v, metrics->n, sizeof(struct policy_metric), by_scope);
	if (suites->n)
		qsort(suites->v, suites->n, sizeof(struct policy_suite), by_name);
}

int policy_parse(const char *text, size_t len, struct arena *a, struct policy *ret,
	const char **ret_canonical, struct faults *faults, struct err *err)
{
	struct policy p;
	const char *canonical;
	size_t n;

	if (fields_parse_canonical(&policy_table, text, len, a, &p, &canonical, &n, faults, err))
		return -1;
	digest_string(canonical, n, p.digest);
	put_in_order(p.gates);
	*ret = p;
	*ret_canonical = canonical;
	return 0;
}
