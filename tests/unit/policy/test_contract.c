/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract comparison: every case of tests/tables/contracts.eval, in both directions; what must
 * hold of any pair (the same against itself, there and back); refusals by the other table; bounds;
 * random schemas, with the seed printed (CONTRACT_SEED repeats one).
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/strbuf.h"
#include "policy/contract.h"
#include "support/scratch.h"

Suite *test_suite(void);

static struct arena *a;

static void setup(void)
{
	a = arena_new();
}

static void teardown(void)
{
	arena_free(a);
}

static char *table(const char *name)
{
	const char *src = getenv("SRC");
	size_t len;

	return scratch_read(arena_printf(a, "%s/tests/tables/%s", src ? src : ".", name), &len);
}

/* The next line of *text, without its end; NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	if (end)
		*end = '\0';
	*text = end ? end + 1 : line + strlen(line);
	return line;
}

static const char *plain(const char *direction, const char *schema)
{
	return arena_printf(
		a, "{\"name\":\"c\",\"version\":\"1.0.0\",\"%s\":%s}", direction, schema);
}

static struct contract_diff diff_of(const char *old, const char *new)
{
	struct contract_diff diff;
	struct faults faults;
	struct err err = {.code = ERR_NONE};

	faults_init(&faults);
	if (contract_compare_texts(old, strlen(old), new, strlen(new), a, &diff, &faults, &err))
		ck_abort_msg("%s\n%s\n%s: %s %s", old, new, faults.n ? faults.list[0].pointer : "",
			faults.n ? faults.list[0].detail : "", err.msg);
	return diff;
}

static struct contract_diff schemas(const char *direction, const char *old, const char *new)
{
	return diff_of(plain(direction, old), plain(direction, new));
}

/* As the table writes it. */
static const char *summary(const struct contract_diff *diff, const char *direction)
{
	const char *text = arena_printf(a, "%s %s %s", direction,
		contract_relation_name(diff->relation), contract_level_name(diff->level));
	size_t skip = strlen(direction) + 1;

	for (size_t i = 0; i < diff->n; i++) {
		const struct contract_change *c = &diff->change[i];
		const char *way = contract_direction_name(c->direction), *pointer = c->pointer;
		bool short_form = !strcmp(way, direction) && strcmp(direction, "document") &&
				  !strncmp(pointer + 1, direction, skip - 1);

		text = arena_printf(a, "%s %s%s%s@%s%s%s%s", text, contract_kind_name(c->kind),
			c->undecided ? "?" : "", c->breaking ? "!" : "", short_form ? "" : way,
			short_form ? "" : ":", c->in_old ? "old:" : "",
			short_form ? pointer + skip : pointer);
	}
	return text;
}

/* What holds whatever the two documents are. */
static void check_pair(const char *old, const char *new, const struct contract_diff *diff)
{
	struct contract_diff same = diff_of(old, old), again = diff_of(old, new);
	struct contract_diff back = diff_of(new, old);
	size_t breaking = 0;

	ck_assert_int_eq(same.relation, CONTRACT_IDENTICAL);
	ck_assert_uint_eq(same.total, 0);
	ck_assert_str_eq(summary(&again, "document"), summary(diff, "document"));
	/* None is identical one way only; words are words both ways. */
	ck_assert_int_eq(back.relation == CONTRACT_IDENTICAL, diff->relation == CONTRACT_IDENTICAL);
	if (diff->level <= CONTRACT_PATCH)
		ck_assert_int_eq(back.level, diff->level);
	for (size_t i = 0; i < diff->n; i++) {
		const struct contract_change *c = &diff->change[i];

		breaking += c->breaking;
		ck_assert_int_eq(c->breaking, c->level == CONTRACT_MAJOR);
		ck_assert_int_le(c->level, diff->level);
		ck_assert_msg(!c->undecided || c->breaking, "undecided and not breaking");
		ck_assert_msg(c->sentence[strlen(c->sentence) - 1] == '.', "%s", c->sentence);
		ck_assert_msg(!(c->sentence[0] >= 'a' && c->sentence[0] <= 'z'), "%s", c->sentence);
	}
	ck_assert_uint_eq(breaking, diff->breaking);
	ck_assert_int_eq(diff->relation == CONTRACT_BREAKING, breaking > 0);
}

START_TEST(test_contract__table)
{
	FREE_AUTO char *text = table("contracts.eval");
	char *at = text, *line;
	const char *name = "", *old = "", *new = "";
	int pairs = 0;

	while ((line = next_line(&at))) {
		if (!strncmp(line, "## ", 3)) {
			name = line + 3;
			pairs++;
		} else if (!strncmp(line, "old ", 4)) {
			old = line + 4;
		} else if (!strncmp(line, "new ", 4)) {
			new = line + 4;
		} else if (*line && *line != '#') {
			const char *direction = arena_strndup(a, line, strcspn(line, " "));
			bool whole = !strcmp(direction, "document");
			const char *x = whole ? old : plain(direction, old);
			const char *y = whole ? new : plain(direction, new);
			struct contract_diff diff = diff_of(x, y);

			ck_assert_msg(!strcmp(summary(&diff, direction), line),
				"%s\n  expected %s\n  got      %s", name, line,
				summary(&diff, direction));
			check_pair(x, y, &diff);
		}
	}
	ck_assert_int_ge(pairs, 100);
}
END_TEST

/* *N<text> written out. */
static const char *expand(const char *text)
{
	struct strbuf sb = STRBUF_INIT(1 << 20);
	const char *ret;

	for (const char *p = text; *p; p++) {
		char *open = NULL;
		long n = *p == '*' ? strtol(p + 1, &open, 10) : 0;

		if (n <= 0 || *open != '<') {
			strbuf_addch(&sb, *p);
			continue;
		}
		p = strchr(open, '>');
		for (long i = 0; i < n; i++)
			strbuf_add(&sb, open + 1, (size_t)(p - open - 1));
	}
	ck_assert(!sb.overflow);
	ret = arena_strdup(a, sb.buf);
	strbuf_release(&sb);
	return ret;
}

START_TEST(test_contract__malformed)
{
	FREE_AUTO char *text = table("contracts-malformed.eval");
	char *at = text, *line;
	int rows = 0;

	while ((line = next_line(&at))) {
		char *words = strstr(line, " | "),
		     *document = words ? strstr(words + 3, " | ") : NULL;
		const struct contract *contract = NULL;
		struct faults faults;
		struct err err = {.code = ERR_NONE};
		const char *pointer, *said, *whole;

		if (*line == '#' || !*line)
			continue;
		ck_assert_msg(document, "%s", line);
		*words = *document = '\0';
		words += 3;
		document += 3;
		rows++;
		whole = expand(document);
		if (!strncmp(whole, "schema ", 7))
			whole = plain("request", whole + 7);
		pointer = expand(line);
		faults_init(&faults);
		ck_assert_msg(contract_parse(whole, strlen(whole), a, &contract, &faults, &err) < 0,
			"taken: %s", document);
		ck_assert_ptr_null(contract);
		said = faults.n ? faults.list[0].detail : err.msg;
		ck_assert_msg(strstr(said, words), "%s\n  said %s", document, said);
		ck_assert_str_eq(faults.n ? faults.list[0].pointer : "!", pointer);
		ck_assert_int_eq(faults.n > 0, err.code == ERR_NONE);
	}
	ck_assert_int_ge(rows, 60);
}
END_TEST

START_TEST(test_contract__says_which_document_is_at_fault)
{
	const char *good = plain("request", "true"), *bad = plain("request", "5");
	struct contract_diff diff;
	struct faults faults;
	struct err err = {.code = ERR_NONE};

	faults_init(&faults);
	ck_assert_int_eq(contract_compare_texts(
				 bad, strlen(bad), good, strlen(good), a, &diff, &faults, &err),
		-1);
	ck_assert_str_eq(faults.list[0].pointer, "old:/request");
	faults_init(&faults);
	ck_assert_int_eq(contract_compare_texts(
				 good, strlen(good), bad, strlen(bad), a, &diff, &faults, &err),
		-1);
	ck_assert_str_eq(faults.list[0].pointer, "new:/request");
	ck_assert_int_eq(err.code, ERR_NONE);
	ck_assert_int_eq(
		contract_compare_texts(good, strlen(good), "{", 1, a, &diff, &faults, &err), -1);
	ck_assert_int_eq(err.code, ERR_BAD_JSON);
	ck_assert_ptr_nonnull(strstr(err.msg, "the new contract: "));
}
END_TEST

START_TEST(test_contract__name_and_version)
{
	const char *described =
		"{\"openapi\":\"3.1.1\",\"info\":{\"title\":\"t\",\"version\":\"7\","
		"\"x-contract-name\":\"nodal\"},\"paths\":{}}";
	const char *unnamed = "{\"openapi\":\"3.1.1\",\"info\":{\"title\":\"t\",\"version\":\"7\"},"
			      "\"paths\":{}}";
	const struct contract *contract;
	struct faults faults;
	struct err err;

	faults_init(&faults);
	ck_assert_int_eq(contract_parse(plain("request", "true"), strlen(plain("request", "true")),
				 a, &contract, &faults, &err),
		0);
	ck_assert_str_eq(contract_name(contract), "c");
	ck_assert_str_eq(contract_version(contract), "1.0.0");
	ck_assert_int_eq(
		contract_parse(described, strlen(described), a, &contract, &faults, &err), 0);
	ck_assert_str_eq(contract_name(contract), "nodal");
	ck_assert_str_eq(contract_version(contract), "7");
	ck_assert_int_eq(contract_parse(unnamed, strlen(unnamed), a, &contract, &faults, &err), 0);
	ck_assert_ptr_null(contract_name(contract));
}
END_TEST

/* ---- bounds ---- */

/* A chain of n definitions, each a property of the one before; `last` is the end. */
static const char *chain(int n, const char *last)
{
	struct strbuf sb = STRBUF_INIT(1 << 20);
	const char *ret;

	strbuf_addstr(&sb, "{\"name\":\"c\",\"version\":\"1.0.0\",\"request\":"
			   "{\"$ref\":\"#/$defs/d0\"},\"$defs\":{");
	for (int i = 0; i < n; i++)
		strbuf_addf(&sb, "\"d%d\":{\"properties\":{\"p\":{\"$ref\":\"#/$defs/d%d\"}}},", i,
			i + 1);
	strbuf_addf(&sb, "\"d%d\":%s}}", n, last);
	ret = arena_strdup(a, sb.buf);
	strbuf_release(&sb);
	return ret;
}

START_TEST(test_contract__depth_is_bounded)
{
	struct contract_diff near =
		diff_of(chain(50, "{\"maximum\":2}"), chain(50, "{\"maximum\":1}"));
	struct contract_diff far =
		diff_of(chain(5000, "{\"maximum\":2}"), chain(5000, "{\"maximum\":1}"));

	ck_assert_int_eq(near.change[0].kind, CONTRACT_MAXIMUM_LOWERED);
	ck_assert_int_eq(far.relation, CONTRACT_BREAKING);
	ck_assert_int_eq(far.change[0].kind, CONTRACT_TOO_DEEP);
	ck_assert(far.change[0].undecided);
}
END_TEST

START_TEST(test_contract__changes_listed_are_capped_and_counted)
{
	struct strbuf old = STRBUF_INIT(1 << 20), new = STRBUF_INIT(1 << 20);
	struct contract_diff diff;

	strbuf_addstr(&old, "{\"properties\":{\"x\":true");
	strbuf_addstr(&new, "{\"properties\":{\"x\":true");
	for (int i = 0; i < 5000; i++) {
		strbuf_addf(&old, ",\"p%d\":{\"maximum\":%d}", i, i % 2 ? 2 : 1);
		strbuf_addf(&new, ",\"p%d\":{\"maximum\":%d}", i, i % 2 ? 1 : 2);
	}
	strbuf_addstr(&old, "}}");
	strbuf_addstr(&new, "}}");
	diff = schemas("request", old.buf, new.buf);
	ck_assert_uint_eq(diff.total, 5000);
	ck_assert_uint_eq(diff.breaking, 2500);
	ck_assert_uint_eq(diff.n, CONTRACT_CHANGES_MAX);
	ck_assert(diff.change[0].breaking && diff.change[diff.n - 1].breaking);
	strbuf_release(&old);
	strbuf_release(&new);
}
END_TEST

/* Many alternatives, none alike, each with a long list. */
static const char *crowd(int salt)
{
	struct strbuf sb = STRBUF_INIT(1 << 20);
	const char *ret;

	strbuf_addstr(&sb, "{\"anyOf\":[true");
	for (int i = 0; i < 40; i++) {
		strbuf_addstr(&sb, ",{\"required\":[\"r\"");
		for (int k = 0; k < 900; k++)
			strbuf_addf(&sb, ",\"r%d_%d\"", i + salt, k);
		strbuf_addstr(&sb, "]}");
	}
	strbuf_addstr(&sb, "]}");
	ck_assert(!sb.overflow);
	ret = arena_strdup(a, sb.buf);
	strbuf_release(&sb);
	return ret;
}

START_TEST(test_contract__steps_are_bounded)
{
	struct contract_diff diff = schemas("request", crowd(0), crowd(1000));
	bool said = false;

	ck_assert_int_eq(diff.relation, CONTRACT_BREAKING);
	for (size_t i = 0; i < diff.n; i++)
		said |= diff.change[i].kind == CONTRACT_TOO_LARGE && diff.change[i].undecided;
	ck_assert(said);
}
END_TEST

/* ---- random schemas ---- */

enum mutation { NARROW, ADD_OPTIONAL };

/* Two texts written at once, the same but at one place. */
struct twins {
	uint64_t state;
	struct strbuf old, new;
	enum mutation mutation;
	int sites, target; /* places where the mutation is possible; which one */
};

static unsigned draw(struct twins *t, unsigned n)
{
	t->state ^= t->state << 13;
	t->state ^= t->state >> 7;
	t->state ^= t->state << 17;
	return (unsigned)(t->state >> 33) % n;
}

static void both(struct twins *t, const char *text)
{
	strbuf_addstr(&t->old, text);
	strbuf_addstr(&t->new, text);
}

static bool here(struct twins *t, enum mutation mutation)
{
	return t->mutation == mutation && t->sites++ == t->target;
}

/* An upper limit, lower in the new text when it is its turn. */
static void limit(struct twins *t, const char *keyword, unsigned n)
{
	strbuf_addf(&t->old, "\"%s\":%u", keyword, n + 1);
	strbuf_addf(&t->new, "\"%s\":%u", keyword, here(t, NARROW) ? n : n + 1);
}

static void grow(struct twins *t, int depth);

static void grow_object(struct twins *t, int depth)
{
	unsigned n = 1 + draw(t, 4);

	both(t, "{\"type\":\"object\",\"properties\":{");
	for (unsigned i = 0; i < n; i++) {
		both(t, arena_printf(a, "%s\"p%u\":", i ? "," : "", i));
		grow(t, depth - 1);
	}
	if (here(t, ADD_OPTIONAL)) {
		strbuf_addstr(&t->new, ",\"zz\":");
		strbuf_addstr(&t->new, draw(t, 2) ? "{\"type\":\"string\"}" : "{\"enum\":[1,2]}");
	}
	both(t, "},\"required\":[\"p0\"");
	if (here(t, NARROW))
		strbuf_addstr(&t->new, ",\"fresh\"");
	both(t, "]}");
}

static void grow(struct twins *t, int depth)
{
	switch (draw(t, depth > 0 ? 7 : 3)) {
	case 0:
		both(t, "{\"type\":\"integer\",\"minimum\":0,");
		limit(t, "maximum", 5 + draw(t, 50));
		both(t, "}");
		break;
	case 1:
		both(t, "{\"type\":\"string\",");
		limit(t, "maxLength", 5 + draw(t, 50));
		both(t, "}");
		break;
	case 2:
		both(t, "{\"enum\":[\"a\",\"b\"");
		strbuf_addstr(&t->old, ",\"c\"");
		if (!here(t, NARROW))
			strbuf_addstr(&t->new, ",\"c\"");
		both(t, "]}");
		break;
	case 3:
		both(t, "{\"type\":\"array\",");
		limit(t, "maxItems", 5 + draw(t, 50));
		both(t, ",\"items\":");
		grow(t, depth - 1);
		both(t, "}");
		break;
	case 4:
		both(t, "{\"anyOf\":[{\"type\":\"null\"},");
		grow(t, depth - 1);
		both(t, "]}");
		break;
	case 5:
		both(t, "{\"description\":\"d\",\"allOf\":[");
		grow_object(t, depth);
		both(t, "]}");
		break;
	default:
		grow_object(t, depth);
	}
}

static void twins(struct twins *t, uint64_t seed, enum mutation mutation, int target)
{
	strbuf_release(&t->old);
	strbuf_release(&t->new);
	*t = (struct twins){.state = seed | 1,
		.old = STRBUF_INIT(1 << 16),
		.new = STRBUF_INIT(1 << 16),
		.mutation = mutation,
		.target = target};
	grow_object(t, 3);
}

static uint64_t first_seed(void)
{
	const char *given = getenv("CONTRACT_SEED");
	uint64_t seed;

	if (given)
		return strtoull(given, NULL, 10);
	random_bytes(&seed, sizeof(seed));
	return seed;
}

START_TEST(test_contract__random_schemas)
{
	uint64_t seed = first_seed();
	struct twins t = {.old = STRBUF_INIT(16), .new = STRBUF_INIT(16)};

	printf("CONTRACT_SEED=%" PRIu64 "\n", seed);
	for (int i = 0; i < 300; i++, seed += UINT64_C(0x9E3779B97F4A7C15)) {
		for (int m = NARROW; m <= ADD_OPTIONAL; m++) {
			struct contract_diff there, back;
			int sites;

			twins(&t, seed, (enum mutation)m, -1);
			ck_assert_str_eq(t.old.buf, t.new.buf);
			sites = t.sites;
			ck_assert_int_gt(sites, 0);
			twins(&t, seed, (enum mutation)m, (int)(seed % (unsigned)sites));
			ck_assert_str_ne(t.old.buf, t.new.buf);

			there = schemas("request", t.old.buf, t.new.buf);
			back = schemas("request", t.new.buf, t.old.buf);
			ck_assert_msg(
				there.level == (m == NARROW ? CONTRACT_MAJOR : CONTRACT_MINOR),
				"seed %" PRIu64 ": request %s -> %s", seed, t.old.buf, t.new.buf);
			ck_assert_int_eq(back.level, CONTRACT_MINOR);
			there = schemas("response", t.old.buf, t.new.buf);
			back = schemas("response", t.new.buf, t.old.buf);
			ck_assert_msg(there.level == CONTRACT_MINOR,
				"seed %" PRIu64 ": response %s -> %s", seed, t.old.buf, t.new.buf);
			ck_assert_int_eq(back.level, CONTRACT_MAJOR);
			arena_reset(a);
		}
	}
	strbuf_release(&t.old);
	strbuf_release(&t.new);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("contracts compared by structure");
	TCase *tc = tcase_create("contract");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_contract__table);
	tcase_add_test(tc, test_contract__malformed);
	tcase_add_test(tc, test_contract__says_which_document_is_at_fault);
	tcase_add_test(tc, test_contract__name_and_version);
	tcase_add_test(tc, test_contract__depth_is_bounded);
	tcase_add_test(tc, test_contract__changes_listed_are_capped_and_counted);
	tcase_add_test(tc, test_contract__steps_are_bounded);
	tcase_add_test(tc, test_contract__random_schemas);
	suite_add_tcase(s, tc);
	return s;
}
