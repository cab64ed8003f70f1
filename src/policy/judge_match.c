/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of a candidate's numbers is held against which of another unit's. Numbers that were measured in
 * different ways say nothing about each other; what is named on one side only is taken as alike.
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

void match_find(const struct gate_case *c, const char *name, enum pool pool, bool by_suite,
	const struct judge_side *other, struct match *ret)
{
	const char *id = other->unit ? other->unit->artifact->id : NULL;
	struct readings mine, theirs;
	struct match m = {0};

	evidence_readings(&c->in->candidate, name, pool, by_suite, id, c->arena, &mine);
	evidence_readings(other, name, pool, by_suite, NULL, c->arena, &theirs);
	for (size_t i = 0; i < mine.n; i++) {
		const char *why = outdated(c, &mine.v[i]);
		if (!m.mine.metric) {
			m.mine = mine.v[i];
			m.theirs = theirs.n ? theirs.v[0] : m.theirs;
			m.incomparable = why;
			if (!why && theirs.n && unlike(&mine.v[i], &theirs.v[0]))
				m.incomparable = arena_printf(c->arena, "%s than %s",
					unlike(&mine.v[i], &theirs.v[0]), id);
		}
		if (!why && !theirs.n) {
			m = (struct match){.mine = mine.v[i]};
			break;
		}
		for (size_t k = 0; !why && k < theirs.n; k++) {
			if (unlike(&mine.v[i], &theirs.v[k]))
				continue;
			*ret = (struct match){.mine = mine.v[i], .theirs = theirs.v[k]};
			return;
		}
	}
	*ret = m;
}
