/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that were made to keep whoever reads them busy: a source's thread reads them, too, and has to be
 * back when the daemon ends. Each needs minutes, hours or all memory when everything is held against
 * everything; the harness ends a test that takes so long.
 */
#include <check.h>
#include <string.h>

#include "base/jcs.h"
#include "base/strbuf.h"
#include "model/harvest.h"

Suite *test_suite(void);

static struct arena *arena;
static struct strbuf text;

static void setup(void)
{
	jcs_setup();
	arena = arena_new();
	strbuf_init(&text, 16 << 20);
}

static void teardown(void)
{
	strbuf_release(&text);
	arena_free(arena);
}

static const char *comma(int i)
{
	return i ? "," : "";
}

/* All groups hold all groups, and one task. */
static void groups_of_groups(void)
{
	const int n = 40;

	strbuf_addf(&text, "{\"versions\":{},\"results\":{\"a\":{\"acc\":0.5}");
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, ",\"g%d\":{\"alias\":\"g\"}", i);
	strbuf_addf(&text, "},\"group_subtasks\":{");
	for (int i = 0; i < n; i++) {
		strbuf_addf(&text, "%s\"g%d\":[\"a\"", comma(i), i);
		for (int k = 0; k < n; k++)
			strbuf_addf(&text, ",\"g%d\"", k);
		strbuf_addf(&text, "]");
	}
	strbuf_addf(&text, "}}");
}

static void a_group_for_each_task(void)
{
	const int n = 19000;

	strbuf_addf(&text, "{\"versions\":{},\"results\":{");
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "%s\"t%d\":{\"acc\":0.5}", comma(i), i);
	strbuf_addf(&text, "},\"group_subtasks\":{");
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "%s\"g%d\":[\"t%d\"]", comma(i), i, i);
	strbuf_addf(&text, "}}");
}

/* Each group holds all that come after it, in a row. */
static void a_chain_of_groups(void)
{
	const int n = 19000;

	strbuf_addf(&text, "{\"versions\":{},\"results\":{");
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "%s\"g%d\":{\"acc\":0.5}", comma(i), i);
	strbuf_addf(&text, "},\"group_subtasks\":{");
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "%s\"g%d\":[\"g%d\"]", comma(i), i, i + 1);
	strbuf_addf(&text, "}}");
}

/* The name of the task goes into the name and the pointer of each number. */
static void a_long_name(void)
{
	strbuf_addf(&text, "{\"versions\":{},\"results\":{\"");
	for (int i = 0; i < 1 << 20; i++)
		strbuf_addch(&text, 'x');
	strbuf_addf(&text, "\":{");
	for (int i = 0; i < 19000; i++)
		strbuf_addf(&text, "%s\"acc_%d\":0.5", comma(i), i);
	strbuf_addf(&text, "}}}");
}

/* Half of the shares are in percent, of other tasks. */
static void two_scales(void)
{
	const int n = 19000;

	strbuf_addf(&text, "{\"versions\":{},\"results\":{");
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "%s\"t%d\":{\"%s\":%s}", comma(i), i,
			i % 2 ? "acc" : "exact_match", i % 2 ? "0.5" : "50");
	strbuf_addf(&text, "}}");
}

static const struct {
	const char *what;
	void (*make)(void);
	enum harvest_outcome outcome;
	size_t found;
	const char *says;
} cases[] = {
	{"groups of groups", groups_of_groups, HARVEST_READ, 1, NULL},
	{"a group for each task", a_group_for_each_task, HARVEST_READ, 19000, NULL},
	{"a chain of groups", a_chain_of_groups, HARVEST_REFUSED, 0, "hold one another so often"},
	{"a long name", a_long_name, HARVEST_REFUSED, 0, "names of its numbers"},
	{"two scales", two_scales, HARVEST_READ, 19000, NULL},
};

START_TEST(test_harvest_hostile__case)
{
	struct err err = {0};
	struct harvest h;

	cases[_i].make();
	ck_assert(!text.overflow);
	harvest_init(&h, arena);
	enum harvest_outcome got = harvest_read(&h, "results.json", text.buf, text.len, &err);

	ck_assert_msg(got == cases[_i].outcome, "%s is %d: %s", cases[_i].what, got, err.msg);
	ck_assert_uint_eq(h.n_findings, cases[_i].found);
	if (cases[_i].says)
		ck_assert_msg(strstr(err.msg, cases[_i].says) != NULL, "%s", err.msg);
	ck_assert_uint_lt(arena_used(arena), 200 << 20);
}
END_TEST

/* A member of two groups counts once, and what is in a group that counts does not count beside it. */
START_TEST(test_harvest_hostile__groups_still_mean_the_same)
{
	static const char file[] =
		"{\"versions\":{},\"results\":{\"all\":{\"acc\":0.5},\"sub\":{\"alias\":\"s\"},"
		"\"a\":{\"acc\":0.5},\"b\":{\"acc\":0.4},\"c\":{\"acc\":0.3},\"self\":{\"acc\":0.2}"
		"},"
		"\"n-samples\":{\"a\":{\"original\":10,\"effective\":10},"
		"\"b\":{\"original\":20,\"effective\":20},\"c\":{\"original\":5,\"effective\":5}},"
		"\"group_subtasks\":{\"all\":[\"sub\",\"b\"],\"sub\":[\"a\",\"b\"],"
		"\"self\":[\"self\",\"c\"]}}";
	static const struct {
		const char *name;
		enum finding_use use;
		int64_t n;
	} want[] = {
		{"all.acc", FOUND_TAKEN, 30},
		{"a.acc", FOUND_ON_CALL, 10},
		{"b.acc", FOUND_ON_CALL, 20},
		{"c.acc", FOUND_ON_CALL, 5},
		{"self.acc", FOUND_TAKEN, 5},
	};
	struct err err = {0};
	struct harvest h;

	harvest_init(&h, arena);
	ck_assert_msg(harvest_read(&h, "results.json", file, strlen(file), &err) == HARVEST_READ,
		"%s", err.msg);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct finding *f = NULL;

		for (size_t k = 0; k < h.n_findings; k++)
			if (!strcmp(h.findings[k].name, want[i].name))
				f = &h.findings[k];
		ck_assert_msg(f && f->use == want[i].use, "%s: %s", want[i].name,
			f && f->why ? f->why : "");
		ck_assert_int_eq(f->metric.n, want[i].n);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("files made to keep a reader busy");
	TCase *t = tcase_create("harvest_hostile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(
		t, test_harvest_hostile__case, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, test_harvest_hostile__groups_still_mean_the_same);
	suite_add_tcase(s, t);
	return s;
}
