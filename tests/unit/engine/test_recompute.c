/* SPDX-License-Identifier: Apache-2.0
 *
 * A random history of full manifests, evidence, waivers, suites, contracts, merges and promotions:
 * every judgement of it is made again from its inputs. The seed is printed; SEED=n repeats a run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "engine/internal.h"
#include "support/registry.h"

Suite *test_suite(void);

enum { OPERATIONS = 250 };

#define DAY (INT64_C(86400) * USEC_PER_SEC)
#define D   "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct {
	uint64_t random;
	int units, evidence, suites, contracts;
	const char *contract[8]; /* digests */
} h;

static int pick(uint32_t below)
{
	h.random = h.random * 6364136223846793005u + 1442695040888963407u;
	return (int)((uint32_t)(h.random >> 33) % below);
}

static void op_unit(void)
{
	int k = 780 + pick(150);
	const char *contract = h.contracts && pick(3) == 0
				       ? arena_printf(reg.arena,
						 ",\"contract\":{\"name\":\"nodal-fusion\","
						 "\"digest\":\"%s\"}",
						 h.contract[pick((uint32_t)h.contracts)])
				       : "";

	submit(arena_printf(reg.arena,
		"{\"provider\":\"hf\"%s,\"artifacts\":[{\"id\":\"s/textgen-v%d\",\"role\":"
		"\"textgen\",\"uri\":\"s3://b/t\",\"metrics\":{\"quality\":{\"value\":%.17g,\"n\":"
		"1000,\"successes\":%d},\"safety\":{\"value\":0.99,\"n\":2000,\"successes\":1980},"
		"\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7},\"suites\":{\"policy\":{"
		"\"total\":5000,\"passed\":5000},\"adversarial\":{\"total\":5000,\"passed\":"
		"5000}}}]}",
		contract, ++h.units, k / 1000.0, k));
}

static void op_evidence(void)
{
	int k = 780 + pick(150);

	submit(arena_printf(reg.arena,
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/eval-v%d\",\"role\":\"eval\","
		"\"uri\":\"s3://b/e\",\"subject\":\"s/textgen-v%d\",\"metrics\":{\"quality\":{"
		"\"value\":%.17g,\"n\":1000,\"successes\":%d}}}]}",
		++h.evidence, h.units - 3 + pick(6), k / 1000.0, k));
}

static void op_merge(void)
{
	struct outcome o = do_merge();

	if (o.status == 201)
		promote(member(o.body, "version"));
}

static void op_waiver(void)
{
	char until[TIME_STRLEN];
	struct outcome o;

	with.actor = "token:a";
	o = ask_waiver(arena_printf(reg.arena,
		"{'gate':'quality','artifact':{'provider':'hf','id':'s/textgen-v%d'},'reason':'r',"
		"'expires_at':'%s'}",
		h.units - pick(3), time_format(clock_now(&reg.clock.clock) + DAY, until)));
	if (o.status != 201)
		return;
	with.actor = "token:b";
	approve_waiver(member(o.body, "id"), "{'reason':'seen'}");
}

static void op_suite(void)
{
	post_suite(arena_printf(reg.arena,
		"{'name':'core','version':'%d','current':true,'datasets':{'d':'" D
		"'},'required_metrics':{'textgen':['quality']}}",
		++h.suites));
}

static void op_contract(void)
{
	struct outcome o;

	if (h.contracts == 8)
		return;
	o = post_contract(arena_printf(reg.arena,
		"{'name':'nodal-fusion','version':'1.%d.0','schema':{'type':'object','properties':"
		"{'a%d':{'type':'string'}}}}",
		h.contracts, h.contracts));
	if (o.status == 201)
		h.contract[h.contracts++] = member(o.body, "digest");
}

static void op_withdraw(void)
{
	withdraw("hf", arena_printf(reg.arena, "s/eval-v%d", h.evidence - pick(3)));
}

static void op_time(void)
{
	fake_clock_step(&reg.clock, (1 + pick(20)) * DAY);
	finish();
}

START_TEST(test_recompute__every_judgement_of_a_random_history)
{
	static void (*const ops[])(void) = {op_unit, op_unit, op_unit, op_evidence, op_evidence,
		op_evidence, op_merge, op_waiver, op_suite, op_contract, op_withdraw, op_time};
	const char *given = getenv("SEED");
	uint32_t seed;

	random_bytes(&seed, sizeof(seed));
	if (given)
		seed = (uint32_t)strtoul(given, NULL, 10);
	printf("SEED=%u\n", seed);
	fflush(stdout);
	memset(&h, 0, sizeof(h));
	h.random = seed;
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	op_unit();
	op_merge();
	for (int i = 0; i < OPERATIONS; i++)
		ops[pick(sizeof(ops) / sizeof(ops[0]))]();
	registry_reopen();
	finish();
	ck_assert_uint_gt(check_judgements(), 150);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("recompute");
	TCase *t = tcase_create("random");

	tcase_set_timeout(t, 100);
	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_recompute__every_judgement_of_a_random_history);
	suite_add_tcase(s, t);
	return s;
}
