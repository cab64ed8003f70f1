/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of a candidate's numbers is held against which of another unit's. Numbers that were measured in
 * different ways say nothing about each other; what is named on one side only is taken as alike, but
 * stands back behind what is named on both.
 */
#include <string.h>

#include "policy/judge_parts.h"

static const char *unlike(const struct reading *mine, const struct reading *theirs)
{
	if (named_differ(mine->suite, theirs->suite))
		return "another evaluation suite";
	if (names_differ(mine->metric->dataset_digest, theirs->metric->dataset_digest))
		return "another data set";
	if (names_differ(mine->metric->judge, theirs->metric->judge))
		return "another judge";
	return NULL;
}

static bool has_dataset(const struct canonical_suite *s, const char *digest)
{
	for (size_t i = 0; i < s->datasets.n; i++)
		if (!strcmp(LIST_AT(&s->datasets, struct suite_dataset, i)->digest, digest))
			return true;
	return false;
}

/* Why the reading is not one of the current suite, or NULL. A number whose suite is not named, as in
 * the plain form, is not from another one. */
static const char *outdated(const struct gate_case *c, const struct reading *r)
{
	const struct canonical_suite *s = c->in->suite;
	struct named_digest current;

	if (!s || !r->suite)
		return NULL;
	current = (struct named_digest){s->name, s->version, s->digest};
	if (named_differ(r->suite, &current))
		return arena_printf(
			c->arena, "another evaluation suite than %s %s", s->name, s->version);
	if (r->metric->dataset_digest && !has_dataset(s, r->metric->dataset_digest))
		return arena_printf(
			c->arena, "a data set that suite %s %s does not have", s->name, s->version);
	return NULL;
}

/* How good a pair is to decide by: samples before bare numbers, and of those the one of which more is
 * named alike, or else leaving the names out would be a way around what is measured as the baseline was. */
static int rank(const struct reading *mine, const struct reading *theirs)
{
	int named = (mine->suite && theirs->suite) +
		    (mine->metric->dataset_digest && theirs->metric->dataset_digest) +
		    (mine->metric->judge && theirs->metric->judge);

	return 8 * metric_is_sampled(mine->metric) + 4 * metric_is_sampled(theirs->metric) + named;
}

/* The same where there is no other side; what is not outdated and has a suite has the current one. */
static int rank_alone(const struct gate_case *c, const struct reading *mine)
{
	return 2 * metric_is_sampled(mine->metric) + (c->in->suite && mine->suite);
}

/* What is told when no pair can be compared. */
static void match_first(const struct gate_case *c, const struct readings *mine,
	const struct readings *theirs, const char *id, struct match *ret)
{
	struct match m = {.mine = mine->v[0], .incomparable = outdated(c, &mine->v[0])};

	if (theirs->n) {
		m.theirs = theirs->v[0];
		if (!m.incomparable && unlike(&m.mine, &m.theirs))
			m.incomparable = arena_printf(
				c->arena, "%s than %s", unlike(&m.mine, &m.theirs), id);
	}
	*ret = m;
}

void match_find(const struct gate_case *c, const char *name, enum pool pool, bool by_suite,
	const struct judge_side *other, struct match *ret)
{
	const char *id = other->unit ? other->unit->artifact->id : NULL;
	struct readings mine, theirs;
	int best = -1;

	*ret = (struct match){0};
	evidence_readings(&c->in->candidate, name, pool, by_suite, id, c->arena, &mine);
	evidence_readings(other, name, pool, by_suite, NULL, c->arena, &theirs);
	if (mine.n)
		match_first(c, &mine, &theirs, id, ret);
	for (size_t i = 0; i < mine.n; i++) {
		if (outdated(c, &mine.v[i]))
			continue;
		if (!theirs.n && rank_alone(c, &mine.v[i]) > best) {
			best = rank_alone(c, &mine.v[i]);
			*ret = (struct match){.mine = mine.v[i]};
		}
		for (size_t k = 0; k < theirs.n; k++) {
			if (unlike(&mine.v[i], &theirs.v[k]) ||
				rank(&mine.v[i], &theirs.v[k]) <= best)
				continue;
			best = rank(&mine.v[i], &theirs.v[k]);
			*ret = (struct match){.mine = mine.v[i], .theirs = theirs.v[k]};
		}
	}
}
