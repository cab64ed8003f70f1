/* SPDX-License-Identifier: Apache-2.0
 *
 * Evidence and what makes verdicts fall due: whichever comes first, looks, the anchor, the current
 * suite, contracts, waivers, the split of alpha, and the clock.
 */
#include <check.h>
#include <string.h>

#include "engine/evidence.h"
#include "engine/explain.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "store/release.h"
#include "support/registry.h"

Suite *test_suite(void);

#define DAY (INT64_C(86400) * USEC_PER_SEC)

#define RUNTIME "s/runtime-v1"

/* A runtime that lacks its latency, and the artifact that brings it. */
static struct outcome send_runtime(const char *id, const char *more)
{
	return submit(arena_printf(reg.arena,
		"{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"runtime\",\"uri\":"
		"\"s3://b/r\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,"
		"\"cost_per_1k_tokens\":0.7}}%s]}",
		id, more));
}

static const char *benchmark(const char *id, const char *subject, int latency)
{
	return arena_printf(reg.arena,
		"{\"id\":\"%s\",\"role\":\"benchmark\",\"uri\":\"s3://b/b\",\"subject\":\"%s\","
		"\"metrics\":{\"latency_ms_p95\":%d}}",
		id, subject, latency);
}

static struct outcome send_benchmark(const char *id, const char *subject, int latency)
{
	return submit(arena_printf(reg.arena, "{\"provider\":\"aws\",\"artifacts\":[%s]}",
		benchmark(id, subject, latency)));
}

static const char *phase(const char *provider, const char *id)
{
	return member(artifact_text(provider, id), "phase");
}

static const char *gates(const char *provider, const char *id)
{
	struct err err = {0};
	struct body body;

	ck_assert_int_eq(judgement_body(reg.reader, provider, id, reg.arena, &body, &err), 1);
	return body.text;
}

START_TEST(test_evidence__lets_its_subject_wait)
{
	ck_assert_int_eq(send_runtime(RUNTIME, "").status, 201);
	ck_assert_str_eq(phase("aws", RUNTIME), "Pending");
	ck_assert_ptr_nonnull(strstr(gates("aws", RUNTIME), "awaits_evidence"));
	ck_assert_int_eq(count_events("candidate.pending"), 1);
	ck_assert_int_eq(send_benchmark("s/inference-benchmark-v1", RUNTIME, 120).status, 201);
	ck_assert_str_eq(phase("aws", RUNTIME), "Succeeded");
	ck_assert_str_eq(phase("aws", "s/inference-benchmark-v1"), "Succeeded");
	ck_assert_int_eq(count_events("candidate.passed"), 1);
	/* What waited had spent no look. */
	ck_assert_ptr_nonnull(strstr(gates("aws", RUNTIME), "\"look\":1"));
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_evidence__is_held_until_its_subject_comes)
{
	struct outcome o = send_benchmark("s/inference-benchmark-v1", RUNTIME, 120);

	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "is held: there is no artifact s/runtime-v1 yet"));
	ck_assert_str_eq(phase("aws", "s/inference-benchmark-v1"), "Pending");
	ck_assert_int_eq(count_events("evidence.held"), 1);
	ck_assert_int_eq(send_runtime(RUNTIME, "").status, 201);
	ck_assert_str_eq(phase("aws", RUNTIME), "Succeeded");
	ck_assert_str_eq(phase("aws", "s/inference-benchmark-v1"), "Succeeded");
	ck_assert_int_eq(count_events("evidence.matched"), 1);
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_evidence__counts_within_one_manifest)
{
	struct outcome o =
		send_runtime(RUNTIME, arena_printf(reg.arena, ",%s",
					      benchmark("s/inference-benchmark-v1", RUNTIME, 120)));

	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "\"phase\":\"Succeeded\""));
	ck_assert_ptr_null(strstr(o.body, "Pending"));
	finish();
	ck_assert_int_eq(count_events("candidate.passed"), 1);
	ck_assert_int_eq(count_events("candidate.pending"), 0);
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_evidence__is_given_up_by_the_clock)
{
	send_benchmark("s/inference-benchmark-v1", RUNTIME, 120);
	fake_clock_step(&reg.clock, 14 * DAY - 2 * USEC_PER_SEC);
	finish();
	ck_assert_str_eq(phase("aws", "s/inference-benchmark-v1"), "Pending");
	fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
	finish();
	ck_assert_str_eq(phase("aws", "s/inference-benchmark-v1"), "Aborted");
	ck_assert_int_eq(count_events("evidence.expired"), 1);
	/* It does not count any more. */
	send_runtime(RUNTIME, "");
	ck_assert_str_eq(phase("aws", RUNTIME), "Pending");
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_evidence__counts_until_it_is_withdrawn)
{
	send_runtime(RUNTIME, "");
	send_benchmark("s/inference-benchmark-v1", RUNTIME, 120);
	ck_assert_str_eq(phase("aws", RUNTIME), "Succeeded");
	ck_assert_int_eq(withdraw("aws", "s/inference-benchmark-v1").status, 200);
	finish();
	ck_assert_str_eq(phase("aws", RUNTIME), "Pending");
	ck_assert_ptr_nonnull(strstr(gates("aws", RUNTIME), "\"look\":2"));
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_evidence__race_with_its_subject_is_noticed)
{
	struct command *c;

	/* Judged without the evidence, which is written before it. */
	c = queue_submit("{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"s/runtime-v1\",\"role\":"
			 "\"runtime\",\"uri\":\"s3://b/r\",\"metrics\":{\"quality\":0.8,\"safety\":"
			 "0.98,\"cost_per_1k_tokens\":0.7}}]}");
	struct command *first = c;

	ck_assert_int_eq(send_benchmark("s/inference-benchmark-v1", RUNTIME, 120).status, 201);
	finish();
	ck_assert_int_eq(outcome_of(first).status, 201);
	ck_assert_str_eq(phase("aws", RUNTIME), "Succeeded");
	ck_assert_str_eq(phase("aws", "s/inference-benchmark-v1"), "Succeeded");
	check_judgements();
	check_registry();
}
END_TEST

/* Benchmarks `from` to `to` about one runtime, in one manifest. */
static const char *benchmarks(int from, int to)
{
	STRBUF_AUTO sb = STRBUF_INIT(1 << 20);

	strbuf_addstr(&sb, "{\"provider\":\"aws\",\"artifacts\":[");
	for (int i = from; i <= to; i++)
		strbuf_addf(&sb, "%s%s", i > from ? "," : "",
			benchmark(arena_printf(reg.arena, "s/inference-benchmark-v%d", i), RUNTIME,
				120));
	strbuf_addstr(&sb, "]}");
	return arena_strndup(reg.arena, sb.buf, sb.len);
}

START_TEST(test_evidence__is_limited_whoever_brings_it)
{
	struct command *one, *other;
	struct outcome o;

	/* Each fits beside what it sees, and not beside the other. */
	one = queue_submit(benchmarks(1, 200));
	other = queue_submit(benchmarks(201, 300));
	finish();
	ck_assert_int_eq(outcome_of(one).status, 201);
	o = outcome_of(other);
	ck_assert_int_eq(o.code, ERR_STATE_CONFLICT);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/56/subject");
	/* Nor do its own fit when each of them would. */
	o = submit(benchmarks(201, 257));
	ck_assert_int_eq(o.code, ERR_STATE_CONFLICT);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/56/subject");
	ck_assert_int_eq(submit(benchmarks(201, 256)).status, 201);
	ck_assert_int_eq(submit(benchmarks(1, 200)).status, 200);
	ck_assert_int_eq(send_benchmark("s/inference-benchmark-v257", RUNTIME, 120).code,
		ERR_STATE_CONFLICT);
	check_registry();
}
END_TEST

/* ---- The full form ---- */

/* The first release: textgen, embed and runtime in the small form but for textgen. */
static void live_release(void)
{
	ck_assert_int_eq(submit_samples("s/textgen-v1", 800, "").status, 201);
	ck_assert_str_eq(phase("hf", "s/textgen-v1"), "Succeeded");
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v9", "runtime", 0.8);
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
}

START_TEST(test_look__is_spent_by_evidence_alone)
{
	live_release();
	submit_samples("s/textgen-v2", 815, "");
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Inconclusive");
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"look\":1"));
	post_suite("{'name':'core','version':'1','current':true,'datasets':{'d':'sha256:"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'},"
		   "'required_metrics':{'textgen':['quality']}}");
	finish();
	/* Judged anew, against the suite. */
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"suite\":\"sha256:"));
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"look\":1"));
	submit_eval("s/eval-v1", "s/textgen-v2", 850);
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"look\":2"));
	submit_eval("s/eval-v2", "s/textgen-v2", 850);
	submit_eval("s/eval-v3", "s/textgen-v2", 850);
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"look\":4"));
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "max_looks"));
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Inconclusive");
	check_judgements();
	check_registry();
}
END_TEST

/* The way on from inconclusive: more samples, which are pooled with its own; it stays what it is. */
START_TEST(test_evidence__decides_what_was_inconclusive)
{
	const char *before, *after;

	live_release();
	submit_samples("s/textgen-v2", 830, "");
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Inconclusive");
	before = arena_strdup(reg.arena, member(artifact_text("hf", "s/textgen-v2"), "digest"));
	submit_eval("s/eval-v1", "s/textgen-v2", _i ? 880 : 600);
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), _i ? "Succeeded" : "Failed");
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"n\":2000"));
	after = member(artifact_text("hf", "s/textgen-v2"), "digest");
	ck_assert_str_eq(before, after);
	check_judgements();
	check_registry();
}
END_TEST

/* A number that is held back buys no tries at the others. */
START_TEST(test_look__is_spent_by_samples_while_another_gate_waits)
{
	submit("{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"" RUNTIME "\",\"role\":\"runtime\","
	       "\"uri\":\"s3://b/r\",\"metrics\":{\"quality\":{\"value\":0.8,\"n\":1000},"
	       "\"safety\":0.98,\"cost_per_1k_tokens\":0.7},\"suites\":{\"policy\":{\"total\":5000,"
	       "\"passed\":5000},\"adversarial\":{\"total\":5000,\"passed\":5000}}}]}");
	ck_assert_str_eq(phase("aws", RUNTIME), "Pending");
	submit_eval("s/eval-v1", RUNTIME, 850);
	ck_assert_str_eq(phase("aws", RUNTIME), "Pending");
	ck_assert_ptr_nonnull(strstr(gates("aws", RUNTIME), "\"look\":2"));
	submit_eval("s/eval-v2", RUNTIME, 850);
	ck_assert_ptr_nonnull(strstr(gates("aws", RUNTIME), "\"look\":3"));
	/* What it waits for is no try. */
	send_benchmark("s/inference-benchmark-v1", RUNTIME, 120);
	ck_assert_ptr_nonnull(strstr(gates("aws", RUNTIME), "\"look\":3"));
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_evidence__about_the_baseline_judges_all)
{
	live_release();
	submit_samples("s/textgen-v2", 860, "");
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Succeeded");
	/* Pooled, the live one is better than it seemed. */
	submit_eval("s/eval-v1", "s/textgen-v1", 920);
	ck_assert_str_ne(phase("hf", "s/textgen-v2"), "Succeeded");
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v2"), "\"baseline_evidence\":["));
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_merge__splits_alpha_and_promotion_looks_again)
{
	struct outcome o;

	live_release();
	/* Alone at 0.05 / 3 each would pass. */
	submit_samples("s/textgen-v2", 840, "");
	submit_samples("s/textgen-v3", 841, "");
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Succeeded");
	ck_assert_str_eq(phase("hf", "s/textgen-v3"), "Succeeded");
	o = do_merge();
	ck_assert_int_eq(o.code, ERR_NOTHING_TO_MERGE);
	ck_assert_msg(strstr(o.c->err_members, "alpha / 2"), "%s", o.c->err_members);
	/* One that passes at half of it, too; what comes after the merge counts before the promotion. */
	submit_samples("s/textgen-v4", 900, "");
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "\"competing\":3"));
	submit_eval("s/eval-v1", "s/textgen-v4", 600);
	ck_assert_int_eq(promote(member(o.body, "version")).code, ERR_MERGE_NOT_READY);
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Succeeded");
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_promotion__looks_again_with_the_share_of_its_merge)
{
	struct outcome o;

	live_release();
	submit_samples("s/textgen-v2", 840, "");
	submit_samples("s/textgen-v3", 900, "");
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "\"competing\":2"));
	/* Enough at alpha, not at the half of it. */
	submit_eval("s/eval-v1", "s/textgen-v3", 768);
	ck_assert_str_eq(phase("hf", "s/textgen-v3"), "Succeeded");
	o = promote(member(o.body, "version"));
	ck_assert_int_eq(o.code, ERR_MERGE_NOT_READY);
	ck_assert_msg(strstr(o.c->err.msg, "alpha / 2"), "%s", o.c->err.msg);
	/* The same units on other verdicts are another merge. */
	submit_eval("s/eval-v2", "s/textgen-v3", 960);
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_int_eq(do_merge().status, 200);
	ck_assert_int_eq(promote(member(o.body, "version")).status, 201);
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_promotion__names_the_verdicts_that_held_then)
{
	struct outcome o;
	const char *old;

	live_release();
	submit_samples("s/textgen-v2", 840, "");
	submit_samples("s/textgen-v3", 900, "");
	o = do_merge();
	old = strstr(o.body, "\"judgement\":\"sha256:");
	ck_assert_ptr_nonnull(old);
	old = arena_strndup(reg.arena, old, strlen("\"judgement\":\"sha256:") + 64);
	submit_eval("s/eval-v1", "s/textgen-v3", 900);
	ck_assert_int_eq(promote(member(o.body, "version")).status, 201);
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	ck_assert_ptr_nonnull(strstr(s->release_body.text, "\"judgement\":\"sha256:"));
	ck_assert_ptr_null(strstr(s->release_body.text, old));
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_anchor__guards_against_drift_and_moves_with_time)
{
	SNAPSHOT_AUTO before = NULL;

	live_release();
	submit_samples("s/textgen-v2", 860, "");
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_int_eq(promote("1.0.1-rc.1").status, 201);
	before = snapshot_get(reg.engine);
	ck_assert_str_eq(before->anchor, "1.0.0");
	submit_samples("s/textgen-v3", 900, "");
	ck_assert_ptr_nonnull(strstr(gates("hf", "s/textgen-v3"), "\"anchor\":\"s/textgen-v1\""));
	fake_clock_step(&reg.clock, 91 * DAY);
	finish();
	SNAPSHOT_AUTO after = snapshot_get(reg.engine);
	ck_assert_str_eq(after->anchor, "1.0.1");
	ck_assert_ptr_null(strstr(gates("hf", "s/textgen-v3"), "\"anchor\":"));
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_waiver__stands_in_decision_and_release)
{
	char until[TIME_STRLEN];
	struct outcome o;
	const char *id;

	live_release();
	submit_samples("s/textgen-v2", 700, "");
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Failed");
	with.actor = "token:a";
	o = ask_waiver(arena_printf(reg.arena,
		"{'gate':'quality','artifact':{'provider':'hf','id':'s/"
		"textgen-v2'},'reason':'known',"
		"'expires_at':'%s'}",
		time_format(clock_now(&reg.clock.clock) + 7 * DAY, until)));
	id = member(o.body, "id");
	with.actor = "token:b";
	ck_assert_int_eq(approve_waiver(id, "{'reason':'seen'}").status, 200);
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Succeeded");
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, arena_printf(reg.arena, "\"id\":\"%s\"", id)));
	ck_assert_ptr_nonnull(strstr(o.body, "\"judged\":\"fail\""));
	ck_assert_int_eq(promote(member(o.body, "version")).status, 201);
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	ck_assert_ptr_nonnull(
		strstr(s->release_body.text, arena_printf(reg.arena, "\"id\":\"%s\"", id)));
	check_judgements();
	check_registry();
}
END_TEST

/* The engine looks for ended waivers once a second: a merge or a promotion does not wait for it. */
START_TEST(test_waiver__ends_to_the_instant_for_merge_and_promotion)
{
	char until[TIME_STRLEN];
	struct outcome o;

	live_release();
	submit_samples("s/textgen-v2", 700, "");
	with.actor = "token:a";
	o = ask_waiver(arena_printf(reg.arena,
		"{'gate':'quality','artifact':{'provider':'hf','id':'s/"
		"textgen-v2'},'reason':'known',"
		"'expires_at':'%s'}",
		time_format(clock_now(&reg.clock.clock) + DAY, until)));
	with.actor = "token:b";
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	o = approve_waiver(member(o.body, "id"), "{'reason':'seen'}");
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	fake_clock_step(&reg.clock, DAY);
	reg.engine->next_waivers = INT64_MAX;
	if (_i == 0)
		ck_assert_int_eq(promote(member(o.body, "version")).code, ERR_MERGE_NOT_READY);
	else
		ck_assert_int_eq(do_merge().code, ERR_NOTHING_TO_MERGE);
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Failed");
	check_judgements();
	check_registry();
}
END_TEST

START_TEST(test_waiver__that_ends_before_the_promotion_blocks_it)
{
	char until[TIME_STRLEN];
	struct outcome o;

	live_release();
	submit_samples("s/textgen-v2", 700, "");
	with.actor = "token:a";
	o = ask_waiver(arena_printf(reg.arena,
		"{'gate':'quality','artifact':{'provider':'hf','id':'s/"
		"textgen-v2'},'reason':'known',"
		"'expires_at':'%s'}",
		time_format(clock_now(&reg.clock.clock) + DAY, until)));
	with.actor = "token:b";
	approve_waiver(member(o.body, "id"), "{'reason':'seen'}");
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	fake_clock_step(&reg.clock, DAY);
	ck_assert_int_eq(promote(member(o.body, "version")).code, ERR_MERGE_NOT_READY);
	finish();
	ck_assert_str_eq(phase("hf", "s/textgen-v2"), "Failed");
	check_judgements();
	check_registry();
}
END_TEST

/* ---- The version that a contract forces ---- */

static const char *contract_of(const char *version, const char *more)
{
	struct outcome o = post_contract(arena_printf(reg.arena,
		"{'name':'fusion','version':'%s','schema':{'name':'fusion','version':'%s','request'"
		":{'type':'object','properties':{'a':{'type':'string'}%s}}}}",
		version, version, more));

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	return arena_printf(reg.arena,
		",\"contract\":{\"name\":\"fusion\",\"version\":\"%s\",\"digest\":\"%s\"}", version,
		member(o.body, "digest"));
}

/* Units of number n; the textgen, or all, with a contract of its own. */
static void send_mixed(int n, const char *textgen, const char *contract)
{
	static const struct {
		const char *provider, *role;
	} of[] = {{"hf", "textgen"}, {"gcp", "embed"}, {"aws", "runtime"}};

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(
			submit(arena_printf(reg.arena,
				       "{\"provider\":\"%s\"%s,\"artifacts\":[{\"id\":\"s/%s-v%d\","
				       "\"role\":\"%s\",\"uri\":\"s3://b/x\",\"metrics\":{"
				       "\"quality\":0.8%d,\"retrieval_score\":0.8%d,\"safety\":0."
				       "98,"
				       "\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}]}",
				       of[i].provider, i ? contract : textgen, of[i].role, n,
				       of[i].role, n, n))
				.status,
			201);
}

static void send_three(int n, const char *contract)
{
	send_mixed(n, contract, contract);
}

START_TEST(test_merge__takes_the_version_step_that_the_contract_forces)
{
	const char *old = contract_of("1.0.0", "");
	const char *new = _i ? contract_of("1.1.0", ",'b':{'type':'integer'}") : old;
	struct outcome o;

	send_three(1, old);
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
	send_three(2, new);
	o = do_merge();
	ck_assert_msg(o.status == 201, "%s", o.c->err_members);
	ck_assert_str_eq(member(o.body, "release"), _i ? "1.1.0" : "1.0.1");
	check_registry();
}
END_TEST

/* One unit is ahead of the others: where all still serve the old contract, the release keeps it. */
START_TEST(test_merge__compares_the_contracts_of_its_units)
{
	static const struct {
		const char *members, *detail, *phase;
	} ahead[] = {
		{",'b':{'type':'integer'}", "and all of them serve fusion 1.0.0", "Succeeded"},
		{",'b':{'type':'integer'}},'required':['b'],'x-note':{",
			"none is served by all: fusion 2.0.0 breaks fusion 1.0.0 (request "
			"/request/required/0",
			"Failed"},
		{NULL, "fusion 1.1.0 (sha256:", "Inconclusive"},
	};
	const char *old = contract_of("1.0.0", _i == 1 ? "},'required':['a'],'x-note':{" : "");
	const char *merge;
	struct err err = {0};
	struct outcome o;
	struct body body;

	send_mixed(1,
		ahead[_i].members
			? contract_of(_i ? "2.0.0" : "1.1.0", ahead[_i].members)
			: arena_printf(reg.arena,
				  ",\"contract\":{\"name\":\"fusion\",\"version\":\"1.1.0\","
				  "\"digest\":\"sha256:%064d\"}",
				  1),
		old);
	o = do_merge();
	ck_assert_msg(o.status == 201, "%d %s", o.status, o.c->err_members);
	ck_assert_msg(strstr(o.body, ahead[_i].detail) != NULL, "%s", o.body);
	ck_assert_str_eq(member(o.body, "phase"), ahead[_i].phase);
	merge = member(o.body, "version");
	ck_assert_int_eq(promote(merge).status, _i ? 409 : 201);
	if (_i == 0) {
		ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &body, &err), 1);
		ck_assert_ptr_nonnull(strstr(body.text, arena_printf(reg.arena, "%s,", old)));
		/* The rest follows: now the release serves more. */
		send_three(2, contract_of("1.2.0", ",'b':{'type':'integer'},'c':{}"));
		ck_assert_str_eq(member(do_merge().body, "release"), "1.1.0");
	}
	check_registry();
}
END_TEST

/* ---- What might be ---- */

START_TEST(test_tradeoffs__mark_what_is_dominated)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	const struct tradeoff *v;
	struct tradeoffs t;
	struct err err = {0};

	submit_unit("s/textgen-v1", "textgen", 0.8);
	submit_unit("s/textgen-v2", "textgen", 0.9);
	ck_assert_int_eq(slot_tradeoffs(reg.reader, s, "textgen", 10, reg.arena, &t, &err), 1);
	ck_assert_uint_eq(t.candidates.n, 2);
	v = t.candidates.v;
	ck_assert_str_eq(v[0].id, "s/textgen-v2");
	ck_assert_int_eq(v[0].dominated, 0);
	ck_assert(v[0].quality == 0.9 && v[0].latency_ms_p95 == 120);
	ck_assert_int_eq(v[1].dominated, 1);
	ck_assert_str_eq(v[1].dominated_by, "s/textgen-v2");
	ck_assert_int_eq(slot_tradeoffs(reg.reader, s, "nosuch", 10, reg.arena, &t, &err), 0);
}
END_TEST

START_TEST(test_simulate__lists_what_flips_and_changes_nothing)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct simulation_request r = {.since = 0};
	const char *floor;
	char *draft;
	struct simulation sim;
	struct err err = {0};
	int64_t events, now = clock_now(&reg.clock.clock);
	struct faults faults;

	faults_init(&faults);

	submit_unit("s/textgen-v1", "textgen", 0.8);
	submit_unit("s/textgen-v2", "textgen", 0.9);
	events = reg.engine->state.event_seq;
	r.policy = s->policy_text;
	ck_assert_int_eq(
		policy_simulate(reg.reader, &r, now, 0, 10, reg.arena, &sim, &faults, &err), 0);
	ck_assert_int_eq(sim.judged, 2);
	ck_assert_uint_eq(sim.flips.n, 0);
	draft = arena_strdup(reg.arena, s->policy_text);
	/* All floors of 0.75 become 0.85. */
	while ((floor = strstr(draft, "\"floor\":0.75")))
		draft[floor - draft + 10] = '8';
	r.policy = draft;
	ck_assert_int_eq(
		policy_simulate(reg.reader, &r, now, 0, 10, reg.arena, &sim, &faults, &err), 0);
	ck_assert_uint_eq(sim.flips.n, 1);
	const struct flip *f = LIST_AT(&sim.flips, struct flip, 0);
	ck_assert_str_eq(f->id, "s/textgen-v1");
	ck_assert_int_eq(f->to, PHASE_FAILED);
	ck_assert_int_eq(LIST_AT(&f->gates, struct gate_flip, 0)->gate, GATE_QUALITY);
	ck_assert_msg(strncmp(f->detail, "quality pass -> fail: quality 0.8 <", 35) == 0, "%s",
		f->detail);
	ck_assert_int_eq(sim.next, 0);
	ck_assert_int_eq(
		policy_simulate(reg.reader, &r, now, 0, 1, reg.arena, &sim, &faults, &err), 0);
	ck_assert_int_ne(sim.next, 0);
	ck_assert_int_eq(
		policy_simulate(reg.reader, &r, now, sim.next, 1, reg.arena, &sim, &faults, &err),
		0);
	ck_assert_uint_eq(sim.flips.n, 1);
	r.policy = "{\"slots\":3,\"gates\":{\"alpha\":0}}";
	ck_assert_int_lt(
		policy_simulate(reg.reader, &r, now, 0, 1, reg.arena, &sim, &faults, &err), 0);
	ck_assert_int_eq(err.code, ERR_INVALID_POLICY);
	ck_assert_uint_eq(faults.n, 3);
	ck_assert_str_eq(faults.list[0].pointer, "/policy/slots");
	ck_assert_int_eq(reg.engine->state.event_seq, events);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("evidence");
	TCase *tc = tcase_create("engine");

	tcase_add_checked_fixture(tc, registry_setup, registry_teardown);
	tcase_add_test(tc, test_evidence__lets_its_subject_wait);
	tcase_add_test(tc, test_evidence__is_held_until_its_subject_comes);
	tcase_add_test(tc, test_evidence__counts_within_one_manifest);
	tcase_add_test(tc, test_evidence__is_given_up_by_the_clock);
	tcase_add_test(tc, test_evidence__counts_until_it_is_withdrawn);
	tcase_add_test(tc, test_evidence__race_with_its_subject_is_noticed);
	tcase_add_test(tc, test_evidence__is_limited_whoever_brings_it);
	tcase_add_loop_test(tc, test_merge__takes_the_version_step_that_the_contract_forces, 0, 2);
	tcase_add_loop_test(tc, test_merge__compares_the_contracts_of_its_units, 0, 3);
	tcase_add_loop_test(tc, test_evidence__decides_what_was_inconclusive, 0, 2);
	tcase_add_test(tc, test_look__is_spent_by_evidence_alone);
	tcase_add_test(tc, test_look__is_spent_by_samples_while_another_gate_waits);
	tcase_add_test(tc, test_evidence__about_the_baseline_judges_all);
	tcase_add_test(tc, test_merge__splits_alpha_and_promotion_looks_again);
	tcase_add_test(tc, test_promotion__looks_again_with_the_share_of_its_merge);
	tcase_add_test(tc, test_promotion__names_the_verdicts_that_held_then);
	tcase_add_test(tc, test_anchor__guards_against_drift_and_moves_with_time);
	tcase_add_test(tc, test_tradeoffs__mark_what_is_dominated);
	tcase_add_test(tc, test_simulate__lists_what_flips_and_changes_nothing);
	tcase_add_test(tc, test_waiver__stands_in_decision_and_release);
	tcase_add_loop_test(tc, test_waiver__ends_to_the_instant_for_merge_and_promotion, 0, 2);
	tcase_add_test(tc, test_waiver__that_ends_before_the_promotion_blocks_it);
	suite_add_tcase(s, tc);
	return s;
}
