/* SPDX-License-Identifier: Apache-2.0
 *
 * The only reader of time. Instants are int64 microseconds since 1970-01-01T00:00:00Z (UTC, POSIX
 * seconds), written `usec`; 0 means "no time". A `struct clock` is handed to whoever needs the time;
 * tests hand in a fake one and step it. Pure logic takes an instant as an argument instead.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_MSEC INT64_C(1000)

/* Both functions may be called by any thread at once. */
struct clock {
	int64_t (*now)(const struct clock *c);	/* wall clock */
	int64_t (*mono)(const struct clock *c); /* monotonic, for deadlines and durations */
};

const struct clock *clock_system(void);

/* A clock that stands still until it is stepped. Stepping is atomic and may come from any thread. */
struct fake_clock {
	struct clock clock; /* first: &fake.clock is the handle */
	_Atomic int64_t wall, monotonic;
};
void fake_clock_init(struct fake_clock *f, int64_t wall);
void fake_clock_step(struct fake_clock *f, int64_t usec);     /* both */
void fake_clock_set_wall(struct fake_clock *f, int64_t wall); /* a step of the wall clock only */

static inline int64_t clock_now(const struct clock *c)
{
	return c->now(c);
}
static inline int64_t clock_mono(const struct clock *c)
{
	return c->mono(c);
}

/* The years 0 to 9999, which is what RFC 3339 can write. */
#define TIME_LEAST INT64_C(-62167219200000000)
#define TIME_MOST  INT64_C(253402300799999999)

/* `usec` and so many seconds (of either sign): for numbers that others give. What passes the bounds
 * above is the bound. */
int64_t time_after(int64_t usec, int64_t seconds);

/* What lies outside of those years is written as their beginning or end: it may be another's time.
 *
 * "2026-11-24T05:59:54Z", with ".123456" (no trailing zeros) only when there is a fraction. */
enum { TIME_STRLEN = 40 };
char *time_format(int64_t usec, char buf[TIME_STRLEN]); /* returns buf */

/* The same, always with six digits of fraction: for log lines, which should align. */
char *time_format_micro(int64_t usec, char buf[TIME_STRLEN]);

/* RFC 3339 section 5.6, any offset, any number of fraction digits (cut to microseconds), years 1970
 * to 9999 in UTC, a leap second (23:59:60 in UTC) taken as 59. Returns 0, or -1 when it is none. No locale, no TZ. */
int time_parse(const char *s, int64_t *ret_usec);

/* Proleptic Gregorian calendar, UTC. */
struct civil {
	int year, month, day, hour, minute, second, usec,
		weekday; /* month 1-12, weekday 0 = Sunday */
};
void civil_from_time(int64_t usec, struct civil *ret);
int64_t civil_to_time(const struct civil *c);

#endif
