/* SPDX-License-Identifier: Apache-2.0
 *
 * The iCalendar writer: ids, escapes, and folding within 75 octets between whole characters.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "policy/ics.h"

Suite *test_suite(void);

static const struct ics_feed feed = {
	.name = "spiralfed, all jobs", .domain = "spiralfed", .stamp = 1780272000 * USEC_PER_SEC};

static const struct ics_event events[] = {
	{"ingest", "Ingest", NULL, 1780279200 * USEC_PER_SEC, 0},
	{"promote", "Promotion; a window, of 4 h \\ or less",
		"opens 10:00\ncloses 14:00\tor when a freeze begins", 1780480800 * USEC_PER_SEC,
		1780495200 * USEC_PER_SEC},
};

START_TEST(test_ics__writes_the_whole_feed)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 16);
	static const char want[] =
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//spiralfed//calendar//EN\r\n"
		"CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nNAME:spiralfed\\, all jobs\r\n"
		"X-WR-CALNAME:spiralfed\\, all jobs\r\n"
		"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n"
		"BEGIN:VEVENT\r\nUID:ingest-20260601T020000Z@spiralfed\r\n"
		"DTSTAMP:20260601T000000Z\r\nDTSTART:20260601T020000Z\r\nSUMMARY:Ingest\r\n"
		"CATEGORIES:ingest\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:promote-20260603T100000Z@spiralfed\r\n"
		"DTSTAMP:20260601T000000Z\r\nDTSTART:20260603T100000Z\r\n"
		"DTEND:20260603T140000Z\r\n"
		"SUMMARY:Promotion\\; a window\\, of 4 h \\\\ or less\r\n"
		"DESCRIPTION:opens 10:00\\ncloses 14:00 or when a freeze begins\r\n"
		"CATEGORIES:promote\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

	ics_write(&feed, events, 2, &out);
	ck_assert(!out.overflow);
	ck_assert_str_eq(out.buf, want);
}
END_TEST

/* The text of SUMMARY once folds and escapes are taken back; checks each line on the way. */
static void unfold(const char *text, char *ret, size_t size)
{
	size_t n = 0;
	bool in_summary = false;

	while (*text) {
		const char *end = strstr(text, "\r\n");
		size_t length = (size_t)(end - text);

		ck_assert_ptr_nonnull(end);
		ck_assert_uint_le(length, 75);
		ck_assert_msg(utf8_valid(text, length), "%.*s", (int)length, text);
		if (*text != ' ')
			in_summary = !strncmp(text, "SUMMARY:", 8);
		size_t skip = *text == ' ' ? 1 : 8;
		for (size_t i = skip; in_summary && i < length; i++)
			if (text[i] != '\\' || text[i - 1] == '\\')
				ret[n++] = text[i];
		ck_assert_uint_lt(n, size);
		text = end + 2;
	}
	ret[n] = '\0';
}

/* Every length over two folds, of characters of one to four octets. */
START_TEST(test_ics__folds_between_characters)
{
	static const char *const characters[] = {"x", "\u00e9", "\u20ac", "\U0001f680", ",", "\\"};
	const char *c = characters[_i];

	for (size_t count = 0; count < 170; count++) {
		STRBUF_AUTO out = STRBUF_INIT(1 << 16);
		STRBUF_AUTO summary = STRBUF_INIT(1 << 10);
		char back[2048];

		/* One octet first shifts where the folds fall. */
		strbuf_addstr(&summary, count % 2 ? "" : "a");
		for (size_t i = 0; i < count; i++)
			strbuf_addstr(&summary, c);
		const struct ics_event e = {"merge", summary.buf, NULL, USEC_PER_SEC, 0};
		ics_write(&feed, &e, 1, &out);
		if (*c == '\\')
			continue;
		unfold(out.buf, back, sizeof(back));
		ck_assert_str_eq(back, summary.buf);
	}
}
END_TEST

START_TEST(test_ics__takes_any_text)
{
	static const char *const texts[] = {
		"", "\xff", "ok \xc3", "\x01\x7f\r\n\t", "BEGIN:VEVENT\r\nUID:x", "\u2028"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		STRBUF_AUTO out = STRBUF_INIT(1 << 16);
		char back[256];
		const struct ics_event e = {"merge", texts[i], texts[i], USEC_PER_SEC, 0};

		ics_write(&feed, &e, 1, &out);
		unfold(out.buf, back, sizeof(back));
		ck_assert_ptr_null(strstr(strstr(out.buf, "SUMMARY"), "\nUID"));
	}
	STRBUF_AUTO small = STRBUF_INIT(100);
	ics_write(&feed, events, 2, &small);
	ck_assert(small.overflow);
}
END_TEST

/* For the scripts that hand the feed to other programs' parsers. */
START_TEST(test_ics__leaves_a_feed_for_others)
{
	const char *path = getenv("ICS_OUT");
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	const struct ics_event more[] = {events[0], events[1],
		{"merge",
			"Zusammenf\u00fchrung \u2014 \u0441\u043b\u0438\u044f\u043d\u0438\u0435 "
			"\U0001f680\U0001f680\U0001f680\U0001f680\U0001f680\U0001f680\U0001f680"
			"\U0001f680\U0001f680, twice a week; \\o/",
			"first line\nsecond, with a comma; and a semicolon",
			1780390800 * USEC_PER_SEC, 0}};

	ics_write(&feed, more, 3, &out);
	ck_assert(!out.overflow);
	if (!path)
		return;
	FILE *f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(out.buf, 1, out.len, f), out.len);
	ck_assert_int_eq(fclose(f), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/ics");
	TCase *tc = tcase_create("ics");

	tcase_add_test(tc, test_ics__writes_the_whole_feed);
	tcase_add_loop_test(tc, test_ics__folds_between_characters, 0, 6);
	tcase_add_test(tc, test_ics__takes_any_text);
	tcase_add_test(tc, test_ics__leaves_a_feed_for_others);
	suite_add_tcase(s, tc);
	return s;
}
