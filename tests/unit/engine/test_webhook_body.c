/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the messages of webhooks that go out may be.
 */
#include <check.h>
#include <string.h>

#include "engine/webhook_run.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

/* What is sent of an entry of `len` bytes whose reason is that long. */
static struct webhook_message compose(size_t len, enum webhook_format format)
{
	STRBUF_AUTO entry = STRBUF_INIT(2 * WEBHOOK_BODY_MAX);
	const struct webhook_row w = {.webhook = {.id = "w", .format = (int)format}};
	const struct webhook_set set = {.source = "/v1/events"};
	struct webhook_message m;

	strbuf_addstr(&entry, "{\"actor\":\"me\",\"reason\":\"");
	while (entry.len < len - strlen("\",\"subject\":\"s\"}"))
		strbuf_addch(&entry, '&');
	strbuf_addstr(&entry, "\",\"subject\":\"s\"}");
	const struct webhook_delivery_row d = {
		.delivery = {.id = "m", .type = "freeze.created", .event = 1, .created_at = 1},
		.entry = arena_strdup(arena, entry.buf),
		.subject = "s",
		.at = 1};

	webhook_compose(&set, &w, &d, arena, &m);
	return m;
}

START_TEST(test_webhook__a_message_is_whole_or_none)
{
	size_t around = compose(1000, WEBHOOK_CLOUDEVENTS).len - 1000;
	struct webhook_message m = compose(EVENT_ENTRY_MAX, WEBHOOK_CLOUDEVENTS);

	/* Whatever the history holds can be sent. */
	ck_assert_ptr_null(m.fault);
	ck_assert_uint_eq(m.len, EVENT_ENTRY_MAX + around);
	ck_assert_str_eq(m.body + m.len - 3, "}}}");
	m = compose(WEBHOOK_BODY_MAX - around, WEBHOOK_CLOUDEVENTS);
	ck_assert_ptr_null(m.fault);
	ck_assert_uint_eq(m.len, WEBHOOK_BODY_MAX);
	ck_assert_str_eq(m.body + m.len - 3, "}}}");
	m = compose(WEBHOOK_BODY_MAX - around + 1, WEBHOOK_CLOUDEVENTS);
	ck_assert_ptr_nonnull(strstr(m.fault, "longer than 1114112 bytes"));
	ck_assert_ptr_null(m.body);
	/* A chat gets as much as it shows. */
	m = compose(EVENT_ENTRY_MAX, WEBHOOK_SLACK);
	ck_assert_ptr_null(m.fault);
	ck_assert_uint_lt(m.len, 8000);
	ck_assert_str_eq(m.body + m.len - 10, "&amp;...\"}");
	ck_assert_ptr_nonnull(strstr(m.body, "Freeze s created by me: &amp;&amp;"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("messages of webhooks");
	TCase *t = tcase_create("body");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_webhook__a_message_is_whole_or_none);
	suite_add_tcase(s, t);
	return s;
}
