/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule format: occurrences, windows and catch-up.
 */
#include "vectors.h"

#include <string.h>

#include "base/clock.h"
#include "policy/schedule.h"

/* The last two hold where a case says nothing, as in a policy. */
enum { BLACKOUTS_MAX = 64, GRACE_S = 300, MAX_AGE_S = 86400 };

/* 0 for an absent or null time; -1 and a failed case for one that is none. */
static int read_time(const json_t *value, int64_t *ret)
{
	*ret = 0;
	if (!value || json_is_null(value))
		return 0;
	return json_is_string(value) ? time_parse(json_string_value(value), ret) : -1;
}

static json_t *show_time(int64_t at)
{
	char buf[TIME_STRLEN];

	return at ? json_string(time_format(at, buf)) : json_null();
}

struct schedule_case {
	const char *id;
	const struct schedule *schedule;
	int64_t now;
	struct deny denies[BLACKOUTS_MAX];
	size_t n_denies;
};

static int read_blackouts(const json_t *list, struct schedule_case *c)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);
		struct deny *d = &c->denies[i];

		if (i == BLACKOUTS_MAX)
			return -1;
		*d = (struct deny){.name = "blackout"};
		c->n_denies = i + 1;
		if (read_time(json_array_get(pair, 0), &d->from) ||
			read_time(json_array_get(pair, 1), &d->to))
			return -1;
	}
	return 0;
}

/* What all three lists share; `rule` and `now` are the names of two members. */
static int read_case(struct vectors *run, const json_t *object, const char *rule, const char *now,
	struct arena *a, struct schedule_case *ret)
{
	const struct schedule_rule r = {.rrule = vectors_string(object, rule),
		.tz = vectors_string(object, "tz"),
		.anchor = vectors_string(object, "anchor")};
	struct faults faults;

	faults_init(&faults);
	*ret = (struct schedule_case){.id = vectors_string(object, "id")};
	if (!r.rrule || read_time(json_object_get(object, now), &ret->now) || !ret->now) {
		vectors_unreadable(
			run, ret->id, arena_printf(a, "needs %s, and %s, a time", rule, now));
		return -1;
	}
	if (read_blackouts(json_object_get(object, "blackouts"), ret)) {
		vectors_unreadable(run, ret->id, "blackouts are at most 64 pairs of times");
		return -1;
	}
	ret->schedule = schedule_compile(&r, "", a, &faults);
	if (ret->schedule)
		return 0;
	vectors_unreadable(run, ret->id,
		arena_printf(a, "%s %s", faults.list[0].pointer, faults.list[0].detail));
	return -1;
}

static void run_occurrences(struct vectors *run, const json_t *object)
{
	json_t *expected = json_object_get(object, "expect"), *got = json_array();
	ARENA_AUTO a = arena_new();
	struct schedule_case c;

	if (read_case(run, object, "rrule", "from", a, &c)) {
		json_decref(got);
		return;
	}
	/* The list may be shorter than five only because there are no more. */
	size_t most = json_array_size(expected) > 5 ? json_array_size(expected) : 5;
	for (int64_t at = c.now; json_array_size(got) < most;) {
		at = schedule_next(c.schedule, at);
		if (!at)
			break;
		json_array_append_new(got, show_time(at));
	}
	json_t *want = json_pack("{s:O}", "occurrences", expected);

	vectors_case(run, c.id, want, json_pack("{s:o}", "occurrences", got));
	json_decref(want);
}

/* usec; -1: no count, or too long. */
static int64_t read_seconds(const json_t *object, const char *key, int64_t absent)
{
	int64_t n = vectors_count(object, key);

	n = n == -1 ? absent : n;
	return n < 0 || n > INT64_MAX / USEC_PER_SEC ? -1 : n * USEC_PER_SEC;
}

static void run_window(struct vectors *run, const json_t *object)
{
	ARENA_AUTO a = arena_new();
	struct window_state w;
	struct schedule_case c;

	int64_t duration = read_seconds(object, "duration", 0);

	if (read_case(run, object, "rule", "now", a, &c))
		return;
	if (duration <= 0) {
		vectors_unreadable(run, c.id, "needs a duration in seconds");
		return;
	}
	window_at(c.schedule, duration, c.denies, c.n_denies, c.now, &w);
	vectors_case(run, c.id, json_object_get(object, "expect"),
		json_pack("{s:b,s:o,s:o}", "open", w.open, "next_open", show_time(w.next_open),
			"closes", show_time(w.closes)));
}

static void run_catch_up(struct vectors *run, const json_t *object)
{
	const char *mode = vectors_string(object, "catch_up");
	ARENA_AUTO a = arena_new();
	struct schedule_case c;
	struct catch_up got;
	int64_t last;

	if (read_case(run, object, "rule", "now", a, &c))
		return;
	const struct catch_up_rule rule = {
		.mode = mode && !strcmp(mode, "skip") ? CATCH_UP_SKIP : CATCH_UP_ONCE,
		.grace = read_seconds(object, "grace_s", GRACE_S),
		.max_age = read_seconds(object, "max_age_s", MAX_AGE_S)};

	if (!mode || (strcmp(mode, "once") != 0 && strcmp(mode, "skip") != 0) || rule.grace < 0 ||
		rule.max_age < 0 || read_time(json_object_get(object, "last"), &last)) {
		vectors_unreadable(run, c.id,
			"needs catch_up, once or skip; last, a time or null; grace_s and max_age_s "
			"are counts");
		return;
	}
	schedule_catch_up(c.schedule, &rule, c.denies, c.n_denies, last, c.now, a, &got);
	vectors_case(run, c.id, json_object_get(object, "expect"),
		json_pack("{s:o,s:I,s:I,s:o}", "run", show_time(got.run), "missed",
			(json_int_t)got.n_missed, "suppressed", (json_int_t)got.n_suppressed,
			"next",
			show_time(schedule_next_free(
				c.schedule, c.denies, c.n_denies, last > c.now ? last : c.now))));
}

void vectors_schedule(struct vectors *run, const json_t *root)
{
	static const struct {
		const char *name;
		void (*run)(struct vectors *run, const json_t *object);
	} lists[] = {{"occurrences", run_occurrences}, {"windows", run_window},
		{"catch_up", run_catch_up}};
	size_t i;
	json_t *object;

	schedule_setup();
	for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
		json_array_foreach(json_object_get(root, lists[l].name), i, object)
		{
			lists[l].run(run, object);
		}
	}
}
