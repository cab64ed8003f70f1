/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine as a fixture.
 */
#include "support/registry.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/negotiate.h"
#include "base/jcs.h"
#include "base/log.h"
#include "engine/recompute.h"
#include "engine/render.h"
#include "store/event.h"
#include "store/release.h"
#include "support/calm_policy.h"
#include "support/scratch.h"

struct registry reg;
struct with with;

enum { START_YEAR = 2026 };

static const struct engine_source *sources;
static size_t n_sources;
static struct strings asked;
static int (*webhook_send)(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err);

static void open_engine(void)
{
	char path[SCRATCH_PATH];
	struct err err = {0};
	const struct engine_options o = {
		.path = scratch_file(path, "registry.db"),
		.clock = &reg.clock.clock,
		.policy_text = calm_policy(),
		.queue_max = 16,
		.sources = sources,
		.n_sources = n_sources,
		.asked = asked,
		.webhook_send = webhook_send,
	};

	ck_assert_msg(engine_open(&o, &reg.engine, &err) == 0, "%s", err.msg);
	ck_assert_msg(engine_reader(reg.engine, &reg.reader, &err) == 0, "%s", err.msg);
}

static void close_engine(void)
{
	db_close(reg.reader);
	engine_close(reg.engine);
}

void registry_setup(void)
{
	const struct civil start = {.year = START_YEAR, .month = 11, .day = 24, .hour = 6};

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, -1);
	scratch_make();
	fake_clock_init(&reg.clock, civil_to_time(&start));
	reg.arena = arena_new();
	with = (struct with){0};
	open_engine();
}

void registry_teardown(void)
{
	close_engine();
	sources = NULL;
	n_sources = 0;
	asked = (struct strings){0};
	webhook_send = NULL;
	arena_free(reg.arena);
	scratch_remove();
}

void registry_reopen_after(int64_t usec)
{
	close_engine();
	fake_clock_step(&reg.clock, usec);
	open_engine();
}

void registry_reopen(void)
{
	registry_reopen_after(0);
}

void registry_sources(const struct engine_source *list, size_t n)
{
	sources = list;
	n_sources = n;
	registry_reopen();
}

void registry_asked(struct strings names)
{
	asked = names;
	registry_reopen();
}

void registry_webhooks(int (*send)(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err))
{
	webhook_send = send;
	registry_reopen();
}

static void over(struct command *c)
{
	bool *flag = c->owner;

	ck_assert(!*flag);
	*flag = true;
}

static struct command *new_command(const char *route, const char *body)
{
	struct command *c = ARENA_NEW(reg.arena, struct command);

	c->arena = reg.arena;
	c->actor = with.actor ? with.actor : "token:test";
	c->request_id = "request-1";
	c->idempotency.key = with.key;
	c->idempotency.route = route;
	digest_string(body, strlen(body), c->idempotency.request_digest);
	c->if_match = with.if_match ? if_match_parse(with.if_match, reg.arena) : NULL;
	c->dry_run = with.dry_run;
	c->done = over;
	c->owner = ARENA_NEW(reg.arena, bool);
	with = (struct with){0};
	return c;
}

struct outcome outcome_of(struct command *c)
{
	struct outcome o = {.c = c, .code = c->err.code, .body = ""};

	o.status = o.code ? err_info(o.code)->status : c->answer.status;
	if (!o.code && c->answer.body) {
		ck_assert_uint_eq(strlen(c->answer.body), c->answer.body_len);
		o.body = c->answer.body;
	}
	return o;
}

/* Run what was queued; `rc` is what the verb returned: a command it refused is over already. */
static struct outcome run(struct command *c, int rc)
{
	engine_step(reg.engine);
	ck_assert_int_eq(*(bool *)c->owner, rc == 0);
	fake_clock_step(&reg.clock, USEC_PER_SEC);
	return outcome_of(c);
}

struct command *registry_command(const char *route, const char *body)
{
	return new_command(route, body);
}

struct outcome registry_run(struct command *c, int rc)
{
	return run(c, rc);
}

void finish(void)
{
	engine_step(reg.engine);
}

struct command *queue_submit(const char *manifest)
{
	struct command *c = new_command("POST /v1/manifests", manifest);

	manifest_submit(reg.engine, reg.reader, c, manifest, strlen(manifest), &c->err);
	return c;
}

struct outcome submit(const char *manifest)
{
	struct command *c = new_command("POST /v1/manifests", manifest);

	return run(
		c, manifest_submit(reg.engine, reg.reader, c, manifest, strlen(manifest), &c->err));
}

struct outcome submit_unit(const char *id, const char *role, double quality)
{
	const char *provider = strcmp(role, "embed") == 0     ? "gcp"
			       : strcmp(role, "runtime") == 0 ? "aws"
							      : "hf";

	return submit(arena_printf(reg.arena,
		"{\"provider\":\"%s\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"%s\",\"uri\":"
		"\"s3://b/%s\",\"metrics\":{\"quality\":%g,\"safety\":0.98,\"latency_ms_p95\":120,"
		"\"cost_per_1k_tokens\":0.7}}]}",
		provider, id, role, id, quality));
}

static const struct merge_request any_merge = {.reason = "test", .dry_run = -1};

struct command *queue_merge(void)
{
	struct command *c = new_command("POST /v1/merges", "{}");

	merge_submit(reg.engine, c, &any_merge, &c->err);
	return c;
}

struct outcome submit_samples(const char *id, int successes, const char *more)
{
	return submit(arena_printf(reg.arena,
		"{\"provider\":\"hf\"%s,\"artifacts\":[{\"id\":\"%s\",\"role\":\"textgen\",\"uri\":"
		"\"s3://b/"
		"t\",\"metrics\":{\"quality\":{\"value\":%.17g,\"n\":1000,\"successes\":%d},"
		"\"safety\":{\"value\":0.99,\"n\":2000,\"successes\":1980},\"latency_ms_p95\":120,"
		"\"cost_per_1k_tokens\":0.7},\"suites\":{\"policy\":{\"total\":5000,\"passed\":"
		"5000},"
		"\"adversarial\":{\"total\":5000,\"passed\":5000}}}]}",
		more, id, successes / 1000.0, successes));
}

struct outcome submit_eval(const char *id, const char *subject, int successes)
{
	return submit(arena_printf(reg.arena,
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"eval\",\"uri\":"
		"\"s3://b/"
		"e\",\"subject\":\"%s\",\"metrics\":{\"quality\":{\"value\":%.17g,\"n\":1000,"
		"\"successes\":%d}}}]}",
		id, subject, successes / 1000.0, successes));
}

struct outcome do_merge(void)
{
	struct command *c = new_command("POST /v1/merges", "{}");

	return run(c, merge_submit(reg.engine, c, &any_merge, &c->err));
}

struct command *queue_rollback(const char *to)
{
	struct rollback_request *r = ARENA_NEW(reg.arena, struct rollback_request);
	struct command *c = new_command("POST /v1/rollbacks", to);

	*r = (struct rollback_request){.reason = "test", .to = to, .dry_run = -1};
	rollback_submit(reg.engine, c, r, &c->err);
	return c;
}

struct command *queue_promote(const char *merge, const char *if_match)
{
	struct promotion_request *r = ARENA_NEW(reg.arena, struct promotion_request);
	struct command *c;

	with.if_match = if_match;
	c = new_command("POST /v1/promotions", merge);
	*r = (struct promotion_request){
		.merge = merge, .reason = "test", .override = -1, .dry_run = -1};
	promotion_submit(reg.engine, c, r, &c->err);
	return c;
}

struct outcome promote(const char *merge)
{
	struct promotion_request r = {.merge = merge,
		.reason = "test",
		.override = with.override ? 1 : -1,
		.dry_run = -1};
	struct command *c = new_command("POST /v1/promotions", merge);

	return run(c, promotion_submit(reg.engine, c, &r, &c->err));
}

struct outcome begin_drill(const char *to)
{
	struct rollback_request r = {.reason = "test", .to = to, .drill = 1, .dry_run = -1};
	struct command *c = new_command("POST /v1/rollbacks", to ? to : "");

	return run(c, rollback_submit(reg.engine, c, &r, &c->err));
}

struct outcome rollback(const char *to)
{
	struct rollback_request r = {.reason = "test", .to = to, .dry_run = -1};
	struct command *c = new_command("POST /v1/rollbacks", to ? to : "");

	return run(c, rollback_submit(reg.engine, c, &r, &c->err));
}

static struct outcome observe_one(const struct observation *o)
{
	const struct observations all = {.observations = {.v = (void *)(uintptr_t)o, .n = 1}};
	struct command *c = new_command("POST /v1/observations", o->release);

	return run(c, observations_submit(reg.engine, c, &all, &c->err));
}

struct outcome observe(const char *release, int64_t total, int64_t errors)
{
	int64_t now = clock_now(&reg.clock.clock);
	const struct observation o = {
		.node = "n1",
		.release = release,
		.serial = -1,
		.t_start = now - 1,
		.t_end = now,
		.total = total,
		.errors = errors,
	};

	return observe_one(&o);
}

struct outcome observe_window(const char *release, const char *node, int end_s, int length_s)
{
	int64_t end = clock_now(&reg.clock.clock) + end_s * USEC_PER_SEC;
	const struct observation o = {
		.node = node,
		.release = release,
		.serial = -1,
		.t_start = end - length_s * USEC_PER_SEC,
		.t_end = end,
		.total = 1,
	};

	return observe_one(&o);
}

struct outcome observe_counts(const char *release, const struct observation *counts)
{
	struct observation o = *counts;

	o.node = "n1";
	o.release = release;
	o.serial = -1;
	o.t_end = clock_now(&reg.clock.clock);
	o.t_start = o.t_end - 60 * USEC_PER_SEC;
	return observe_one(&o);
}

struct outcome observe_asked(const char *release, const struct observation *counts)
{
	struct observation o = *counts;
	const struct observations all = {.observations = {.v = &o, .n = 1}};
	struct command *c = new_command("Prometheus", release);

	o.node = OBSERVATION_ASKED_NODE;
	o.release = release;
	o.serial = -1;
	o.t_end = clock_now(&reg.clock.clock);
	o.t_start = o.t_end - 60 * USEC_PER_SEC;
	return run(c, observations_asked(reg.engine, c, &all, &c->err));
}

static const struct reason_request reason = {.reason = "test", .dry_run = -1};

struct outcome acknowledge(void)
{
	struct command *c = new_command("POST /v1/slo/acknowledge", "{}");

	return run(c, slo_acknowledge(reg.engine, c, &reason, &c->err));
}

struct outcome withdraw(const char *provider, const char *id)
{
	struct command *c = new_command("POST withdraw", id);

	return run(c, artifact_withdraw(reg.engine, c, provider, id, &reason, &c->err));
}

struct outcome unquarantine_artifact(const char *provider, const char *id)
{
	struct command *c = new_command("POST unquarantine", id);

	return run(c, artifact_unquarantine(reg.engine, c, provider, id, &reason, &c->err));
}

struct outcome unquarantine_release(const char *version)
{
	struct command *c = new_command("POST release unquarantine", version);

	return run(c, release_unquarantine(reg.engine, c, version, &reason, &c->err));
}

struct outcome put_policy(const char *text)
{
	struct command *c = new_command("PUT /v1/policy", text);

	return run(c, policy_submit(reg.engine, c, text, strlen(text), "test", &c->err));
}

struct outcome make_token(const char *scope, int64_t expires_at)
{
	const struct token_request r = {
		.name = "test", .scopes = {.v = &scope, .n = 1}, .expires_at = expires_at};
	struct command *c = new_command("POST /v1/tokens", scope);

	return run(c, token_create(reg.engine, c, &r, &c->err));
}

struct outcome revoke_token(const char *id)
{
	struct command *c = new_command("DELETE /v1/tokens", id);

	return run(c, token_revoke(reg.engine, c, id, &c->err));
}

/* The body of a request as the API would hand it on. */
static int parse_body(const struct field_table *t, struct command *c, const char *body, void *ret)
{
	char *text = arena_strdup(reg.arena, body);

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	c->faults = ARENA_NEW(reg.arena, struct faults);
	faults_init(c->faults);
	if (fields_parse_text(t, text, strlen(text), reg.arena, ret, c->faults, &c->err) == 0) {
		c->faults = NULL;
		return 0;
	}
	return c->err.code ? -1 : err_set(&c->err, ERR_INVALID_BODY, "faults");
}

struct outcome post_suite(const char *body)
{
	struct command *c = new_command("POST /v1/suites", body);
	struct canonical_suite *s = ARENA_NEW(reg.arena, struct canonical_suite);

	if (parse_body(&canonical_suite_table, c, body, s) < 0)
		return outcome_of(c);
	return run(c, suite_submit(reg.engine, c, s, &c->err));
}

struct outcome activate_suite(const char *name, const char *version)
{
	struct command *c = new_command("POST activate", name);

	return run(c, suite_activate(reg.engine, c, name, version, &reason, &c->err));
}

struct outcome post_contract(const char *body)
{
	struct command *c = new_command("POST /v1/contracts", body);
	struct contract_record *r = ARENA_NEW(reg.arena, struct contract_record);

	if (parse_body(&contract_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, contract_submit(reg.engine, c, r, &c->err));
}

struct outcome report(const char *node, const char *body)
{
	struct command *c = new_command("PUT /v1/nodes", body);
	struct node_report *r = ARENA_NEW(reg.arena, struct node_report);

	if (parse_body(&node_report_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, node_submit(reg.engine, reg.reader, c, node, r, &c->err));
}

struct command *queue_report(const char *node, const char *body)
{
	struct command *c = new_command("PUT /v1/nodes", body);
	struct node_report *r = ARENA_NEW(reg.arena, struct node_report);

	ck_assert_int_eq(parse_body(&node_report_table, c, body, r), 0);
	node_submit(reg.engine, reg.reader, c, node, r, &c->err);
	return c;
}

struct outcome ask_waiver(const char *body)
{
	struct command *c = new_command("POST /v1/waivers", body);
	struct waiver *w = ARENA_NEW(reg.arena, struct waiver);

	if (parse_body(&waiver_table, c, body, w) < 0)
		return outcome_of(c);
	return run(c, waiver_submit(reg.engine, c, w, &c->err));
}

struct outcome approve_waiver(const char *id, const char *body)
{
	struct command *c = new_command("POST approve", body);
	struct waiver_approval *r = ARENA_NEW(reg.arena, struct waiver_approval);

	if (parse_body(&waiver_approval_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, waiver_approve(reg.engine, c, id, r, &c->err));
}

struct outcome revoke_waiver(const char *id)
{
	struct command *c = new_command("POST revoke", id);

	return run(c, waiver_revoke(reg.engine, c, id, &reason, &c->err));
}

struct outcome make_webhook(const char *body)
{
	struct command *c = new_command("POST /v1/webhooks", body);
	struct webhook_request *r = ARENA_NEW(reg.arena, struct webhook_request);

	if (parse_body(&webhook_request_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, webhook_create(reg.engine, c, r, &c->err));
}

struct outcome alter_webhook(const char *id, const char *body)
{
	struct command *c = new_command("PATCH webhook", body);
	struct webhook_change *r = ARENA_NEW(reg.arena, struct webhook_change);

	if (parse_body(&webhook_change_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, webhook_alter(reg.engine, c, id, r, &c->err));
}

struct outcome rotate_webhook(const char *id, const char *body)
{
	struct command *c = new_command("POST rotate", body);
	struct webhook_rotation *r = ARENA_NEW(reg.arena, struct webhook_rotation);

	if (parse_body(&webhook_rotation_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, webhook_rotate(reg.engine, c, id, r, &c->err));
}

struct outcome redeliver(const char *id, const char *body)
{
	struct command *c = new_command("POST redeliver", body);
	struct webhook_redelivery *r = ARENA_NEW(reg.arena, struct webhook_redelivery);

	if (parse_body(&webhook_redelivery_table, c, body, r) < 0)
		return outcome_of(c);
	return run(c, webhook_redeliver(reg.engine, c, id, r, &c->err));
}

struct outcome test_webhook(const char *id)
{
	struct command *c = new_command("POST test", id);

	return run(c, webhook_test(reg.engine, c, id, &c->err));
}

struct outcome remove_webhook(const char *id)
{
	struct command *c = new_command("DELETE webhook", id);

	return run(c, webhook_remove(reg.engine, c, id, &c->err));
}

struct outcome sign_off(const char *merge, const char *body)
{
	struct command *c = new_command("POST signoffs", body);
	struct signoff *s = ARENA_NEW(reg.arena, struct signoff);

	if (parse_body(&signoff_table, c, body, s) < 0)
		return outcome_of(c);
	return run(c, signoff_submit(reg.engine, c, merge, s, &c->err));
}

void set_cadence(const char *cadence)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct outcome o;

	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	o = put_policy(policy_with_cadence(cadence, reg.arena));
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
}

struct outcome run_job(enum job job)
{
	const struct run_request r = {.reason = "test", .dry_run = -1};
	struct command *c = new_command("POST run", "");

	return run(c, schedule_run(reg.engine, c, job, &r, &c->err));
}

struct outcome freeze(const char *body)
{
	struct command *c = new_command("POST /v1/freezes", body);
	struct freeze *f = ARENA_NEW(reg.arena, struct freeze);

	if (parse_body(&freeze_table, c, body, f) < 0)
		return outcome_of(c);
	return run(c, freeze_submit(reg.engine, c, f, &c->err));
}

struct outcome end_freeze(const char *id)
{
	struct command *c = new_command("POST end", id);

	return run(c, freeze_end(reg.engine, c, id, &reason, &c->err));
}

/* ---- reading ---- */

const char *channel_text(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);

	return s->has_release ? arena_strdup(reg.arena, s->channel_body.text) : NULL;
}

static const char *text_of(int rc, const struct body *body, const struct err *err)
{
	char digest[DIGEST_STRLEN];

	ck_assert_msg(rc >= 0, "%s", err->msg);
	if (rc == 0)
		return NULL;
	ck_assert_str_eq(digest_string(body->text, body->len, digest), body->digest);
	return body->text;
}

const char *release_text(const char *version)
{
	struct err err = {0};
	struct body body;
	int rc = release_summary(reg.reader, version, reg.arena, &body, &err);

	return text_of(rc, &body, &err);
}

const char *artifact_text(const char *provider, const char *id)
{
	struct err err = {0};
	struct body body;
	int rc = artifact_body(reg.reader, provider, id, reg.arena, &body, &err);

	return text_of(rc, &body, &err);
}

const char *merge_text(const char *version)
{
	struct err err = {0};
	struct body body;
	int rc = merge_body(reg.reader, version, reg.arena, &body, &err);

	return text_of(rc, &body, &err);
}

const char *member(const char *json, const char *key)
{
	json_auto_t *root = NULL;
	struct err err = {0};
	const json_t *v;
	char *text;

	ck_assert_msg(jcs_load(json, strlen(json), &root, &err) == 0, "%s: %s", err.msg, json);
	v = json_object_get(root, key);
	if (!v || json_is_null(v))
		return "";
	if (json_is_string(v))
		return arena_strdup(reg.arena, json_string_value(v));
	STRBUF_AUTO sb = STRBUF_INIT(1 << 20);
	ck_assert_int_eq(jcs_render(v, &sb, &err), 0);
	text = arena_strndup(reg.arena, sb.buf, sb.len);
	return text;
}

int64_t count_events(const char *type)
{
	struct err err = {0};
	struct page page;

	ck_assert_int_eq(
		event_list(reg.reader, type, NULL, 0, PAGE_MAX, reg.arena, &page, &err), 0);
	return (int64_t)page.n;
}

const char *newest_event(const char *type)
{
	struct page page;
	struct err err = {0};

	ck_assert_int_eq(event_list(reg.reader, type, NULL, 0, 1, reg.arena, &page, &err), 0);
	return page.n ? page.bodies[0] : "";
}

/* ---- the main job ---- */

void first_release(void)
{
	struct outcome o;

	ck_assert_int_eq(submit_unit("s/textgen-lora-v1", "textgen", 0.80).status, 201);
	ck_assert_int_eq(submit_unit("s/embedder-v1", "embed", 0.80).status, 201);
	ck_assert_int_eq(submit_unit("s/runtime-v1", "runtime", 0.80).status, 201);
	o = do_merge();
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	o = promote(member(o.body, "version"));
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "release"), "1.0.0");
}

const char *next_release(int n, double quality)
{
	struct outcome o =
		submit_unit(arena_printf(reg.arena, "s/textgen-lora-v%d", n), "textgen", quality);

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	o = do_merge();
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	o = promote(member(o.body, "version"));
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	return member(o.body, "release");
}

static int64_t releases_in(const char *state, struct release_row **ret)
{
	struct err err = {0};
	size_t n;

	ck_assert_int_eq(release_in_state(reg.reader, state, 1000, reg.arena, ret, &n, &err), 0);
	return (int64_t)n;
}

void check_registry(void)
{
	struct release_row *active, *warm, *retired;
	struct err err = {0};
	int64_t bad = 0, n_active = releases_in("active", &active),
		n_warm = releases_in("warm", &warm), n_retired = releases_in("retired", &retired);
	const char *channel = channel_text();

	ck_assert_msg(event_verify(reg.reader, &bad, &err) == 0, "history breaks at %lld",
		(long long)bad);
	ck_assert_int_eq(n_active, channel ? 1 : 0);
	if (!channel)
		return;
	ck_assert_str_eq(member(channel, "version"), active[0].version);
	ck_assert_str_eq(member(channel, "digest"), active[0].digest);
	ck_assert_int_le(n_warm, 2);
	ck_assert(n_warm == 2 || n_retired == 0);
	for (int64_t i = 0; i < n_retired; i++)
		ck_assert_int_lt(retired[i].last_serial, warm[n_warm - 1].last_serial);
	STRBUF_AUTO list = STRBUF_INIT(1000);
	for (int64_t i = 0; i < n_warm; i++)
		strbuf_addf(&list, "%s\"%s\"", i ? "," : "", warm[i].version);
	ck_assert_str_eq(member(channel, "warm"), arena_printf(reg.arena, "[%s]", list.buf));
}

size_t check_judgements(void)
{
	enum { PAGE = 100 };
	struct err err = {0};
	size_t total = 0, n;
	int64_t after = 0;

	do {
		ARENA_AUTO a = arena_new();
		struct judgement_row *rows;

		ck_assert_int_eq(judgement_page(reg.reader, after, PAGE, a, &rows, &n, &err), 0);
		for (size_t i = 0; i < n; i++) {
			struct judgement_row row;
			const char *text = "";
			size_t len = 0;

			after = rows[i].seq;
			ck_assert_int_eq(judgement_find(reg.reader, after, a, &row, &err), 1);
			ck_assert_msg(
				judgement_recompute(reg.reader, &row, a, &text, &len, &err) == 0,
				"%s", err.msg);
			size_t same = 0;
			while (text[same] && text[same] == row.body[same])
				same++;
			ck_assert_msg(len == row.body_len && !text[same],
				"judgement %lld differs at: %.120s <- %.120s", (long long)row.seq,
				text + same, row.body + same);
		}
		total += n;
	} while (n == PAGE);
	return total;
}
