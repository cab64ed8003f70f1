/* SPDX-License-Identifier: Apache-2.0
 *
 * Resolves the fusion rules to the units of a merge, looks whether these fit each other, and plans the
 * loss of each provider.
 */
#include "policy/combination.h"

#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "policy/combination_parts.h"
#include "policy/fusion.h"

/* ---- Parts ---- */

struct gate_check *check_add(struct check_list *l, const char *name, enum verdict verdict,
	const char *reason, const char *detail)
{
	struct gate_check *c;

	if (l->list.n == l->alloc) {
		struct gate_check *v =
			ARENA_ARRAY(l->arena, l->alloc ? l->alloc * 2 : 8, struct gate_check);

		if (l->list.n)
			memcpy(v, l->list.v, l->list.n * sizeof(*v));
		l->list.v = v;
		l->alloc = l->alloc ? l->alloc * 2 : 8;
	}
	c = LIST_AT(&l->list, struct gate_check, l->list.n++);
	fields_init(&gate_check_table, c);
	c->name = name;
	c->verdict = verdict;
	c->reason = reason;
	c->detail = detail;
	return c;
}

const struct combined_unit *combined_unit(const struct combination *c, const char *slot)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->units[i].slot, slot) == 0)
			return &c->units[i];
	return NULL;
}

static bool is_slot(const struct combination *c, const char *name)
{
	return policy_slot(c->policy, name) != NULL;
}

static const char *faults_say(const struct faults *f, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < f->n; i++)
		text = arena_printf(
			a, "%s%s%s %s", text, i ? "; " : "", f->list[i].pointer, f->list[i].detail);
	if (f->total > f->n)
		text = arena_printf(a, "%s; and %zu more", text, f->total - f->n);
	return text;
}

/* ---- Digests ---- */

const char *combination_rules(const struct policy *p, struct arena *a)
{
	char digest[DIGEST_STRLEN];
	size_t len;
	const char *text = fields_canonical(&fusion_table, p->fusion, a, &len);

	return arena_strdup(a, digest_string(text, len, digest));
}

/* Of the artifact's bytes, or of what the manifest says of it. */
static const char *resolve_name(const struct combination *c, const char *name)
{
	const struct combined_unit *u = name ? combined_unit(c, name) : NULL;

	if (!u)
		return name;
	return u->unit->artifact->digest ? u->unit->artifact->digest : u->unit->content_digest;
}

static void describe(struct fusion *f, struct arena *a)
{
	f->router = ARENA_NEW(a, struct fusion_router);
	f->router->strategy = "first_match";
	f->router->routes.v = ARENA_ARRAY(a, f->routes.n + 1, const char *);
	for (size_t i = 0; i < f->routes.n; i++)
		f->router->routes.v[f->router->routes.n++] =
			LIST_AT(&f->routes, struct fusion_route, i)->name;
	f->router->otherwise = f->otherwise->to;
	f->ensemble.v = ARENA_ARRAY(a, f->ensembles.n + 1, const char *);
	for (f->ensemble.n = 0; f->ensemble.n < f->ensembles.n; f->ensemble.n++)
		f->ensemble.v[f->ensemble.n] =
			LIST_AT(&f->ensembles, struct fusion_ensemble, f->ensemble.n)->name;
}

/* The block with digests in place of slots. */
static struct fusion *resolve(
	const struct combination *c, const struct fusion *block, const char *rules, struct arena *a)
{
	struct fusion *f = arena_memdup(a, block, sizeof(*f));
	struct fusion_model *m = ARENA_ARRAY(a, block->models.n + 1, struct fusion_model);

	for (size_t i = 0; i < block->models.n; i++) {
		m[i] = *LIST_AT(&block->models, struct fusion_model, i);
		m[i].artifact = resolve_name(c, m[i].artifact);
		m[i].adapter = resolve_name(c, m[i].adapter);
	}
	f->models.v = m;
	f->rules = rules;
	describe(f, a);
	return f;
}

/* ---- Do the units fit? ---- */

/* Is what the adapter was trained on what the model puts under it? */
static bool is_base(const char *base_model, const struct combined_unit *base, const char *digest)
{
	const struct artifact *b = base ? base->unit->artifact : NULL;

	if (!b)
		return text_equal(base_model, digest);
	return text_equal(base_model, b->id) || text_equal(base_model, b->digest) ||
	       text_equal(base_model, b->uri) || text_equal(base_model, b->base_model);
}

static void check_adapter(
	const struct combination *c, const struct fusion_model *m, struct check_list *l)
{
	const struct combined_unit *base = combined_unit(c, m->artifact);
	const struct artifact *adapter = combined_unit(c, m->adapter)->unit->artifact;
	const char *under = base ? base->unit->artifact->id : m->artifact;
	bool agrees = adapter->base_model && is_base(adapter->base_model, base, m->artifact);
	const char *said;

	if (!adapter->base_model)
		said = arena_printf(l->arena,
			"model %s: %s does not say what base model it belongs on", m->name,
			adapter->id);
	else
		said = arena_printf(l->arena, "model %s: %s belongs on %s and %s %s", m->name,
			adapter->id, adapter->base_model, agrees ? "goes on" : "would go on",
			under);
	check_add(l, "base_model",
		agrees		      ? VERDICT_PASS
		: adapter->base_model ? VERDICT_FAIL
				      : VERDICT_INCONCLUSIVE,
		agrees		      ? "agrees"
		: adapter->base_model ? "base_model_differs"
				      : "missing",
		said)
		->pointer = arena_printf(l->arena, "/fusion/models/%s", m->name);
}

static bool holds_id(const struct combination *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->units[i].unit->artifact->id, id) == 0)
			return true;
	return false;
}

static void index_differs(struct check_list *l, const char *said)
{
	check_add(l, "index", VERDICT_FAIL, "index_differs", said);
}

/* Against the first unit that gave one. */
static void check_index(const struct combination *c, const struct artifact *o,
	const struct artifact *first, struct check_list *l)
{
	const struct artifact_index *x = o->index, *f = first->index;

	if (x->embedder && !holds_id(c, x->embedder))
		index_differs(
			l, arena_printf(l->arena,
				   "%s searches an index of %s, which is not in this combination",
				   o->id, x->embedder));
	if (o == first)
		return;
	if (x->digest && f->digest && strcmp(x->digest, f->digest) != 0)
		index_differs(l, arena_printf(l->arena, "%s has the index %s, %s has %s", o->id,
					 x->digest, first->id, f->digest));
	if (x->dimensions > 0 && f->dimensions > 0 && x->dimensions != f->dimensions)
		index_differs(
			l, arena_printf(l->arena, "%s has %lld dimensions, %s has %lld", o->id,
				   (long long)x->dimensions, first->id, (long long)f->dimensions));
}

static void check_indexes(const struct combination *c, struct check_list *l)
{
	const struct artifact *first = NULL;
	size_t before = l->list.n, n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct artifact *o = c->units[i].unit->artifact;

		if (!o->index)
			continue;
		first = first ? first : o;
		n++;
		check_index(c, o, first, l);
	}
	if (n && l->list.n == before)
		check_add(l, "index", VERDICT_PASS, "agrees",
			arena_printf(
				l->arena, "the index of %s fits all that name one", first->id));
}

/* ---- Plan B ---- */

struct loss {
	const struct combination *c;
	const char *provider; /* NULL: what is lost are the empty slots */
};

static bool name_lost(const struct loss *l, const char *name)
{
	const struct combined_unit *u = name ? combined_unit(l->c, name) : NULL;

	if (!name || !is_slot(l->c, name))
		return false;
	return l->provider ? u && strcmp(u->unit->provider, l->provider) == 0 : !u;
}

static bool model_lost(void *context, const struct fusion_model *m)
{
	return name_lost(context, m->artifact) || name_lost(context, m->adapter);
}

static bool any_lost(struct loss *l, const struct fusion *block)
{
	for (size_t i = 0; i < block->models.n; i++)
		if (model_lost(l, LIST_AT(&block->models, struct fusion_model, i)))
			return true;
	return false;
}

static const char *first_problem(const struct check_list *l)
{
	for (size_t i = 0; i < l->list.n; i++) {
		const struct gate_check *c = LIST_AT(&l->list, struct gate_check, i);

		if (c->verdict != VERDICT_PASS)
			return c->detail;
	}
	return NULL;
}

static void make_plan(const struct combination *c, const struct fusion *block, const char *rules,
	struct arena *a, struct plan_b *p)
{
	struct loss loss = {c, p->name};
	struct check_list ways = {.arena = a};
	struct faults faults;
	struct fusion left;

	p->verdict = VERDICT_PASS;
	p->reason = "unaffected";
	p->detail = arena_printf(a, "no model is made of what %s gives", p->name);
	if (!any_lost(&loss, block))
		return;
	faults_init(&faults);
	p->verdict = VERDICT_FAIL;
	p->reason = "no_plan_b";
	if (fusion_without(block, model_lost, &loss, "/fusion", a, &left, &faults) < 0) {
		p->detail = faults_say(&faults, a);
		return;
	}
	combination_ways(c, &left, &ways);
	p->detail = first_problem(&ways);
	if (p->detail)
		return;
	p->verdict = VERDICT_PASS;
	p->reason = "planned";
	p->detail = arena_printf(a, "%zu of %zu models are left", left.models.n, block->models.n);
	p->fusion = resolve(c, &left, rules, a);
}

static bool has_unit(const struct combination *c, const char *provider)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->units[i].unit->provider, provider) == 0)
			return true;
	return false;
}

static void make_plans(const struct combination *c, const struct fusion *block, const char *rules,
	struct check_list *compatibility, struct combination_result *ret)
{
	const struct list *providers = &c->policy->providers;
	struct arena *a = compatibility->arena;
	bool refuse = c->policy->gates->combination->no_plan_b == NO_PLAN_B_REFUSE;
	struct plan_b *plans = ARENA_ARRAY(a, providers->n + 1, struct plan_b);
	struct merge_warning *warnings = ARENA_ARRAY(a, providers->n + 1, struct merge_warning);
	size_t n = 0, n_warnings = 0;

	for (size_t i = 0; i < providers->n; i++) {
		struct plan_b *p = &plans[n];

		p->name = LIST_AT(providers, struct policy_provider, i)->name;
		if (!has_unit(c, p->name))
			continue;
		n++;
		make_plan(c, block, rules, a, p);
		if (p->verdict == VERDICT_PASS)
			continue;
		const char *said = arena_printf(a, "without %s: %s", p->name, p->detail);

		if (refuse)
			check_add(compatibility, "plan_b", VERDICT_FAIL, "no_plan_b", said)
				->pointer = arena_printf(a, "/plan_b/%s", p->name);
		else
			warnings[n_warnings++] = (struct merge_warning){"no_plan_b", said};
	}
	ret->plans = (struct list){plans, n};
	ret->warnings = (struct list){warnings, n_warnings};
}

/* ---- The whole ---- */

void combination_judge(const struct combination *c, struct arena *a, struct combination_result *ret)
{
	struct check_list latency = {.arena = a}, compatibility = {.arena = a};
	struct combination_result r = {0};
	const char *rules = combination_rules(c->policy, a);
	struct loss empty = {c, NULL};
	struct faults faults;
	struct fusion block;

	faults_init(&faults);
	if (fusion_without(c->policy->fusion, model_lost, &empty, "/fusion", a, &block, &faults) <
		0) {
		check_add(&compatibility, "fusion", VERDICT_FAIL, "slot_empty",
			arena_printf(
				a, "with the slots that are empty: %s", faults_say(&faults, a)));
	} else {
		for (size_t i = 0; i < block.models.n; i++)
			if (LIST_AT(&block.models, struct fusion_model, i)->adapter)
				check_adapter(c, LIST_AT(&block.models, struct fusion_model, i),
					&compatibility);
		combination_ways(c, &block, &latency);
		make_plans(c, &block, rules, &compatibility, &r);
		r.fusion = resolve(c, &block, rules, a);
	}
	check_indexes(c, &compatibility);
	r.latency = latency.list;
	r.compatibility = compatibility.list;
	*ret = r;
}
