/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps how it stands, and since when.
 */
#include "engine/standing.h"

#include <string.h>

#include "engine/internal.h"
#include "engine/node.h"

#define FRESH_USEC USEC_PER_SEC

void standing_put(struct standing *s)
{
	if (s && atomic_fetch_sub(&s->refs, 1) == 1)
		arena_free(s->arena);
}

static struct standing *present(struct engine *e)
{
	LOCK_SCOPE(&e->standing_lock);
	if (e->standing)
		atomic_fetch_add(&e->standing->refs, 1);
	return e->standing;
}

static bool is_fresh(const struct engine *e, const struct standing *s, int64_t now)
{
	return s && s->generation == e->conditions && s->broken == e->broken && now >= s->made_at &&
	       now - s->made_at < FRESH_USEC;
}

/* Since when it is so: as long as the one before said so, else as found, else from now on. */
static void date(const struct standing *before, int64_t now, struct condition *c)
{
	for (size_t i = 0; before && i < before->conditions.n; i++) {
		const struct condition *old = LIST_AT(&before->conditions, struct condition, i);

		if (strcmp(old->type, c->type) == 0 && old->status == c->status)
			c->since = old->since;
	}
	if (c->since <= 0 || c->since > now)
		c->since = now;
}

/* What is not well stands first, the rest as it was. */
static void sort(const struct condition *from, size_t n, struct standing *s)
{
	struct condition *to = ARENA_ARRAY(s->arena, n + 1, struct condition);

	for (int status = CONDITION_FALSE; status <= CONDITION_TRUE; status++)
		for (size_t i = 0; i < n; i++)
			if (from[i].status == status)
				to[s->conditions.n++] = from[i];
	s->conditions.v = to;
	s->well = n == 0 || to[0].status == CONDITION_TRUE;
}

static struct standing *make(struct engine *e, struct db *reader, const struct standing *before)
{
	struct condition found[STANDING_MAX];
	struct arena *a = arena_new();
	struct standing *s = ARENA_NEW(a, struct standing);
	SNAPSHOT_AUTO snap = NULL;
	struct err err = {0};
	size_t n;

	/* Before anything is read: what is committed meanwhile makes it old. */
	s->arena = a;
	atomic_init(&s->refs, 1);
	s->generation = e->conditions;
	s->broken = e->broken;
	s->made_at = clock_mono(e->clock);
	snap = snapshot_get(e);
	int64_t now = engine_now(e);

	s->counted = fleet_view(reader, snap, now, a, &s->fleet, &err) == 0;
	if (!s->counted)
		s->fleet = (struct fleet){0};
	n = conditions_find(
		&(struct standing_look){e, reader, snap, s->counted ? &s->fleet : NULL, now, a},
		found);
	for (size_t i = 0; i < n; i++)
		date(before, now, &found[i]);
	sort(found, n, s);
	return s;
}

/* Of two threads that made one at once the later stays. */
static void keep(struct engine *e, struct standing *s)
{
	struct standing *old = NULL;

	lock_take(&e->standing_lock);
	if (!e->standing || e->standing->made_at <= s->made_at) {
		old = e->standing;
		e->standing = s;
		atomic_fetch_add(&s->refs, 1);
	}
	lock_give(&e->standing_lock);
	standing_put(old);
}

struct standing *standing_get(struct engine *e, struct db *reader)
{
	STANDING_AUTO before = present(e);
	struct standing *s = before;

	if (is_fresh(e, before, clock_mono(e->clock))) {
		before = NULL;
		return s;
	}
	s = make(e, reader, before);
	keep(e, s);
	return s;
}

void standing_watch(struct engine *e, struct db *reader)
{
	standing_put(standing_get(e, reader));
}
