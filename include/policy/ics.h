/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes an iCalendar feed (RFC 5545): expanded events in UTC that any calendar program shows alike,
 * with ids that stay the same from one reading to the next. Lines end in CRLF and are folded at 75
 * octets, never within a character. Pure: events in, text out.
 */
#ifndef POLICY_ICS_H
#define POLICY_ICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* What a feed promises: about this far ahead. */
enum { ICS_DAYS = 90 };

struct ics_event {
	const char *job;	 /* with `start` it makes the id: [A-Za-z0-9._-] */
	const char *summary;	 /* text, UTF-8 */
	const char *description; /* NULL: none */
	int64_t start, end;	 /* usec; end 0 or not after start: a moment */
};

struct ics_feed {
	const char *name;   /* shown as the calendar's name */
	const char *domain; /* behind the @ of the ids, such as "spiralfed" */
	int64_t stamp;	    /* when it was made; the same stamp and events give the same bytes */
};

/* Appends the whole feed; check out->overflow. Control characters in texts become spaces, a line
 * feed stays one; text that is no UTF-8 is cut where it ceases to be. */
void ics_write(
	const struct ics_feed *feed, const struct ics_event *events, size_t n, struct strbuf *out);

#endif
