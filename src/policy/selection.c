/* SPDX-License-Identifier: Apache-2.0
 *
 * Which candidate goes into a slot, and the sentence that says why none does.
 */
#include "policy/selection.h"

#include <math.h>

static int order(double a, double b)
{
	return (a > b) - (a < b);
}

/* > 0: a is the better one; a missing score ranks last. */
static int compare(const struct contender *a, const struct contender *b)
{
	int c = order(
		isnan(a->score) ? -INFINITY : a->score, isnan(b->score) ? -INFINITY : b->score);

	if (!c)
		c = order(!isnan(a->score), !isnan(b->score));
	if (!c)
		c = (a->number > b->number) - (a->number < b->number);
	return c ? c : (a->seq > b->seq) - (a->seq < b->seq);
}

static bool selectable(const struct contender *c)
{
	return c->phase == PHASE_SUCCEEDED && !c->held_by;
}

const struct contender *selection_best(const struct contender *c, size_t n)
{
	const struct contender *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (selectable(&c[i]) && (!best || compare(&c[i], best) > 0))
			best = &c[i];
	return best;
}

const struct contender *selection_nearest(const struct contender *c, size_t n)
{
	const struct contender *best = &c[0];

	for (size_t i = 1; i < n; i++) {
		bool held = c[i].held_by, best_held = best->held_by;
		if (held != best_held		    ? best_held
			: c[i].phase != best->phase ? c[i].phase < best->phase
						    : compare(&c[i], best) > 0)
			best = &c[i];
	}
	return best;
}

/* "quality: ...; latency: ..." of the gates that were not passed. */
static const char *shortcomings(const struct judgement *j, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; j && i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);
		if (g->verdict != VERDICT_PASS)
			out = arena_printf(a, "%s%s%s gate: %s", out, *out ? "; " : "",
				names_of(&gate_names, g->gate), g->detail);
	}
	return out;
}

static const char *explain_failure(const struct contender *c, size_t n, struct arena *a)
{
	const struct contender *best = selection_nearest(c, n);
	const char *id = best->id;
	const char *who = n == 1 ? arena_printf(a, "the only candidate, %s,", id)
				 : arena_printf(a, "of %zu candidates the best, %s,", n, id);

	if (best->held_by)
		return arena_printf(
			a, "%s is held since release %s was breached", who, best->held_by);
	const char *why = shortcomings(best->judgement, a);
	const char *phase = names_of(&phase_names, best->phase);
	return arena_printf(a, "%s does not pass (%s)%s%s", who, phase ? phase : "unknown",
		*why ? ": " : "", why);
}

const char *selection_explain(const struct policy_slot *slot, const struct contender *c, size_t n,
	bool has_active_unit, struct arena *a)
{
	const char *kept = has_active_unit ? "kept, nothing better: " : "";
	const struct contender *best = selection_best(c, n);
	size_t passing = 0;

	for (size_t i = 0; i < n; i++)
		passing += selectable(&c[i]);
	if (best && passing > 1)
		return arena_printf(
			a, "%s is the best of %zu candidates that pass", best->id, passing);
	if (best)
		return arena_printf(a, "%s is the only candidate that passes", best->id);
	if (n)
		return arena_printf(a, "%s%s", kept, explain_failure(c, n, a));
	return arena_printf(a, "%sno candidate of role %s from %s%s", kept, slot->role,
		slot->provider, has_active_unit ? "" : "; submit a manifest with one");
}
