/* SPDX-License-Identifier: Apache-2.0
 *
 * No word of others moves a terminal's cursor.
 */
#include "cli/terminal.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

Suite *test_suite(void);

static const struct {
	const char *text, *shown;
} rows[] = {
	{"plain\twords\n", "plain\twords\n"},
	{"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xC2\xA7", "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xC2\xA7"},
	{"\033[31mfail\033[0m", "\033[31mfail\033[0m"},
	{"\033[2J\033]0;title\a", "\\x1b[2J\\x1b]0;title\\x07"},
	{"\033[31", "\\x1b[31"},
	{"\033\033[32mx", "\\x1b\033[32mx"},
	{"\033[3\033[0m", "\\x1b[3\033[0m"},
	{"a\rb\bc\x7f", "a\\x0db\\x08c\\x7f"},
	{"\xC2\x9B"
	 "2J\xC2\x80\xC2\xC2\x9F",
		"\\u009b2J\\u0080\xC2\\u009f"},
	{"\xC2", "\xC2"},
	{"a\u202Eb\u2066c\u200Fd\u061Ce\uFEFF", "a\\u202eb\\u2066c\\u200fd\\u061ce\\ufeff"},
	{"\xE2\x80x\xE2\x80\xAE", "\xE2\x80x\\u202e"},
	{"\xF0\x9F\x98\x80\u2010\xFF\xC0\xAF", "\xF0\x9F\x98\x80\u2010\xFF\xC0\xAF"},
	{"\xE2\x80", "\xE2\x80"},
};

/* However it is cut into pieces. */
START_TEST(test_terminal__shows_control_characters_as_words)
{
	for (size_t piece = 1; piece <= 8; piece++) {
		struct terminal t = {.n = 0};
		const char *text = rows[_i].text;
		STRBUF_AUTO out = STRBUF_INIT(1000);

		for (size_t at = 0; at < strlen(text); at += piece) {
			size_t rest = strlen(text + at);

			terminal_feed(&t, text + at, rest < piece ? rest : piece, &out);
		}
		if (strcmp(out.buf ? out.buf : "", rows[_i].shown) != 0) {
			/* What was held back is part of a sequence that never ended. */
			size_t held = t.n + (*t.held == '\033' ? 3 : 0);

			ck_assert_uint_gt(t.n, 0);
			ck_assert_uint_eq(out.len + held, strlen(rows[_i].shown));
		}
	}
}
END_TEST

START_TEST(test_terminal__no_command_writes_them_to_one)
{
	char *argv[] = {(char *)"spiralfed", (char *)"\033]0;mine\a"};
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	char got[4096];
	FILE *out = tmpfile(), *tty;
	ssize_t n;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	tty = fopen(ptsname(master), "r+");
	ck_assert_ptr_nonnull(tty);
	ck_assert_int_eq(cli_main(2, argv, clock_system(), out, tty), CLI_USAGE);
	n = read(master, got, sizeof(got) - 1);
	ck_assert_int_gt(n, 0);
	got[n] = '\0';
	ck_assert_ptr_nonnull(strstr(got, "\\x1b]0;mine\\x07"));
	ck_assert_ptr_null(strchr(got, '\033'));
	fclose(tty);
	fclose(out);
	close(master);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("what a terminal is shown");
	TCase *t = tcase_create("terminal");

	tcase_add_loop_test(t, test_terminal__shows_control_characters_as_words, 0,
		sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_terminal__no_command_writes_them_to_one);
	suite_add_tcase(s, t);
	return s;
}
