/* SPDX-License-Identifier: Apache-2.0
 *
 * Files replaced as a whole, and folders made.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/suggest.h"

Suite *test_suite(void);

static struct arena *arena;
static char folder[] = "/tmp/spiralfed-file-XXXXXX";

static void setup(void)
{
	arena = arena_new();
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	const char *names[] = {"f", "link", "a/b/c", "a/b", "a"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(arena_printf(arena, "%s/%s", folder, names[i]));
	ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
	arena_free(arena);
}

static char *in(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static const char *content(const char *path)
{
	struct err err = {0};
	char *text;
	size_t len;

	ck_assert_int_eq(file_read(path, 100, arena, &text, &len, &err), 0);
	ck_assert_uint_eq(len, strlen(text));
	return text;
}

START_TEST(test_file__replace_writes_and_replaces)
{
	struct err err = {0};
	struct stat st;

	ck_assert_int_eq(file_replace(in("f"), "one", 3, 0600, &err), 0);
	ck_assert_int_eq(stat(in("f"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(chmod(in("f"), 0640), 0);
	ck_assert_int_eq(file_replace(in("f"), "two", 3, 0600, &err), 0);
	ck_assert_str_eq(content(in("f")), "two");
	ck_assert_int_eq(stat(in("f"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600); /* a secret */
	ck_assert_int_eq(chmod(in("f"), 0640), 0);
	ck_assert_int_eq(file_replace(in("f"), "three", 5, 0666, &err), 0);
	ck_assert_int_eq(stat(in("f"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(test_file__replace_keeps_a_link)
{
	struct err err = {0};
	struct stat st;

	ck_assert_int_eq(file_replace(in("f"), "one", 3, 0600, &err), 0);
	ck_assert_int_eq(symlink("f", in("link")), 0);
	ck_assert_int_eq(file_replace(in("link"), "two", 3, 0600, &err), 0);
	ck_assert_int_eq(lstat(in("link"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_str_eq(content(in("f")), "two");
}
END_TEST

START_TEST(test_file__replace_refuses)
{
	struct err err = {0};

	ck_assert_int_eq(mkdir(in("a"), 0700), 0);
	ck_assert_int_eq(file_replace(in("a"), "x", 1, 0600, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(file_replace(in("a/"), "x", 1, 0600, &err), -1);
	ck_assert_int_eq(file_replace(in("b/f"), "x", 1, 0600, &err), -1);
	ck_assert_int_eq(file_replace("/dev/null", "x", 1, 0600, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "not a regular file"));
}
END_TEST

START_TEST(test_file__read_has_a_cap)
{
	struct err err = {0};
	char *text;
	size_t len;

	ck_assert_int_eq(file_replace(in("f"), "12345", 5, 0600, &err), 0);
	ck_assert_int_eq(file_read(in("f"), 5, arena, &text, &len, &err), 0);
	ck_assert_int_eq(file_read(in("f"), 4, arena, &text, &len, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "larger than 4 bytes"));
	ck_assert_int_eq(file_read(folder, 4, arena, &text, &len, &err), -1);
	ck_assert_int_eq(file_read(in("none"), 4, arena, &text, &len, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "No such file"));
}
END_TEST

START_TEST(test_file__folders_are_made)
{
	struct err err = {0};

	ck_assert_int_eq(dir_make(in("a/b"), 0700, &err), 0);
	ck_assert_int_eq(dir_make(in("a/b/"), 0700, &err), 0);
	ck_assert_int_eq(access(in("a/b"), W_OK), 0);
	ck_assert_int_eq(file_replace(in("f"), "", 0, 0600, &err), 0);
	ck_assert_int_eq(dir_make(in("f/x"), 0700, &err), -1);
	ck_assert_str_eq(dir_of("a/b/c", arena), "a/b");
	ck_assert_str_eq(dir_of("/c", arena), "/");
	ck_assert_str_eq(dir_of("c", arena), ".");
}
END_TEST

START_TEST(test_suggest__nearest_or_none)
{
	const char *names[] = {"listen", "state", "auth", "queue_max"};
	const struct {
		const char *wrong, *near;
	} cases[] = {{"lisen", "listen"}, {"atuh", "auth"}, {"stat", "state"},
		{"queue-max", "queue_max"}, {"banana", NULL}, {"zzzz", NULL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = suggest_name(cases[i].wrong, names, 4);
		if (cases[i].near)
			ck_assert_str_eq(found, cases[i].near);
		else
			ck_assert_msg(!found, "%s -> %s", cases[i].wrong, found);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("files");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_file__replace_writes_and_replaces);
	tcase_add_test(t, test_file__replace_keeps_a_link);
	tcase_add_test(t, test_file__replace_refuses);
	tcase_add_test(t, test_file__read_has_a_cap);
	tcase_add_test(t, test_file__folders_are_made);
	tcase_add_test(t, test_suggest__nearest_or_none);
	suite_add_tcase(s, t);
	return s;
}
