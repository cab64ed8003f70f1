/* SPDX-License-Identifier: Apache-2.0
 *
 * Every case of tests/tables/harvest.eval: files of the shapes that tools leave behind, against the built-in
 * policy. What is made has to be a manifest that the daemon takes.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jcs.h"
#include "base/strbuf.h"
#include "model/harvest.h"
#include "model/manifest.h"
#include "model/policy.h"

Suite *test_suite(void);

enum { FILES_MAX = 4, WORDS_MAX = 6, TABLE_MAX = 1 << 20 };

struct wild_file {
	const char *name, *text;
	size_t len;
	enum harvest_outcome outcome;
};

struct wild_case {
	const char *title, *map, *id, *says;
	struct wild_file file[FILES_MAX];
	const char *holds[WORDS_MAX], *lacks[WORDS_MAX];
	size_t n_files, n_holds, n_lacks;
};

static struct arena *arena;
static struct policy policy;
static const char *next_line;

static void setup(void)
{
	const char *src = getenv("SRC"), *canonical;
	struct faults faults;
	struct err err = {0};
	char *text;
	size_t len;

	jcs_setup();
	arena = arena_new();
	faults_init(&faults);
	ck_assert_int_eq(policy_parse(embed_policy_json, embed_policy_json_len, arena, &policy,
				 &canonical, &faults, &err),
		0);
	const char *path = arena_printf(arena, "%s/tests/tables/harvest.eval", src ? src : ".");
	ck_assert_msg(!file_read_regular(path, TABLE_MAX, arena, &text, &len, &err), "%s", err.msg);
	next_line = text;
}

static void teardown(void)
{
	arena_free(arena);
}

static enum harvest_outcome outcome_of(const char *word)
{
	static const char *const words[] = {[HARVEST_READ] = "",
		[HARVEST_EMPTY] = "empty",
		[HARVEST_UNKNOWN] = "unknown",
		[HARVEST_REFUSED] = "refused"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return (enum harvest_outcome)i;
	ck_abort_msg("\"%s\" is no outcome", word);
	return HARVEST_READ;
}

/* "name outcome": its text is what stands before the next directive. */
static void add_file(struct wild_case *c, char *name)
{
	char *space = strchr(name, ' ');
	const char *end = strstr(next_line, "\n%");

	ck_assert_uint_lt(c->n_files, FILES_MAX);
	if (space)
		*space = '\0';
	ck_assert_msg(end != NULL, "%s has no end", name);
	c->file[c->n_files++] = (struct wild_file){.name = name,
		.text = next_line,
		.len = (size_t)(end + 1 - next_line),
		.outcome = outcome_of(space ? space + 1 : "")};
	next_line = end + 1;
}

static void add_word(const char **list, size_t *n, const char *word)
{
	ck_assert_uint_lt(*n, WORDS_MAX);
	list[(*n)++] = word;
}

/* The next case of the table; false: there is none. */
static bool read_case(struct wild_case *c)
{
	*c = (struct wild_case){.id = "ns/model-v1"};
	while (*next_line) {
		size_t n = strcspn(next_line, "\n");
		char *line = arena_strndup(arena, next_line, n), *rest = strchr(line, ' ');
		if (!strncmp(line, "%case ", 6) && c->title)
			return true;
		next_line += n + (next_line[n] == '\n');
		if (*line != '%')
			continue;
		rest = rest ? rest + 1 : line + n;
		if (!strncmp(line, "%case", 5))
			c->title = rest;
		else if (!strncmp(line, "%file", 5))
			add_file(c, rest);
		else if (!strncmp(line, "%map", 4))
			c->map = rest;
		else if (!strncmp(line, "%id", 3))
			c->id = *rest ? rest : NULL;
		else if (!strncmp(line, "%says", 5))
			c->says = rest;
		else if (!strncmp(line, "%holds", 6))
			add_word(c->holds, &c->n_holds, rest);
		else if (!strncmp(line, "%lacks", 6))
			add_word(c->lacks, &c->n_lacks, rest);
		else
			ck_abort_msg("%s", line);
	}
	return c->title != NULL;
}

static const char *make(const struct wild_case *c, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	struct harvest_target t = {.provider = "hf",
		.role = "textgen",
		.id = c->id,
		.cost_per_hour = NAN,
		.gates = policy.gates};
	struct parsed_manifest m;
	struct faults faults;
	struct harvest h;

	harvest_init(&h, arena);
	for (size_t i = 0; i < c->n_files; i++) {
		const struct wild_file *f = &c->file[i];
		enum harvest_outcome got = harvest_read(&h, f->name, f->text, f->len, err);
		ck_assert_msg(got == f->outcome, "%s: %s came to %d: %s", c->title, f->name,
			(int)got, got == HARVEST_READ ? "read" : err->msg);
		if (got == HARVEST_REFUSED || got == HARVEST_UNKNOWN)
			return NULL;
	}
	if (c->map && harvest_map_parse(c->map, arena, &t.map, err))
		return NULL;
	if (harvest_make(&h, &t, &out, err))
		return NULL;
	faults_init(&faults);
	ck_assert_msg(!manifest_parse(out.buf, out.len, &policy, arena, &m, &faults, err),
		"%s: %s %s\n%s", c->title, err->msg, faults.n ? faults.list[0].detail : "",
		out.buf);
	return arena_strndup(arena, out.buf, out.len);
}

static void check_case(const struct wild_case *c)
{
	struct err err = {0};
	const char *got = make(c, &err);

	if (c->says) {
		ck_assert_msg(!got, "%s: %s", c->title, got);
		ck_assert_msg(strstr(err.msg, c->says) != NULL, "%s: %s", c->title, err.msg);
		return;
	}
	ck_assert_msg(got != NULL, "%s: %s", c->title, err.msg);
	ck_assert_msg(c->n_holds > 0, "%s expects nothing", c->title);
	for (size_t i = 0; i < c->n_holds; i++)
		ck_assert_msg(strstr(got, c->holds[i]) != NULL, "%s: %s", c->title, got);
	for (size_t i = 0; i < c->n_lacks; i++)
		ck_assert_msg(!strstr(got, c->lacks[i]), "%s: %s", c->title, got);
}

START_TEST(test_harvest_wild__case)
{
	struct wild_case c;
	size_t n = 0;

	while (read_case(&c)) {
		check_case(&c);
		n++;
	}
	ck_assert_uint_gt(n, 60);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/harvest_wild");
	TCase *t = tcase_create("harvest_wild");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_harvest_wild__case);
	suite_add_tcase(s, t);
	return s;
}
