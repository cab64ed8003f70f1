/* SPDX-License-Identifier: Apache-2.0
 *
 * A request's way through a fusion block, with somebody else asking the models: for the daemon's and
 * the command line's preview, and for tests. Bounded: a route has 9 targets, a split leads to no
 * split, a gate to a model.
 */
#include <string.h>

#include "policy/fusion.h"

enum { STEPS_MAX = 64 };

struct walk {
	const struct fusion *f;
	const struct fusion_request *request;
	struct fusion_world world;
	struct arena *arena;
	struct fusion_outcome outcome;
};

static void trace(struct walk *w, const char *step)
{
	if (w->outcome.trace.n < STEPS_MAX)
		w->outcome.trace.v[w->outcome.trace.n++] = step;
}

static bool succeeded(int status)
{
	return status >= 200 && status < 300;
}

static bool try_model(struct walk *w, const char *model)
{
	struct fusion_reply reply = w->world.ask(w->world.context, model);

	trace(w, model);
	w->outcome.status = reply.status ? reply.status : 504;
	w->outcome.by = model;
	return succeeded(w->outcome.status);
}

static bool try_ensemble(struct walk *w, const struct fusion_ensemble *e)
{
	const char *votes[FUSION_MEMBERS_MAX];
	enum fusion_kind kind;
	const char *model;

	for (size_t i = 0; i < e->members.n; i++) {
		struct fusion_reply reply = w->world.ask(
			w->world.context, LIST_AT(&e->members, struct fusion_member, i)->model);

		votes[i] = succeeded(reply.status) ? reply.label : NULL;
	}
	struct fusion_vote vote = fusion_vote(e, votes, e->members.n);
	const struct fusion_then *then = fusion_then(e, vote.label);

	trace(w, arena_printf(
			 w->arena, "%s=%s/%s", e->name, vote.label, vote_reason_name(vote.reason)));
	if (e->mode == ENSEMBLE_GATE && then && fusion_target_parse(then->to, &kind, &model))
		return try_model(w, model);
	w->outcome.status = 200;
	w->outcome.by = NULL;
	w->outcome.label = vote.label;
	w->outcome.reason = vote.reason;
	return true;
}

static bool try_target(struct walk *w, const char *target)
{
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return false;
	if (kind == FUSION_SPLIT) {
		const struct fusion_branch *b = fusion_branch(fusion_split(w->f, name), w->request);

		trace(w, arena_printf(w->arena, "%s=%s", name, b->to));
		if (!fusion_target_parse(b->to, &kind, &name))
			return false;
	}
	return kind == FUSION_MODEL ? try_model(w, name)
				    : try_ensemble(w, fusion_ensemble(w->f, name));
}

struct fusion_outcome fusion_walk(const struct fusion *f, const struct fusion_request *request,
	struct fusion_world world, struct arena *a)
{
	struct walk w = {.f = f, .request = request, .world = world, .arena = a};
	struct fusion_choice choice = fusion_route(f, request);

	w.outcome.trace.v = ARENA_ARRAY(a, STEPS_MAX, const char *);
	trace(&w, arena_printf(a, "route:%s", choice.name));
	if (try_target(&w, choice.to))
		return w.outcome;
	for (size_t i = 0; i < choice.fallback->n; i++)
		if (try_target(&w, choice.fallback->v[i]))
			break;
	return w.outcome;
}
