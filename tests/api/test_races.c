/* SPDX-License-Identifier: Apache-2.0
 *
 * Many clients at once want what only one can have: a promotion, a key, an artifact's id.
 */
#include "rig.h"

#include <pthread.h>

Suite *test_suite(void);

enum { CLIENTS = 32 };

static struct rig rig;

struct client {
	pthread_t thread;
	const char *path, *headers;
	char body[1024];
	struct reply_text reply;
};
static struct client clients[CLIENTS];
static pthread_barrier_t start;

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig.options.loops = 4;
	rig_open(&rig, false, true);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

static void *client_main(void *arg)
{
	struct client *c = arg;

	pthread_barrier_wait(&start);
	rig_ask(&rig, "POST", c->path, c->headers, c->body, &c->reply);
	return NULL;
}

/* All of them at once; how many were answered with this status. */
static int race(int status)
{
	int n = 0;

	pthread_barrier_init(&start, NULL, CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(
			pthread_create(&clients[i].thread, NULL, client_main, &clients[i]), 0);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
	pthread_barrier_destroy(&start);
	for (int i = 0; i < CLIENTS; i++)
		n += clients[i].reply.status == status;
	return n;
}

static void clear(void)
{
	for (int i = 0; i < CLIENTS; i++)
		reply_clear(&clients[i].reply);
}

static void manifest(
	char body[1024], const char *provider, const char *id, const char *role, int quality)
{
	snprintf(body, 1024,
		"{\"provider\":\"%s\",\"artifacts\":[{\"id\":\"s/%s\",\"role\":\"%s\","
		"\"metrics\":{\"quality\":0.%d,\"safety\":0.98,\"latency_ms_p95\":90,"
		"\"cost_per_1k_tokens\":0.4},\"uri\":\"s3://s/%s\"}]}",
		provider, id, role, quality, id);
}

static void submit(const char *provider, const char *id, const char *role, int quality)
{
	char body[1024];

	manifest(body, provider, id, role, quality);
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 201, NULL);
}

static void merge(char version[64])
{
	struct reply_text t;

	rig_ask(&rig, "POST", "/v1/merges", "", "{}", &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	rig_member(t.body, "version", version, 64);
	reply_clear(&t);
}

static void promotion(char body[1024], const char *merge)
{
	snprintf(body, 1024, "{\"merge\":\"%s\",\"reason\":\"race\"}", merge);
}

/* One release, and a better merge that waits. Returns the channel's ETag as a header. */
static void second_merge(char version[64], char if_match[600])
{
	struct reply_text t;
	char body[1024], etag[512];

	submit("hf", "textgen-lora-v1", "textgen", 81);
	submit("gcp", "embedder-v1", "embed", 80);
	submit("aws", "runtime-v1", "runtime", 80);
	merge(version);
	promotion(body, version);
	rig_expect(&rig, "POST", "/v1/promotions", "", body, 201, NULL);
	submit("hf", "textgen-lora-v2", "textgen", 91);
	merge(version);
	rig_ask(&rig, "GET", "/v1/channels/stable", "", NULL, &t);
	snprintf(if_match, 600, "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
}

START_TEST(test_race__one_promotion_under_one_tag)
{
	char version[64], if_match[600];

	second_merge(version, if_match);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].path = "/v1/promotions";
		clients[i].headers = if_match;
		promotion(clients[i].body, version);
	}
	int won = race(201);

	for (int i = 0; i < CLIENTS; i++)
		ck_assert_msg(clients[i].reply.status == 201 || clients[i].reply.status == 412,
			"%s", clients[i].reply.all.buf);
	ck_assert_int_eq(won, 1);
	clear();
	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 200, "\"serial\":2");
	rig_expect(&rig, "GET", "/v1/releases", "", NULL, 200, "\"1.0.1\"");
}
END_TEST

/* Promotions and rollbacks against each other: the tag lets one through, whichever. */
START_TEST(test_race__one_move_under_one_tag)
{
	char version[64], if_match[600], etag[512], body[1024];
	struct reply_text t;

	second_merge(version, if_match);
	promotion(body, version);
	rig_expect(&rig, "POST", "/v1/promotions", if_match, body, 201, NULL);
	submit("hf", "textgen-lora-v3", "textgen", 95);
	merge(version);
	rig_ask(&rig, "GET", "/v1/channels/stable", "", NULL, &t);
	snprintf(if_match, 600, "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].headers = if_match;
		clients[i].path = i % 2 ? "/v1/rollbacks" : "/v1/promotions";
		if (i % 2)
			snprintf(clients[i].body, 1024, "{\"reason\":\"race\"}");
		else
			promotion(clients[i].body, version);
	}
	ck_assert_int_eq(race(201), 1);
	clear();
	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 200, "\"serial\":3");
}
END_TEST

static void check_identical(void)
{
	for (int i = 1; i < CLIENTS; i++)
		ck_assert_msg(strcmp(clients[0].reply.body, clients[i].reply.body) == 0,
			"%s\nis not\n%s", clients[0].reply.all.buf, clients[i].reply.all.buf);
}

START_TEST(test_race__one_effect_under_one_key)
{
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].path = "/v1/manifests";
		clients[i].headers = "Idempotency-Key: one\r\n";
		manifest(clients[i].body, "hf", "textgen-lora-v1", "textgen", 81);
	}
	ck_assert_int_eq(race(201), CLIENTS);
	check_identical();
	clear();
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":1,");
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"judgements\":1,");
}
END_TEST

START_TEST(test_race__one_promotion_under_one_key)
{
	char version[64], if_match[700];

	second_merge(version, if_match);
	snprintf(if_match + strlen(if_match), 100, "Idempotency-Key: one\r\n");
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].path = "/v1/promotions";
		clients[i].headers = if_match;
		promotion(clients[i].body, version);
	}
	ck_assert_int_eq(race(201), CLIENTS);
	check_identical();
	clear();
	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 200, "\"serial\":2");
}
END_TEST

START_TEST(test_race__one_content_under_one_id)
{
	int refused = 0;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i].path = "/v1/manifests";
		clients[i].headers = "";
		manifest(clients[i].body, "hf", "textgen-lora-v1", "textgen", 51 + i);
	}
	int won = race(201);

	for (int i = 0; i < CLIENTS; i++)
		refused += clients[i].reply.status == 409 &&
			   strstr(clients[i].reply.body, "artifact_conflict");
	ck_assert_int_eq(won, 1);
	ck_assert_int_eq(refused, CLIENTS - 1);
	clear();
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"artifacts\":1,");
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":1,");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("32 clients at once for what only one can have");
	TCase *t = tcase_create("races");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_loop_test(t, test_race__one_promotion_under_one_tag, 0, 5);
	tcase_add_loop_test(t, test_race__one_move_under_one_tag, 0, 5);
	tcase_add_loop_test(t, test_race__one_effect_under_one_key, 0, 5);
	tcase_add_loop_test(t, test_race__one_promotion_under_one_key, 0, 5);
	tcase_add_loop_test(t, test_race__one_content_under_one_id, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
