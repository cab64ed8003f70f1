/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge: reads tests/tables/gates.eval and holds it to every line; and what a whole judgement
 * makes of its gates.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "policy/judge.h"

Suite *test_suite(void);

enum { COLUMNS = 9 };
enum { C_ROLE, C_CANDIDATE, C_BASELINE, C_POLICY, C_GATE, C_VERDICT, C_REASON, C_SHORT, C_DETAIL };

static const char *digest_of(struct arena *a, char c)
{
	char *s = arena_printf(a, "sha256:%064d", 0);

	memset(s + 7, c, 64);
	return s;
}

static char *trim(char *s)
{
	while (*s == ' ')
		s++;
	for (size_t n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\n'); n--)
		s[n - 1] = '\0';
	return s;
}

/* "quality=0.8 suite:policy=5/5 contract=a" as a unit. */
static struct unit *make_unit(
	struct arena *a, const char *id, const char *role, const char *description)
{
	const char *metrics = "", *suites = "", *rest = "";
	char *save = NULL, *words = arena_strdup(a, description);
	struct err err = {0};

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');
		ck_assert_msg(value != NULL, "%s", w);
		*value++ = '\0';
		if (!strncmp(w, "suite:", 6)) {
			char *total = strchr(value, '/');
			*total++ = '\0';
			suites = arena_printf(a, "%s%s\"%s\":{\"passed\":%s,\"total\":%s}", suites,
				*suites ? "," : "", w + 6, value, total);
		} else if (!strcmp(w, "contract") || !strcmp(w, "eval")) {
			rest = arena_printf(a,
				"%s,\"%s\":{\"name\":\"nodal-fusion\",\"digest\":\"%s\"}", rest,
				*w == 'c' ? w : "eval_suite", digest_of(a, *value));
		} else {
			metrics = arena_printf(
				a, "%s%s\"%s\":%s", metrics, *metrics ? "," : "", w, value);
		}
	}
	const char *text = arena_printf(a,
		"{\"provider\":\"hf\",\"artifact\":{\"id\":\"%s\",\"role\":\"%s\",\"uri\":\"hf://"
		"x\","
		"\"metrics\":{%s}%s%s%s}%s}",
		id, role, metrics, *suites ? ",\"suites\":{" : "", suites, *suites ? "}" : "",
		rest);
	struct unit *u = ARENA_NEW(a, struct unit);
	ck_assert_msg(!fields_load_text(&unit_table, text, a, u, &err), "%s: %s", err.msg, text);
	return u;
}

static struct policy *parse_policy(struct arena *a, const char *text)
{
	struct policy *p = ARENA_NEW(a, struct policy);
	const char *canonical;
	struct faults f;
	struct err err = {0};

	faults_init(&f);
	int rc = policy_parse(text, strlen(text), a, p, &canonical, &f, &err);
	ck_assert_msg(!rc, "%s%s %s in %s", err.msg, f.n ? f.list[0].pointer : "",
		f.n ? f.list[0].detail : "", text);
	return p;
}

static struct policy *policy_of_gates(struct arena *a, const char *gates)
{
	return parse_policy(a,
		arena_printf(a,
			"{\"providers\":{\"hf\":{\"roles\":[\"textgen\",\"embed\",\"runtime\"]}},"
			"\"slots\":{\"textgen\":{\"provider\":\"hf\"}},\"gates\":%s}",
			gates));
}

struct named_policy {
	const char *name;
	struct policy *policy;
};

static void check_line(struct arena *a, char *line, int number, const struct named_policy *policies,
	size_t n_policies)
{
	char *column[COLUMNS], *save = NULL;
	const struct policy *policy = NULL;
	struct gate_result r;
	char got[64] = "-";

	for (int i = 0; i < COLUMNS; i++) {
		column[i] = strtok_r(i ? NULL : line, "|", &save);
		ck_assert_msg(column[i] != NULL, "line %d: %d columns", number, i);
		column[i] = trim(column[i]);
	}
	for (size_t i = 0; i < n_policies; i++)
		if (!strcmp(policies[i].name, column[C_POLICY]))
			policy = policies[i].policy;
	ck_assert_msg(policy != NULL, "line %d: policy %s", number, column[C_POLICY]);
	const struct unit *candidate = make_unit(a, "s/c-v2", column[C_ROLE], column[C_CANDIDATE]);
	const struct unit *baseline =
		strcmp(column[C_BASELINE], "-")
			? make_unit(a, "s/b-v1", column[C_ROLE], column[C_BASELINE])
			: NULL;
	int gate = names_find(&gate_names, column[C_GATE]);
	ck_assert_msg(gate >= 0, "line %d: gate %s", number, column[C_GATE]);

	struct judge_input in = {
		.candidate = {.unit = candidate}, .baseline = {.unit = baseline}, .policy = policy};
	judge_gate((enum gate)gate, &in, a, &r);
	for (size_t i = 0; i < r.checks.n; i++) {
		const struct gate_check *c = LIST_AT(&r.checks, struct gate_check, i);
		if (c->verdict == r.verdict && !isnan(c->short_by)) {
			snprintf(got, sizeof(got), "%.6g", c->short_by);
			break;
		}
	}
	ck_assert_msg(
		!strcmp(names_of(&verdict_names, r.verdict), column[C_VERDICT]) &&
			!strcmp(r.reason, column[C_REASON]) && !strcmp(got, column[C_SHORT]) &&
			(!strcmp(column[C_DETAIL], "*") || !strcmp(r.detail, column[C_DETAIL])),
		"line %d: %s | %s | %s | %s", number, names_of(&verdict_names, r.verdict), r.reason,
		got, r.detail);
}

START_TEST(test_judge__holds_every_line_of_the_table)
{
	ARENA_AUTO a = arena_new();
	struct named_policy policies[32] = {{"built-in", parse_policy(a, embed_policy_json)}};
	size_t n_policies = 1;
	const char *src = getenv("SRC");
	FILE *f = fopen(arena_printf(a, "%s/tests/tables/gates.eval", src ? src : "."), "r");
	char line[1024];
	int number = 0, cases = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (!strncmp(line, "policy ", 7)) {
			char *gates = strchr(line, '{');
			ck_assert(gates && n_policies < 32);
			gates[-1] = '\0';
			policies[n_policies++] = (struct named_policy){
				arena_strdup(a, line + 7), policy_of_gates(a, gates)};
			continue;
		}
		check_line(a, line, number, policies, n_policies);
		cases++;
	}
	fclose(f);
	ck_assert_int_ge(cases, 60);
}
END_TEST

#define GOOD "quality=0.81 safety=0.98 latency_ms_p95=120 cost_per_1k_tokens=0.7"

START_TEST(test_judge__a_judgement_is_as_bad_as_its_worst_gate)
{
	static const struct {
		const char *candidate;
		enum phase phase;
	} cases[] = {
		{GOOD, PHASE_SUCCEEDED},
		{"quality=0.81 safety=0.98 latency_ms_p95=120", PHASE_INCONCLUSIVE},
		{"quality=0.81 safety=0.9 latency_ms_p95=120", PHASE_FAILED},
		{"quality=0.4 safety=0.98 latency_ms_p95=120 cost_per_1k_tokens=0.7", PHASE_FAILED},
	};
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);
	struct judgement j;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		judge_unit(make_unit(a, "s/c-v1", "textgen", cases[i].candidate), NULL, p, a, &j);
		ck_assert_int_eq(j.phase, cases[i].phase);
		ck_assert_uint_eq(j.gates.n, GATES);
		for (int g = 0; g < GATES; g++)
			ck_assert_int_eq(LIST_AT(&j.gates, struct gate_result, g)->gate, g);
		ck_assert_str_eq(j.policy_digest, p->digest);
		ck_assert_ptr_null(j.baseline);
	}
}
END_TEST

START_TEST(test_judge__the_same_inputs_give_the_same_bytes)
{
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);
	const struct unit *c = make_unit(a, "s/c-v2", "textgen", GOOD " suite:policy=9/10");
	struct unit *b = make_unit(a, "s/b-v1", "textgen", GOOD);
	struct judgement one, two, back;
	struct err err = {0};

	b->content_digest = digest_of(a, 'b');
	judge_unit(c, b, p, a, &one);
	judge_unit(c, b, p, a, &two);
	const char *text = fields_canonical(&judgement_table, &one, a, NULL);
	ck_assert_str_eq(text, fields_canonical(&judgement_table, &two, a, NULL));
	ck_assert_str_eq(one.baseline, "s/b-v1");
	ck_assert_int_eq(fields_load_text(&judgement_table, text, a, &back, &err), 0);
	ck_assert_str_eq(text, fields_canonical(&judgement_table, &back, a, NULL));
}
END_TEST

START_TEST(test_judge__the_score_weighs_the_success_metric)
{
	ARENA_AUTO a = arena_new();
	const struct policy *p = parse_policy(a, embed_policy_json);

	double s = unit_score(make_unit(a, "s/c-v1", "textgen", GOOD), p);
	ck_assert_double_eq_tol(s, 0.45 * 0.81 + 0.45 * 0.98 - 0.0005 * 120 - 0.1 * 0.7, 1e-12);
	/* task_accuracy comes first in the policy, and only textgen has it. */
	s = unit_score(make_unit(a, "s/c-v1", "textgen", GOOD " task_accuracy=0.5"), p);
	ck_assert_double_eq_tol(s, 0.45 * 0.5 + 0.45 * 0.98 - 0.0005 * 120 - 0.1 * 0.7, 1e-12);
	s = unit_score(make_unit(a, "s/c-v1", "runtime", GOOD " task_accuracy=0.5"), p);
	ck_assert_double_eq_tol(s, 0.45 * 0.81 + 0.45 * 0.98 - 0.0005 * 120 - 0.1 * 0.7, 1e-12);
	ck_assert(isnan(unit_score(make_unit(a, "s/c-v1", "textgen", "quality=0.8"), p)));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/judge");
	TCase *tc = tcase_create("judge");

	jcs_setup();
	tcase_add_test(tc, test_judge__holds_every_line_of_the_table);
	tcase_add_test(tc, test_judge__a_judgement_is_as_bad_as_its_worst_gate);
	tcase_add_test(tc, test_judge__the_same_inputs_give_the_same_bytes);
	tcase_add_test(tc, test_judge__the_score_weighs_the_success_metric);
	suite_add_tcase(s, tc);
	return s;
}
