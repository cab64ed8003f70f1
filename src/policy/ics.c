/* SPDX-License-Identifier: Apache-2.0
 *
 * The iCalendar writer. A content line is put together whole, then folded into the output.
 */
#include "policy/ics.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

enum { LINE_OCTETS = 75, LINE_MAX_OCTETS = 16384, BASIC_STRLEN = 32 };

/* "20250604T140000Z" */
static const char *basic_time(int64_t at, char buf[BASIC_STRLEN])
{
	char extended[TIME_STRLEN];
	size_t n = 0;

	time_format(at - at % USEC_PER_SEC, extended);
	for (const char *c = extended; *c && n < BASIC_STRLEN - 1; c++)
		if (*c != '-' && *c != ':')
			buf[n++] = *c;
	buf[n] = '\0';
	return buf;
}

/* Puts out `line` in pieces of whole characters; a further piece begins with a space. */
static void fold(struct strbuf *out, const struct strbuf *line)
{
	const char *s = line->buf;
	size_t left = line->len, room = LINE_OCTETS;

	while (left) {
		uint32_t c;
		size_t n = utf8_take(s, left, &c);

		if (!n)
			break;
		if (n > room) {
			strbuf_addstr(out, "\r\n ");
			room = LINE_OCTETS - 1;
		}
		strbuf_add(out, s, n);
		room -= n;
		s += n;
		left -= n;
	}
	strbuf_addstr(out, "\r\n");
}

static void add_text(struct strbuf *line, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t c;
		size_t n = utf8_take(text, left, &c);

		if (!n)
			break;
		if (c == '\n')
			strbuf_addstr(line, "\\n");
		else if (c < 0x20 || c == 0x7f)
			strbuf_addch(line, ' ');
		else {
			if (strchr("\\;,", (int)c) && c < 0x80)
				strbuf_addch(line, '\\');
			strbuf_add(line, text, n);
		}
		text += n;
		left -= n;
	}
}

__attribute__((format(printf, 2, 3))) static void put(struct strbuf *out, const char *fmt, ...)
{
	STRBUF_AUTO line = STRBUF_INIT(LINE_MAX_OCTETS);
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&line, fmt, ap);
	va_end(ap);
	fold(out, &line);
}

static void put_text(struct strbuf *out, const char *name, const char *text)
{
	STRBUF_AUTO line = STRBUF_INIT(LINE_MAX_OCTETS);

	strbuf_addf(&line, "%s:", name);
	add_text(&line, text);
	fold(out, &line);
}

static void put_event(struct strbuf *out, const struct ics_feed *feed, const struct ics_event *e)
{
	char buf[BASIC_STRLEN];

	put(out, "BEGIN:VEVENT");
	put(out, "UID:%s-%s@%s", e->job, basic_time(e->start, buf), feed->domain);
	put(out, "DTSTAMP:%s", basic_time(feed->stamp, buf));
	put(out, "DTSTART:%s", basic_time(e->start, buf));
	if (e->end > e->start)
		put(out, "DTEND:%s", basic_time(e->end, buf));
	put_text(out, "SUMMARY", e->summary);
	if (e->description)
		put_text(out, "DESCRIPTION", e->description);
	put_text(out, "CATEGORIES", e->job);
	/* It takes nobody's time. */
	put(out, "TRANSP:TRANSPARENT");
	put(out, "END:VEVENT");
}

void ics_write(
	const struct ics_feed *feed, const struct ics_event *events, size_t n, struct strbuf *out)
{
	put(out, "BEGIN:VCALENDAR");
	put(out, "VERSION:2.0");
	put(out, "PRODID:-//spiralfed//calendar//EN");
	put(out, "CALSCALE:GREGORIAN");
	put(out, "METHOD:PUBLISH");
	put_text(out, "NAME", feed->name);
	put_text(out, "X-WR-CALNAME", feed->name);
	put(out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
	put(out, "X-PUBLISHED-TTL:PT1H");
	for (size_t i = 0; i < n; i++)
		put_event(out, feed, &events[i]);
	put(out, "END:VCALENDAR");
}
