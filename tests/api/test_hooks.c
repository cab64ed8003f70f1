/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of providers, whoever sends them: nothing of a body is taken before the proof is there, and
 * what is taken never displaces what bears a token.
 */
#include "rig.h"

#include "api/router.h"
#include "provider/provider.h"

#define SECRET "X-Webhook-Secret: whsecret-of-the-hub\r\n"
#define HEAD   "POST /v1/hooks/hf HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

enum { BODY_MAX = 4096, HOOK_MAX = 1024, HOOKS_MAX = 2048, SENDERS = 8 };

Suite *test_suite(void);

static struct rig rig;
static struct engine_source source;

static void setup(void)
{
	static char path[SCRATCH_PATH];

	scratch_make();
	rig_options(&rig);
	rig.options.loops = 1;
	FILE *f = fopen(scratch_file(path, "secret"), "w");

	fputs("whsecret-of-the-hub\n", f);
	fclose(f);
	source = (struct engine_source){.kind = &connector_hf,
		.options = {.provider = "hf",
			.author = "ours",
			.name_space = "org.ours",
			.webhook_secret = path}};
	rig.sources = &source;
	rig.n_sources = 1;
	rig.options.body_max = rig.options.bodies_max = BODY_MAX;
	rig.options.hook_body_max = HOOK_MAX;
	rig.options.hook_bodies_max = HOOKS_MAX;
	rig_open(&rig, true, true);
}

static void teardown(void)
{
	rig_close(&rig);
	scratch_remove();
}

/* All of a message but its last byte, on a connection that stays. */
static int begin(const char *proof, size_t length)
{
	STRBUF_AUTO out = STRBUF_INIT(BODY_MAX + 1024);
	int fd = rig_connect(&rig);

	strbuf_addf(&out, HEAD "%sContent-Length: %zu\r\n\r\n", proof, length);
	for (size_t i = 1; i < length; i++)
		strbuf_addstr(&out, " ");
	rig_send(fd, out.buf, out.len);
	return fd;
}

/* A manifest of as many bytes as may be held together. */
static int post(char *body, size_t size)
{
	struct reply_text t;
	int status;

	memset(body, ' ', size);
	memcpy(body, "{}", 2);
	body[size] = '\0';
	rig_ask(&rig, "POST", "/v1/manifests", "", body, &t);
	status = t.status;
	reply_clear(&t);
	return status;
}

static const struct {
	const char *what, *proof;
	int status;
} strangers[] = {
	{"nothing", "", 401},
	{"another secret", "X-Webhook-Secret: whsecret-of-mine\r\n", 403},
	{"a token", "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA\r\n", 401},
};

START_TEST(test_hooks__no_byte_of_a_strangers_body_is_held)
{
	char body[BODY_MAX + 1];
	int fds[SENDERS];
	struct reply_text t;

	for (int i = 0; i < SENDERS; i++)
		fds[i] = begin(strangers[_i].proof, HOOK_MAX);
	/* The bodies are there when this one is: it comes after them. */
	for (int i = 0; i < SENDERS; i++)
		ck_assert_int_eq(post(body, BODY_MAX), 422);
	for (int i = 0; i < SENDERS; i++) {
		rig_send(fds[i], " ", 1);
		rig_read(fds[i], false, &t);
		ck_assert_msg(
			t.status == strangers[_i].status, "%s: %s", strangers[_i].what, t.all.buf);
		reply_clear(&t);
		close(fds[i]);
	}
}
END_TEST

/* Even with the secret. */
START_TEST(test_hooks__messages_have_a_small_share)
{
	char body[BODY_MAX + 1];
	int fds[SENDERS], full = 0;
	struct reply_text t;

	for (int i = 0; i < SENDERS; i++)
		fds[i] = begin(SECRET, HOOK_MAX);
	for (int i = 0; i < SENDERS; i++)
		ck_assert_int_eq(post(body, BODY_MAX - HOOKS_MAX), 422);
	for (int i = 0; i < SENDERS; i++) {
		rig_send(fds[i], " ", 1);
		rig_read(fds[i], false, &t);
		full += t.status == 503;
		ck_assert_msg(t.status == 503 || t.status == 400, "%s", t.all.buf);
		reply_clear(&t);
		close(fds[i]);
	}
	ck_assert_int_ge(full, SENDERS - HOOKS_MAX / (HOOK_MAX - 1));
	/* And it is given back. */
	rig_expect(&rig, "POST", "/v1/hooks/hf", SECRET, "{}", 400, NULL);
}
END_TEST

START_TEST(test_hooks__a_message_is_refused_at_its_head)
{
	static const struct {
		const char *what, *raw;
		int status;
	} heads[] = {
		{"too large", HEAD SECRET "Content-Length: 1025\r\n\r\n", 413},
		{"a stranger's", HEAD "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n", 401},
		{"of nobody",
			"POST /v1/hooks/none HTTP/1.1\r\nHost: localhost\r\n" SECRET
			"Content-Type: application/json\r\n"
			"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
			404},
	};
	struct reply_text t;

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		int fd = rig_connect(&rig);

		rig_send(fd, heads[i].raw, strlen(heads[i].raw));
		rig_read(fd, false, &t);
		ck_assert_msg(t.status == heads[i].status, "%s: %s", heads[i].what, t.all.buf);
		reply_clear(&t);
		close(fd);
	}
}
END_TEST

START_TEST(test_hooks__no_route_takes_a_body_of_anybody)
{
	for (int i = 0; i < ROUTES; i++) {
		const struct route *r = route_at((enum route_id)i);

		ck_assert_msg(!r->body || !(r->flags & ROUTE_PUBLIC) || r->flags & ROUTE_OWN_PROOF,
			"%s takes a body of anybody", r->name);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("messages of providers");
	TCase *t = tcase_create("hooks");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_hooks__no_byte_of_a_strangers_body_is_held, 0,
		sizeof(strangers) / sizeof(*strangers));
	tcase_add_test(t, test_hooks__messages_have_a_small_share);
	tcase_add_test(t, test_hooks__a_message_is_refused_at_its_head);
	tcase_add_test(t, test_hooks__no_route_takes_a_body_of_anybody);
	suite_add_tcase(s, t);
	return s;
}
