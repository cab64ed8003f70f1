/* SPDX-License-Identifier: Apache-2.0
 *
 * IANA time zones: what the local time is at an instant, and which instant a local time is. A zone is
 * a table of its changes of offset between 1970 and 2110, made once from libical's answers and then
 * immutable and never freed: any thread may ask it. Before 1970 and from 2110 on the offset stands.
 *
 * A local time is written as the seconds from 1970-01-01T00:00:00 of a clock without a zone, `local`;
 * instants are usec, as everywhere.
 */
#ifndef POLICY_ZONE_H
#define POLICY_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct zone;

/* Best called before there are threads, else done by the first call below: libical reads its list of
 * zones, and its errors do not abort from then on. */
void zone_setup(void);

/* The zone of this name, or NULL when there is none; any thread. The first call for a name reads the
 * system's time zone file and takes some milliseconds. */
const struct zone *zone_find(const char *name);
const char *zone_name(const struct zone *z);

/* The name that was probably meant by one that is none, or NULL. */
const char *zone_suggest(const char *wrong);

/* Seconds east of UTC. */
int zone_offset(const struct zone *z, int64_t at);
int64_t zone_local(const struct zone *z, int64_t at); /* rounded down to the second */

/* How a local time meets the zone's changes. */
enum local_kind {
	LOCAL_PLAIN,   /* there is one such time */
	LOCAL_SKIPPED, /* in a gap: taken later by the gap's length */
	LOCAL_TWICE,   /* in an overlap: the first of the two */
};

/* The instant of a local time. *ret_shift (NULL: not wanted) is the gap's length in seconds when
 * the time is skipped, else 0. */
int64_t zone_resolve(
	const struct zone *z, int64_t local, enum local_kind *ret_kind, int *ret_shift);

/* A change of offset: the first instant with the new one. */
struct zone_change {
	int64_t at;
	int before, after;
};
/* The first change after `after` and before `until`; 1, or 0 when there is none. */
int zone_next_change(const struct zone *z, int64_t after, int64_t until, struct zone_change *ret);

#endif
