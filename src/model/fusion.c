/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the fusion block and the rules of each part by itself; fusion_check.c holds those of
 * the whole.
 */
#include "model/fusion.h"

#include <math.h>
#include <string.h>

#include "model/format.h"
#include "model/fusion_parts.h"
#include "model/schema_tree.h"

/* ---- Formats ---- */

bool fusion_target_parse(const char *target, enum fusion_kind *ret_kind, const char **ret_name)
{
	static const char *const kinds[] = {[FUSION_MODEL] = "model:",
		[FUSION_ENSEMBLE] = "ensemble:",
		[FUSION_SPLIT] = "split:"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i]);

		if (strncmp(target, kinds[i], n) != 0 || !format_name.check(target + n))
			continue;
		*ret_kind = (enum fusion_kind)i;
		*ret_name = target + n;
		return true;
	}
	return false;
}

bool fusion_has_target(const struct fusion *f, const char *target)
{
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return false;
	return kind == FUSION_MODEL	 ? fusion_model(f, name) != NULL
	       : kind == FUSION_ENSEMBLE ? fusion_ensemble(f, name) != NULL
					 : fusion_split(f, name) != NULL;
}

static bool is_target(const char *s)
{
	enum fusion_kind kind;
	const char *name;

	return fusion_target_parse(s, &kind, &name);
}
const struct field_format format_fusion_target = {
	.title = "a target",
	.example = "model:general, ensemble:safe or split:beta",
	.pattern = "^(model|ensemble|split):[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
	.check = is_target,
};

static bool is_model_target(const char *s)
{
	enum fusion_kind kind;
	const char *name;

	return fusion_target_parse(s, &kind, &name) && kind == FUSION_MODEL;
}
static const struct field_format format_model_target = {
	.title = "a model as target",
	.example = "model:general",
	.pattern = "^model:[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
	.check = is_model_target,
};

/* A run of digits and a designator out of `designators`, each at most once and in their order. */
static const char *duration_part(const char *s, const char *designators, bool *ret_any)
{
	while (*s >= '0' && *s <= '9') {
		size_t digits = strspn(s, "0123456789");
		const char *found = s[digits] ? strchr(designators, s[digits]) : NULL;

		if (digits > 6 || !found)
			return s;
		designators = found + 1;
		s += digits + 1;
		*ret_any = true;
	}
	return s;
}

static bool is_duration(const char *s)
{
	bool any = false, any_time = false;

	if (*s++ != 'P')
		return false;
	s = duration_part(s, "WD", &any);
	if (*s == 'T') {
		s = duration_part(s + 1, "HMS", &any_time);
		if (!any_time)
			return false;
	}
	return (any || any_time) && !*s;
}
static const struct field_format format_duration = {
	.title = "a duration",
	.example = "P7D or PT4H",
	.pattern = "^P(?=[0-9T])([0-9]{1,6}W)?([0-9]{1,6}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?"
		   "([0-9]{1,6}S)?)?$",
	.check = is_duration,
};

/* A list of one word each, so that a misspelt one is refused and not ignored. */
static bool is_signal(const char *s)
{
	return !strcmp(s, "route_share") || !strcmp(s, "cost_per_1k_tokens") ||
	       !strcmp(s, "latency_ms_p95") || !strcmp(s, "error_rate") || !strcmp(s, "requests");
}
static const struct field_format format_signal = {
	.title = "a signal (route_share, cost_per_1k_tokens, latency_ms_p95, error_rate, requests)",
	.example = "route_share",
	.pattern = "^(route_share|cost_per_1k_tokens|latency_ms_p95|error_rate|requests)$",
	.check = is_signal,
};

static bool is_candidate(const char *s)
{
	return !strcmp(s, "candidate");
}
static const struct field_format format_produces = {
	.title = "what distillation produces",
	.example = "candidate",
	.pattern = "^candidate$",
	.check = is_candidate,
};

static bool is_consent(const char *s)
{
	return !strcmp(s, "required");
}
static const struct field_format format_consent = {
	.title = "the consent that traces need",
	.example = "required",
	.pattern = "^required$",
	.check = is_consent,
};

/* ---- Faults ---- */

void fusion_fault(struct faults *faults, const char *pointer, const char *key, const char *what)
{
	char at[FUSION_POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, key);
	fault_add(faults, at, "%s", what);
}

/* ---- Conditions ---- */

static struct fusion_value scalar_of(const struct json_value *v)
{
	switch (v->kind) {
	case JSON_KIND_STRING:
		return (struct fusion_value){.type = FUSION_STRING, .string = v->string};
	case JSON_KIND_NUMBER:
		return (struct fusion_value){.type = FUSION_NUMBER, .number = v->number};
	case JSON_KIND_BOOL:
		return (struct fusion_value){.type = FUSION_BOOL, .boolean = v->boolean};
	default:
		return (struct fusion_value){.type = FUSION_NONE};
	}
}

/* What is wrong with the value for the operator, or NULL. */
static const char *take_values(
	struct fusion_condition *c, const struct json_value *v, struct arena *a)
{
	bool many = c->op == FUSION_IN;

	if (!v)
		return c->op == FUSION_EXISTS ? NULL : "is required";
	if (c->op == FUSION_EXISTS)
		return json_is_bool(v, true) ? NULL : "means nothing for exists: leave it out";
	if (many && (v->kind != JSON_KIND_ARRAY || !v->n || v->n > FUSION_VALUES_MAX))
		return "must be an array of 1 to 64 values";
	c->n_values = many ? v->n : 1;
	c->values = ARENA_ARRAY(a, c->n_values, struct fusion_value);
	for (size_t i = 0; i < c->n_values; i++) {
		c->values[i] = scalar_of(many ? &v->sub[i] : v);
		if (c->values[i].type == FUSION_NONE)
			return "must be a string, a number or true or false";
	}
	if (c->op >= FUSION_GT && c->op <= FUSION_LE && c->values[0].type != FUSION_NUMBER)
		return "must be a number to be compared by order";
	return NULL;
}

static void condition_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct fusion_condition *c = obj;
	const struct json_value *v = NULL;
	size_t values;
	const char *wrong;

	if (c->value && json_tree(c->value, strlen(c->value), 256, a, &v, &values, NULL)) {
		fusion_fault(faults, pointer, "value", "holds too much");
		return;
	}
	wrong = take_values(c, v, a);
	if (wrong)
		fusion_fault(faults, pointer, "value", wrong);
}

#define CONDITION(type_, required_)                                                             \
	{"field", FIELD_STRING, offsetof(type_, field), required_, .format = &format_name,      \
		.help = "of the request"},                                                      \
		{"op", FIELD_ENUM, offsetof(type_, op), required_, .names = &fusion_op_names},  \
	{                                                                                       \
		"value", FIELD_JSON, offsetof(type_, value), 0,                                 \
			.help = "a string, number or boolean; an array of them for `in`; none " \
				"for `exists`"                                                  \
	}
static const struct field condition_fields[] = {CONDITION(struct fusion_condition, FIELD_REQUIRED)};
static const struct field_table condition_table = FIELD_TABLE("FusionCondition",
	"Types are strict; a field that the request lacks matches nothing.",
	struct fusion_condition, condition_fields, .check = condition_check);

static const struct field when_fields[] = {
	CONDITION(struct fusion_when, 0),
	{"all", FIELD_LIST, offsetof(struct fusion_when, all), 0, .min = 1,
		.max = FUSION_CONDITIONS_MAX, .table = &condition_table},
	{"any", FIELD_LIST, offsetof(struct fusion_when, any), 0, .min = 1,
		.max = FUSION_CONDITIONS_MAX, .table = &condition_table},
};

static void when_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct fusion_when *w = obj;
	bool single = w->field || w->op >= 0 || w->value;

	if (single + (w->all.n > 0) + (w->any.n > 0) != 1) {
		fault_add(
			faults, pointer, "must be one condition, `all` of some, or `any` of some");
		return;
	}
	w->is_any = w->any.n > 0;
	w->conditions = w->is_any ? w->any : w->all;
	if (!single)
		return;
	if (!w->field || w->op < 0) {
		fusion_fault(faults, pointer, w->field ? "op" : "field", "is required");
		return;
	}
	struct fusion_condition *c = ARENA_NEW(a, struct fusion_condition);

	*c = (struct fusion_condition){.field = w->field, .op = w->op, .value = w->value};
	condition_check(c, pointer, a, faults);
	w->conditions = (struct list){c, 1};
}
static const struct field_table when_table =
	FIELD_TABLE("FusionWhen", "One condition, all of some, or any of some.", struct fusion_when,
		when_fields, .check = when_check);

/* ---- Models, routes ---- */

static const struct field model_fields[] = {
	{"artifact", FIELD_STRING, offsetof(struct fusion_model, artifact), FIELD_REQUIRED,
		.min = 1, .max = 256, .format = &format_line,
		.help = "a slot in a policy, a digest in a release"},
	{"adapter", FIELD_STRING, offsetof(struct fusion_model, adapter),
		FIELD_EMIT_NULL | FIELD_TAKE_NULL, .min = 1, .max = 256, .format = &format_line},
};
static const struct field_table model_table = FIELD_TABLE(
	"FusionModel", "Weights, with an adapter or without.", struct fusion_model, model_fields);

#define TO_AND_FALLBACK(type_)                                               \
	{"to", FIELD_STRING, offsetof(type_, to), FIELD_REQUIRED,            \
		.format = &format_fusion_target},                            \
	{                                                                    \
		"fallback", FIELD_STRINGS, offsetof(type_, fallback), 0,     \
			.min = 0, .max = 8, .format = &format_fusion_target, \
			.help = "on any failure, in order"                   \
	}
static const struct field route_fields[] = {
	{"name", FIELD_STRING, offsetof(struct fusion_route, name), FIELD_REQUIRED,
		.format = &format_name},
	{"when", FIELD_OBJECT, offsetof(struct fusion_route, when), FIELD_REQUIRED,
		.table = &when_table},
	TO_AND_FALLBACK(struct fusion_route),
};
static const struct field_table route_table =
	FIELD_TABLE("FusionRoute", "Where a request goes.", struct fusion_route, route_fields);

static const struct field default_fields[] = {TO_AND_FALLBACK(struct fusion_default)};
static const struct field_table default_table = FIELD_TABLE("FusionDefault",
	"Where a request goes that no route matches.", struct fusion_default, default_fields);

/* ---- Ensembles ---- */

static const struct field member_fields[] = {
	{"model", FIELD_STRING, offsetof(struct fusion_member, model), FIELD_REQUIRED,
		.format = &format_name},
	{"weight", FIELD_REAL, offsetof(struct fusion_member, weight), FIELD_EXCLUSIVE, .min = 0,
		.max = 1000000, .help = "1 when absent"},
};
static void member_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct fusion_member *m = obj;

	if (isnan(m->weight))
		m->weight = 1;
}
static const struct field_table member_table = FIELD_TABLE(
	"FusionMember", "Who votes.", struct fusion_member, member_fields, .check = member_check);

static const struct field then_fields[] = {
	{"to", FIELD_STRING, offsetof(struct fusion_then, to), FIELD_REQUIRED,
		.format = &format_model_target},
};
static const struct field_table then_table = FIELD_TABLE("FusionThen",
	"Who answers after this label.", struct fusion_then, then_fields, .scalar = "to");

#define F(name_, type_, flags_, ...)                                                        \
	{                                                                                   \
#name_, type_, offsetof(struct fusion_ensemble, name_), flags_, __VA_ARGS__ \
	}
static const struct field ensemble_fields[] = {
	F(mode, FIELD_ENUM, 0, .names = &ensemble_mode_names,
		.help = "answer returns the label; gate calls then[label]; answer when absent"),
	F(members, FIELD_LIST, FIELD_REQUIRED, .min = 1, .max = FUSION_MEMBERS_MAX,
		.table = &member_table),
	F(labels, FIELD_STRINGS, FIELD_REQUIRED, .min = 1, .max = FUSION_LABELS_MAX,
		.help = "from the least safe to the safest"),
	F(quorum, FIELD_REAL, FIELD_REQUIRED | FIELD_EXCLUSIVE, .min = 0, .max = INFINITY,
		.help = "weight that the winning label needs"),
	F(min_votes, FIELD_INT, 0, .min = 1, .max = FUSION_MEMBERS_MAX,
		.help = "valid ones; 1 when absent"),
	F(tie, FIELD_STRING, 0, .help = "the safest label, which it is when absent"),
	F(no_quorum, FIELD_STRING, 0, .help = "the safest label, which it is when absent"),
	F(veto, FIELD_STRINGS, 0, .min = 0, .max = FUSION_LABELS_MAX,
		.help = "labels that win by one vote"),
	F(abstain_as, FIELD_STRING, FIELD_EMIT_NULL | FIELD_TAKE_NULL,
		.help = "what a vote that is none counts as; null: it does not count"),
	F(timeout_ms, FIELD_INT, 0, .min = 1, .max = 600000),
	F(then, FIELD_MAP, 0, .min = 0, .max = FUSION_LABELS_MAX, .table = &then_table),
};
#undef F

static void ensemble_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct fusion_ensemble *e = obj;

	if (e->mode < 0)
		e->mode = ENSEMBLE_ANSWER;
	if (e->min_votes < 0)
		e->min_votes = 1;
	if (!e->tie)
		e->tie = fusion_safest(e);
	if (!e->no_quorum)
		e->no_quorum = fusion_safest(e);
	if (!fusion_listed(&e->labels, e->tie))
		fusion_fault(faults, pointer, "tie", "must be one of labels");
	if (!fusion_listed(&e->labels, e->no_quorum))
		fusion_fault(faults, pointer, "no_quorum", "must be one of labels");
	if (e->abstain_as && !fusion_listed(&e->labels, e->abstain_as))
		fusion_fault(faults, pointer, "abstain_as", "must be one of labels");
	for (size_t i = 0; i < e->veto.n; i++) {
		char at[FUSION_POINTER_MAX];

		if (fusion_listed(&e->labels, e->veto.v[i]))
			continue;
		pointer_join(at, sizeof(at), pointer, "veto");
		pointer_index(at, sizeof(at), at, i);
		fault_add(faults, at, "must be one of labels");
	}
}
const struct field_table fusion_ensemble_table = FIELD_TABLE("FusionEnsemble",
	"Several models vote.", struct fusion_ensemble, ensemble_fields, .check = ensemble_check);

/* ---- Splits ---- */

static const struct field branch_fields[] = {
	{"to", FIELD_STRING, offsetof(struct fusion_branch, to), FIELD_REQUIRED,
		.format = &format_fusion_target},
	{"weight", FIELD_INT, offsetof(struct fusion_branch, weight), FIELD_REQUIRED, .min = 0,
		.max = FUSION_SPLIT_BUCKETS, .help = "of 10000"},
};
static const struct field_table branch_table =
	FIELD_TABLE("FusionBranch", "A share of the keys.", struct fusion_branch, branch_fields);

static const struct field split_fields[] = {
	{"salt", FIELD_STRING, offsetof(struct fusion_split, salt), FIELD_REQUIRED, .min = 1,
		.max = 128, .format = &format_line},
	{"key", FIELD_STRING, offsetof(struct fusion_split, key), FIELD_REQUIRED,
		.format = &format_name, .help = "the request's field; a key stays on its branch"},
	{"branches", FIELD_LIST, offsetof(struct fusion_split, branches), FIELD_REQUIRED, .min = 2,
		.max = 32, .table = &branch_table},
};
static void split_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct fusion_split *s = obj;
	int64_t sum = 0;

	for (size_t i = 0; i < s->branches.n; i++) {
		const struct fusion_branch *b = LIST_AT(&s->branches, struct fusion_branch, i);

		if (!b->to || b->weight < 0)
			return;
		sum += b->weight;
	}
	if (sum != FUSION_SPLIT_BUCKETS)
		fusion_fault(faults, pointer, "branches", "weights must add up to 10000");
}
static const struct field_table split_table =
	FIELD_TABLE("FusionSplit", "Keys shared out by their hash, each always to the same branch.",
		struct fusion_split, split_fields, .check = split_check);

/* ---- Distillation ---- */

#define SIGNAL(type_, required_)                                                                \
	{"signal", FIELD_STRING, offsetof(type_, signal), required_, .format = &format_signal}, \
		{"target", FIELD_STRING, offsetof(type_, target), 0,                            \
			.format = &format_fusion_target},                                       \
		{"op", FIELD_ENUM, offsetof(type_, op), required_, .names = &fusion_op_names},  \
		{"value", FIELD_REAL, offsetof(type_, value), required_},                       \
	{                                                                                       \
		"window", FIELD_STRING, offsetof(type_, window), required_,                     \
			.format = &format_duration                                              \
	}
static const struct field signal_fields[] = {SIGNAL(struct fusion_signal, FIELD_REQUIRED)};

static void signal_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct fusion_signal *s = obj;
	bool shares = !strcmp(s->signal, "route_share");

	if (s->op < FUSION_GT || s->op > FUSION_LE)
		fusion_fault(faults, pointer, "op", "must be gt, ge, lt or le");
	if (shares != (s->target != NULL))
		fusion_fault(faults, pointer, "target",
			shares ? "is required for route_share" : "means nothing for this signal");
	if (shares && !(s->value >= 0 && s->value <= 1))
		fusion_fault(faults, pointer, "value", "must be a share from 0 to 1");
}
static const struct field_table signal_table = FIELD_TABLE("FusionSignal",
	"What the daemon measured.", struct fusion_signal, signal_fields, .check = signal_check);

static const struct field trigger_fields[] = {
	SIGNAL(struct fusion_trigger, 0),
	{"all", FIELD_LIST, offsetof(struct fusion_trigger, all), 0, .min = 1,
		.max = FUSION_CONDITIONS_MAX, .table = &signal_table},
	{"any", FIELD_LIST, offsetof(struct fusion_trigger, any), 0, .min = 1,
		.max = FUSION_CONDITIONS_MAX, .table = &signal_table},
};
static void trigger_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct fusion_trigger *t = obj;
	bool single = t->signal || t->target || t->op >= 0 || !isnan(t->value) || t->window;

	if (single + (t->all.n > 0) + (t->any.n > 0) != 1) {
		fault_add(faults, pointer, "must be one signal, `all` of some, or `any` of some");
		return;
	}
	t->is_any = t->any.n > 0;
	t->signals = t->is_any ? t->any : t->all;
	if (!single)
		return;
	const char *missing = !t->signal	? "signal"
			      : t->op < 0	? "op"
			      : isnan(t->value) ? "value"
			      : !t->window	? "window"
						: NULL;
	if (missing) {
		fusion_fault(faults, pointer, missing, "is required");
		return;
	}
	struct fusion_signal *s = ARENA_NEW(a, struct fusion_signal);

	*s = (struct fusion_signal){t->signal, t->target, t->op, t->value, t->window};
	signal_check(s, pointer, a, faults);
	t->signals = (struct list){s, 1};
}
static const struct field_table trigger_table = FIELD_TABLE("FusionTrigger", "When to distil.",
	struct fusion_trigger, trigger_fields, .check = trigger_check);

static const struct field filter_fields[] = {
	{"route", FIELD_STRINGS, offsetof(struct fusion_dataset_filter, route), 0, .min = 1,
		.max = FUSION_ROUTES_MAX, .format = &format_name},
};
static const struct field_table filter_table = FIELD_TABLE(
	"FusionDatasetFilter", "Which traces.", struct fusion_dataset_filter, filter_fields);

static const struct field dataset_fields[] = {
	{"from", FIELD_STRING, offsetof(struct fusion_dataset, from), FIELD_REQUIRED,
		.format = &format_name},
	{"filter", FIELD_OBJECT, offsetof(struct fusion_dataset, filter), 0,
		.table = &filter_table},
	{"min_samples", FIELD_INT, offsetof(struct fusion_dataset, min_samples), 0, .min = 1,
		.max = 1e12},
	{"consent", FIELD_STRING, offsetof(struct fusion_dataset, consent), 0,
		.format = &format_consent},
};
static const struct field_table dataset_table =
	FIELD_TABLE("FusionDataset", "What a student learns from; never the data itself.",
		struct fusion_dataset, dataset_fields);

static const struct field method_fields[] = {
	{"kind", FIELD_STRING, offsetof(struct fusion_method, kind), FIELD_REQUIRED,
		.format = &format_name},
	{"temperature", FIELD_REAL, offsetof(struct fusion_method, temperature), FIELD_EXCLUSIVE,
		.min = 0, .max = 1000},
	{"alpha", FIELD_REAL, offsetof(struct fusion_method, alpha), 0, .min = 0, .max = 1},
};
static const struct field_table method_table =
	FIELD_TABLE("FusionMethod", "How a student learns.", struct fusion_method, method_fields);

#define F(name_, type_, flags_, ...)                                                            \
	{                                                                                       \
#name_, type_, offsetof(struct fusion_distillation, name_), flags_, __VA_ARGS__ \
	}
static const struct field distillation_fields[] = {
	F(teacher, FIELD_STRING, FIELD_REQUIRED, .format = &format_model_target),
	F(student, FIELD_STRING, FIELD_REQUIRED, .format = &format_model_target),
	F(trigger, FIELD_OBJECT, FIELD_REQUIRED, .table = &trigger_table),
	F(dataset, FIELD_OBJECT, 0, .table = &dataset_table),
	F(method, FIELD_OBJECT, 0, .table = &method_table),
	F(cooldown, FIELD_STRING, 0, .format = &format_duration),
	F(produces, FIELD_STRING, 0, .format = &format_produces),
};
#undef F
const struct field_table fusion_distillation_table =
	FIELD_TABLE("FusionDistillation", "When a student is made; judged by the daemon.",
		struct fusion_distillation, distillation_fields);

/* ---- The block ---- */

static const struct field router_fields[] = {
	{"strategy", FIELD_STRING, offsetof(struct fusion_router, strategy), FIELD_REQUIRED},
	{"routes", FIELD_STRINGS, offsetof(struct fusion_router, routes), FIELD_EMIT_EMPTY,
		.help = "their names, in order"},
	{"default", FIELD_STRING, offsetof(struct fusion_router, otherwise), FIELD_REQUIRED},
};
static const struct field_table router_table = FIELD_TABLE(
	"FusionRouter", "What the routes are, in short.", struct fusion_router, router_fields);

static const struct field fusion_fields[] = {
	{"version", FIELD_INT, offsetof(struct fusion, version), 0, .min = 1, .max = 1},
	{"models", FIELD_MAP, offsetof(struct fusion, models), FIELD_REQUIRED, .min = 1,
		.max = FUSION_MODELS_MAX, .table = &model_table, .format = &format_name},
	{"routes", FIELD_LIST, offsetof(struct fusion, routes), 0, .min = 0,
		.max = FUSION_ROUTES_MAX, .table = &route_table},
	{"default", FIELD_OBJECT, offsetof(struct fusion, otherwise), FIELD_REQUIRED,
		.table = &default_table},
	{"ensembles", FIELD_MAP, offsetof(struct fusion, ensembles), 0, .min = 0, .max = 32,
		.table = &fusion_ensemble_table, .format = &format_name},
	{"splits", FIELD_MAP, offsetof(struct fusion, splits), 0, .min = 0, .max = 32,
		.table = &split_table, .format = &format_name},
	{"distillation", FIELD_OBJECT, offsetof(struct fusion, distillation), 0,
		.table = &fusion_distillation_table},
	{"rules", FIELD_STRING, offsetof(struct fusion, rules), FIELD_READ_ONLY,
		.format = &format_digest, .help = "of the rules with slots in place of digests"},
	{"router", FIELD_OBJECT, offsetof(struct fusion, router), FIELD_READ_ONLY,
		.table = &router_table},
	{"ensemble", FIELD_STRINGS, offsetof(struct fusion, ensemble), FIELD_READ_ONLY,
		.help = "the names of the ensembles"},
};
const struct field_table fusion_table = FIELD_TABLE("Fusion", "Which model answers which request.",
	struct fusion, fusion_fields, .check = fusion_check);
