/* SPDX-License-Identifier: Apache-2.0
 *
 * Zones. libical reads the system's files and answers for UTC; its answers for local times are wrong
 * in gaps and overlaps, so that direction is done here. It also extends its tables while it answers,
 * which no two threads may do at once: it is asked under a lock, once for each zone.
 */
#include "policy/zone.h"

#include <libical/ical.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/suggest.h"

enum { DAY = 86400, FIRST_YEAR = 1970, LAST_YEAR = 2110, NAME_MAX_LEN = 64 };

/* No local time is further from UTC than this, so that there is no more than one change between
 * the two instants this far around one. */
enum { EAST_MAX = 15 * 3600, WEST_MAX = 13 * 3600 };

struct zone {
	struct zone *next;
	const char *name;
	int first; /* the offset before the first change */
	struct change {
		int64_t at; /* seconds */
		int offset;
	} * changes;
	size_t n;
};

static struct lock lock;
static struct zone *zones; /* under the lock; its elements are immutable */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void setup(void)
{
	icalerror_set_errors_are_fatal(0);
	lock_init(&lock, "zones", LOCK_ZONES);
	icaltimezone_get_builtin_timezones();
}

void zone_setup(void)
{
	pthread_once(&once, setup);
}

/* ---- Making a table ---- */

static int ask(icaltimezone *tz, int64_t at)
{
	struct icaltimetype t = icaltime_null_time();
	struct civil c;
	int is_dst;

	civil_from_time(at * USEC_PER_SEC, &c);
	t.year = c.year;
	t.month = c.month;
	t.day = c.day;
	t.hour = c.hour;
	t.minute = c.minute;
	t.second = c.second;
	t.zone = icaltimezone_get_utc_timezone();
	return icaltimezone_get_utc_offset_of_utc_time(tz, &t, &is_dst);
}

/* The first instant with another offset than at `low`; there is one in (low, high]. */
static int64_t bisect(icaltimezone *tz, int64_t low, int64_t high)
{
	int offset = ask(tz, low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (ask(tz, middle) == offset)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int64_t year_begin(int year)
{
	return civil_to_time(&(struct civil){.year = year, .month = 1, .day = 1}) / USEC_PER_SEC;
}

static struct zone *make(const char *name, icaltimezone *tz)
{
	const int64_t end = year_begin(LAST_YEAR);
	int64_t at = year_begin(FIRST_YEAR);
	struct zone *z = xcalloc(1, sizeof(*z));
	size_t alloc = 0;
	int offset = ask(tz, at);

	z->name = xstrdup(name);
	z->first = offset;
	for (; at < end; at += DAY) {
		if (ask(tz, at + DAY) == offset)
			continue;
		if (z->n == alloc) {
			alloc = alloc ? 2 * alloc : 16;
			z->changes = xrealloc(z->changes, alloc * sizeof(*z->changes));
		}
		int64_t change = bisect(tz, at, at + DAY);
		offset = ask(tz, at + DAY);
		z->changes[z->n++] = (struct change){change, offset};
	}
	return z;
}

/* ---- Names ---- */

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return n && n <= NAME_MAX_LEN && *s != '/' && !strstr(s, "..") &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == n;
}

const struct zone *zone_find(const char *name)
{
	zone_setup();
	if (!is_name(name))
		return NULL;
	LOCK_SCOPE(&lock);
	for (struct zone *z = zones; z; z = z->next)
		if (!strcmp(z->name, name))
			return z;
	icaltimezone *tz = icaltimezone_get_builtin_timezone(name);
	if (!tz)
		return NULL;
	struct zone *z = make(name, tz);
	z->next = zones;
	zones = z;
	return z;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

const char *zone_suggest(const char *wrong)
{
	zone_setup();
	LOCK_SCOPE(&lock);
	icalarray *all = icaltimezone_get_builtin_timezones();
	FREE_AUTO const char **names = xcalloc(all->num_elements + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < all->num_elements; i++) {
		const char *name = icaltimezone_get_location(icalarray_element_at(all, i));
		const char *city = name ? strrchr(name, '/') : NULL;
		if (!name)
			continue;
		if (!strcasecmp(name, wrong) || (city && !strcasecmp(city + 1, wrong)))
			return name;
		names[n++] = name;
	}
	return suggest_name(wrong, names, n);
}

/* ---- Asking a table ---- */

/* How many changes are at or before `at`, seconds. */
static size_t count_until(const struct zone *z, int64_t at)
{
	size_t low = 0, high = z->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (z->changes[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int offset_at(const struct zone *z, int64_t at)
{
	size_t n = count_until(z, at);

	return n ? z->changes[n - 1].offset : z->first;
}

static int64_t floor_seconds(int64_t usec)
{
	int64_t s = usec / USEC_PER_SEC;

	return s - (usec % USEC_PER_SEC < 0);
}

int zone_offset(const struct zone *z, int64_t at)
{
	return offset_at(z, floor_seconds(at));
}

int64_t zone_local(const struct zone *z, int64_t at)
{
	int64_t s = floor_seconds(at);

	return s + offset_at(z, s);
}

int64_t zone_resolve(const struct zone *z, int64_t local, enum local_kind *ret_kind, int *ret_shift)
{
	/* Offsets before and after any change that this local time can meet. */
	int before = offset_at(z, local - EAST_MAX), after = offset_at(z, local + WEST_MAX);
	bool is_before = offset_at(z, local - before) == before;
	bool is_after = offset_at(z, local - after) == after;
	int offset = is_before || !is_after ? before : after;
	bool skipped = !is_before && !is_after;

	if (ret_shift)
		*ret_shift = skipped ? after - before : 0;
	*ret_kind = skipped				       ? LOCAL_SKIPPED
		    : is_before && is_after && before != after ? LOCAL_TWICE
							       : LOCAL_PLAIN;
	return (local - offset) * USEC_PER_SEC;
}

int zone_next_change(const struct zone *z, int64_t after, int64_t until, struct zone_change *ret)
{
	size_t i = count_until(z, floor_seconds(after));

	if (i == z->n || z->changes[i].at * USEC_PER_SEC >= until)
		return 0;
	*ret = (struct zone_change){z->changes[i].at * USEC_PER_SEC,
		i ? z->changes[i - 1].offset : z->first, z->changes[i].offset};
	return 1;
}
