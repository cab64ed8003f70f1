/* SPDX-License-Identifier: Apache-2.0
 *
 * A node's fusion block beside the daemon's: the same vectors, the same answers; and blocks that are
 * none, or larger than the memory for them.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "policy/fusion.h"
#include "spiralfed/node.h"
#include "spiralfed/scan.h"
#include "support/count.h"

Suite *test_suite(void);

enum { MEMORY = 1 << 20, FIELDS = 32 };

static struct arena *arena;
static json_t *vectors;
static void *memory;

static void setup(void)
{
	const char *src = getenv("SRC");

	arena = arena_new();
	memory = arena_alloc(arena, MEMORY);
	vectors = json_load_file(
		arena_printf(arena, "%s/vectors/fusion.json", src ? src : "."), 0, NULL);
	ck_assert_ptr_nonnull(vectors);
}

static void teardown(void)
{
	json_decref(vectors);
	arena_free(arena);
}

/* A release with this block. */
static const char *body_of(const json_t *block)
{
	char *text = json_dumps(block, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *body = arena_printf(
		arena, "{\"version\":\"1.0.0\",\"units\":{\"a\":[{}]},\"fusion\":%s}", text);

	free(text);
	return body;
}

static const struct spiralfed_fusion *load(const json_t *block)
{
	const struct spiralfed_fusion *f = NULL;
	const char *body = body_of(block);

	ck_assert_int_eq(
		spiralfed_fusion_load(body, strlen(body), memory, MEMORY, &f), SPIRALFED_OK);
	return f;
}

static size_t fields_of(const json_t *request, struct spiralfed_field fields[FIELDS],
	struct fusion_entry entries[FIELDS])
{
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)request, key, v)
	{
		struct spiralfed_field f = {.name = key};
		struct fusion_value value = {0};

		if (json_is_string(v)) {
			f.type = SPIRALFED_STRING;
			f.string = json_string_value(v);
			value = (struct fusion_value){FUSION_STRING, f.string, 0, false};
		} else if (json_is_number(v)) {
			f.type = SPIRALFED_NUMBER;
			f.number = json_number_value(v);
			value = (struct fusion_value){FUSION_NUMBER, NULL, f.number, false};
		} else if (json_is_boolean(v)) {
			f.type = SPIRALFED_BOOL;
			f.boolean = json_is_true(v);
			value = (struct fusion_value){FUSION_BOOL, NULL, 0, f.boolean};
		} else {
			continue;
		}
		fields[n] = f;
		entries[n++] = (struct fusion_entry){key, value};
	}
	return n;
}

START_TEST(test_block__routes_as_the_daemon_does)
{
	const json_t *block = json_object_get(vectors, "block"), *test;
	const struct spiralfed_fusion *f = load(block);
	struct faults faults;
	struct fusion daemon;
	size_t i, different = 0, fallbacks = 0;

	faults_init(&faults);
	ck_assert_int_eq(fields_parse(&fusion_table, block, "", arena, &daemon, &faults), 0);
	json_array_foreach(json_object_get(vectors, "routing"), i, test)
	{
		struct spiralfed_field fields[FIELDS];
		struct fusion_entry entries[FIELDS];
		size_t n = fields_of(json_object_get(test, "request"), fields, entries);
		struct fusion_choice theirs =
			fusion_route(&daemon, &(struct fusion_request){entries, n});
		struct spiralfed_choice ours;

		ck_assert_int_eq(spiralfed_route(f, fields, n, &ours), SPIRALFED_OK);
		ck_assert_str_eq(ours.route, theirs.name);
		ck_assert_str_eq(ours.target, theirs.to);
		ck_assert_uint_eq(ours.n_fallback, theirs.fallback->n);
		for (size_t k = 0; k < ours.n_fallback; k++)
			ck_assert_str_eq(ours.fallback[k], theirs.fallback->v[k]);
		different += strcmp(ours.route, "default") != 0;
		fallbacks += ours.n_fallback;
	}
	ck_assert_uint_ge(i, 20);
	ck_assert_uint_ge(different, 10);
	ck_assert_uint_ge(fallbacks, 5);
}
END_TEST

START_TEST(test_block__votes_by_the_vectors)
{
	const json_t *test;
	size_t i;

	json_array_foreach(json_object_get(vectors, "votes"), i, test)
	{
		json_t *block = json_pack("{s:{s:s}, s:{s:O}}", "default", "to", "model:x",
			"ensembles", "e", json_object_get(test, "ensemble"));
		const struct spiralfed_fusion *f = load(block);
		const json_t *votes = json_object_get(test, "votes"),
			     *wanted = json_object_get(test, "expect");
		const char *said[FIELDS] = {NULL}, *members[FIELDS];
		struct spiralfed_ballot ballot;
		size_t n_members;
		int64_t timeout;

		for (size_t k = 0; k < json_array_size(votes); k++)
			said[k] = json_string_value(json_array_get(votes, k));
		ck_assert_int_eq(spiralfed_vote(f, "e", said, json_array_size(votes), &ballot),
			SPIRALFED_OK);
		ck_assert_str_eq(ballot.label, json_string_value(json_object_get(wanted, "label")));
		ck_assert_str_eq(
			ballot.reason, json_string_value(json_object_get(wanted, "reason")));
		ck_assert_int_eq(spiralfed_members(f, "e", members, FIELDS, &n_members, &timeout),
			SPIRALFED_OK);
		ck_assert_uint_ge(n_members, json_array_size(votes));
		ck_assert_int_eq(spiralfed_members(f, "e", members, 0, &n_members, &timeout),
			SPIRALFED_TOO_LARGE);
		ck_assert_int_eq(spiralfed_vote(f, "none", said, 0, &ballot), SPIRALFED_ABSENT);
		json_decref(block);
	}
	ck_assert_uint_ge(i, 10);
}
END_TEST

START_TEST(test_block__names_what_it_has)
{
	const struct spiralfed_fusion *f = load(json_object_get(vectors, "block"));
	const char *artifact, *adapter, *said[] = {"allow", "allow", "allow"}, *target;
	struct spiralfed_ballot ballot;

	ck_assert_int_eq(spiralfed_model(f, "code", &artifact, &adapter), SPIRALFED_OK);
	ck_assert_str_eq(artifact, "sha256:aa..");
	ck_assert_str_eq(adapter, "sha256:c0..");
	ck_assert_int_eq(spiralfed_model(f, "general", &artifact, &adapter), SPIRALFED_OK);
	ck_assert_ptr_null(adapter);
	ck_assert_int_eq(spiralfed_model(f, "x", &artifact, &adapter), SPIRALFED_ABSENT);
	ck_assert_int_eq(spiralfed_vote(f, "safe", said, 3, &ballot), SPIRALFED_OK);
	ck_assert_str_eq(ballot.then, "model:general");
	ck_assert_int_eq(spiralfed_split(f, "x", NULL, 0, &target), SPIRALFED_ABSENT);
}
END_TEST

START_TEST(test_block__splits_by_the_buckets)
{
	const json_t *bucket;
	size_t i;

	json_array_foreach(json_object_get(vectors, "split_buckets"), i, bucket)
	{
		int number = (int)json_integer_value(json_object_get(bucket, "bucket"));
		const struct spiralfed_field key = {.name = "user",
			.type = SPIRALFED_STRING,
			.string = json_string_value(json_object_get(bucket, "key"))};

		/* The branch begins and ends at this very bucket. */
		for (int d = 0; d < 2; d++) {
			json_t *block = json_pack("{s:{s:s}, s:{s:{s:O, s:s, s:[{s:s, s:i}, {s:s, "
						  "s:i}]}}}",
				"default", "to", "model:x", "splits", "s", "salt",
				json_object_get(bucket, "salt"), "key", "user", "branches", "to",
				"model:low", "weight", number + d, "to", "model:high", "weight",
				10000 - number - d);
			const char *target;

			ck_assert_int_eq(
				spiralfed_split(load(block), "s", &key, 1, &target), SPIRALFED_OK);
			ck_assert_str_eq(target, d ? "model:low" : "model:high");
			json_decref(block);
		}
	}
	ck_assert_uint_ge(i, 4);
}
END_TEST

static const char *const bad_blocks[] = {
	"7",
	"{}",
	"{\"default\":{}}",
	"{\"default\":{\"to\":\"model:x\"},\"routes\":[{}]}",
	"{\"default\":{\"to\":\"model:x\"},\"routes\":[{\"name\":\"a\",\"to\":\"model:x\",\"when\":"
	"{}}]}",
	"{\"default\":{\"to\":\"model:x\"},\"routes\":[{\"name\":\"a\",\"to\":\"model:x\","
	"\"when\":{\"field\":\"f\",\"op\":\"gt\"}}]}",
	"{\"default\":{\"to\":\"model:x\"},\"routes\":[{\"name\":\"a\",\"to\":\"model:x\","
	"\"when\":{\"field\":\"f\",\"op\":\"like\",\"value\":1}}]}",
	"{\"default\":{\"to\":\"model:x\"},\"routes\":[{\"name\":\"a\",\"to\":\"model:x\","
	"\"when\":{\"all\":[{\"field\":\"f\",\"op\":\"eq\",\"value\":[]}]}}]}",
	"{\"default\":{\"to\":\"model:x\"},\"ensembles\":{\"e\":{\"labels\":[],\"members\":[]}}}",
	"{\"default\":{\"to\":\"model:x\"},\"splits\":{\"s\":{\"salt\":\"\",\"key\":\"k\","
	"\"branches\":[]}}}",
	"{\"default\":{\"to\":\"model:x\"},\"models\":{\"m\":{}}}",
	"{\"default\":{\"to\":\"model:x\"},\"models\":[]}",
	"{\"default\":{\"to\":\"model:x\"",
	/* Twice, the second time with less than the first. */
	"{\"default\":{\"to\":\"model:x\"},\"models\":{\"a\":{\"artifact\":\"b\"}},\"models\":{}}",
	"{\"default\":{\"to\":\"model:x\",\"fallback\":[\"model:y\",\"model:z\"],\"fallback\":[]}}",
};

START_TEST(test_block__refuses_what_would_mislead_it)
{
	const struct spiralfed_fusion *f;
	const char *body = arena_printf(arena, "{\"fusion\":%s}", bad_blocks[_i]);

	ck_assert_int_eq(
		spiralfed_fusion_load(body, strlen(body), memory, MEMORY, &f), SPIRALFED_MALFORMED);
}
END_TEST

START_TEST(test_block__absent_and_too_large)
{
	const struct spiralfed_fusion *f;
	const char *body = body_of(json_object_get(vectors, "block"));
	size_t len = strlen(body), least = 0, good = 0;

	ck_assert_int_eq(
		spiralfed_fusion_load("{\"a\":{}}", 8, memory, MEMORY, &f), SPIRALFED_ABSENT);
	/* Whatever the size: enough, or said to be too little; never beyond it. */
	for (size_t size = 0; size < 3 * len; size += 7) {
		char *small = malloc(size + 1);
		enum spiralfed_status status = spiralfed_fusion_load(body, len, small, size, &f);

		ck_assert(status == SPIRALFED_OK || status == SPIRALFED_TOO_LARGE);
		if (status == SPIRALFED_OK && !least)
			least = size;
		good += status == SPIRALFED_OK;
		free(small);
	}
	ck_assert_uint_gt(good, 0);
	ck_assert_uint_le(least, 3 * len);
	/* Cut anywhere it is malformed, and never read beyond. */
	for (size_t n = 0; n < len; n++) {
		char *cut = malloc(n + 1);

		memcpy(cut, body, n);
		enum spiralfed_status status = spiralfed_fusion_load(cut, n, memory, MEMORY, &f);

		ck_assert(
			status == SPIRALFED_MALFORMED || (status == SPIRALFED_OK && n == len - 1));
		free(cut);
	}
}
END_TEST

static const struct {
	const char *text;
	double value;
	bool bad;
} numbers[] = {
	{"0", 0},
	{"-0", -0.0},
	{"1", 1},
	{"0.1", 0.1},
	{"-2.5", -2.5},
	{"0.30000000000000004", 0.1 + 0.2},
	{"1e3", 1000},
	{"1.7976931348623157e308", 1.7976931348623157e308},
	{"5e-324", 5e-324},
	{"123456789012345678", 123456789012345678.0},
	{"0.000001", 0.000001},
	{"9007199254740993", 9007199254740992.0},
	{"1e400", 0, true},
	{"01", 0, true},
	{"1.", 0, true},
	{".5", 0, true},
	{"+1", 0, true},
	{"1e", 0, true},
	{"--1", 0, true},
	{"", 0, true},
	{"NaN", 0, true},
	{"0x10", 0, true},
};

START_TEST(test_scan__number)
{
	struct scan s;
	double v;

	scan_init(&s, numbers[_i].text, strlen(numbers[_i].text));
	v = scan_number(&s);
	ck_assert_int_eq(scan_done(&s), !numbers[_i].bad);
	if (!numbers[_i].bad)
		ck_assert_mem_eq(&v, &numbers[_i].value, sizeof(v));
}
END_TEST

static const struct {
	const char *text, *value;
} texts[] = {
	{"\"\"", ""},
	{"\"a b\"", "a b"},
	{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
	{"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"\"\\u0000\"", NULL},
	{"\"\\ud83d\"", NULL},
	{"\"\\ude00\"", NULL},
	{"\"\\ud83dx\"", NULL},
	{"\"\\u12g4\"", NULL},
	{"\"\\x\"", NULL},
	{"\"\\", NULL},
	{"\"\x01\"", NULL},
	{"\"abc", NULL},
	{"\"0123456789012345678901234567890\"", "0123456789012345678901234567890"},
	{"\"01234567890123456789012345678901\"", NULL},
	{"x", NULL},
};

START_TEST(test_scan__string)
{
	char buf[32];
	struct scan s;

	scan_init(&s, texts[_i].text, strlen(texts[_i].text));
	scan_string(&s, buf, sizeof(buf));
	ck_assert_int_eq(scan_done(&s), texts[_i].value != NULL);
	if (texts[_i].value)
		ck_assert_str_eq(buf, texts[_i].value);
}
END_TEST

START_TEST(test_scan__depth)
{
	char text[400];
	struct scan s;

	for (int depth = SCAN_DEPTH_MAX - 1; depth <= SCAN_DEPTH_MAX + 1; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		scan_init(&s, text, 2 * (size_t)depth);
		scan_skip(&s);
		ck_assert_int_eq(scan_done(&s), depth <= SCAN_DEPTH_MAX);
	}
	scan_init(&s, "]", 1);
	scan_skip(&s);
	ck_assert(!scan_done(&s));
}
END_TEST

static enum spiralfed_status load_plan(
	const char *plans, const char *provider, const char **ret_target)
{
	const char *body = arena_printf(
		arena, "{\"plan_b\":%s,\"fusion\":{\"default\":{\"to\":\"model:own\"}}}", plans);
	const struct spiralfed_fusion *f = NULL;
	struct spiralfed_choice choice = {0};
	enum spiralfed_status status =
		spiralfed_plan_load(body, strlen(body), provider, memory, MEMORY, &f);

	if (status == SPIRALFED_OK)
		ck_assert_int_eq(spiralfed_route(f, NULL, 0, &choice), SPIRALFED_OK);
	*ret_target = choice.target;
	return status;
}

static const char some_plans[] =
	"{\"aws\":{\"reason\":\"no_plan_b\",\"detail\":\"x\",\"verdict\":\"fail\"},"
	"\"gcp\":{\"reason\":\"unaffected\",\"verdict\":\"pass\"},"
	"\"hf\":{\"fusion\":{\"default\":{\"to\":\"model:other\"}},\"verdict\":\"pass\"},"
	"\"broken\":{\"fusion\":{},\"verdict\":\"pass\"},"
	"\"false\":{\"fusion\":{\"default\":{\"to\":\"model:other\"}},\"verdict\":\"fail\"}}";

START_TEST(test_block__plan_b)
{
	const char *target;

	ck_assert_int_eq(load_plan(some_plans, "hf", &target), SPIRALFED_OK);
	ck_assert_str_eq(target, "model:other");
	ck_assert_int_eq(load_plan(some_plans, "gcp", &target), SPIRALFED_OK);
	ck_assert_str_eq(target, "model:own");
	ck_assert_int_eq(load_plan(some_plans, "aws", &target), SPIRALFED_NO_PLAN);
	ck_assert_int_eq(load_plan(some_plans, "false", &target), SPIRALFED_NO_PLAN);
	ck_assert_int_eq(load_plan(some_plans, "broken", &target), SPIRALFED_MALFORMED);
	ck_assert_int_eq(load_plan(some_plans, "azure", &target), SPIRALFED_ABSENT);
	ck_assert_int_eq(load_plan(some_plans, "", &target), SPIRALFED_ABSENT);
}
END_TEST

#define FUSION_TO(model_) "\"fusion\":{\"default\":{\"to\":\"model:" model_ "\"}}"

static const char *const odd_plans[] = {
	"[]",
	"1",
	"null",
	"{\"hf\":1}",
	"{\"hf\":{\"verdict\":1}}",
	"{\"hf\":{\"verdict\":\"pass\",\"verdict\":\"pass\"}}",
	"{\"hf\":{\"verdict\":\"pass\"},\"hf\":{\"verdict\":\"pass\"}}",
	("{\"hf\":{\"verdict\":\"pass\"," FUSION_TO("a") "," FUSION_TO("b") "}}"),
};

START_TEST(test_block__plan_b_that_is_none)
{
	const char *target;

	ck_assert_int_eq(load_plan(odd_plans[_i], "hf", &target), SPIRALFED_MALFORMED);
}
END_TEST

START_TEST(test_block__plan_b_cut_short_and_in_too_little_memory)
{
	const char *body = arena_printf(arena, "{\"plan_b\":%s}", some_plans);
	const struct spiralfed_fusion *f = NULL;
	size_t taken = 0;

	for (size_t n = 0; n < strlen(body) - 1; n++)
		taken += spiralfed_plan_load(body, n, "hf", memory, MEMORY, &f) == SPIRALFED_OK;
	/* What stands behind the plans of a verified body is not read. */
	ck_assert_uint_le(taken, 1);
	ck_assert_int_eq(
		spiralfed_plan_load(body, strlen(body), "hf", memory, 8, &f), SPIRALFED_TOO_LARGE);
	ck_assert_int_eq(spiralfed_plan_load("{}", 2, "hf", memory, MEMORY, &f), SPIRALFED_ABSENT);
	ck_assert_int_eq(
		spiralfed_plan_load(body, SPIRALFED_RELEASE_MAX + 1, "hf", memory, MEMORY, &f),
		SPIRALFED_TOO_LARGE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fusion blocks as a node reads them");
	TCase *t = tcase_create("block");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_block__routes_as_the_daemon_does);
	tcase_add_test(t, test_block__votes_by_the_vectors);
	tcase_add_test(t, test_block__names_what_it_has);
	tcase_add_test(t, test_block__splits_by_the_buckets);
	tcase_add_loop_test(t, test_block__refuses_what_would_mislead_it, 0, COUNT(bad_blocks));
	tcase_add_test(t, test_block__absent_and_too_large);
	tcase_add_loop_test(t, test_scan__number, 0, COUNT(numbers));
	tcase_add_loop_test(t, test_scan__string, 0, COUNT(texts));
	tcase_add_test(t, test_scan__depth);
	tcase_add_test(t, test_block__plan_b);
	tcase_add_loop_test(t, test_block__plan_b_that_is_none, 0,
		(int)(sizeof(odd_plans) / sizeof(odd_plans[0])));
	tcase_add_test(t, test_block__plan_b_cut_short_and_in_too_little_memory);
	suite_add_tcase(s, t);
	return s;
}
