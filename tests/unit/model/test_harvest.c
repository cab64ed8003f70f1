/* SPDX-License-Identifier: Apache-2.0
 *
 * What each format's files become in a manifest, and which are refused with which sentence. The files
 * here are our own; the real ones are tried by tests/cli/manifest.sh.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/jcs.h"
#include "base/strbuf.h"
#include "model/harvest.h"

#include "support/harvest_cases.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	jcs_setup();
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static const char *const outcomes[] = {[HARVEST_READ] = "read",
	[HARVEST_EMPTY] = "empty",
	[HARVEST_UNKNOWN] = "unknown",
	[HARVEST_REFUSED] = "refused"};

/* Read the case's files, and make a manifest of them when all could be read. */
static const char *run(const struct harvest_case *c, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	struct harvest_target t = {.provider = "hf",
		.role = "textgen",
		.id = c->no_id ? NULL : "ns/model-v1",
		.cost_per_hour = c->cost_per_hour > 0 ? c->cost_per_hour : NAN,
		.known_as = c->known_as};
	struct harvest h;

	harvest_init(&h, arena);
	for (size_t i = 0; i < HARVEST_CASE_FILES && c->file[i].name; i++) {
		const struct harvest_case_file *f = &c->file[i];
		enum harvest_outcome got = harvest_read(&h, f->name, f->text, strlen(f->text), err);
		if (got != f->outcome)
			return arena_printf(arena, "%s is %s: %s", f->name, outcomes[got],
				got == HARVEST_READ ? "" : err->msg);
		if (got == HARVEST_REFUSED || got == HARVEST_UNKNOWN)
			return NULL;
	}
	if (c->map && harvest_map_parse(c->map, arena, &t.map, err))
		return NULL;
	if (harvest_settle(&h, &t, err) || harvest_manifest(&h, &t, &out, err))
		return NULL;
	return arena_strdup(arena, out.buf);
}

static void check_case(const struct harvest_case *c)
{
	struct err err = {0};
	const char *got = run(c, &err);

	if (c->says) {
		ck_assert_msg(!got, "%s: %s", c->what, got);
		ck_assert_msg(strstr(err.msg, c->says) != NULL, "%s: %s", c->what, err.msg);
		return;
	}
	ck_assert_msg(got != NULL, "%s: %s", c->what, err.msg);
	ck_assert_msg(strstr(got, c->holds) != NULL, "%s: %s", c->what, got);
	if (c->lacks)
		ck_assert_msg(!strstr(got, c->lacks), "%s: %s", c->what, got);
}

START_TEST(test_harvest__case)
{
	check_case(&harvest_cases[_i]);
}
END_TEST

START_TEST(test_harvest__trap)
{
	check_case(&harvest_traps[_i]);
}
END_TEST

START_TEST(test_harvest__a_map_is_read_or_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"a=b", NULL},
		{"a=b/100, c=d/1", NULL},
		{"a", "not of the form"},
		{"=b", "not of the form"},
		{"a=", "not of the form"},
		{"a=/100", "not of the form"},
		{"a=b/10", "neither /100 nor /1"},
		{"a=b,a=c", "given twice"},
		{"a b=c", "not of the form"},
		{"a@=c", "a name"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harvest_maps maps = {0};
		struct err err = {0};
		int rc = harvest_map_parse(cases[i].text, arena, &maps, &err);

		ck_assert_msg(!rc == !cases[i].says, "%s: %s", cases[i].text, err.msg);
		if (cases[i].says)
			ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "%s: %s",
				cases[i].text, err.msg);
	}
}
END_TEST

/* Many files are no way around the bound of one, nor those that are refused. */
START_TEST(test_harvest__values_of_all_files)
{
	static const char text[] = "{\"a\":[1,2,3,4,5,6,7,8]}";
	struct err err = {0};
	struct harvest h;

	harvest_init(&h, arena);
	h.values_left = 25;
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(
			harvest_read(&h, "a.json", text, strlen(text), &err), HARVEST_UNKNOWN);
	ck_assert_int_eq(harvest_read(&h, "a.json", text, strlen(text), &err), HARVEST_REFUSED);
	ck_assert_msg(strstr(err.msg, "more than 5 values") != NULL, "%s", err.msg);
}
END_TEST

/* Whatever is cut off must be refused or say less, and never crash. */
START_TEST(test_harvest__cut_anywhere)
{
	const struct harvest_case *c = &harvest_cases[_i];
	const char *text = c->file[0].text;

	for (size_t n = 0, len = strlen(text); n < len; n += 1 + len / 97) {
		struct harvest h;
		struct err err = {0};
		char *cut = arena_strndup(arena, text, n);

		harvest_init(&h, arena);
		enum harvest_outcome got = harvest_read(&h, c->file[0].name, cut, n, &err);
		ck_assert(got == HARVEST_READ || err.msg[0]);
		ck_assert_uint_eq(h.n_sources, 1);
	}
}
END_TEST

/* A card of `results` data sets, of the same name but for the last part, with `metrics` each. */
static const char *large_card(int results, int metrics, size_t *ret_len)
{
	STRBUF_AUTO sb = STRBUF_INIT(16 << 20);

	strbuf_addf(&sb, "{\"model-index\":[{\"results\":[");
	for (int i = 0; i < results; i++) {
		strbuf_addf(&sb,
			"%s{\"dataset\":{\"name\":\"a\",\"config\":\"b\",\"split\":\"c\","
			"\"revision\":\"r%d\"},\"metrics\":[",
			i ? "," : "", i);
		for (int k = 0; k < metrics; k++)
			strbuf_addf(&sb,
				"%s{\"type\":\"accuracy\",\"name\":\"acc_%d\",\"value\":0.5}",
				k ? "," : "", k);
		strbuf_addf(&sb, "]}");
	}
	strbuf_addf(&sb, "]}]}");
	ck_assert(!sb.overflow);
	*ret_len = sb.len;
	return arena_strndup(arena, sb.buf, sb.len);
}

/* With each compared to each other, the largest of them need gigabytes and minutes. */
START_TEST(test_harvest__a_card_may_be_large)
{
	static const struct {
		int results, metrics;
		enum harvest_outcome outcome;
		size_t found;
	} cards[] = {
		{19999, 1, HARVEST_READ, 19999},
		{1, 19999, HARVEST_READ, 19999},
		{20001, 0, HARVEST_REFUSED, 0},
		{1, 20001, HARVEST_REFUSED, 0},
		{3, 6667, HARVEST_REFUSED, 0},
	};

	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		struct err err = {0};
		struct harvest h;
		size_t len;
		const char *text = large_card(cards[i].results, cards[i].metrics, &len);

		harvest_init(&h, arena);
		ck_assert_msg(harvest_read(&h, "card.json", text, len, &err) == cards[i].outcome,
			"%zu: %s", i, err.msg);
		if (cards[i].outcome == HARVEST_READ)
			ck_assert_uint_eq(h.n_findings, cards[i].found);
		else
			ck_assert_msg(
				strstr(err.msg, "more than 20000 are no card"), "%s", err.msg);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/harvest");
	TCase *t = tcase_create("harvest");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_harvest__case, 0, (int)harvest_n_cases);
	tcase_add_loop_test(t, test_harvest__trap, 0, (int)harvest_n_traps);
	tcase_add_loop_test(t, test_harvest__cut_anywhere, 0, (int)harvest_n_cases);
	tcase_add_test(t, test_harvest__values_of_all_files);
	tcase_add_test(t, test_harvest__a_map_is_read_or_refused);
	tcase_add_test(t, test_harvest__a_card_may_be_large);
	suite_add_tcase(s, t);
	return s;
}
