/* SPDX-License-Identifier: Apache-2.0
 *
 * One look at a provider's place: list it, have what is there handled, and forget what is not there any
 * more. It judges nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/source_run.h"

enum { DROPS_MAX = 1000 };

static int forget(struct source *s, struct db *reader, const struct source_vanished *gone)
{
	for (size_t i = 0; i < gone->n; i += DROPS_MAX) {
		ARENA_AUTO a = arena_new();
		struct source_record r = {.provider = s->provider, .drops = gone->v + i};

		r.n_drops = gone->n - i < DROPS_MAX ? gone->n - i : DROPS_MAX;
		if (source_write_down(s, reader, &r, a) < 0)
			return -1;
	}
	return 0;
}

/* Of all that is there, what was asked for by name. One that can't be looked up keeps no other from being
 * pulled: *ret_missed is why, of the first. */
static int list_asked(struct source *s, const struct provider_call *call,
	struct source_listing *ret, struct err *ret_missed)
{
	struct source_listing l = {.v = ARENA_ARRAY(call->arena, s->taken.n, struct source_entry)};
	size_t in_a_row = 0;

	for (size_t i = 0; i < s->taken.n; i++) {
		struct err why = {0};
		int rc = s->kind->find(s->connector, call, s->taken.v[i].name, &l.v[l.n], &why);

		/* A webhook named it: whoever sent that expects something of it. */
		if (rc == 0)
			log_info("source.asked_nothing", LOG_STR("provider", s->provider),
				LOG_STR("name", s->taken.v[i].name),
				LOG_STR("hint", "a webhook named it, and nothing of ours is called "
						"so there"));
		l.n += rc > 0;
		in_a_row = rc < 0 ? in_a_row + 1 : 0;
		if (rc < 0 && ret_missed->code == ERR_NONE)
			*ret_missed = why;
		if (in_a_row == SOURCE_DEAF_MAX || (rc < 0 && provider_call_check(call, &why) < 0))
			break;
	}
	l.n = source_entries_sort(l.v, l.n);
	*ret = l;
	return 0;
}

static int list(struct source *s, const struct provider_call *call, struct source_listing *ret,
	struct err *ret_missed, struct err *err)
{
	return source_is_partial(s) ? list_asked(s, call, ret, ret_missed)
				    : s->kind->list(s->connector, call, ret, err);
}

/* Said when it begins, not with each listing. */
static void take_note(struct source *s, const char *note)
{
	bool had;

	lock_take(&s->e->ops_lock);
	had = s->note != NULL;
	free(s->note);
	s->note = note ? xstrdup(note) : NULL;
	lock_give(&s->e->ops_lock);
	if (note && !had)
		log_warn("source.note", LOG_STR("provider", s->provider), LOG_STR("note", note));
}

/* One that is left alone is waited for, once for each run. If that takes too long, what is asked of it says
 * why. */
static void wait_for_it(struct source *s, const struct provider_call *call)
{
	struct session_health h = {0};
	struct err ignored;

	if (source_health(s->e, s->provider, &h) && h.left_alone > 0)
		provider_call_wait(call, h.left_alone, &ignored);
}

static int look(struct source *s, struct db *reader, struct arena *a)
{
	struct source_report *r = &s->report;
	const struct provider_call call = {
		.clock = s->e->clock,
		.deadline = clock_mono(s->e->clock) + s->timeout,
		.stop = &s->e->sources->stop,
		.arena = a,
		.wait = s->e->sources->wait,
	};
	struct source_listing l;
	struct source_items rows;
	struct source_vanished gone;
	struct err missed = {0};

	wait_for_it(s, &call);
	if (list(s, &call, &l, &missed, &r->err) < 0 ||
		source_items_load(reader, s->provider, a, &rows, &r->err) < 0)
		return -1;
	r->listed = l.n;
	if (!source_is_partial(s))
		take_note(s, l.note);
	gone = (struct source_vanished){ARENA_ARRAY(a, rows.n + 1, const char *), 0};
	if (source_walk(s, reader, &call, &l, &rows, &gone) < 0)
		return -1;
	if (source_is_partial(s)) {
		r->err = missed;
		return missed.code == ERR_NONE ? 0 : -1;
	}
	if (l.cut)
		return err_set(&r->err, ERR_IO,
			"there are more than %d entries: move those that came in to another place",
			(int)LISTING_MAX);
	return forget(s, reader, &gone);
}

void source_ingest(struct source *s, struct db *reader)
{
	ARENA_AUTO a = arena_new();

	look(s, reader, a);
	source_went(s, reader);
}
