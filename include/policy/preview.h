/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan makes of a stretch of time, as a list and as an iCalendar feed of the same instants. Pure.
 */
#ifndef POLICY_PREVIEW_H
#define POLICY_PREVIEW_H

#include "base/strbuf.h"
#include "model/schedule_view.h"
#include "policy/cadence.h"

enum { PREVIEW_DAYS = 14, PREVIEW_DAYS_MAX = 366, PREVIEW_ENTRIES_MAX = 10000 };

/* All that happens in [from, to), by time; what lasts is listed when any of it lies there. */
void schedule_preview_make(const struct cadence_plan *plan, int64_t from, int64_t to,
	struct arena *a, struct schedule_preview *ret);

/* The entries but for changes of clocks. The same entries and stamp give the same bytes. */
void schedule_preview_ics(
	const struct schedule_preview *p, int64_t stamp, struct arena *a, struct strbuf *out);

#endif
