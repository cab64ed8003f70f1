/* SPDX-License-Identifier: Apache-2.0
 *
 * The fusion block: tests/tables/fusion.eval, and properties of votes, splits and findings.
 */
#include "policy/fusion.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/kserve.h"

Suite *test_suite(void);

enum { CELLS_MAX = 5, ENTRIES_MAX = 16 };

/* ---- Blocks ---- */

static void merge_patch(json_t *into, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)patch, key, value)
	{
		json_t *old = json_object_get(into, key);

		if (json_is_null(value))
			json_object_del(into, key);
		else if (json_is_object(value) && json_is_object(old))
			merge_patch(old, value);
		else
			json_object_set_new(into, key, json_deep_copy(value));
	}
}

static json_t *patched(const char *base, const char *patch)
{
	json_error_t error;
	json_t *block = json_loads(base, 0, &error);
	json_t *changes = json_loads(patch, 0, &error);

	ck_assert_msg(block && changes, "%s: %s", patch, error.text);
	merge_patch(block, changes);
	json_decref(changes);
	return block;
}

static void taken(const char *base, const char *patch, struct arena *a, struct fusion *ret)
{
	struct faults faults;
	json_t *block = patched(base, patch);

	faults_init(&faults);
	if (fields_parse(&fusion_table, block, "", a, ret, &faults))
		ck_abort_msg("%s: %s %s", patch, faults.list[0].pointer, faults.list[0].detail);
	json_decref(block);
}

static bool says(const char *wanted, const char *said)
{
	size_t n = strlen(wanted);

	if (n && wanted[n - 1] == '*')
		return !strncmp(wanted, said, n - 1);
	return !strcmp(wanted, said);
}

static bool listed(const struct faults *faults, const char *pointer, const char *sentence)
{
	for (size_t i = 0; i < faults->n; i++)
		if (!strcmp(faults->list[i].pointer, pointer) &&
			says(sentence, faults->list[i].detail))
			return true;
	return false;
}

static void must_say(
	const struct faults *faults, const char *pointer, const char *sentence, const char *line)
{
	if (!listed(faults, pointer, sentence))
		ck_abort_msg("%s\n%zu faults, the first: %s %s", line, faults->n,
			faults->n ? faults->list[0].pointer : "-",
			faults->n ? faults->list[0].detail : "-");
}

/* ---- Rows ---- */

static void row_refused(const char *base, char **cells, const char *line, struct arena *a)
{
	struct fusion f;
	struct faults faults;
	json_t *block = patched(base, cells[3]);

	faults_init(&faults);
	ck_assert_msg(fields_parse(&fusion_table, block, "", a, &f, &faults) < 0, "%s", line);
	must_say(&faults, cells[1], cells[2], line);
	json_decref(block);
}

static void row_finding(const char *base, char **cells, const char *line, struct arena *a)
{
	struct fusion f;
	struct faults findings;

	faults_init(&findings);
	taken(base, cells[3], a, &f);
	fusion_findings(&f, "", a, &findings);
	if (!strcmp(cells[1], "-"))
		ck_assert_msg(!findings.n, "%s\n%s %s", line, findings.list[0].pointer,
			findings.list[0].detail);
	else
		must_say(&findings, cells[1], cells[2], line);
}

static struct fusion_reply answer(void *context, const char *model)
{
	const json_t *request = context;
	const json_t *down = json_object_get(request, "down");
	const json_t *label = json_object_get(json_object_get(request, "say"), model);
	struct fusion_reply reply = {200, json_string_value(label)};

	for (size_t i = 0; i < json_array_size(down); i++)
		if (!strcmp(json_string_value(json_array_get(down, i)), model))
			reply.status = 503;
	return reply;
}

static struct fusion_value value_of(const json_t *v)
{
	if (json_is_string(v))
		return (struct fusion_value){FUSION_STRING, .string = json_string_value(v)};
	if (json_is_number(v))
		return (struct fusion_value){FUSION_NUMBER, .number = json_number_value(v)};
	if (json_is_boolean(v))
		return (struct fusion_value){FUSION_BOOL, .boolean = json_is_true(v)};
	return (struct fusion_value){FUSION_NONE};
}

static void row_route(const char *base, char **cells, const char *line, struct arena *a)
{
	json_t *json = json_loads(cells[1], 0, NULL);
	struct fusion_entry entries[ENTRIES_MAX];
	struct fusion_request request = {.fields = entries};
	const char *trace = "";
	struct fusion f;
	const char *key;
	json_t *value;

	ck_assert_msg(json != NULL, "%s", line);
	json_object_foreach(json, key, value)
	{
		entries[request.n++] = (struct fusion_entry){key, value_of(value)};
	}
	taken(base, cells[3], a, &f);
	struct fusion_outcome o = fusion_walk(&f, &request, (struct fusion_world){answer, json}, a);

	for (size_t i = 0; i < o.trace.n; i++)
		trace = arena_printf(a, "%s%s%s", trace, i ? " " : "", o.trace.v[i]);
	ck_assert_msg(!strcmp(trace, cells[2]), "%s\n%s", line, trace);
	json_decref(json);
}

static bool lost(void *context, const struct fusion_model *m)
{
	const char *at = context;
	size_t n = strlen(m->name);

	for (; (at = strstr(at, m->name)); at += n)
		if ((at == (const char *)context || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

static void row_without(const char *base, char **cells, const char *line, struct arena *a)
{
	struct fusion f, left;
	struct faults faults;

	faults_init(&faults);
	taken(base, cells[4], a, &f);
	int rc = fusion_without(&f, lost, cells[1], "", a, &left, &faults);

	if (strcmp(cells[2], "ok") != 0) {
		ck_assert_msg(rc < 0, "%s", line);
		must_say(&faults, cells[2], cells[3], line);
		return;
	}
	ck_assert_msg(rc == 0 && !faults.n, "%s\n%s", line, faults.list[0].detail);
	/* What is left is a block that would be taken, and names nothing lost. */
	const char *text = fields_canonical(&fusion_table, &left, a, NULL);
	struct fusion again;
	struct err err = {0};

	if (left.splits.n && LIST_AT(&left.splits, struct fusion_split, 0)->branches.n < 2)
		return;
	ck_assert_msg(
		!fields_parse_text(&fusion_table, text, strlen(text), a, &again, &faults, &err),
		"%s\n%s: %s", line, faults.list[0].pointer, faults.list[0].detail);
}

/* ---- The table ---- */

static char *trimmed(char *s)
{
	char *end = s + strlen(s);

	while (end > s && (end[-1] == ' ' || end[-1] == '\n'))
		*--end = '\0';
	return s + strspn(s, " ");
}

static const struct {
	const char *name;
	size_t cells;
	void (*run)(const char *base, char **cells, const char *line, struct arena *a);
} kinds[] = {
	{"refused", 4, row_refused},
	{"finding", 4, row_finding},
	{"route", 4, row_route},
	{"without", 5, row_without},
};

static char *read_base(struct arena *a, FILE *file)
{
	FREE_AUTO char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0)
		if (!strncmp(line, "block ", 6))
			return arena_strdup(a, line + 6);
	return NULL;
}

static FILE *open_table(struct arena *a)
{
	const char *path = arena_printf(a, "%s/tests/tables/fusion.eval", getenv("SRC"));
	FILE *file = fopen(path, "re");

	ck_assert_msg(file != NULL, "%s", path);
	return file;
}

START_TEST(test_fusion__table)
{
	ARENA_AUTO arena = arena_new();
	FILE *file = open_table(arena);
	const char *base = read_base(arena, file);
	FREE_AUTO char *line = NULL;
	size_t size = 0, rows[4] = {0};

	ck_assert_ptr_nonnull(base);
	while (getline(&line, &size, file) > 0) {
		const char *whole = arena_strdup(arena, trimmed(line));
		char *rest = arena_strdup(arena, whole);
		char *cells[CELLS_MAX] = {trimmed(strsep(&rest, "|"))};
		size_t kind = 0, n = 1;

		if (!rest)
			continue;
		while (kind < 4 && strcmp(kinds[kind].name, cells[0]) != 0)
			kind++;
		ck_assert_msg(kind < 4, "%s", whole);
		while (n < kinds[kind].cells - 1 && rest)
			cells[n++] = trimmed(strsep(&rest, "|"));
		ck_assert_msg(rest != NULL, "%s", whole);
		cells[n] = trimmed(rest);
		kinds[kind].run(base, cells, whole, arena);
		rows[kind]++;
	}
	fclose(file);
	ck_assert_uint_ge(rows[0], 40);
	for (size_t i = 1; i < 4; i++)
		ck_assert_uint_ge(rows[i], 8);
}
END_TEST

/* ---- Properties ---- */

static unsigned seed;

static size_t below(size_t n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 10) % n;
}

static const char *const words[] = {"a", "b", "c", NULL, "", "A", "d"};

/* Votes that are none never make the answer less safe than the safest; a lone unsafe vote never
 * wins; taking away a vote for the winner never makes another unsafe label win. */
START_TEST(test_fusion__votes_are_safe)
{
	struct fusion_member members[5];
	const char *labels[] = {"a", "b", "c"};
	const char *votes[5];

	for (int round = 0; round < 20000; round++) {
		size_t n = 2 + below(4);
		double weight = 0;

		for (size_t i = 0; i < n; i++) {
			members[i] = (struct fusion_member){"m", 1 + (double)below(3)};
			weight += members[i].weight;
			votes[i] = words[below(7)];
		}
		struct fusion_ensemble e = {.members = {members, n},
			.labels = {labels, 3},
			.quorum = 1 + (double)below((size_t)weight),
			.min_votes = 1 + (int64_t)below(n),
			.tie = "c",
			.no_quorum = "c"};
		struct fusion_vote v = fusion_vote(&e, votes, n);
		bool cast = false;
		double for_label = 0, all = 0;

		for (size_t i = 0; i < n; i++) {
			if (votes[i] && !strcmp(votes[i], v.label)) {
				cast = true;
				for_label += members[i].weight;
			}
		}
		for (size_t i = 0; i < 3; i++)
			all += v.tally[i];
		if (strcmp(v.label, "c") != 0 &&
			!(cast && v.reason == VOTE_QUORUM && for_label >= e.quorum &&
				v.votes >= e.min_votes))
			ck_abort_msg(
				"round %d: %s by %s", round, v.label, vote_reason_name(v.reason));
		if (all > weight)
			ck_abort_msg("round %d: more weight than members", round);
		if (strcmp(v.label, "c") != 0)
			continue;
		votes[below(n)] = NULL;
		struct fusion_vote less = fusion_vote(&e, votes, n);

		/* Fewer votes can break a tie, but not pass what had no quorum. */
		if ((v.reason == VOTE_NO_QUORUM || v.reason == VOTE_MIN_VOTES) &&
			strcmp(less.label, "c") != 0)
			ck_abort_msg("round %d: %s after a vote less", round, less.label);
	}
}
END_TEST

START_TEST(test_fusion__split_is_sticky_and_fair)
{
	size_t buckets[10] = {0};
	char key[32];

	ck_assert_int_eq(fusion_bucket("r42", "user-1"), 5408);
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "user-%d", i);
		int bucket = fusion_bucket("salt", key);

		buckets[bucket / 1000]++;
	}
	for (size_t i = 0; i < 10; i++)
		ck_assert(buckets[i] > 1800 && buckets[i] < 2200);
}
END_TEST

/* Taking a branch out moves no key but its own. */
START_TEST(test_fusion__plan_b_moves_only_orphans)
{
	ARENA_AUTO arena = arena_new();
	FILE *file = open_table(arena);
	const char *base = read_base(arena, file);
	struct fusion f, left;
	struct faults faults;
	char key[32];

	fclose(file);
	faults_init(&faults);
	taken(base,
		"{\"splits\":{\"ab\":{\"branches\":[{\"to\":\"model:code\",\"weight\":3000},"
		"{\"to\":\"model:large\",\"weight\":3000},{\"to\":\"model:general\","
		"\"weight\":4000}]}}}",
		arena, &f);
	ck_assert_int_eq(fusion_without(&f, lost, (void *)"large", "", arena, &left, &faults), 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "user-%d", i);
		struct fusion_entry entry = {"user", {FUSION_STRING, .string = key}};
		struct fusion_request request = {&entry, 1};
		const char *before = fusion_branch(fusion_split(&f, "ab"), &request)->to;
		const char *after = fusion_branch(fusion_split(&left, "ab"), &request)->to;

		if (strcmp(before, "model:large") != 0 && strcmp(before, after) != 0)
			ck_abort_msg("%s moved from %s to %s", key, before, after);
	}
}
END_TEST

/* What is said never to match does not match any of many requests. */
START_TEST(test_fusion__findings_are_sound)
{
	static const char *const ops[] = {"eq", "ne", "in", "gt", "ge", "lt", "le", "exists"};
	static const char *const fields[] = {"x", "y"};
	static const char *const values[] = {"1", "2", "3", "\"1\"", "\"a\"", "true"};

	for (int round = 0; round < 400; round++) {
		ARENA_AUTO arena = arena_new();
		const char *routes = "";
		struct faults faults, findings;
		struct fusion f;
		struct err err = {0};
		bool hit[8] = {0};

		seed = (unsigned)round * 7919u + 1;
		for (int r = 0; r < 5; r++) {
			const char *conditions = "";
			size_t n = 1 + below(3);

			for (size_t k = 0; k < n; k++) {
				size_t op = below(8);
				const char *value = values[below(op >= 3 && op <= 6 ? 3 : 6)];
				const char *given =
					op == 7	  ? ""
					: op == 2 ? arena_printf(arena, ",\"value\":[%s,%s]", value,
							    values[below(6)])
						  : arena_printf(arena, ",\"value\":%s", value);

				conditions = arena_printf(arena,
					"%s%s{\"field\":\"%s\",\"op\":\"%s\"%s}", conditions,
					k ? "," : "", fields[below(2)], ops[op], given);
			}
			routes = arena_printf(arena,
				"%s%s{\"name\":\"r%d\",\"when\":{\"%s\":[%s]},\"to\":\"model:m\"}",
				routes, r ? "," : "", r, below(2) ? "all" : "any", conditions);
		}
		const char *text = arena_printf(arena,
			"{\"models\":{\"m\":{\"artifact\":\"a\"}},\"default\":{\"to\":\"model:m\"},"
			"\"routes\":[%s]}",
			routes);

		faults_init(&faults);
		faults_init(&findings);
		if (fields_parse_text(&fusion_table, text, strlen(text), arena, &f, &faults, &err))
			ck_abort_msg("%s: %s", text, faults.list[0].detail);
		fusion_findings(&f, "", arena, &findings);
		for (size_t i = 0; i < 15 * 15; i++) {
			struct fusion_entry entries[2] = {{"x"}, {"y"}};
			struct fusion_request request = {entries, 2};

			for (size_t k = 0; k < 2; k++) {
				size_t pick = k ? i / 15 : i % 15;

				if (pick < 9)
					entries[k].value = (struct fusion_value){
						FUSION_NUMBER, .number = 0.5 * (double)pick};
				else if (pick < 12)
					entries[k].value = (struct fusion_value){
						FUSION_STRING, .string = pick == 9    ? "1"
									 : pick == 10 ? "a"
										      : "z"};
				else if (pick < 14)
					entries[k].value = (struct fusion_value){
						FUSION_BOOL, .boolean = pick == 12};
			}
			const char *name = fusion_route(&f, &request).name;

			if (name[0] == 'r')
				hit[name[1] - '0'] = true;
		}
		for (size_t i = 0; i < findings.n; i++) {
			const char *at = findings.list[i].pointer;

			if (strncmp(at, "/routes/", 8) == 0 && hit[at[8] - '0'])
				ck_abort_msg("%s matches: %s", at, text);
		}
	}
}
END_TEST

START_TEST(test_fusion__kserve_says_what_is_lost)
{
	ARENA_AUTO arena = arena_new();
	FILE *file = open_table(arena);
	const char *base = read_base(arena, file);
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	struct kserve_target target = {"release-1", "http://host", 30};
	struct json_writer w;
	struct strings lossy;
	struct fusion f;
	struct err err = {0};

	fclose(file);
	taken(base, "{}", arena, &f);
	json_writer_init(&w, &out);
	ck_assert_int_eq(kserve_write(&f, &target, arena, &w, &lossy, &err), 0);
	ck_assert(json_writer_done(&w));
	/* The vote, its timeout, the split, the distillation. */
	ck_assert_uint_eq(lossy.n, 4);
	ck_assert_ptr_nonnull(strstr(out.buf, "\"routerType\":\"Splitter\""));
	ck_assert_ptr_nonnull(strstr(out.buf, "\"weight\":90"));
	taken(base,
		"{\"ensembles\":{\"safe-members\":{\"members\":[{\"model\":\"g1\"},"
		"{\"model\":\"g2\"}],\"labels\":[\"a\",\"b\"],\"quorum\":1}}}",
		arena, &f);
	json_writer_init(&w, &out);
	ck_assert_int_eq(kserve_write(&f, &target, arena, &w, &lossy, &err), -1);
	ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
}
END_TEST

/* What of 10,000 KServe's percents make of two branches: "" is exact, NULL is refused. */
START_TEST(test_fusion__kserve_rounds_no_canary_away)
{
	static const struct {
		int first;
		const char *note, *weights;
	} cases[] = {
		{9000, "", "\"weight\":90"},
		{9900, "", "\"weight\":1,"},
		{9750, "model:general: 97.5 % becomes 98 %, model:large: 2.5 % becomes 2 %",
			"\"weight\":98"},
		{9949, "model:general: 99.49 % becomes 99 %, model:large: 0.51 % becomes 1 %",
			"\"weight\":1,"},
		{9960, NULL, "model:large with 0.4 % would get nothing"},
		{40, NULL, "model:general with 0.4 % would get nothing"},
	};
	ARENA_AUTO arena = arena_new();
	FILE *file = open_table(arena);
	const char *base = read_base(arena, file);

	fclose(file);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kserve_target target = {"release-1", "http://host", 30};
		STRBUF_AUTO out = STRBUF_INIT(1 << 20);
		const char *note = "";
		struct json_writer w;
		struct strings lossy;
		struct fusion f;
		struct err err = {0};

		taken(base,
			arena_printf(arena,
				"{\"splits\":{\"ab\":{\"branches\":[{\"to\":\"model:general\","
				"\"weight\":%d},"
				"{\"to\":\"model:large\",\"weight\":%d}]}}}",
				cases[i].first, 10000 - cases[i].first),
			arena, &f);
		json_writer_init(&w, &out);
		int rc = kserve_write(&f, &target, arena, &w, &lossy, &err);

		ck_assert_int_eq(rc, cases[i].note ? 0 : -1);
		if (rc < 0) {
			ck_assert_msg(strstr(err.msg, cases[i].weights), "%s", err.msg);
			continue;
		}
		for (size_t k = 0; k < lossy.n; k++)
			if (strstr(lossy.v[k], "whole percents: "))
				note = strstr(lossy.v[k], "percents: ") + strlen("percents: ");
		ck_assert_str_eq(note, cases[i].note);
		ck_assert_ptr_nonnull(strstr(out.buf, cases[i].weights));
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fusion");
	TCase *c = tcase_create("fusion");

	tcase_set_timeout(c, 30);
	tcase_add_test(c, test_fusion__table);
	tcase_add_test(c, test_fusion__votes_are_safe);
	tcase_add_test(c, test_fusion__split_is_sticky_and_fair);
	tcase_add_test(c, test_fusion__plan_b_moves_only_orphans);
	tcase_add_test(c, test_fusion__findings_are_sound);
	tcase_add_test(c, test_fusion__kserve_says_what_is_lost);
	tcase_add_test(c, test_fusion__kserve_rounds_no_canary_away);
	suite_add_tcase(s, c);
	return s;
}
