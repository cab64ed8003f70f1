/* SPDX-License-Identifier: Apache-2.0
 *
 * The command table: the manual holds every command's help, completion knows every word, and what is
 * typed wrongly is told.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jcs.h"
#include "cli/command.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
	unsetenv("SPIRALFED_URL");
	unsetenv("SPIRALFED_TOKEN");
	unsetenv("SPIRALFED_TOKEN_FILE");
}

static void teardown(void)
{
	arena_free(arena);
}

/* Runs one line; returns the exit code and both outputs. */
static int run(const char *line, char **ret_out, char **ret_errors)
{
	char *argv[16] = {(char *)"spiralfed"}, *save = NULL;
	char *words = arena_strdup(arena, line);
	FILE *out = tmpfile(), *errors = tmpfile();
	int argc = 1;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	int rc = cli_main(argc, argv, clock_system(), out, errors);
	char **ret[] = {ret_out, ret_errors};
	FILE *files[] = {out, errors};
	for (int i = 0; i < 2; i++) {
		size_t len = (size_t)ftell(files[i]);
		*ret[i] = arena_alloc(arena, len + 1);
		rewind(files[i]);
		ck_assert_uint_eq(fread(*ret[i], 1, len, files[i]), len);
		fclose(files[i]);
	}
	return rc;
}

static const char *manual(void)
{
	const char *src = getenv("SRC");
	struct err err = {0};
	char *text;
	size_t len;

	ck_assert_int_eq(file_read(arena_printf(arena, "%s/docs/cli.md", src ? src : "."), 1 << 20,
				 arena, &text, &len, &err),
		0);
	return text;
}

START_TEST(test_command__the_manual_is_the_help)
{
	const char *text = manual();
	char *out, *errors;
	size_t headings = 0;

	ck_assert_int_eq(run("--help", &out, &errors), CLI_DONE);
	ck_assert_msg(strstr(text, out), "docs/cli.md is old: run scripts/manual.sh");
	for (size_t i = 0; i < cli_n_commands; i++) {
		const char *line = arena_printf(arena, "%s --help", cli_commands[i].name);
		ck_assert_int_eq(run(line, &out, &errors), CLI_DONE);
		ck_assert_msg(strstr(text, arena_printf(arena, "\n## %s\n\n```\n%s```\n",
						   cli_commands[i].name, out)),
			"docs/cli.md is old about %s: run scripts/manual.sh", cli_commands[i].name);
	}
	for (const char *at = text; (at = strstr(at, "\n## ")); at++)
		headings++;
	ck_assert_uint_eq(headings, cli_n_commands);
}
END_TEST

/* A name in a command's list that no option has would be silently dead. */
START_TEST(test_command__options_exist)
{
	for (size_t i = 0; i < cli_n_commands; i++)
		for (const char *at = cli_commands[i].options; *at; at += strspn(at, " ")) {
			size_t len = strcspn(at += *at == '!', " ");
			bool found = false;
			for (int id = 0; id < CLI_OPTIONS; id++)
				found = found || (strlen(cli_options[id].name) == len &&
							 !memcmp(cli_options[id].name, at, len));
			ck_assert_msg(found, "%s: %s", cli_commands[i].name, at);
			at += len;
		}
}
END_TEST

START_TEST(test_command__completion_knows_every_word)
{
	char *out, *errors;

	ck_assert_int_eq(run("completion bash", &out, &errors), CLI_DONE);
	for (size_t i = 0; i < cli_n_commands; i++)
		ck_assert_ptr_nonnull(
			strstr(out, arena_printf(arena, "*:%s) words=", cli_commands[i].name)));
	for (int id = 0; id < CLI_OPTIONS; id++)
		ck_assert_ptr_nonnull(
			strstr(out, arena_printf(arena, "--%s", cli_options[id].name)));
}
END_TEST

static const struct {
	const char *line;
	int rc;
	const char *says;
} cases[] = {
	{"", CLI_USAGE, "which command?"},
	{"promot x", CLI_USAGE, "did you mean promote?"},
	{"frobnicate", CLI_USAGE, "no command is called frobnicate\n"},
	{"promote", CLI_USAGE, "promote needs --reason TEXT"},
	{"promote --reason x", CLI_USAGE, "promote needs MERGE"},
	{"promote a b --reason x", CLI_USAGE, "one argument too many: b"},
	{"promote a --reson x", CLI_USAGE, "did you mean --reason?"},
	{"promote a --reason x --reason y", CLI_USAGE, "--reason is given twice"},
	{"promote a --reason", CLI_USAGE, "--reason wants TEXT"},
	{"promote a --reason=", CLI_USAGE, "--reason is empty"},
	{"merge --dry-run=yes", CLI_USAGE, "--dry-run takes no value"},
	{"merge -x", CLI_USAGE, "takes no option -x"},
	{"status --output x", CLI_USAGE, "status takes no option --output"},
	{"gates textgen", CLI_USAGE, "textgen is not PROVIDER/ID"},
	{"gates hf/a/b/c", CLI_USAGE, "hf/a/b/c is not PROVIDER/ID"},
	{"gates hf//b", CLI_USAGE, "hf//b is not PROVIDER/ID"},
	{"token make", CLI_USAGE, "token make is none of"},
	{"token create", CLI_USAGE, "token create needs --name"},
	{"token revoke", CLI_USAGE, "token revoke needs the ID"},
	{"status --server ftp://x", CLI_USAGE, "ftp://x is no server"},
	{"status --token-file /nonexistent", CLI_USAGE, "the token: cannot open /nonexistent"},
	{"status --server unix:/nonexistent/s", CLI_UNREACHABLE, "the daemon is not reached"},
	{"submit /nonexistent.json", CLI_REFUSED, "cannot open /nonexistent.json"},
	{"completion fish", CLI_USAGE, "bash only"},
};

START_TEST(test_command__mistakes_are_told)
{
	char *out, *errors;

	ck_assert_msg(run(cases[_i].line, &out, &errors) == cases[_i].rc, "%s: %s", cases[_i].line,
		errors);
	ck_assert_msg(strstr(errors, cases[_i].says), "%s: %s", cases[_i].line, errors);
	ck_assert_str_eq(out, "");
}
END_TEST

/* One line for each, whole, however long its arguments are. */
START_TEST(test_command__the_overview_cuts_nothing)
{
	char *out, *errors;

	ck_assert_int_eq(run("help", &out, &errors), 0);
	for (size_t i = 0; i < cli_n_commands; i++) {
		const char *line = arena_printf(
			arena, "\n  %s %s", cli_commands[i].name, cli_commands[i].arguments);
		const char *at = strstr(out, line);

		ck_assert_msg(at, "%s", line);
		at += strlen(line);
		at += strspn(at, " ");
		ck_assert_msg(
			!strncmp(at, cli_commands[i].summary, strlen(cli_commands[i].summary)),
			"%s: %.40s", line, at);
	}
}
END_TEST

START_TEST(test_command__version)
{
	char *out, *errors;

	ck_assert_int_eq(run("--version", &out, &errors), CLI_DONE);
	ck_assert_str_eq(out, "spiralfed " SPIRALFED_VERSION "\n");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("command line");
	TCase *t = tcase_create("command");

	jcs_setup();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_command__the_manual_is_the_help);
	tcase_add_test(t, test_command__options_exist);
	tcase_add_test(t, test_command__completion_knows_every_word);
	tcase_add_loop_test(
		t, test_command__mistakes_are_told, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, test_command__the_overview_cuts_nothing);
	tcase_add_test(t, test_command__version);
	suite_add_tcase(s, t);
	return s;
}
