/* SPDX-License-Identifier: Apache-2.0
 *
 * From a rule over local times to instants. Local times are walked in order, but instants need not
 * follow that order: a time in a gap is moved past others. So a search goes on, behind the first
 * instant it meets, for as far as that one was moved.
 */
#include <string.h>

#include "base/clock.h"
#include "policy/schedule_parts.h"

enum { POINTER_MAX = 160 };
enum { DAY = 86400 };

#define YEARS(n) ((int64_t)(n)*366 * DAY)

void schedule_setup(void)
{
	zone_setup();
}

/* ---- Compiling ---- */

static int fault_below(
	struct faults *faults, const char *pointer, const char *name, const char *detail)
{
	char at[POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, name);
	return fault_add(faults, at, "%s", detail);
}

static const struct zone *find_zone(const struct schedule_rule *rule, const char *in_short,
	const char *pointer, struct arena *a, struct faults *faults)
{
	const char *name = rule->tz ? rule->tz : in_short ? in_short : "UTC";
	const struct zone *z = zone_find(name);
	const char *meant;

	if (rule->tz && in_short && strcmp(rule->tz, in_short) != 0) {
		fault_below(faults, pointer, "tz",
			arena_printf(a, "is %.64s, but the rule says %.64s: name one zone",
				rule->tz, in_short));
		return NULL;
	}
	if (z)
		return z;
	meant = zone_suggest(name);
	fault_below(faults, pointer, rule->tz ? "tz" : "rrule",
		meant ? arena_printf(a, "\"%.64s\" is no time zone; was %s meant?", name, meant)
		      : arena_printf(a,
				"\"%.64s\" is no time zone: write an IANA name, such as "
				"America/New_York",
				name));
	return NULL;
}

static int read_rule(const struct schedule_rule *rule, const char *pointer, struct arena *a,
	struct schedule *s, const char **ret_zone, struct faults *faults)
{
	char why[RRULE_WHY_MAX] = "";
	int64_t anchor;

	if (local_parse(rule->anchor ? rule->anchor : SCHEDULE_ANCHOR, &anchor)) {
		fault_below(faults, pointer, "anchor",
			"is no local time without a zone, from 1970 to 2099, such as "
			"2025-01-06T09:00:00");
		return -1;
	}
	s->text = strchr(rule->rrule, '=') ? arena_strdup(a, rule->rrule)
					   : schedule_short(rule->rrule, a, ret_zone, why);
	if (!s->text || rrule_parse(s->text, anchor, &s->rule, why))
		return fault_below(faults, pointer, "rrule", why);
	if (s->rule.needs_anchor && !rule->anchor)
		return fault_below(faults, pointer, "anchor",
			"is missing: INTERVAL and COUNT count from it, such as "
			"2025-01-06T09:00:00");
	return 0;
}

const struct schedule *schedule_compile(const struct schedule_rule *rule, const char *pointer,
	struct arena *a, struct faults *faults)
{
	struct schedule *s = ARENA_NEW(a, struct schedule);
	const char *in_short = NULL;
	int rc = read_rule(rule, pointer, a, s, &in_short, faults);

	s->zone = find_zone(rule, in_short, pointer, a, faults);
	return rc || !s->zone ? NULL : s;
}

const char *schedule_rrule(const struct schedule *s)
{
	return s->text;
}

const struct zone *schedule_zone(const struct schedule *s)
{
	return s->zone;
}

int schedule_check_fires(
	const struct schedule *s, int64_t after, const char *pointer, struct faults *faults)
{
	int64_t anchor = s->rule.anchor * USEC_PER_SEC;
	char at[POINTER_MAX], buf[TIME_STRLEN];

	if (schedule_next(s, after))
		return 0;
	/* One that begins later than the search from `after` goes is no fault. */
	if (anchor > after && schedule_next(s, anchor - 2 * DAY * USEC_PER_SEC))
		return 0;
	pointer_join(at, sizeof(at), pointer, "rrule");
	if (schedule_previous(s, after))
		return fault_add(faults, at,
			"never fires again: its last time was %s; was another UNTIL or COUNT "
			"meant?",
			time_format(schedule_previous(s, after), buf));
	return fault_add(faults, at,
		"never fires: nothing within %d years matches all of its parts",
		SCHEDULE_HORIZON_YEARS);
}

/* ---- Occurrences ---- */

/* One step of a walk, as an instant; false when the rule is over. */
static bool step(const struct schedule *s, struct rrule_walk *w, int64_t *ret_local,
	struct occurrence *ret, int *ret_shift)
{
	if (!rrule_step(w, ret_local))
		return false;
	ret->at = zone_resolve(s->zone, *ret_local, &ret->kind, ret_shift);
	return s->rule.until_kind != UNTIL_INSTANT || ret->at <= s->rule.until;
}

static int64_t seconds_of(int64_t usec)
{
	return usec / USEC_PER_SEC - (usec % USEC_PER_SEC < 0);
}

int64_t schedule_next(const struct schedule *s, int64_t after)
{
	/* A local time is less than a day away from its instant. */
	int64_t from = seconds_of(after) - DAY, best = 0, limit = 0, local;
	struct occurrence o;
	struct rrule_walk w;
	int shift;

	rrule_walk(&s->rule, from, from + YEARS(SCHEDULE_HORIZON_YEARS), &w);
	while (step(s, &w, &local, &o, &shift)) {
		if (best && local >= limit)
			break;
		if (o.at <= after || (best && o.at >= best))
			continue;
		best = o.at;
		limit = limit ? limit : local + shift;
	}
	return best;
}

/* The latest instant at or before `at` of a local time from `from` on. */
static int64_t latest(const struct schedule *s, int64_t from, int64_t at)
{
	int64_t best = 0, local;
	struct occurrence o;
	struct rrule_walk w;
	int shift;

	rrule_walk(&s->rule, from, seconds_of(at) + DAY, &w);
	while (step(s, &w, &local, &o, &shift))
		if (o.at <= at && o.at > best)
			best = o.at;
	return best;
}

int64_t schedule_previous(const struct schedule *s, int64_t at)
{
	int64_t end = seconds_of(at), found = 0;

	/* Further and further back, so that a dense rule costs little and a rare one is found. */
	for (int64_t span = 4 * (int64_t)DAY; !found; span *= 4) {
		if (span > YEARS(SCHEDULE_HORIZON_YEARS))
			span = YEARS(SCHEDULE_HORIZON_YEARS);
		found = latest(s, end - span, at);
		if (end - span <= s->rule.anchor || span == YEARS(SCHEDULE_HORIZON_YEARS))
			break;
	}
	return found;
}

/* Put an occurrence where it belongs among *n; of two of one instant the one not moved is kept.
 * True when that left one out. */
static bool insert(struct occurrence *out, size_t *n, size_t cap, const struct occurrence *o)
{
	size_t at = *n;
	bool full = *n == cap;

	while (at && out[at - 1].at > o->at)
		at--;
	if (at && out[at - 1].at == o->at) {
		if (out[at - 1].kind == LOCAL_SKIPPED)
			out[at - 1] = *o;
		return false;
	}
	if (at == cap)
		return true;
	memmove(out + at + 1, out + at, (*n - full - at) * sizeof(*out));
	out[at] = *o;
	*n += !full;
	return full;
}

size_t schedule_range(const struct schedule *s, int64_t from, int64_t to, struct occurrence *out,
	size_t cap, bool *ret_more)
{
	int64_t local, end = 0;
	bool more = false;
	struct occurrence o;
	struct rrule_walk w;
	size_t n = 0;
	int shift;

	rrule_walk(&s->rule, seconds_of(from) - DAY, seconds_of(to) + DAY, &w);
	while (step(s, &w, &local, &o, &shift)) {
		/* When it is full, only what stands before a moved one can still belong there. */
		if (more && local >= end)
			break;
		if (o.at < from || o.at >= to)
			continue;
		o.offset = zone_offset(s->zone, o.at);
		end = local + shift > end ? local + shift : end;
		more = insert(out, &n, cap, &o) || more;
	}
	if (ret_more)
		*ret_more = more;
	return n;
}
