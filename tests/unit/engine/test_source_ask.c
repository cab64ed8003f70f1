/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody outside says has changed is pulled by name, and only that: a connector over a list in
 * memory, on a fake clock.
 */
#include <check.h>
#include <string.h>

#include "engine/source.h"
#include "engine/source_run.h"
#include "store/artifact.h"
#include "support/registry.h"

Suite *test_suite(void);

static int listed, found, fetched, failures; /* failures: that many more finds and lists fail */
static const char *document;		     /* instead of a good one */
static bool asks_again;			     /* while it is looked at, once */

static int open_it(const struct connector_options *o, struct connector **ret, struct err *err)
{
	*ret = NULL;
	return 0;
}

static void close_it(struct connector *c)
{
}

static int list_it(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	listed++;
	if (failures > 0) {
		failures--;
		return err_set(err, ERR_UNREACHABLE, "no answer");
	}
	*ret = (struct source_listing){
		.v = ARENA_ARRAY(call->arena, 2, struct source_entry), .n = 2};
	ret->v[0] = (struct source_entry){.name = "lora-v1", .version = "1"};
	ret->v[1] = (struct source_entry){.name = "lora-v2", .version = "1"};
	return 0;
}

static int find_it(struct connector *c, const struct provider_call *call, const char *name,
	struct source_entry *ret, struct err *err)
{
	found++;
	if (failures > 0) {
		failures--;
		return err_set(err, ERR_UNREACHABLE, "no answer");
	}
	if (strncmp(name, "lora-", 5) != 0)
		return 0;
	*ret = (struct source_entry){.name = arena_strdup(call->arena, name), .version = "1"};
	return 1;
}

static int fetch_it(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	fetched++;
	if (asks_again)
		ck_assert_int_eq(
			source_ask_put(reg.engine->db, "hf", entry->name, call->arena, err), 0);
	asks_again = false;
	ret->text = document ? document
			     : arena_printf(call->arena,
				       "{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/"
				       "%s\",\"role\":\"textgen\",\"uri\":"
				       "\"hf://s/"
				       "x\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_"
				       "ms_p95\":120,"
				       "\"cost_per_1k_tokens\":0.7}}]}",
				       entry->name);
	ret->len = strlen(ret->text);
	ret->young = false;
	return FETCH_DONE;
}

static int hook_it(const struct connector *c, const char *body, size_t len, struct arena *a,
	struct source_mention *ret, struct err *err)
{
	if (len == 0)
		return err_set(err, ERR_BAD_REQUEST, "says nothing");
	*ret = strcmp(body, "other") == 0
		       ? (struct source_mention){.why = "it is somebody else's"}
		       : (struct source_mention){.name = arena_strndup(a, body, len)};
	return 0;
}

static const struct connector_kind kind = {.name = "memory",
	.open = open_it,
	.close = close_it,
	.list = list_it,
	.find = find_it,
	.hook = hook_it,
	.fetch = fetch_it};
static const struct engine_source sources[] = {
	{&kind, {.provider = "hf", .timeout = 300 * USEC_PER_SEC}},
};

static void setup(void)
{
	listed = found = fetched = failures = 0;
	asks_again = false;
	document = NULL;
	registry_setup();
	registry_sources(sources, 1);
}

static int message(const char *provider, const char *body, const char **name, struct err *err)
{
	struct source_mention about;
	int rc = source_message(reg.engine, provider, body, strlen(body), reg.arena, &about, err);

	if (rc == 0)
		*name = about.name;
	return rc;
}

/* The connector has other things to do up to then. */
static void hold_until(int64_t at)
{
	reg.engine->sources->v[0].asked_not_before = at;
}

/* Up to its commit, and no further. */
static void ask_for(const char *body)
{
	struct command *c = registry_command("POST /v1/hooks/hf", body);
	const char *name;
	struct outcome o;

	hold_until(INT64_MAX);
	ck_assert_int_eq(message("hf", body, &name, &c->err), 0);
	o = registry_run(c, source_ask(reg.engine, c, "hf", name, &c->err));
	ck_assert_int_eq(o.status, 202);
	ck_assert_str_eq(o.body,
		arena_printf(reg.arena,
			"{\"name\":\"%s\",\"outcome\":\"queued\",\"provider\":\"hf\"}", name));
	hold_until(0);
}

static size_t waiting(void)
{
	struct source_asks asks;
	struct err err;

	ck_assert_int_eq(source_asks_load(reg.reader, "hf", reg.arena, &asks, &err), 0);
	return asks.n;
}

/* Steps until nothing more is pulled at this instant. */
static void run(void)
{
	for (int i = 0; i < 4; i++) {
		engine_step(reg.engine);
		fake_clock_step(&reg.clock, USEC_PER_SEC);
	}
}

static bool has(const char *id)
{
	struct artifact_row row;
	struct err err;
	int rc = artifact_find(reg.reader, "hf", id, reg.arena, &row, &err);

	ck_assert_int_ge(rc, 0);
	return rc > 0;
}

START_TEST(test_source_ask__pulls_what_was_named)
{
	ask_for("lora-v2");
	ask_for("lora-v2");
	ask_for("gone-v1");
	run();
	ck_assert(has("s/lora-v2") && !has("s/lora-v1"));
	ck_assert_int_eq(listed, 0);
	ck_assert_int_eq(found, 2);
	ck_assert_int_eq(fetched, 1);
	ck_assert_uint_eq(waiting(), 0);
	check_registry();
}
END_TEST

/* It was acknowledged: whoever is killed then pulls it after all, and once. */
START_TEST(test_source_ask__what_was_taken_outlives_the_process)
{
	ask_for("lora-v2");
	ck_assert_uint_eq(waiting(), 1);
	ck_assert_int_eq(found, 0);
	registry_reopen();
	ck_assert_uint_eq(waiting(), 1);
	run();
	ck_assert(has("s/lora-v2") && !has("s/lora-v1"));
	ck_assert_uint_eq(waiting(), 0);
	registry_reopen();
	run();
	ck_assert_int_eq(found, 1);
	ck_assert_int_eq(fetched, 1);
	ck_assert_int_eq(listed, 0);
}
END_TEST

/* What came in is told apart from what is still to come by when it was named. */
START_TEST(test_source_ask__named_again_meanwhile_is_pulled_again)
{
	asks_again = true;
	ask_for("lora-v2");
	engine_step(reg.engine);
	ck_assert_int_eq(fetched, 1);
	ck_assert_uint_eq(waiting(), 1);
	ask_for("lora-v1");
	run();
	ck_assert_int_eq(found, 3);
	ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* What has not changed since is not fetched again, and the rest is not taken for gone. */
START_TEST(test_source_ask__forgets_nothing_else)
{
	ask_for("lora-v1");
	run();
	ask_for("lora-v2");
	run();
	ask_for("lora-v1");
	run();
	ck_assert_int_eq(found, 3);
	ck_assert_int_eq(fetched, 2);
	ck_assert(has("s/lora-v1") && has("s/lora-v2"));
}
END_TEST

START_TEST(test_source_ask__looks_again_at_what_was_refused)
{
	document = "{\"provider\":\"hf\"}";
	ask_for("lora-v1");
	run();
	ck_assert_int_eq(fetched, 1);
	document = NULL;
	ask_for("lora-v1");
	run();
	ck_assert_int_eq(fetched, 2);
	ck_assert(has("s/lora-v1"));
}
END_TEST

START_TEST(test_source_ask__a_failure_is_followed_by_one_look_at_all)
{
	failures = 1;
	ask_for("lora-v7");
	run();
	ck_assert_int_eq(listed, 0);
	fake_clock_step(&reg.clock, 300 * USEC_PER_SEC);
	run();
	ck_assert_int_eq(listed, 1);
	ck_assert(has("s/lora-v1") && has("s/lora-v2"));
	ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(test_source_ask__one_that_fails_keeps_no_other_from_coming)
{
	failures = 1;
	ask_for("lora-v7");
	ask_for("lora-v8");
	run();
	ck_assert_int_eq(found, 2);
	ck_assert_int_eq(listed, 0);
	ck_assert(has("s/lora-v7") != has("s/lora-v8"));
	/* And what failed is looked for again. */
	fake_clock_step(&reg.clock, 300 * USEC_PER_SEC);
	run();
	ck_assert_int_eq(listed, 1);
}
END_TEST

/* It is not given up while its place is away: ever more seldom, up to an hour; the name's own place in the
 * registry stays. */
START_TEST(test_source_ask__waits_for_a_place_that_is_away)
{
	failures = 5;
	ask_for("lora-v1");
	run();
	ck_assert_int_eq(found, 1);
	for (int i = 0; i < 5; i++) {
		static const int after[] = {300, 600, 1200, 2400, 3600};

		fake_clock_step(&reg.clock, (after[i] - 5) * USEC_PER_SEC);
		engine_step(reg.engine);
		ck_assert_int_eq(listed, i);
		fake_clock_step(&reg.clock, 5 * USEC_PER_SEC);
		run();
		ck_assert_int_eq(listed, i + 1);
		ck_assert_uint_eq(waiting(), i < 4 ? 1 : 0);
	}
	ck_assert(has("s/lora-v1"));
}
END_TEST

START_TEST(test_source_ask__too_much_is_everything)
{
	for (int i = 0; i < SOURCE_ASKS_MAX; i++)
		ask_for(arena_printf(reg.arena, "lora-v%d", i + 10));
	ask_for("lora-v10");
	ck_assert_uint_eq(waiting(), SOURCE_ASKS_MAX);
	ask_for("lora-v9");
	ck_assert_uint_eq(waiting(), 1);
	ask_for("lora-v10");
	ck_assert_uint_eq(waiting(), 1);
	run();
	ck_assert_int_eq(listed, 1);
	ck_assert_int_eq(found, 0);
	ck_assert_uint_eq(waiting(), 0);
}
END_TEST

static struct outcome pull(const char *provider)
{
	struct command *c = registry_command("POST /v1/providers/P/ingest", provider);

	return registry_run(c, source_pull(reg.engine, c, provider, &c->err));
}

/* All of it, at once, whatever was put off after failures; and it outlives a restart until then. */
START_TEST(test_source_ask__a_person_has_all_pulled)
{
	struct outcome o;

	ck_assert_int_eq(pull("gcp").code, ERR_NOT_FOUND);
	with.dry_run = true;
	ck_assert_int_eq(pull("hf").status, 200);
	ck_assert_uint_eq(waiting(), 0);
	failures = 1;
	ask_for("lora-v1");
	run();
	ck_assert_uint_eq(waiting(), 1);
	ck_assert_int_eq(listed, 0);
	o = pull("hf");
	ck_assert_int_eq(o.status, 202);
	ck_assert_str_eq(member(o.body, "name"), "hf");
	run();
	ck_assert_int_eq(listed, 1);
	ck_assert_int_eq(fetched, 2);
	ck_assert_uint_eq(waiting(), 0);
	ck_assert_int_eq(count_events("manifest.submitted"), 2);
}
END_TEST

START_TEST(test_source_ask__refusals)
{
	const char *name = "unset";
	struct err err;

	ck_assert_int_eq(message("gcp", "x", &name, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(message("hf", "", &name, &err), -1);
	ck_assert_int_eq(err.code, ERR_BAD_REQUEST);
	ck_assert_int_eq(message("hf", "other", &name, &err), 0);
	ck_assert_ptr_null(name);
	ck_assert_int_eq(message("hf", "lora-v1", &name, &err), 0);
	ck_assert_str_eq(name, "lora-v1");
	run();
	ck_assert_int_eq(found + listed, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("what changed elsewhere is pulled by name");
	TCase *t = tcase_create("ask");

	tcase_add_checked_fixture(t, setup, registry_teardown);
	tcase_add_test(t, test_source_ask__pulls_what_was_named);
	tcase_add_test(t, test_source_ask__a_person_has_all_pulled);
	tcase_add_test(t, test_source_ask__what_was_taken_outlives_the_process);
	tcase_add_test(t, test_source_ask__named_again_meanwhile_is_pulled_again);
	tcase_add_test(t, test_source_ask__waits_for_a_place_that_is_away);
	tcase_add_test(t, test_source_ask__forgets_nothing_else);
	tcase_add_test(t, test_source_ask__looks_again_at_what_was_refused);
	tcase_add_test(t, test_source_ask__a_failure_is_followed_by_one_look_at_all);
	tcase_add_test(t, test_source_ask__too_much_is_everything);
	tcase_add_test(t, test_source_ask__one_that_fails_keeps_no_other_from_coming);
	tcase_add_test(t, test_source_ask__refusals);
	suite_add_tcase(s, t);
	return s;
}
