/* SPDX-License-Identifier: Apache-2.0
 *
 * How it stands: each thing that an operator should know of shows at once, says what to do, and goes
 * away with its cause; and asking often costs nothing.
 */
#include "engine/standing.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "engine/distillation.h"
#include "engine/internal.h"
#include "model/phase.h"
#include "model/publication.h"
#include "provider/session.h"
#include "store/distillation.h"
#include "store/setting.h"
#include "support/folders.h"
#include "support/memory_repository.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

/* ---- Reading ---- */

static void pass(int64_t seconds)
{
	fake_clock_step(&reg.clock, seconds * USEC_PER_SEC);
	finish();
	engine_step(reg.engine);
}

/* Its copy, all zeros when there is no such condition. */
static struct condition condition(const char *type)
{
	STANDING_AUTO s = standing_get(reg.engine, reg.reader);
	struct condition c = {0};

	for (size_t i = 0; i < s->conditions.n; i++) {
		const struct condition *it = LIST_AT(&s->conditions, struct condition, i);

		if (strcmp(it->type, type) != 0)
			continue;
		c = *it;
		c.reason = arena_strdup(reg.arena, c.reason);
		c.message = arena_strdup(reg.arena, c.message);
	}
	return c;
}

static bool is_well(void)
{
	STANDING_AUTO s = standing_get(reg.engine, reg.reader);

	return s->well;
}

#define EXPECT(type_, status_, reason_, says_)                                                     \
	do {                                                                                       \
		struct condition got_ = condition(type_);                                          \
		ck_assert_msg(got_.reason &&got_.status == (status_) &&                            \
				      !strcmp(got_.reason, reason_) &&                             \
				      strstr(got_.message, says_),                                 \
			"%s: %d %s: %s", type_, got_.status, got_.reason ? got_.reason : "absent", \
			got_.message ? got_.message : "");                                         \
		ck_assert(is_well() == (got_.status == CONDITION_TRUE) || !is_well());             \
	} while (0)

static void setup(void)
{
	registry_setup();
}

/* ---- The channel ---- */

START_TEST(test_standing__an_empty_registry_is_well)
{
	STANDING_AUTO s = standing_get(reg.engine, reg.reader);

	ck_assert(s->well);
	ck_assert_uint_eq(s->conditions.n, 3); /* nothing of what is not there */
	EXPECT("RegistryWritable", CONDITION_TRUE, "Writable", "stored");
	EXPECT("PromotionsFree", CONDITION_TRUE, "Free", "");
	EXPECT("JobsOnTime", CONDITION_TRUE, "OnTime", "");
}
END_TEST

START_TEST(test_standing__a_hold_shows_at_once_and_ends_with_the_acknowledgement)
{
	first_release();
	next_release(2, 0.85);
	EXPECT("PromotionsFree", CONDITION_TRUE, "Free", "no breach");
	pass(60);
	observe("1.0.1", 1000, 80);
	EXPECT("PromotionsFree", CONDITION_FALSE, "HoldOff",
		"`spiralfed acknowledge --reason WHY`");
	EXPECT("ReleaseHealthy", CONDITION_TRUE, "NoBreach", "");
	ck_assert(!is_well());
	ck_assert_int_eq(acknowledge().status, 200);
	EXPECT("PromotionsFree", CONDITION_TRUE, "Free", "");
	ck_assert(is_well());
}
END_TEST

START_TEST(test_standing__a_release_that_serves_in_quarantine)
{
	first_release();
	pass(60);
	observe("1.0.0", 1000, 80);
	EXPECT("ReleaseHealthy", CONDITION_FALSE, "Quarantined", "`spiralfed unquarantine 1.0.0`");
	EXPECT("PromotionsFree", CONDITION_FALSE, "Locked", "`spiralfed slo`");
	ck_assert_int_eq(acknowledge().status, 200);
	ck_assert_int_eq(unquarantine_release("1.0.0").status, 200);
	EXPECT("PromotionsFree", CONDITION_TRUE, "Free", "");
	/* The breach stays one: it goes on firing. */
	EXPECT("ReleaseHealthy", CONDITION_FALSE, "Breached", "`spiralfed slo`");
}
END_TEST

START_TEST(test_standing__silence_is_not_known_rather_than_good)
{
	first_release();
	pass(60);
	observe("1.0.0", 100, 0);
	pass(500);
	EXPECT("ReleaseHealthy", CONDITION_TRUE, "NoBreach", "");
	pass(200);
	EXPECT("ReleaseHealthy", CONDITION_UNKNOWN, "NoReports", "`spiralfed nodes`");
	ck_assert(!is_well());
	observe("1.0.0", 100, 0);
	pass(31);
	EXPECT("ReleaseHealthy", CONDITION_TRUE, "NoBreach", "");
}
END_TEST

START_TEST(test_standing__nodes)
{
	first_release();
	ck_assert_ptr_null(condition("FleetFollowing").type);
	ck_assert_int_eq(report("a", "{'serial':1,'release':'1.0.0'}").status, 200);
	EXPECT("FleetFollowing", CONDITION_TRUE, "Follows", "");
	ck_assert_int_eq(
		report("a", "{'serial':1,'release':'1.0.0','health':'failing'}").status, 200);
	EXPECT("FleetFollowing", CONDITION_FALSE, "Unhealthy", "1 of 1 live nodes");
	ck_assert_int_eq(report("a", "{'serial':1,'release':'1.0.0'}").status, 200);
	pass(200);
	EXPECT("FleetFollowing", CONDITION_FALSE, "Silent", "none of 1 nodes");
	report("a", "{'serial':1,'release':'1.0.0'}");
	next_release(2, 0.85);
	EXPECT("FleetFollowing", CONDITION_TRUE, "Follows", ""); /* it has just begun */
	pass(301);
	report("a", "{'serial':1,'release':'1.0.0'}");
	EXPECT("FleetFollowing", CONDITION_FALSE, "Behind", "1 of 1 live nodes");
}
END_TEST

START_TEST(test_standing__a_node_that_is_stuck_in_the_present_activation)
{
	static const char *const stuck[] = {
		"{'serial':2,'release':'1.0.0'}",
		"{'serial':2,'release':'1.0.1','loaded':[{'version':'1.0.1','ready':false}]}",
		/* It came back with what it had stored. */
		"{'serial':1,'release':'1.0.0'}",
	};

	first_release();
	next_release(2, 0.85);
	for (int i = 0; i < 20; i++) {
		pass(150);
		report("a", "{'serial':2,'release':'1.0.1'}");
		EXPECT("FleetFollowing", CONDITION_TRUE, "Follows", "");
	}
	int64_t since = reg.clock.wall;
	report("a", stuck[_i]);
	pass(150);
	report("a", stuck[_i]);
	pass(140);
	EXPECT("FleetFollowing", CONDITION_TRUE, "Follows", "");
	pass(20);
	report("a", stuck[_i]);
	EXPECT("FleetFollowing", CONDITION_FALSE, "Behind", "1 of 1 live nodes");
	ck_assert_int_ge(condition("FleetFollowing").since, since);
	ck_assert_int_le(condition("FleetFollowing").since, since + 10 * USEC_PER_SEC);
	registry_reopen();
	EXPECT("FleetFollowing", CONDITION_FALSE, "Behind", "1 of 1 live nodes");
	report("a", "{'serial':2,'release':'1.0.1'}");
	EXPECT("FleetFollowing", CONDITION_TRUE, "Follows", "");
}
END_TEST

START_TEST(test_standing__an_expired_channel)
{
	first_release();
	EXPECT("ChannelSigned", CONDITION_TRUE, "Signed", "");
	/* Nobody signs meanwhile. */
	fake_clock_step(&reg.clock, INT64_C(172800) * USEC_PER_SEC);
	EXPECT("ChannelSigned", CONDITION_FALSE, "Expired", "frozen");
}
END_TEST

/* ---- What comes in and goes out ---- */

static bool gone;
static int play_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	return gone ? err_set(err, ERR_UNREACHABLE, "nobody is there")
		    : connector_dir.list(c, call, ret, err);
}

static bool play_health(struct connector *c, const struct clock *clock, struct session_health *ret)
{
	*ret = (struct session_health){.breaker = gone ? BREAKER_OPEN : BREAKER_CLOSED};
	return true;
}

START_TEST(test_standing__a_provider_that_is_left_alone)
{
	folders_setup();
	folders_kind.list = play_list;
	folders_kind.health = play_health;
	gone = false;
	folders_ingest();
	EXPECT("ProvidersReachable", CONDITION_TRUE, "Reachable", "");
	gone = true;
	folders_ingest();
	EXPECT("ProvidersReachable", CONDITION_FALSE, "BreakerOpen", "gcp: ");
	EXPECT("ProvidersReachable", CONDITION_FALSE, "BreakerOpen", "nobody is there");
	EXPECT("JobsOnTime", CONDITION_FALSE, "Failed", "`spiralfed schedule runs ingest`");
	gone = false;
	folders_ingest();
	EXPECT("ProvidersReachable", CONDITION_TRUE, "Reachable", "");
	EXPECT("JobsOnTime", CONDITION_TRUE, "OnTime", "");
}
END_TEST

START_TEST(test_standing__who_has_not_delivered)
{
	setup();
	set_cadence("{'ingest':{'rrule':'daily 02:00','quorum':{'deadline':'PT2H',"
		    "'providers':{'hf':{},'gcp':{}}}}}");
	ck_assert_int_eq(submit_unit("s/embedder-v1", "embed", 0.8).status, 201);
	EXPECT("IngestDelivered", CONDITION_TRUE, "Delivered", "");
	pass(86400);
	pass(2 * 3600 + 1);
	EXPECT("IngestDelivered", CONDITION_FALSE, "Overdue", "hf: nothing ever");
	ck_assert_ptr_null(strstr(condition("IngestDelivered").message, "gcp"));
	ck_assert_int_eq(submit_unit("s/textgen-lora-v1", "textgen", 0.8).status, 201);
	pass(1);
	EXPECT("IngestDelivered", CONDITION_TRUE, "Delivered", "");
}
END_TEST

START_TEST(test_standing__a_repository_that_was_touched)
{
	setup();
	memory_clear();
	registry_sources(&memory_source, 1);
	first_release();
	pass(1);
	pass(1);
	EXPECT("HubInSync", CONDITION_TRUE, "Agrees", "");
	memory_edit(PUBLISHED_CARD, "# Ours, but better");
	pass(3600);
	EXPECT("HubInSync", CONDITION_FALSE, "Drifted", "`spiralfed hub`");
	memory_clear();
}
END_TEST

static int answer_410(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err)
{
	*ret = (struct http_response){.status = 410, .body = "", .body_len = 0};
	return 0;
}

START_TEST(test_standing__a_webhook_that_was_disabled)
{
	setup();
	registry_webhooks(answer_410);
	struct outcome o = make_webhook("{'url':'https://hooks.example/very-secret-path','types':["
					"'freeze.*']}");
	const char *id = arena_strdup(reg.arena, member(o.body, "id"));

	EXPECT("WebhooksDelivering", CONDITION_TRUE, "Delivered", "");
	freeze("{'to':'2027-06-01T00:00:00Z','reason':'why'}");
	finish();
	EXPECT("WebhooksDelivering", CONDITION_FALSE, "Disabled", "`spiralfed webhooks enable ID`");
	EXPECT("WebhooksDelivering", CONDITION_FALSE, "Disabled", id);
	ck_assert_ptr_null(strstr(condition("WebhooksDelivering").message, "secret"));
	/* Somebody's wish is no trouble. */
	ck_assert_int_eq(alter_webhook(id, "{'status':'ACTIVE'}").status, 200);
	ck_assert_int_eq(alter_webhook(id, "{'status':'DISABLED'}").status, 200);
	EXPECT("WebhooksDelivering", CONDITION_TRUE, "Delivered", "");
}
END_TEST

static int answer_503(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err)
{
	*ret = (struct http_response){.status = 503, .body = "", .body_len = 0};
	return 0;
}

/* It is enabled: to enable it mends nothing. */
START_TEST(test_standing__a_webhook_whose_receiver_fails)
{
	setup();
	registry_webhooks(answer_503);
	struct outcome o = make_webhook("{'url':'https://hooks.example/x','types':['freeze.*']}");
	const char *id = arena_strdup(reg.arena, member(o.body, "id"));

	freeze("{'to':'2027-06-01T00:00:00Z','reason':'why'}");
	finish();
	pass(301);
	EXPECT("WebhooksDelivering", CONDITION_FALSE, "Failing", id);
	ck_assert_ptr_null(strstr(condition("WebhooksDelivering").message, "enable"));
}
END_TEST

static int distilled_apply(struct tx *tx, struct command *c, struct err *err)
{
	const int *phase = c->args;
	struct distillation d;

	fields_init(&distillation_table, &d);
	d.release = "1.0.0";
	d.phase = *phase;
	d.provider = "aws";
	d.token = arena_printf(tx->arena, "token-%d-%lld", *phase, (long long)tx->now);
	d.reason = "the teacher is gone";
	d.due_at = d.settled_at = tx->now;
	d.plan = "{}";
	return distillation_insert(tx->db, &d, err) < 0
		       ? -1
		       : tx_event(tx, EVENT_DISTILLATION_FAILED, "1.0.0", NULL, NULL, NULL, err);
}

static struct outcome acknowledge_distillation(int64_t id)
{
	struct reason_request *r = ARENA_NEW(reg.arena, struct reason_request);
	struct command *c = registry_command("POST /v1/distillations/N/acknowledge", "{}");

	r->reason = "the pipeline's image was gone; it is back";
	return registry_run(c, distillation_acknowledge(reg.engine, c, id, r, &c->err));
}

static void distilled(int phase)
{
	static const struct command_kind kind = {.name = "distilled", .apply = distilled_apply};
	struct err err = {0};
	struct command c = engine_job(&kind, "local", &phase, reg.arena, NULL);

	ck_assert_msg(engine_commit(reg.engine, &c, &err) == 0, "%s", err.msg);
}

START_TEST(test_standing__a_distillation_that_failed)
{
	first_release();
	ck_assert_ptr_null(condition("DistillationsSucceeding").type);
	distilled(PHASE_FAILED);
	EXPECT("DistillationsSucceeding", CONDITION_FALSE, "Failed", "`spiralfed distillations 1`");
	/* Nobody could run it: that is no run. */
	distilled(PHASE_INCONCLUSIVE);
	EXPECT("DistillationsSucceeding", CONDITION_FALSE, "Failed", "the teacher is gone");
	distilled(PHASE_SUCCEEDED);
	EXPECT("DistillationsSucceeding", CONDITION_TRUE, "Settled", "");
}
END_TEST

/* It stays on record as it was, and holds the status no more; the next failure does again. */
START_TEST(test_standing__a_failed_distillation_is_acknowledged)
{
	struct outcome o;

	first_release();
	distilled(PHASE_SUCCEEDED);
	o = acknowledge_distillation(1);
	ck_assert_int_eq(o.code, ERR_STATE_CONFLICT);
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, "it is Succeeded"));
	ck_assert_int_eq(acknowledge_distillation(2).code, ERR_NOT_FOUND);
	ck_assert_int_eq(acknowledge_distillation(-1).code, ERR_NOT_FOUND);
	distilled(PHASE_FAILED);
	EXPECT("DistillationsSucceeding", CONDITION_FALSE, "Failed",
		"`spiralfed distillations acknowledge 2 --reason WHY`");
	with.dry_run = true;
	ck_assert_int_eq(acknowledge_distillation(2).status, 200);
	EXPECT("DistillationsSucceeding", CONDITION_FALSE, "Failed", "");
	o = acknowledge_distillation(2);
	ck_assert_int_eq(o.status, 200);
	ck_assert_str_eq(member(o.body, "phase"), "Failed");
	ck_assert_str_ne(member(o.body, "acknowledged_at"), "");
	EXPECT("DistillationsSucceeding", CONDITION_TRUE, "Acknowledged", "");
	ck_assert_ptr_nonnull(strstr(newest_event("distillation.acknowledged"), "it is back"));
	o = acknowledge_distillation(2);
	ck_assert_int_eq(o.code, ERR_STATE_CONFLICT);
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, "before, at "));
	pass(1);
	distilled(PHASE_FAILED);
	EXPECT("DistillationsSucceeding", CONDITION_FALSE, "Failed", "distillation 3 ");
}
END_TEST

START_TEST(test_standing__an_old_failure_is_history)
{
	first_release();
	distilled(PHASE_FAILED);
	pass(INT64_C(8) * 86400);
	EXPECT("DistillationsSucceeding", CONDITION_TRUE, "Settled", "");
}
END_TEST

/* ---- A disk that is full ---- */

static size_t to_write;

static int write_apply(struct tx *tx, struct command *c, struct err *err)
{
	return room_take(tx->db, to_write, err);
}

static bool writes(size_t bytes)
{
	static const struct command_kind kind = {.name = "write", .apply = write_apply};
	struct command c = engine_job(&kind, "local", NULL, reg.arena, NULL);
	struct err err = {0};

	to_write = bytes;
	return engine_commit(reg.engine, &c, &err) == 0;
}

/* No file grows by more than so many bytes; -1: by any. */
static void room_for(int64_t bytes)
{
	char path[SCRATCH_PATH];
	struct rlimit limit;
	struct stat st = {0};

	stat(scratch_file(path, "registry.db-wal"), &st);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)(st.st_size + bytes);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Found by a review: a small write passed where a manifest did not, and the status flapped. */
START_TEST(test_standing__a_full_disk_does_not_flap)
{
	signal(SIGXFSZ, SIG_IGN);
	first_release();
	room_for(400 << 10);
	ck_assert(!writes(1 << 20));
	EXPECT("RegistryWritable", CONDITION_FALSE, "NotWritable", "");
	for (int i = 0; i < 5; i++) {
		ck_assert(writes(100));
		EXPECT("RegistryWritable", CONDITION_FALSE, "NotWritable", "");
		pass(1);
		EXPECT("RegistryWritable", CONDITION_FALSE, "NotWritable", "");
	}
	room_for(-1);
	EXPECT("RegistryWritable", CONDITION_FALSE, "NotWritable", "");
	pass(1);
	EXPECT("RegistryWritable", CONDITION_TRUE, "Writable", "");
	ck_assert(writes(1 << 20));
	check_registry();
}
END_TEST

/* ---- Time and cost ---- */

START_TEST(test_standing__dates_the_turn_and_not_the_look)
{
	int64_t from, to;

	first_release();
	next_release(2, 0.85);
	from = condition("PromotionsFree").since;
	pass(60);
	ck_assert_int_eq(condition("PromotionsFree").since, from);
	observe("1.0.1", 1000, 80);
	to = condition("PromotionsFree").since;
	ck_assert_int_gt(to, from);
	pass(60);
	ck_assert_int_eq(condition("PromotionsFree").since, to);
	/* From the records, where they know. */
	registry_reopen();
	ck_assert_int_eq(condition("PromotionsFree").since, to);
	pass(60);
	acknowledge();
	ck_assert_int_gt(condition("PromotionsFree").since, to);
}
END_TEST

START_TEST(test_standing__is_made_once_a_second_and_when_it_may_have_changed)
{
	first_release();
	STANDING_AUTO first = standing_get(reg.engine, reg.reader);
	int64_t mono = reg.clock.monotonic;

	for (int i = 0; i < 3; i++) {
		submit_unit(arena_printf(reg.arena, "s/embedder-v%d", 5 + i), "embed", 0.8);
		reg.clock.monotonic = mono;
		STANDING_AUTO again = standing_get(reg.engine, reg.reader);
		ck_assert_ptr_eq(again, first);
	}
	report("a", "{'serial':1,'release':'1.0.0'}");
	reg.clock.monotonic = mono;
	STANDING_AUTO after = standing_get(reg.engine, reg.reader);
	ck_assert_ptr_ne(after, first);
	ck_assert_int_eq(after->fleet.current, 1);
	reg.clock.monotonic = mono + USEC_PER_SEC;
	STANDING_AUTO later = standing_get(reg.engine, reg.reader);
	ck_assert_ptr_ne(later, after);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("how it stands");
	TCase *t = tcase_create("standing"), *o = tcase_create("own sources");

	tcase_add_checked_fixture(t, setup, registry_teardown);
	tcase_add_test(t, test_standing__an_empty_registry_is_well);
	tcase_add_test(t, test_standing__a_hold_shows_at_once_and_ends_with_the_acknowledgement);
	tcase_add_test(t, test_standing__a_release_that_serves_in_quarantine);
	tcase_add_test(t, test_standing__silence_is_not_known_rather_than_good);
	tcase_add_test(t, test_standing__nodes);
	tcase_add_loop_test(t, test_standing__a_node_that_is_stuck_in_the_present_activation, 0, 3);
	tcase_add_test(t, test_standing__an_expired_channel);
	tcase_add_test(t, test_standing__a_distillation_that_failed);
	tcase_add_test(t, test_standing__a_failed_distillation_is_acknowledged);
	tcase_add_test(t, test_standing__an_old_failure_is_history);
	tcase_add_test(t, test_standing__a_full_disk_does_not_flap);
	tcase_add_test(t, test_standing__dates_the_turn_and_not_the_look);
	tcase_add_test(t, test_standing__is_made_once_a_second_and_when_it_may_have_changed);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(o, NULL, registry_teardown);
	tcase_add_test(o, test_standing__a_provider_that_is_left_alone);
	tcase_add_test(o, test_standing__who_has_not_delivered);
	tcase_add_test(o, test_standing__a_repository_that_was_touched);
	tcase_add_test(o, test_standing__a_webhook_that_was_disabled);
	tcase_add_test(o, test_standing__a_webhook_whose_receiver_fails);
	suite_add_tcase(s, o);
	return s;
}
