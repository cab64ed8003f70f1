/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole judgements on full evidence: what they say of their inputs, waivers, changes of the contract,
 * and what holds of any evidence.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "policy/judge.h"
#include "support/judge_words.h"

Suite *test_suite(void);

#define FULL                                                                                  \
	"task_accuracy=4400/5000 safety=4986/5000 latency_ms_p95=120 cost_per_1k_tokens=0.7 " \
	"suite:policy=2500/2500 suite:adversarial=4000/4000"

static const char *judged(struct arena *a, const struct judge_input *in, struct judgement *ret)
{
	judge(in, a, ret);
	return fields_canonical(&judgement_table, ret, a, NULL);
}

static const struct gate_result *gate_of(const struct judgement *j, enum gate g)
{
	return LIST_AT(&j->gates, struct gate_result, g);
}

START_TEST(test_judge_whole__says_what_it_was_made_from)
{
	ARENA_AUTO a = arena_new();
	const struct policy *p = words_policy(a, embed_policy_json);
	const struct unit *e = words_unit(a, "s/e-v1", "eval", "task_accuracy=870/1000");
	const struct unit *repeated[] = {e, e};
	struct judge_input in = {
		.candidate = {words_unit(a, "s/c-v2", "textgen", FULL " contract=a"), repeated, 2},
		.baseline = {.unit = words_unit(a, "s/b-v1", "textgen", FULL " contract=a")},
		.anchor = {.unit = words_unit(a, "s/a-v0", "textgen", FULL)},
		.policy = p,
		.look = 2,
		.contenders = 2,
		.suite = words_suite(a,
			"{\"name\":\"s\",\"version\":\"1\",\"digest\":\"sha256:"
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
			"\"datasets\":{\"d\":\"sha256:"
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
			"\"required_metrics\":{\"embed\":[\"retrieval_score\"]}}"),
	};
	struct judgement j, back;
	struct err err = {0};

	const char *text = judged(a, &in, &j);
	ck_assert_str_eq(text, judged(a, &in, &back));
	ck_assert_int_eq(fields_load_text(&judgement_table, text, a, &back, &err), 0);
	ck_assert_str_eq(text, fields_canonical(&judgement_table, &back, a, NULL));
	ck_assert_str_eq(j.baseline, "s/b-v1");
	ck_assert_str_eq(j.baseline_digest, in.baseline.unit->content_digest);
	ck_assert_str_eq(j.anchor, "s/a-v0");
	ck_assert_str_eq(j.anchor_digest, in.anchor.unit->content_digest);
	ck_assert_str_eq(j.policy_digest, p->digest);
	ck_assert_str_eq(j.suite, in.suite->digest);
	ck_assert_uint_eq(j.evidence.n, 1);
	ck_assert_str_eq(j.evidence.v[0], e->content_digest);
	ck_assert_uint_eq(j.baseline_evidence.n, 0);
	ck_assert_str_eq(j.form, "full");
	ck_assert_str_eq(j.contract_level, "none");
	ck_assert_int_eq(j.look, 2);
	ck_assert_int_eq(j.max_looks, 3);
	ck_assert_int_eq(j.contenders, 2);
	ck_assert_double_eq_tol(j.alpha, 0.05 / 6, 1e-12);
	/* The score counts the evidence in, once: 4400 + 870 of 6000. */
	ck_assert_double_eq_tol(
		j.score, 0.45 * 5270 / 6000 + 0.45 * 4986 / 5000 - 0.0005 * 120 - 0.1 * 0.7, 1e-12);
	const struct gate_check *c =
		LIST_AT(&gate_of(&j, GATE_QUALITY)->checks, struct gate_check, 0);
	ck_assert_int_eq(c->pooled, 2);
	ck_assert_int_eq(c->n, 5000);
	ck_assert_double_eq_tol(c->value, 5270.0 / 6000, 1e-12);
	ck_assert_double_eq(c->margin, 0);
	ck_assert_double_eq_tol(c->d, 5270.0 / 6000 - 0.88, 1e-11);
	ck_assert_double_lt(c->ci_lo, c->d);
	ck_assert_double_gt(c->ci_hi, c->d);
}
END_TEST

/* A longer number would be read back as another by twelve digits. */
static void check_digits(double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.12g", v);
	ck_assert_msg(isnan(v) || strtod(text, NULL) == v, "%.17g", v);
}

START_TEST(test_judge_whole__numbers_it_computes_have_twelve_digits)
{
	ARENA_AUTO a = arena_new();
	struct judge_input in = {
		.candidate = {.unit = words_unit(a, "s/c-v2", "textgen", FULL)},
		.baseline = {.unit = words_unit(a, "s/b-v1", "textgen", FULL)},
		.policy = words_policy(a, embed_policy_json),
	};
	struct judgement j;
	int intervals = 0;

	judged(a, &in, &j);
	for (size_t g = 0; g < j.gates.n; g++) {
		const struct list *checks = &LIST_AT(&j.gates, struct gate_result, g)->checks;
		for (size_t i = 0; i < checks->n; i++) {
			const struct gate_check *check = LIST_AT(checks, struct gate_check, i);
			check_digits(check->ci_lo);
			check_digits(check->ci_hi);
			check_digits(check->p);
			check_digits(check->p_adjusted);
			intervals += !isnan(check->ci_lo);
		}
	}
	ck_assert_int_gt(intervals, 2);
}
END_TEST

START_TEST(test_judge_whole__a_waiver_passes_one_gate_on_record)
{
	ARENA_AUTO a = arena_new();
	const struct judge_waiver waivers[] = {
		{GATE_LATENCY, "w-late"}, {GATE_QUALITY, "w-good"}, {GATE_QUALITY, "w-again"}};
	struct judge_input in = {
		.candidate = {.unit = words_unit(a, "s/c-v2", "textgen", FULL)},
		.baseline = {.unit = words_unit(a, "s/b-v1", "textgen", FULL " quality=0.9")},
		.policy = words_policy(a, embed_policy_json),
		.waivers = waivers,
		.n_waivers = 1,
	};
	struct judgement j;

	judge(&in, a, &j);
	ck_assert_int_eq(j.phase, PHASE_INCONCLUSIVE);
	ck_assert_int_lt(gate_of(&j, GATE_QUALITY)->waived, 1);
	ck_assert_ptr_null(gate_of(&j, GATE_QUALITY)->waiver);
	/* Not needed, so not used. */
	ck_assert_ptr_null(gate_of(&j, GATE_LATENCY)->waiver);

	/* The first of those that are there, wherever it stands. */
	in.waivers = &waivers[1];
	in.n_waivers = 1;
	judge(&in, a, &j);
	ck_assert_str_eq(gate_of(&j, GATE_QUALITY)->waiver, "w-good");
	in.waivers = waivers;
	in.n_waivers = 3;
	judge(&in, a, &j);
	ck_assert_int_eq(j.phase, PHASE_SUCCEEDED);
	const struct gate_result *g = gate_of(&j, GATE_QUALITY);
	ck_assert_int_eq(g->waived, 1);
	ck_assert_int_eq(g->verdict, VERDICT_PASS);
	ck_assert_int_eq(g->judged, VERDICT_INCONCLUSIVE);
	ck_assert_str_eq(g->waiver, "w-good");
	ck_assert_str_eq(g->reason, "waived");
	ck_assert(!strncmp(g->detail, "waived by w-good (no_improvement): task_accuracy", 48));
	ck_assert_int_eq(LIST_AT(&g->checks, struct gate_check, 0)->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(test_judge_whole__a_change_of_the_contract_is_listed)
{
	ARENA_AUTO a = arena_new();
	struct judge_input in = {
		.candidate = {.unit = words_unit(a, "s/c-v2", "textgen", FULL " contract=a")},
		.baseline = {.unit = words_unit(a, "s/b-v1", "textgen", FULL " contract=b")},
		.policy = words_policy(a, embed_policy_json),
		.contract_text = "{\"name\":\"n\",\"version\":\"1.1.0\",\"request\":{\"type\":"
				 "\"object\",\"properties\":{\"q\":{}}}}",
		.baseline_contract_text = "{\"name\":\"n\",\"version\":\"1.0.0\",\"request\":{"
					  "\"type\":\"object\"}}",
	};
	struct gate_result r;
	struct judgement j;

	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_uint_gt(r.checks.n, 1);
	ck_assert_str_eq(LIST_AT(&r.checks, struct gate_check, 0)->level, "minor");
	const struct gate_check *c = LIST_AT(&r.checks, struct gate_check, 1);
	ck_assert_str_eq(c->pointer, "/request/properties/q");
	ck_assert_str_eq(c->direction, "request");
	ck_assert_ptr_nonnull(c->level);
	judge(&in, a, &j);
	ck_assert_str_eq(j.contract_level, "minor");
	in.contract_text = NULL;
	judge(&in, a, &j);
	ck_assert_ptr_null(j.contract_level);
}
END_TEST

/* All changes are on record; the sentence names the first twenty. */
START_TEST(test_judge_whole__many_changes_are_all_on_record)
{
	ARENA_AUTO a = arena_new();
	const char *properties = "";
	char *few = arena_strdup(a, "");
	struct gate_result r;
	int named = 0;

	for (int i = 0; i < 19; i++)
		few = arena_printf(a, "%s%s\"p%d\":{}", few, i ? "," : "", i);
	for (int i = 0; i < 40; i++)
		properties = arena_printf(a, "%s%s\"p%d\":{}", properties, i ? "," : "", i);
	struct unit *c = words_unit(a, "s/c-v2", "textgen", FULL " contract=a");
	struct unit *b = words_unit(a, "s/b-v1", "textgen", FULL " contract=b");
	c->contract->version = "2.0.0";
	struct judge_input in = {
		.candidate = {.unit = c},
		.baseline = {.unit = b},
		.policy = words_policy(a, embed_policy_json),
		.contract_text = "{\"name\":\"n\",\"version\":\"2.0.0\",\"response\":{\"type\":"
				 "\"object\"}}",
		.baseline_contract_text = arena_printf(a,
			"{\"name\":\"n\",\"version\":\"1.0.0\",\"response\":{\"type\":\"object\","
			"\"properties\":{%s}}}",
			properties),
	};

	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_int_eq(r.verdict, VERDICT_FAIL);
	ck_assert_uint_eq(r.checks.n, 41);
	ck_assert_ptr_nonnull(strstr(r.detail, "contract nodal-fusion 2.0.0 breaks"));
	ck_assert_ptr_nonnull(strstr(r.detail, "; and 21 more"));
	ck_assert_str_eq(LIST_AT(&r.checks, struct gate_check, 40)->name, "contract");
	for (const char *at = r.detail; (at = strstr(at, "response (gone)")); at++)
		named++;
	ck_assert_int_eq(named, 19);
	in.baseline_contract_text = arena_printf(a,
		"{\"name\":\"n\",\"version\":\"1.0.0\",\"response\":{\"type\":\"object\","
		"\"properties\":{%s}}}",
		few);
	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_uint_eq(r.checks.n, 20);
	ck_assert_ptr_null(strstr(r.detail, "more"));
	/* Sixteen fill the list to its end. */
	*(strstr(few, ",\"p15\"")) = '\0';
	in.baseline_contract_text = arena_printf(a,
		"{\"name\":\"n\",\"version\":\"1.0.0\",\"response\":{\"type\":\"object\","
		"\"properties\":{%s}}}",
		few);
	judge_gate(GATE_COMPATIBILITY, &in, a, &r);
	ck_assert_uint_eq(r.checks.n, 16);
}
END_TEST

/* Evidence that says the same gives the same verdict in any order, and pooled it is as if the unit
 * had measured it all itself. */
START_TEST(test_judge_whole__evidence_counts_as_if_it_were_the_units_own)
{
	static const int parts[][2] = {{870, 1000}, {1700, 2000}, {450, 500}, {131, 150}};
	ARENA_AUTO a = arena_new();
	const struct policy *p = words_policy(a, embed_policy_json);
	const struct unit *e[4], *turned[3];
	struct gate_result pooled, other, whole;

	for (int i = 0; i < 4; i++)
		e[i] = words_unit(a, arena_printf(a, "s/e-v%d", i), i ? "eval" : "textgen",
			arena_printf(a, "task_accuracy=%d/%d", parts[i][0], parts[i][1]));
	struct judge_input in = {.candidate = {e[0], &e[1], 3},
		.baseline = {.unit = words_unit(a, "s/b-v1", "textgen", "task_accuracy=850/1000")},
		.policy = p};
	judge_gate(GATE_QUALITY, &in, a, &pooled);
	turned[0] = e[3], turned[1] = e[1], turned[2] = e[2];
	in.candidate.evidence = turned;
	judge_gate(GATE_QUALITY, &in, a, &other);
	ck_assert_str_eq(fields_canonical(&gate_result_table, &pooled, a, NULL),
		fields_canonical(&gate_result_table, &other, a, NULL));
	in.candidate = (struct judge_side){
		.unit = words_unit(a, "s/e-v0", "textgen", "task_accuracy=3151/3650")};
	judge_gate(GATE_QUALITY, &in, a, &whole);
	const struct gate_check *x = LIST_AT(&pooled.checks, struct gate_check, 0);
	const struct gate_check *y = LIST_AT(&whole.checks, struct gate_check, 0);
	ck_assert_int_eq(x->pooled, 4);
	ck_assert_double_eq(x->p, y->p);
	ck_assert_double_eq(x->d, y->d);
	ck_assert_double_eq(x->ci_lo, y->ci_lo);
	ck_assert_str_eq(pooled.reason, whole.reason);
}
END_TEST

/* Splitting alpha, more looks and an anchor take away; they never make a pass of what was none. */
START_TEST(test_judge_whole__guards_only_take_away)
{
	ARENA_AUTO a = arena_new();
	const struct policy *p = words_policy(a, embed_policy_json);
	const struct unit *b = words_unit(a, "s/b-v1", "textgen", "task_accuracy=850/1000");
	struct gate_result plain, guarded;
	int passes = 0, held = 0;

	for (int k = 700; k <= 1000; k += 3) {
		struct judge_input in = {
			.candidate = {.unit = words_unit(a, "s/c-v2", "textgen",
					      arena_printf(a, "task_accuracy=%d/1000", k))},
			.baseline = {.unit = b},
			.policy = p};
		judge_gate(GATE_QUALITY, &in, a, &plain);
		for (int look = 1; look <= 4; look++) {
			in.look = look;
			in.contenders = look * look;
			in.anchor.unit = look == 2 ? b : NULL;
			judge_gate(GATE_QUALITY, &in, a, &guarded);
			ck_assert(guarded.verdict != VERDICT_PASS || plain.verdict == VERDICT_PASS);
			passes += guarded.verdict == VERDICT_PASS;
			held += guarded.verdict != VERDICT_PASS && plain.verdict == VERDICT_PASS;
		}
	}
	ck_assert_int_gt(passes, 0);
	ck_assert_int_gt(held, 0);
}
END_TEST

/* A better candidate is never judged worse. */
START_TEST(test_judge_whole__more_successes_never_hurt)
{
	static const int rank[] = {
		[VERDICT_PASS] = 2, [VERDICT_INCONCLUSIVE] = 1, [VERDICT_FAIL] = 0};
	static const char *const baselines[] = {"850/1000", "0.85", "170/200"};
	ARENA_AUTO a = arena_new();
	const struct policy *p = words_policy(a, embed_policy_json);
	struct gate_result r;

	for (size_t i = 0; i < sizeof(baselines) / sizeof(baselines[0]); i++) {
		const struct unit *b = words_unit(
			a, "s/b-v1", "textgen", arena_printf(a, "task_accuracy=%s", baselines[i]));
		int last = 0;
		for (int k = 600; k <= 1000; k++) {
			struct judge_input in = {
				.candidate = {.unit = words_unit(a, "s/c-v2", "textgen",
						      arena_printf(a, "task_accuracy=%d/1000", k))},
				.baseline = {.unit = b},
				.policy = p};
			judge_gate(GATE_QUALITY, &in, a, &r);
			ck_assert_int_ge(rank[r.verdict], last);
			last = rank[r.verdict];
		}
		ck_assert_int_eq(last, 2);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("whole judgements");
	TCase *tc = tcase_create("whole");

	jcs_setup();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_judge_whole__says_what_it_was_made_from);
	tcase_add_test(tc, test_judge_whole__numbers_it_computes_have_twelve_digits);
	tcase_add_test(tc, test_judge_whole__a_waiver_passes_one_gate_on_record);
	tcase_add_test(tc, test_judge_whole__a_change_of_the_contract_is_listed);
	tcase_add_test(tc, test_judge_whole__many_changes_are_all_on_record);
	tcase_add_test(tc, test_judge_whole__evidence_counts_as_if_it_were_the_units_own);
	tcase_add_test(tc, test_judge_whole__guards_only_take_away);
	tcase_add_test(tc, test_judge_whole__more_successes_never_hurt);
	suite_add_tcase(s, tc);
	return s;
}
