/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks through the engine on a fake clock: from the history to the receiver, again when it fails,
 * no more when it is gone; secrets that overlap; and what a restart does to all of it.
 */
#include "engine/webhook_run.h"

#include <check.h>
#include <string.h>

#include "base/base64.h"
#include "base/hmac.h"
#include "model/phase.h"
#include "policy/webhook.h"
#include "store/event.h"
#include "store/webhook.h"
#include "support/registry.h"

Suite *test_suite(void);

#define HOUR   (INT64_C(3600) * USEC_PER_SEC)
#define DAY    (24 * HOUR)
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER  "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HOOK                                  \
	"'url':'https://hooks.example/T0/B0/" \
	"very-secret-path','types':['freeze.*'],'secret':'" SECRET "'"

/* ---- The receiver ---- */

enum { HEARD_MAX = 2000 };

struct heard {
	const char *to, *type, *id, *timestamp, *signature, *body;
	int64_t at;
};
static struct heard heard[HEARD_MAX];
static size_t n_heard;
/* What it answers, 0: nothing; and after how many 500, -1: never. */
static int status, good;
static const char *retry_after, *response;
static const char *moving; /* the webhook that gets another address while the old one is asked */

static const char *header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (!strcmp(r->headers[i].name, name))
			return arena_strdup(reg.arena, r->headers[i].value);
	ck_abort_msg("no header %s", name);
}

static int receive(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err)
{
	ck_assert_uint_lt(n_heard, HEARD_MAX);
	ck_assert_str_eq(r->method, "POST");
	ck_assert_int_eq(r->reach, HTTP_REACH_PUBLIC);
	heard[n_heard++] = (struct heard){
		.to = arena_printf(reg.arena, "%s%s", r->server.base, r->path),
		.type = header(r, "Content-Type"),
		.id = header(r, "webhook-id"),
		.timestamp = header(r, "webhook-timestamp"),
		.signature = header(r, "webhook-signature"),
		.body = arena_strndup(reg.arena, r->body, r->body_len),
		.at = clock_now(&reg.clock.clock),
	};
	if (good == 0)
		status = 500;
	good -= good > 0;
	if (moving) {
		const char *id_ = moving;

		moving = NULL;
		ck_assert_int_eq(
			alter_webhook(id_, "{'url':'https://new.example/ok'}").status, 200);
		*ret = (struct http_response){.status = 410, .body = ""};
		return 0;
	}
	if (!status)
		return err_set(err, ERR_UNREACHABLE, "https://hooks.example: Timeout was reached");
	*ret = (struct http_response){.status = status,
		.retry_after = retry_after,
		.body = response,
		.body_len = strlen(response)};
	return 0;
}

static void setup(void)
{
	registry_setup();
	n_heard = 0;
	status = 200;
	good = -1;
	retry_after = moving = NULL;
	response = "ok";
	registry_webhooks(receive);
}

static const char *hook(const char *body)
{
	struct outcome o = make_webhook(body);

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	return arena_strdup(reg.arena, member(o.body, "id"));
}

/* One event that a webhook of freeze.* wants. */
static void happen(void)
{
	struct outcome o = freeze("{'to':'2027-06-01T00:00:00Z','reason':'a <b>'}");

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	finish();
}

static void pass(int64_t usec)
{
	fake_clock_step(&reg.clock, usec);
	finish();
}

static struct webhook_row row_of(const char *id)
{
	struct webhook_row row;
	struct err err = {0};

	ck_assert_int_eq(webhook_find(reg.reader, id, reg.arena, &row, &err), 1);
	return row;
}

static struct webhook_delivery_row delivery_of(const char *id, const char *delivery)
{
	struct webhook_delivery_row d;
	struct err err = {0};

	ck_assert_int_eq(
		webhook_delivery_find(reg.reader, row_of(id).seq, delivery, reg.arena, &d, &err),
		1);
	return d;
}

static size_t listed(const char *id, const char *phase)
{
	struct page page;
	struct err err = {0};

	ck_assert_int_eq(webhook_delivery_page(reg.reader, row_of(id).seq, phase, 0, 1000,
				 reg.arena, &page, &err),
		0);
	return page.n;
}

static const char *signed_by(const char *secret, const struct heard *h)
{
	const char *message = arena_printf(reg.arena, "%s.%s.%s", h->id, h->timestamp, h->body);
	STRBUF_AUTO out = STRBUF_INIT(200);
	unsigned char hash[SHA256_SIZE];
	struct webhook_key k;
	const char *why;

	ck_assert_int_eq(webhook_key_parse(secret, &k, &why), 0);
	hmac_sha256(k.secret, k.len, message, strlen(message), hash);
	strbuf_addstr(&out, "v1,");
	base64_encode(&out, hash, sizeof(hash));
	return arena_strdup(reg.arena, out.buf);
}

/* ---- What is sent ---- */

START_TEST(test_webhook__sends_what_is_wanted)
{
	const char *id = hook("{" HOOK "}");
	const struct heard *h = heard;

	ck_assert_int_eq(submit_unit("s/textgen-lora-v1", "textgen", 0.8).status, 201);
	ck_assert_uint_eq(n_heard, 0);
	happen();
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_str_eq(h->to, "https://hooks.example/T0/B0/very-secret-path");
	ck_assert_str_eq(h->type, "application/cloudevents+json");
	ck_assert_str_eq(h->signature, signed_by(SECRET, h));
	ck_assert_str_eq(member(h->body, "specversion"), "1.0");
	ck_assert_str_eq(member(h->body, "type"), "freeze.created");
	ck_assert_str_eq(member(h->body, "source"), "/v1/events");
	ck_assert_str_eq(member(h->body, "datacontenttype"), "application/json");
	ck_assert_ptr_nonnull(strstr(h->body,
		"\"data\":{\"entity\":\"freeze\",\"action\":\"created\",\"timestamp\":\""));
	ck_assert_int_eq(delivery_of(id, h->id).delivery.phase, PHASE_SUCCEEDED);
	ck_assert_uint_eq(listed(id, NULL), 1);
	ck_assert_int_ne(row_of(id).webhook.last_delivered_at, 0);
	pass(30 * DAY);
	ck_assert_uint_eq(n_heard, 1);
	check_registry();
}
END_TEST

START_TEST(test_webhook__slack_reads_a_sentence)
{
	hook("{" HOOK ",'format':'slack'}");
	happen();
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_str_eq(heard[0].type, "application/json");
	ck_assert_msg(strstr(member(heard[0].body, "text"),
			      " created by token:test: a &lt;b&gt;") != NULL,
		"%s", heard[0].body);
	ck_assert(!strncmp(member(heard[0].body, "text"), "Freeze ", 7));
}
END_TEST

/* ---- How long ---- */

static int tell_at_length(struct tx *tx, struct command *c, struct err *err)
{
	char *subject = arena_alloc(tx->arena, WEBHOOK_BODY_MAX / 2 + 1);

	memset(subject, 's', WEBHOOK_BODY_MAX / 2);
	subject[WEBHOOK_BODY_MAX / 2] = '\0';
	command_answer(c, 204, NULL, &(struct body){0});
	return tx_event(tx, EVENT_FREEZE_CREATED, subject, NULL, NULL, NULL, err);
}

/* What can't be sent is over at once, says why, and speaks against no receiver. */
START_TEST(test_webhook__a_message_that_is_too_long_holds_nothing_up)
{
	static const struct command_kind kind = {.name = "tell", .apply = tell_at_length};
	const char *id = hook("{" HOOK "}"), *text;
	struct command *c = registry_command("POST /v1/tell", "{}");
	struct webhook_delivery_row d;
	struct page page;
	struct err err = {0};

	c->kind = &kind;
	ck_assert_int_eq(registry_run(c, command_submit(reg.engine, c, &err)).status, 204);
	finish();
	ck_assert_uint_eq(n_heard, 0);
	ck_assert_uint_eq(listed(id, "Failed"), 1);
	ck_assert_int_eq(webhook_delivery_page(
				 reg.reader, row_of(id).seq, NULL, 0, 10, reg.arena, &page, &err),
		0);
	d = delivery_of(id, member(page.bodies[0], "id"));
	text = webhook_delivery_render(reg.reader, &d, reg.arena, &err);
	ck_assert_msg(strstr(text, "longer than 1114112 bytes"), "%s", text);
	ck_assert_int_eq(row_of(id).webhook.status, WEBHOOK_ACTIVE);
	ck_assert_int_eq(row_of(id).webhook.failing_since, 0);
	happen();
	ck_assert_uint_eq(n_heard, 1);
	check_registry();
}
END_TEST

/* Each one by itself: another's failure is none of its business. */
START_TEST(test_webhook__each_has_its_own_cursor)
{
	const char *a = hook("{" HOOK "}"), *b;

	happen();
	b = hook("{'url':'https://b.example/','types':['*']}");
	happen();
	ck_assert_uint_eq(listed(a, "Succeeded"), 2);
	/* Not of its own making, but what came after. */
	ck_assert_uint_eq(listed(b, "Succeeded"), 1);
	ck_assert_str_ne(heard[1].id, heard[2].id);
	ck_assert_str_eq(member(heard[1].body, "id"), member(heard[2].body, "id"));
}
END_TEST

/* ---- Failures ---- */

START_TEST(test_webhook__retries_over_days_then_disables)
{
	const char *id = hook("{" HOOK "}");
	struct webhook_delivery_row d;
	int64_t begun;

	status = 500;
	happen();
	ck_assert_uint_eq(n_heard, 1);
	begun = heard[0].at;
	for (int tries = 1; tries < WEBHOOK_TRIES; tries++) {
		d = delivery_of(id, heard[0].id);
		ck_assert_int_eq(d.delivery.phase, PHASE_PENDING);
		ck_assert_int_eq(d.delivery.tries, tries);
		pass(d.delivery.next_attempt_at - clock_now(&reg.clock.clock) - 1);
		ck_assert_uint_eq(n_heard, (size_t)tries);
		pass(1);
		ck_assert_uint_eq(n_heard, (size_t)tries + 1);
		/* The same message, signed anew. */
		ck_assert_str_eq(heard[tries].id, heard[0].id);
		ck_assert_str_eq(heard[tries].body, heard[0].body);
		ck_assert_str_ne(heard[tries].timestamp, heard[0].timestamp);
		ck_assert_str_eq(heard[tries].signature, signed_by(SECRET, &heard[tries]));
	}
	ck_assert_int_gt(heard[WEBHOOK_TRIES - 1].at - begun, 3 * DAY);
	ck_assert_int_eq(delivery_of(id, heard[0].id).delivery.phase, PHASE_FAILED);
	ck_assert_int_eq(row_of(id).webhook.status, WEBHOOK_DISABLED);
	ck_assert_int_eq(row_of(id).webhook.disabled_cause, WEBHOOK_BY_FAILING);
	ck_assert_int_eq(count_events("webhook.disabled"), 1);
	happen();
	pass(30 * DAY);
	ck_assert_uint_eq(n_heard, WEBHOOK_TRIES);
	check_registry();
}
END_TEST

/* Given up, but others got through meanwhile: the receiver is well, the message is not. */
START_TEST(test_webhook__one_bad_message_disables_nobody)
{
	const char *id = hook("{" HOOK "}");

	status = 400;
	happen();
	for (int tries = 1; tries < WEBHOOK_TRIES; tries++) {
		struct webhook_delivery_row d = delivery_of(id, heard[0].id);

		if (tries == 5) {
			status = 200;
			happen();
			pass(HOUR / 10);
			status = 400;
		}
		pass(d.delivery.next_attempt_at - clock_now(&reg.clock.clock));
	}
	ck_assert_int_eq(delivery_of(id, heard[0].id).delivery.phase, PHASE_FAILED);
	ck_assert_int_eq(row_of(id).webhook.status, WEBHOOK_ACTIVE);
	ck_assert_int_eq(count_events("webhook.disabled"), 0);
}
END_TEST

/* The old address is gone, when the new one stands in the registry already. */
START_TEST(test_webhook__an_old_address_says_nothing_of_the_new_one)
{
	const char *id = hook("{" HOOK "}");

	moving = id;
	happen();
	pass(0);
	ck_assert_uint_eq(n_heard, 2);
	ck_assert_str_eq(heard[1].to, "https://new.example/ok");
	ck_assert_int_eq(row_of(id).webhook.status, WEBHOOK_ACTIVE);
	ck_assert_int_eq(row_of(id).webhook.failing_since, 0);
	struct webhook_delivery_row d = delivery_of(id, heard[0].id);
	ck_assert_int_eq(d.delivery.phase, PHASE_SUCCEEDED);
	/* Both were made, and one counts. */
	ck_assert_int_eq(d.delivery.tries, 1);
	ck_assert_int_eq(d.made, 2);
}
END_TEST

START_TEST(test_webhook__gone_disables_at_once)
{
	const char *id = hook("{" HOOK "}"),
		   *other = hook("{'url':'https://b.example/','types':['webhook.disabled']}");

	status = 410;
	happen();
	ck_assert_int_eq(row_of(id).webhook.status, WEBHOOK_DISABLED);
	ck_assert_int_eq(row_of(id).webhook.disabled_cause, WEBHOOK_BY_GONE);
	/* The other one was told of it, and was gone as well. */
	ck_assert_int_eq(row_of(other).webhook.status, WEBHOOK_DISABLED);
	ck_assert_int_eq(count_events("webhook.disabled"), 2);
	ck_assert_uint_eq(n_heard, 2);
}
END_TEST

START_TEST(test_webhook__a_redirect_is_a_failure)
{
	const char *id = hook("{" HOOK "}");
	struct webhook_delivery_row d;
	struct err err = {0};

	status = 302;
	happen();
	d = delivery_of(id, heard[0].id);
	ck_assert_int_eq(d.delivery.phase, PHASE_PENDING);
	ck_assert_ptr_nonnull(strstr(webhook_delivery_render(reg.reader, &d, reg.arena, &err),
		"redirects are not followed"));
	status = 200;
	pass(HOUR);
	ck_assert_uint_eq(n_heard, 2);
	ck_assert_int_eq(delivery_of(id, heard[0].id).delivery.phase, PHASE_SUCCEEDED);
	ck_assert_int_eq(row_of(id).webhook.failing_since, 0);
}
END_TEST

START_TEST(test_webhook__waits_as_long_as_the_receiver_asks)
{
	hook("{" HOOK "}");
	status = 429;
	retry_after = "7200";
	happen();
	pass(2 * HOUR - USEC_PER_SEC - 1);
	ck_assert_uint_eq(n_heard, 1);
	status = 200;
	pass(1);
	ck_assert_uint_eq(n_heard, 2);
}
END_TEST

/* A receiver that is down is not asked for each message in turn. */
START_TEST(test_webhook__leaves_one_that_fails_alone)
{
	const char *id = hook("{" HOOK "}");

	status = 0;
	happen();
	ck_assert_uint_eq(n_heard, 1);
	for (int i = 0; i < 20; i++)
		happen(); /* a second each */
	ck_assert_uint_lt(n_heard, 8);
	ck_assert_uint_eq(listed(id, "Pending"), 21);
	status = 200;
	pass(HOUR);
	ck_assert_uint_eq(listed(id, "Succeeded"), 21);
}
END_TEST

/* ---- Restarts ---- */

START_TEST(test_webhook__a_restart_loses_none)
{
	const char *id = hook("{" HOOK "}");
	size_t begun;

	status = 503;
	happen();
	begun = n_heard;
	registry_reopen();
	status = 200;
	pass(HOUR);
	ck_assert_uint_eq(n_heard, begun + 1);
	ck_assert_str_eq(heard[n_heard - 1].id, heard[0].id);
	ck_assert_uint_eq(listed(id, "Succeeded"), 1);
	registry_reopen();
	pass(DAY);
	ck_assert_uint_eq(n_heard, begun + 1);
	happen();
	ck_assert_uint_eq(listed(id, "Succeeded"), 2);
}
END_TEST

/* 100 units at once, an event each. */
static void happen_often(int round)
{
	STRBUF_AUTO m = STRBUF_INIT(1 << 20);

	strbuf_addstr(&m, "{\"provider\":\"hf\",\"artifacts\":[");
	for (int i = 0; i < 100; i++)
		strbuf_addf(&m,
			"%s{\"id\":\"s/textgen-lora-v%d\",\"role\":\"textgen\",\"uri\":\"s3://b/"
			"x\","
			"\"metrics\":{\"quality\":0.8}}",
			i ? "," : "", 100 * round + i);
	strbuf_addstr(&m, "]}");
	ck_assert_int_eq(submit(m.buf).status, 201);
}

/* The cursor waits while too much is not delivered, and goes on. */
START_TEST(test_webhook__a_backlog_is_bounded)
{
	const char *id = hook("{'url':'https://b.example/','types':['candidate.*']}");

	status = 500;
	for (int i = 0; i < 12; i++)
		happen_often(i);
	ck_assert_uint_le(listed(id, "Pending"), 1000);
	ck_assert_uint_gt(listed(id, "Pending"), 700);
	ck_assert_int_lt(row_of(id).cursor, 1100);
	registry_reopen();
	status = 200;
	good = 500;
	for (int i = 0; i < 5; i++)
		pass(HOUR);
	ck_assert_int_ge(row_of(id).cursor, 1200);
	ck_assert_uint_eq(listed(id, "Pending"), 700);
}
END_TEST

/* ---- On request ---- */

START_TEST(test_webhook__disabled_ones_go_on_where_they_stopped)
{
	const char *id = hook("{" HOOK "}");

	ck_assert_int_eq(alter_webhook(id, "{'status':'DISABLED'}").status, 200);
	ck_assert_int_eq(count_events("webhook.disabled"), 1);
	happen();
	happen();
	ck_assert_uint_eq(n_heard, 0);
	ck_assert_int_eq(alter_webhook(id, "{'status':'ACTIVE'}").status, 200);
	finish();
	ck_assert_uint_eq(n_heard, 2);
	ck_assert_int_eq(alter_webhook(id, "{'status':'DISABLED'}").status, 200);
	happen();
	ck_assert_int_eq(alter_webhook(id, "{'status':'ACTIVE','skip':true}").status, 200);
	finish();
	ck_assert_uint_eq(n_heard, 2);
	happen();
	ck_assert_uint_eq(n_heard, 3);
}
END_TEST

START_TEST(test_webhook__skip_leaves_out_what_waits)
{
	const char *id = hook("{" HOOK "}");

	status = 500;
	happen();
	status = 200;
	ck_assert_int_eq(alter_webhook(id, "{'skip':true}").status, 200);
	pass(DAY);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_uint_eq(listed(id, "Aborted"), 1);
	happen();
	ck_assert_uint_eq(n_heard, 2);
}
END_TEST

/* What was passed over by the old types stays so, also after a restart. */
START_TEST(test_webhook__other_types_count_from_then_on)
{
	const char *id = hook("{" HOOK "}");

	ck_assert_int_eq(make_token("read", 0).status, 201);
	finish();
	ck_assert_int_eq(alter_webhook(id, "{'types':['*']}").status, 200);
	registry_reopen();
	finish();
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_str_eq(member(heard[0].body, "type"), "webhook.updated");
}
END_TEST

START_TEST(test_webhook__redelivers)
{
	const char *id = hook("{" HOOK "}"), *first;
	struct outcome o;

	happen();
	first = heard[0].id;
	o = redeliver(id, arena_printf(reg.arena, "{'delivery':'%s'}", first));
	ck_assert_msg(o.status == 202, "%s", o.c->err.msg);
	finish();
	ck_assert_uint_eq(n_heard, 2);
	ck_assert_str_eq(heard[1].id, first);
	ck_assert_str_eq(heard[1].body, heard[0].body);
	/* An event from before its time. */
	ck_assert_int_eq(redeliver(id, "{'event':1}").status, 202);
	finish();
	ck_assert_uint_eq(n_heard, 3);
	ck_assert_int_eq(redeliver(id, "{'event':99999}").code, ERR_NOT_FOUND);
	ck_assert_int_eq(redeliver(id, "{'delivery':'x'}").code, ERR_NOT_FOUND);
	ck_assert_int_eq(redeliver(id, "{}").code, ERR_INVALID_BODY);
	ck_assert_int_eq(redeliver(id, "{'event':1,'delivery':'x'}").code, ERR_INVALID_BODY);
	ck_assert_int_eq(redeliver("nosuch", "{'event':1}").code, ERR_NOT_FOUND);
	ck_assert_int_eq(alter_webhook(id, "{'status':'DISABLED'}").status, 200);
	ck_assert_int_eq(redeliver(id, "{'event':1}").code, ERR_STATE_CONFLICT);
}
END_TEST

START_TEST(test_webhook__a_test_is_sent_once)
{
	const char *id = hook("{" HOOK ",'status':'DISABLED'}");

	status = 500;
	ck_assert_int_eq(test_webhook(id).status, 202);
	finish();
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_str_eq(member(heard[0].body, "type"), "webhook.test");
	pass(DAY);
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_uint_eq(listed(id, "Failed"), 1);
	status = 200;
	ck_assert_int_eq(test_webhook(id).status, 202);
	finish();
	ck_assert_uint_eq(listed(id, "Succeeded"), 1);
	ck_assert_int_eq(test_webhook("nosuch").code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_webhook__deleted_with_all_it_had)
{
	const char *id = hook("{" HOOK "}");
	struct webhook_row row;
	struct err err = {0};

	status = 500;
	happen();
	ck_assert_int_eq(remove_webhook(id).status, 200);
	ck_assert_int_eq(webhook_find(reg.reader, id, reg.arena, &row, &err), 0);
	ck_assert_int_eq(remove_webhook(id).code, ERR_NOT_FOUND);
	pass(DAY);
	happen();
	ck_assert_uint_eq(n_heard, 1);
	ck_assert_int_eq(count_events("webhook.deleted"), 1);
	check_registry();
}
END_TEST

/* ---- Secrets ---- */

START_TEST(test_webhook__both_secrets_sign_in_the_overlap)
{
	const char *id = hook("{" HOOK "}");

	ck_assert_int_eq(rotate_webhook(id, "{'secret':'" OTHER "','overlap':'PT1H'}").status, 200);
	happen();
	ck_assert_str_eq(
		heard[0].signature, arena_printf(reg.arena, "%s %s", signed_by(OTHER, &heard[0]),
					    signed_by(SECRET, &heard[0])));
	pass(HOUR);
	happen();
	ck_assert_str_eq(heard[1].signature, signed_by(OTHER, &heard[1]));
	/* A theft: only the new one, at once. */
	ck_assert_int_eq(rotate_webhook(id, "{'overlap':'PT1H'}").status, 200);
	ck_assert_int_eq(
		rotate_webhook(id, "{'secret':'" SECRET "','overlap':'PT0S'}").status, 200);
	happen();
	ck_assert_str_eq(heard[2].signature, signed_by(SECRET, &heard[2]));
	ck_assert_int_eq(rotate_webhook(id, "{'overlap':'P31D'}").code, ERR_INVALID_BODY);
	ck_assert_int_eq(count_events("webhook.rotated"), 3);
}
END_TEST

/* In the answer that made it, and nowhere else: not to a retry, not in lists, not in the history. */
START_TEST(test_webhook__a_secret_is_told_once)
{
	static const char body[] = "{'url':'https://b.example/very-secret-path','types':['*']}";
	struct outcome o, again;
	const char *id, *secret;
	struct page page;
	struct err err = {0};

	with.key = "k1";
	o = make_webhook(body);
	ck_assert_int_eq(o.status, 201);
	id = arena_strdup(reg.arena, member(o.body, "id"));
	secret = arena_strdup(reg.arena, member(o.body, "secret"));
	ck_assert(!strncmp(secret, "whsec_", 6));
	with.key = "k1";
	again = make_webhook(body);
	ck_assert_int_eq(again.status, 201);
	ck_assert_str_eq(member(again.body, "id"), id);
	ck_assert_str_eq(member(again.body, "secret"), "");
	ck_assert_int_eq(webhook_page(reg.reader, clock_now(&reg.clock.clock), NULL, 0, 10,
				 reg.arena, &page, &err),
		0);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_ptr_null(strstr(page.bodies[0], secret));
	ck_assert_int_eq(event_list(reg.reader, NULL, NULL, 0, 1000, reg.arena, &page, &err), 0);
	for (size_t i = 0; i < page.n; i++) {
		ck_assert_ptr_null(strstr(page.bodies[i], secret));
		ck_assert_ptr_null(strstr(page.bodies[i], "very-secret-path"));
	}
	with.dry_run = true;
	ck_assert_str_eq(member(make_webhook(body).body, "secret"), "");
}
END_TEST

START_TEST(test_webhook__ed25519_shows_the_public_key)
{
	struct outcome o = make_webhook("{'url':'https://b.example/','types':['freeze.*'],"
					"'algorithm':'v1a'}");

	ck_assert_int_eq(o.status, 201);
	ck_assert_str_eq(member(o.body, "secret"), "");
	ck_assert_ptr_nonnull(strstr(o.body, "\"public_key\":\"whpk_"));
	happen();
	ck_assert(!strncmp(heard[0].signature, "v1a,", 4));
}
END_TEST

/* A receiver that knows a public key would refuse everything once the overlap is over. */
START_TEST(test_webhook__a_rotation_keeps_the_algorithm)
{
	const char *id = arena_strdup(
		reg.arena, member(make_webhook("{'url':'https://b.example/','types':['freeze.*'],"
					       "'algorithm':'v1a'}")
					   .body,
				   "id"));
	struct outcome o = rotate_webhook(id, "{'overlap':'PT0S'}");

	ck_assert_int_eq(o.status, 200);
	ck_assert_str_eq(member(o.body, "secret"), "");
	ck_assert_ptr_nonnull(strstr(o.body, "\"public_key\":\"whpk_"));
	happen();
	ck_assert(!strncmp(heard[0].signature, "v1a,", 4));
	ck_assert_ptr_null(strchr(heard[0].signature, ' '));
	o = rotate_webhook(id, "{'algorithm':'v1','overlap':'PT0S'}");
	ck_assert(!strncmp(member(o.body, "secret"), "whsec_", 6));
	/* And stays there. */
	o = rotate_webhook(id, "{'overlap':'PT0S'}");
	ck_assert(!strncmp(member(o.body, "secret"), "whsec_", 6));
	o = rotate_webhook("nosuchwebhook", "{}");
	ck_assert_int_eq(o.code, ERR_NOT_FOUND);
}
END_TEST

/* An answer is kept short, and not at all when it shows what nobody should see. */
START_TEST(test_webhook__answers_that_show_secrets_are_not_kept)
{
	static const struct {
		const char *answer;
		bool kept;
	} cases[] = {
		{"all well", true},
		{"your secret is " SECRET, false},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},
		{"POST /T0/B0/very-secret-path", false},
		{"Authorization: Bearer x", false},
	};
	const char *id = hook("{" HOOK "}");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct webhook_delivery_row d;
		struct err err = {0};
		const char *text;

		response = cases[i].answer;
		happen();
		d = delivery_of(id, heard[i].id);
		text = webhook_delivery_render(reg.reader, &d, reg.arena, &err);
		ck_assert_msg((strstr(text, "\"response\"") != NULL) == cases[i].kept, "%s", text);
		ck_assert_ptr_null(strstr(text, "very-secret"));
	}
}
END_TEST

/* ---- What is forgotten ---- */

START_TEST(test_webhook__old_deliveries_are_forgotten)
{
	const char *id = hook("{" HOOK "}");

	happen();
	happen();
	pass(29 * DAY);
	ck_assert_uint_eq(listed(id, NULL), 2);
	pass(2 * DAY);
	ck_assert_uint_eq(listed(id, NULL), 0);
	/* The history still has it. */
	ck_assert_int_eq(redeliver(id, arena_printf(reg.arena, "{'event':%s}",
					       strrchr(heard[0].id, '_') + 1))
				 .status,
		202);
	finish();
	ck_assert_str_eq(heard[2].id, heard[0].id);
	ck_assert_str_eq(heard[2].body, heard[0].body);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("webhooks of the engine");
	TCase *c = tcase_create("webhook");

	tcase_add_checked_fixture(c, setup, registry_teardown);
	tcase_add_test(c, test_webhook__sends_what_is_wanted);
	tcase_add_test(c, test_webhook__slack_reads_a_sentence);
	tcase_add_test(c, test_webhook__a_message_that_is_too_long_holds_nothing_up);
	tcase_add_test(c, test_webhook__each_has_its_own_cursor);
	tcase_add_test(c, test_webhook__retries_over_days_then_disables);
	tcase_add_test(c, test_webhook__one_bad_message_disables_nobody);
	tcase_add_test(c, test_webhook__an_old_address_says_nothing_of_the_new_one);
	tcase_add_test(c, test_webhook__gone_disables_at_once);
	tcase_add_test(c, test_webhook__a_redirect_is_a_failure);
	tcase_add_test(c, test_webhook__waits_as_long_as_the_receiver_asks);
	tcase_add_test(c, test_webhook__leaves_one_that_fails_alone);
	tcase_add_test(c, test_webhook__a_restart_loses_none);
	tcase_add_test(c, test_webhook__a_backlog_is_bounded);
	tcase_add_test(c, test_webhook__disabled_ones_go_on_where_they_stopped);
	tcase_add_test(c, test_webhook__skip_leaves_out_what_waits);
	tcase_add_test(c, test_webhook__other_types_count_from_then_on);
	tcase_add_test(c, test_webhook__redelivers);
	tcase_add_test(c, test_webhook__a_test_is_sent_once);
	tcase_add_test(c, test_webhook__deleted_with_all_it_had);
	tcase_add_test(c, test_webhook__both_secrets_sign_in_the_overlap);
	tcase_add_test(c, test_webhook__a_secret_is_told_once);
	tcase_add_test(c, test_webhook__ed25519_shows_the_public_key);
	tcase_add_test(c, test_webhook__a_rotation_keeps_the_algorithm);
	tcase_add_test(c, test_webhook__answers_that_show_secrets_are_not_kept);
	tcase_add_test(c, test_webhook__old_deliveries_are_forgotten);
	suite_add_tcase(s, c);
	return s;
}
