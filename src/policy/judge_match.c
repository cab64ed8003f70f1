/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of a candidate's numbers is held against which of another unit's. Numbers that were measured in
 * different ways say nothing about each other. What the other side names the candidate must name, or
 * silence would make alike what is not; what only the candidate names is taken as alike, because
 * somebody has to be the first to name it, but stands back behind what is named on both.
 */
#include <string.h>

#include "base/text.h"
#include "policy/judge_parts.h"

/* What a way of measuring consists of, and the member of a manifest that names it. */
enum manner { MANNER_SUITE, MANNER_SUITE_DIGEST, MANNER_DATASET, MANNER_JUDGE, MANNERS };
static const struct {
	const char *what, *member;
} manners[MANNERS] = {
	[MANNER_SUITE] = {"evaluation suite", "eval_suite"},
	[MANNER_SUITE_DIGEST] = {"digest of its evaluation suite", "eval_suite.digest"},
	[MANNER_DATASET] = {"data set", "dataset_digest"},
	[MANNER_JUDGE] = {"judge", "judge"},
};

static const char *manner_name(const struct reading *r, enum manner manner)
{
	switch (manner) {
	case MANNER_SUITE:
		return r->suite ? r->suite->name : NULL;
	case MANNER_SUITE_DIGEST:
		return r->suite ? r->suite->digest : NULL;
	case MANNER_DATASET:
		return r->metric->dataset_digest;
	default:
		return r->metric->judge;
	}
}

static bool is_unnamed(const struct reading *mine, const struct reading *theirs, enum manner manner)
{
	return manner_name(theirs, manner) && !manner_name(mine, manner);
}

static bool is_another(const struct reading *mine, const struct reading *theirs, enum manner manner)
{
	return manner == MANNER_SUITE
		       ? named_differ(mine->suite, theirs->suite)
		       : text_differ(manner_name(mine, manner), manner_name(theirs, manner));
}

/* The first manner in which they were not measured alike; MANNERS: they were. */
static enum manner find_unlike(const struct reading *mine, const struct reading *theirs)
{
	enum manner i = 0;

	while (i < MANNERS && !is_unnamed(mine, theirs, i) && !is_another(mine, theirs, i))
		i++;
	return i;
}

/* The end of a sentence that begins with the candidate's number, or NULL. */
static const char *unlike_text(const struct gate_case *c, const struct reading *mine,
	const struct reading *theirs, const char *id)
{
	enum manner i = find_unlike(mine, theirs);

	if (i == MANNERS)
		return NULL;
	if (is_unnamed(mine, theirs, i))
		return arena_printf(c->arena, "names no %s, and %s does: name it (%s)",
			manners[i].what, id, manners[i].member);
	return arena_printf(c->arena, "was measured with another %s than %s", manners[i].what, id);
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
		return arena_printf(c->arena,
			"was measured with another evaluation suite than %s %s", s->name,
			s->version);
	if (r->metric->dataset_digest && !has_dataset(s, r->metric->dataset_digest))
		return arena_printf(c->arena,
			"was measured with a data set that suite %s %s does not have", s->name,
			s->version);
	return NULL;
}

/* How good a pair is to decide by: the better, the more of the manner is named on both sides. */
static int rank(const struct reading *mine, const struct reading *theirs)
{
	int named = 0;

	for (enum manner i = 0; i < MANNERS; i++)
		named += manner_name(mine, i) && manner_name(theirs, i);
	return named;
}

/* The same where there is no other side; what is not outdated and has a suite has the current one. */
static int rank_alone(const struct gate_case *c, const struct reading *mine)
{
	return c->in->suite && mine->suite;
}

/* What is told when no pair can be compared. */
static void match_first(const struct gate_case *c, const struct readings *mine,
	const struct readings *theirs, const char *id, struct match *ret)
{
	struct match m = {.mine = mine->v[0], .incomparable = outdated(c, &mine->v[0])};

	if (theirs->n) {
		m.theirs = theirs->v[0];
		if (!m.incomparable)
			m.incomparable = unlike_text(c, &m.mine, &m.theirs, id);
	}
	*ret = m;
}

/* Pairs with a unit that is not the baseline count for nothing, which should not happen in silence. */
static void find_stray_pairs(
	const struct gate_case *c, const char *id, const struct judge_side *other, struct match *m)
{
	const struct metric_paired *pairs = m->mine.metric ? m->mine.metric->paired : NULL;

	if (pairs && id && other == &c->in->baseline && strcmp(pairs->baseline, id) != 0)
		m->stray_pairs = pairs->baseline;
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
			if (find_unlike(&mine.v[i], &theirs.v[k]) != MANNERS ||
				rank(&mine.v[i], &theirs.v[k]) <= best)
				continue;
			best = rank(&mine.v[i], &theirs.v[k]);
			*ret = (struct match){.mine = mine.v[i], .theirs = theirs.v[k]};
		}
	}
	find_stray_pairs(c, id, other, ret);
}
