/* SPDX-License-Identifier: Apache-2.0
 *
 * Export to KServe. Its conditions are GJSON paths over the request; its router knows neither strict
 * types nor sticky splits nor votes, and each place where that matters is told.
 */
#include "policy/kserve.h"

#include <string.h>

#include "base/jcs.h"
#include "policy/fusion_parts.h"

enum { LOSSY_MAX = 256, CONDITION_MAX = 16384 };

struct export
{
	const struct fusion *f;
	const struct kserve_target *target;
	struct arena *arena;
	struct json_writer *w;
	struct strings lossy;
};

static void lossy(struct export *x, const char *sentence)
{
	if (x->lossy.n < LOSSY_MAX)
		x->lossy.v[x->lossy.n++] = sentence;
}

/* ---- Conditions ---- */

static void add_value(struct strbuf *out, const struct fusion_value *v)
{
	char number[JCS_NUMBER_STRLEN];

	switch (v->type) {
	case FUSION_STRING:
		json_quote(out, v->string, strlen(v->string));
		break;
	case FUSION_NUMBER:
		jcs_number(v->number, number);
		strbuf_addstr(out, number);
		break;
	default:
		strbuf_addstr(out, v->boolean ? "true" : "false");
	}
}

static void add_field(struct strbuf *out, const char *name)
{
	for (; *name; name++) {
		if (*name == '.')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *name);
	}
}

static void add_condition(struct strbuf *out, const struct fusion_condition *c)
{
	static const char *const signs[] = {[FUSION_EQ] = "==",
		[FUSION_NE] = "!=",
		[FUSION_IN] = "==",
		[FUSION_GT] = ">",
		[FUSION_GE] = ">=",
		[FUSION_LT] = "<",
		[FUSION_LE] = "<="};

	strbuf_addch(out, '(');
	add_field(out, c->field);
	if (c->op != FUSION_EXISTS) {
		strbuf_addstr(out, signs[c->op]);
		add_value(out, &c->values[0]);
	}
	strbuf_addch(out, ')');
}

/* The request as a list of one, sieved by each condition in turn; the last takes the first hit. */
static const char *path_of(struct export *x, const struct fusion_conjunction *k)
{
	STRBUF_AUTO out = STRBUF_INIT(CONDITION_MAX);

	strbuf_addstr(&out, "[@this].");
	for (size_t i = 0; i < k->n; i++) {
		if (i)
			strbuf_addstr(&out, "#|");
		strbuf_addch(&out, '#');
		add_condition(&out, &k->c[i]);
	}
	return arena_strndup(x->arena, out.buf, out.len);
}

static void tell_types(struct export *x, const struct fusion_route *r)
{
	for (size_t i = 0; i < r->when->conditions.n; i++) {
		const struct fusion_condition *c =
			LIST_AT(&r->when->conditions, struct fusion_condition, i);
		bool loose = c->op == FUSION_NE;

		for (size_t k = 0; k < c->n_values; k++)
			loose = loose || c->values[k].type != FUSION_STRING;
		if (!loose)
			continue;
		lossy(x, arena_printf(x->arena,
				 "route %s: types are not strict, %s is also compared when the "
				 "request holds it as text",
				 r->name, c->field));
	}
}

/* ---- Steps ---- */

static const char *url(struct export *x, const char *before, const char *name)
{
	return arena_printf(x->arena, "%s/%s%s", x->target->base, before, name);
}

static void put_target(struct export *x, const char *target)
{
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return;
	if (kind == FUSION_MODEL)
		jw_kstring(x->w, "serviceUrl", url(x, "", name));
	else
		jw_kstring(x->w, "nodeName",
			arena_printf(
				x->arena, "%s-%s", kind == FUSION_SPLIT ? "split" : "ens", name));
}

static void step_open(struct export *x, const char *name)
{
	jw_object(x->w);
	jw_kstring(x->w, "name", name);
}

static void node_open(struct export *x, const char *name, const char *type)
{
	jw_key(x->w, name);
	jw_object(x->w);
	jw_kstring(x->w, "routerType", type);
	jw_key(x->w, "steps");
	jw_array(x->w);
}

static void node_close(struct export *x)
{
	jw_end(x->w);
	jw_end(x->w);
}

static void put_fallbacks(
	struct export *x, const char *name, const char *to, const struct strings *fallback)
{
	if (!fallback->n)
		return;
	node_open(x, arena_printf(x->arena, "route-%s", name), "Sequence");
	step_open(x, "primary");
	jw_kstring(x->w, "dependency", "Soft");
	put_target(x, to);
	jw_end(x->w);
	for (size_t i = 0; i < fallback->n; i++) {
		step_open(x, arena_printf(x->arena, "fallback-%zu", i + 1));
		jw_kstring(x->w, "condition", "error");
		jw_kstring(x->w, "data", "$request");
		jw_kstring(x->w, "dependency", "Soft");
		put_target(x, fallback->v[i]);
		jw_end(x->w);
	}
	node_close(x);
}

static void put_switch_step(struct export *x, const char *step, const char *condition,
	const char *route, const char *to, const struct strings *fallback)
{
	step_open(x, step);
	jw_kstring(x->w, "condition", condition);
	if (fallback->n)
		jw_kstring(x->w, "nodeName", arena_printf(x->arena, "route-%s", route));
	else
		put_target(x, to);
	jw_end(x->w);
}

static void put_switch(struct export *x)
{
	node_open(x, "root", "Switch");
	for (size_t i = 0; i < x->f->routes.n; i++) {
		const struct fusion_route *r = LIST_AT(&x->f->routes, struct fusion_route, i);
		struct fusion_alternatives ways = {.arena = x->arena};

		fusion_alternatives_of(&ways, r->when);
		tell_types(x, r);
		for (size_t k = 0; k < ways.n; k++)
			put_switch_step(x,
				k ? arena_printf(x->arena, "%s-%zu", r->name, k + 1) : r->name,
				path_of(x, &ways.v[k]), r->name, r->to, &r->fallback);
	}
	put_switch_step(
		x, "default", "@this", "default", x->f->otherwise->to, &x->f->otherwise->fallback);
	node_close(x);
}

/* ---- Ensembles and splits ---- */

static void put_members(struct export *x, const struct fusion_ensemble *e, const char *node)
{
	node_open(x, node, "Ensemble");
	for (size_t i = 0; i < e->members.n; i++) {
		const char *model = LIST_AT(&e->members, struct fusion_member, i)->model;

		step_open(x, model);
		jw_kstring(x->w, "dependency", "Soft");
		jw_kstring(x->w, "serviceUrl", url(x, "", model));
		jw_end(x->w);
	}
	node_close(x);
}

static void put_vote(struct export *x, const struct fusion_ensemble *e, const char *members)
{
	node_open(x, arena_printf(x->arena, "ens-%s", e->name), "Sequence");
	step_open(x, "members");
	jw_kstring(x->w, "nodeName", members);
	jw_end(x->w);
	step_open(x, "vote");
	jw_kstring(x->w, "data", "$response");
	jw_kstring(x->w, "serviceUrl", url(x, "vote/", e->name));
	jw_end(x->w);
	for (size_t i = 0; e->mode == ENSEMBLE_GATE && i < e->then.n; i++) {
		const struct fusion_then *t = LIST_AT(&e->then, struct fusion_then, i);
		STRBUF_AUTO condition = STRBUF_INIT(CONDITION_MAX);

		strbuf_addstr(&condition, "[@this].#(verdict==");
		json_quote(&condition, t->name, strlen(t->name));
		strbuf_addch(&condition, ')');
		step_open(x, arena_printf(x->arena, "then-%s", t->name));
		jw_kstring(x->w, "condition", condition.buf);
		jw_kstring(x->w, "data", "$request");
		put_target(x, t->to);
		jw_end(x->w);
	}
	node_close(x);
}

static void put_ensembles(struct export *x)
{
	for (size_t i = 0; i < x->f->ensembles.n; i++) {
		const struct fusion_ensemble *e =
			LIST_AT(&x->f->ensembles, struct fusion_ensemble, i);
		const char *members = arena_printf(x->arena, "ens-%s-members", e->name);

		put_members(x, e, members);
		put_vote(x, e, members);
		lossy(x, arena_printf(x->arena,
				 "ensemble %s: KServe takes no vote; %s has to be served, with the "
				 "weights, quorum and vetoes of this release",
				 e->name, url(x, "vote/", e->name)));
		if (e->timeout_ms > 0)
			lossy(x, arena_printf(x->arena,
					 "ensemble %s: timeout_ms %lld is lost, the graph has one "
					 "timeout for all",
					 e->name, (long long)e->timeout_ms));
		if (e->then.n > 1)
			lossy(x, arena_printf(x->arena,
					 "ensemble %s: a sequence ends where a condition fails, so "
					 "only %s leads on",
					 e->name, LIST_AT(&e->then, struct fusion_then, 0)->name));
	}
}

enum { BUCKETS_OF_PERCENT = FUSION_SPLIT_BUCKETS / 100 };

/* Rounded where the sum stands, so that the percents add up to 100. */
static int64_t percent(int64_t seen, int64_t weight)
{
	int64_t half = BUCKETS_OF_PERCENT / 2;

	return (seen + weight + half) / BUCKETS_OF_PERCENT - (seen + half) / BUCKETS_OF_PERCENT;
}

/* "model:a 2.5 % becomes 3 %", or NULL: all weights are whole percents. */
static const char *inexact(const struct fusion_split *s, struct arena *a)
{
	const char *list = NULL;
	int64_t seen = 0;

	for (size_t i = 0; i < s->branches.n; i++) {
		const struct fusion_branch *b = LIST_AT(&s->branches, struct fusion_branch, i);

		if (b->weight != percent(seen, b->weight) * BUCKETS_OF_PERCENT)
			list = arena_printf(a, "%s%s%s: %g %% becomes %lld %%", list ? list : "",
				list ? ", " : "", b->to, (double)b->weight / BUCKETS_OF_PERCENT,
				(long long)percent(seen, b->weight));
		seen += b->weight;
	}
	return list;
}

/* A branch that would get nothing is no rounding any more. */
static int check_splits(const struct fusion *f, struct err *err)
{
	for (size_t i = 0; i < f->splits.n; i++) {
		const struct fusion_split *s = LIST_AT(&f->splits, struct fusion_split, i);
		int64_t seen = 0;

		for (size_t k = 0; k < s->branches.n; k++) {
			const struct fusion_branch *b =
				LIST_AT(&s->branches, struct fusion_branch, k);

			if (b->weight > 0 && percent(seen, b->weight) == 0)
				return err_set(err, ERR_STATE_CONFLICT,
					"split %s: KServe splits by whole percents, and %s with %g "
					"%% "
					"would get nothing; give it a whole percent (%d of %d) or "
					"more",
					s->name, b->to, (double)b->weight / BUCKETS_OF_PERCENT,
					BUCKETS_OF_PERCENT, FUSION_SPLIT_BUCKETS);
			seen += b->weight;
		}
	}
	return 0;
}

static void put_splits(struct export *x)
{
	for (size_t i = 0; i < x->f->splits.n; i++) {
		const struct fusion_split *s = LIST_AT(&x->f->splits, struct fusion_split, i);
		int64_t seen = 0;

		node_open(x, arena_printf(x->arena, "split-%s", s->name), "Splitter");
		for (size_t k = 0; k < s->branches.n; k++) {
			const struct fusion_branch *b =
				LIST_AT(&s->branches, struct fusion_branch, k);

			step_open(x, arena_printf(x->arena, "branch-%zu", k + 1));
			jw_kint(x->w, "weight", percent(seen, b->weight));
			seen += b->weight;
			put_target(x, b->to);
			jw_end(x->w);
		}
		node_close(x);
		lossy(x,
			arena_printf(x->arena,
				"split %s: KServe draws anew for each request; here a key stays on "
				"its branch",
				s->name));
		const char *rounded = inexact(s, x->arena);

		if (rounded)
			lossy(x, arena_printf(x->arena,
					 "split %s: KServe splits by whole percents: %s", s->name,
					 rounded));
	}
}

/* ---- The graph ---- */

static int check_nodes(const struct fusion *f, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < f->ensembles.n; i++) {
		const char *name = LIST_AT(&f->ensembles, struct fusion_ensemble, i)->name;

		if (fusion_ensemble(f, arena_printf(a, "%s-members", name)))
			return err_set(err, ERR_STATE_CONFLICT,
				"the members of ensemble %s and ensemble %s-members would be one "
				"node; rename one",
				name, name);
	}
	return 0;
}

int kserve_write(const struct fusion *f, const struct kserve_target *target, struct arena *a,
	struct json_writer *w, struct strings *ret_lossy, struct err *err)
{
	struct export x = {.f = f, .target = target, .arena = a, .w = w};

	if (check_nodes(f, a, err) < 0 || check_splits(f, err) < 0)
		return -1;
	x.lossy.v = ARENA_ARRAY(a, LOSSY_MAX, const char *);
	jw_object(w);
	jw_kstring(w, "apiVersion", "serving.kserve.io/v1alpha1");
	jw_kstring(w, "kind", "InferenceGraph");
	jw_key(w, "metadata");
	jw_object(w);
	jw_kstring(w, "name", target->name);
	jw_end(w);
	jw_key(w, "spec");
	jw_object(w);
	jw_key(w, "nodes");
	jw_object(w);
	put_switch(&x);
	for (size_t i = 0; i < f->routes.n; i++) {
		const struct fusion_route *r = LIST_AT(&f->routes, struct fusion_route, i);

		put_fallbacks(&x, r->name, r->to, &r->fallback);
	}
	put_fallbacks(&x, "default", f->otherwise->to, &f->otherwise->fallback);
	put_ensembles(&x);
	put_splits(&x);
	jw_end(w);
	jw_key(w, "routerTimeouts");
	jw_object(w);
	jw_kint(w, "serviceClient", target->client_timeout_s);
	jw_end(w);
	jw_end(w);
	jw_end(w);
	if (f->distillation)
		lossy(&x, "distillation: is judged by the daemon and no part of the graph");
	*ret_lossy = x.lossy;
	return 0;
}
