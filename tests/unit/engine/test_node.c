/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes: what they may say, where they stand, how the fleet follows, what proves a way back, drills.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/node.h"
#include "store/node.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

static const char *says(int64_t serial, const char *release, const char *rest)
{
	return arena_printf(
		reg.arena, "{'serial':%lld,'release':'%s'%s}", (long long)serial, release, rest);
}

static const char *state_of(const char *node)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct node_view v;
	struct err err = {0};

	ck_assert_int_eq(node_view(reg.reader, s, node, reg.clock.wall, reg.arena, &v, &err), 1);
	return v.state;
}

static struct fleet fleet_now(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct fleet f;
	struct err err = {0};

	ck_assert_int_eq(fleet_view(reg.reader, s, reg.clock.wall, reg.arena, &f, &err), 0);
	return f;
}

static struct warm_proof proof(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct warm_proof p;
	struct err err = {0};

	ck_assert_int_eq(
		warm_proof(reg.engine, reg.reader, s, reg.clock.wall, reg.arena, &p, &err), 0);
	return p;
}

static void wait_s(int64_t s)
{
	fake_clock_step(&reg.clock, s * USEC_PER_SEC);
	finish();
}

static const struct {
	const char *body, *pointer, *word;
} refused[] = {
	{"{'serial':1,'release':'9.9.9'}", "/release", "there is no release 9.9.9"},
	{"{'serial':1,'release':'1.0.0','loaded':['1.0.0','2.0.0']}", "/loaded/1",
		"there is no release 2.0.0"},
	{"{'serial':2,'release':'1.0.0'}", "/serial", "has not come to serial 2; it is at 1"},
	{"{'serial':0,'release':'1.0.0'}", "/serial", "from 1"},
	{"{'serial':1}", "/release", "is required"},
	{"{'serial':1,'release':'one'}", "/release", "is not"},
	{"{'serial':1,'release':'1.0.0','health':'fine'}", "/health",
		"legal are ok, degraded, failing"},
	{"{'serial':1,'release':'1.0.0','loaded':[{'ready':true}]}", "/loaded/0/version",
		"is required"},
	{"{'serial':1,'release':'1.0.0','loaded':['1.0.0',{'version':'v1.0.0','ready':false}]}",
		"/loaded/1", "1.0.0 is named before, at /loaded/0"},
	{"{'serial':1,'release':'1.0.0','weights':'AAAA'}", "/weights", "unknown field"},
};

START_TEST(test_node_submit__refuses_what_the_registry_does_not_know)
{
	struct outcome o;
	int64_t n;
	struct err err = {0};

	first_release();
	o = report("n1", refused[_i].body);
	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, refused[_i].pointer);
	ck_assert_msg(strstr(o.c->faults->list[0].detail, refused[_i].word), "%s",
		o.c->faults->list[0].detail);
	ck_assert_int_eq(node_count(reg.reader, &n, &err), 0);
	ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(test_node_submit__answers_with_where_the_channel_is)
{
	struct outcome o;

	ck_assert_int_eq(report("n1", says(1, "1.0.0", "")).code, ERR_NO_RELEASE);
	first_release();
	o = report("n1", says(1, "v1.0.0", ",'loaded':['1.0.0'],'software':'s'"));
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "state"), "current");
	ck_assert_str_eq(member(o.body, "release"), "1.0.0");
	ck_assert_str_eq(member(member(o.body, "channel"), "serial"), "1");
	ck_assert_str_eq(member(o.body, "loaded"), "[{\"ready\":true,\"version\":\"1.0.0\"}]");
	ck_assert_int_eq(count_events("node.joined"), 1);
	report("n1", says(1, "1.0.0", ""));
	ck_assert_int_eq(count_events("node.joined"), 1);
}
END_TEST

START_TEST(test_nodes__stand_where_their_reports_put_them)
{
	struct fleet f;
	int64_t moved;

	first_release();
	report("a", says(1, "1.0.0", ""));
	report("b", says(1, "1.0.0", ""));
	report("c", says(1, "1.0.0", ",'health':'failing','loaded':['1.0.0']"));
	ck_assert_str_eq(state_of("a"), "current");
	ck_assert_str_eq(state_of("c"), "unhealthy");
	next_release(2, 0.85);
	moved = reg.clock.wall - USEC_PER_SEC;
	ck_assert_str_eq(state_of("a"), "behind");
	wait_s(10);
	report("b", says(2, "1.0.1", ""));
	report("d", says(2, "1.0.0", "")); /* it read the pointer and serves the old one still */
	f = fleet_now();
	ck_assert_int_eq(f.known, 4);
	ck_assert_int_eq(f.live, 4);
	ck_assert_int_eq(f.current, 1);
	ck_assert_int_eq(f.behind, 2);
	ck_assert_int_eq(f.unhealthy, 1);
	ck_assert_int_eq(f.behind_since, moved);
	ck_assert_uint_eq(f.serials.n, 3);
	ck_assert_str_eq(LIST_AT(&f.serials, struct fleet_serial, 2)->release, "1.0.0");
	ck_assert_int_eq(LIST_AT(&f.serials, struct fleet_serial, 2)->nodes, 2);
	wait_s(170);
	ck_assert_str_eq(state_of("a"), "silent");
	ck_assert_str_eq(state_of("b"), "current");
	f = fleet_now();
	ck_assert_int_eq(f.live, 2);
	ck_assert_int_eq(f.silent, 2);
	wait_s(7 * 86400);
	f = fleet_now();
	ck_assert_int_eq(f.known, 0);
}
END_TEST

/* It follows the pointer and has the release, but could not serve it yet. */
START_TEST(test_nodes__that_load_are_not_current)
{
	first_release();
	report("a", says(1, "1.0.0", ""));
	report("b", says(1, "1.0.0", ",'loaded':[{'version':'v1.0.0','ready':false}]"));
	ck_assert_str_eq(state_of("a"), "current");
	ck_assert_str_eq(state_of("b"), "behind");
	ck_assert_int_eq(fleet_now().current, 1);
	ck_assert_int_eq(fleet_now().behind, 1);
	ck_assert_int_gt(fleet_now().behind_since, reg.clock.wall - 5 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(count_events("fleet.converged"), 1); /* by a, before b came */
	report("b", says(1, "1.0.0", ",'loaded':['1.0.0']"));
	next_release(2, 0.85);
	report("a", says(2, "1.0.1", ",'loaded':[{'version':'1.0.1','ready':false}]"));
	report("b", says(2, "1.0.1", ",'loaded':['1.0.1']"));
	wait_s(2);
	ck_assert_int_eq(count_events("fleet.converged"), 1);
	report("a", says(2, "1.0.1", ",'loaded':[{'version':'1.0.1','ready':true}]"));
	ck_assert_int_eq(count_events("fleet.converged"), 2);
	ck_assert_int_eq(fleet_now().current, 2);
}
END_TEST

/* The moment at which the last one has followed is on record, once. */
START_TEST(test_nodes__converge_once)
{
	first_release();
	report("a", says(1, "1.0.0", ""));
	report("b", says(1, "1.0.0", ""));
	ck_assert_int_eq(count_events("fleet.converged"), 1);
	next_release(2, 0.85);
	report("a", says(2, "1.0.1", ""));
	ck_assert_int_eq(count_events("fleet.converged"), 1);
	report("b", says(2, "1.0.1", ""));
	ck_assert_int_eq(count_events("fleet.converged"), 2);
	report("c", says(2, "1.0.1", ""));
	report("b", says(2, "1.0.1", ",'health':'degraded'"));
	ck_assert_int_eq(count_events("fleet.converged"), 2);
}
END_TEST

/* The last that was behind never says that it follows: it is gone. */
START_TEST(test_nodes__converge_when_the_last_one_behind_falls_silent)
{
	first_release();
	report("a", says(1, "1.0.0", ""));
	report("b", says(1, "1.0.0", ""));
	next_release(2, 0.85);
	report("a", says(2, "1.0.1", ""));
	wait_s(150);
	report("a", says(2, "1.0.1", ""));
	ck_assert_int_eq(count_events("fleet.converged"), 1);
	wait_s(60);
	ck_assert_int_eq(count_events("fleet.converged"), 2);
	report("b", says(2, "1.0.1", ""));
	wait_s(10);
	ck_assert_int_eq(count_events("fleet.converged"), 2);
	/* When all are silent, nobody follows. */
	next_release(3, 0.9);
	wait_s(300);
	ck_assert_int_eq(count_events("fleet.converged"), 2);
}
END_TEST

START_TEST(test_warm_proof__wants_every_live_node)
{
	struct warm_proof p;

	p = proof();
	ck_assert_int_eq(p.verdict, WARM_NOT_CONFIGURED);
	first_release();
	ck_assert_int_eq(proof().verdict, WARM_NOT_CONFIGURED);
	report("a", says(1, "1.0.0", ""));
	p = proof();
	ck_assert_int_eq(p.verdict, WARM_PROVEN);
	ck_assert_str_eq(p.detail, "1.0.0 is ready on 1 live nodes");
	/* One that serves it and fails proves nothing; nor one that says it is not ready. */
	report("b", says(1, "1.0.0", ",'health':'failing'"));
	p = proof();
	ck_assert_int_eq(p.verdict, WARM_UNPROVEN);
	ck_assert_str_eq(p.detail, "1 of 2 live nodes have 1.0.0 loaded and ready");
	report("b", says(1, "1.0.0", ""));
	next_release(2, 0.85);
	report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	report("b", says(1, "1.0.0", ""));
	p = proof();
	ck_assert_int_eq(p.verdict, WARM_PROVEN);
	ck_assert_str_eq(p.release, "1.0.0");
	report("a", says(2, "1.0.1", ",'loaded':[{'version':'1.0.0','ready':false}]"));
	p = proof();
	ck_assert_int_eq(p.verdict, WARM_UNPROVEN);
	ck_assert_str_eq(p.release, "1.0.1");
	wait_s(200);
	p = proof();
	ck_assert_int_eq(p.verdict, WARM_UNPROVEN);
	ck_assert_ptr_nonnull(strstr(p.detail, "none was heard of within 180 s"));
}
END_TEST

/* A connector that says of each artifact what the test wants. */
static int look_result;
static int fake_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	if (look_result < 0)
		return err_set(err, ERR_UNREACHABLE, "the bucket says 503");
	*ret = (struct probe){(enum probe_verdict)look_result, "it was looked for"};
	return 0;
}

static void connect_probes(void)
{
	static struct connector_kind kind;
	static struct engine_source source;
	char path[SCRATCH_PATH];

	kind = connector_dir;
	kind.probe = fake_probe;
	source = (struct engine_source){.kind = &kind,
		.options = {.provider = "hf",
			.path = arena_strdup(reg.arena, scratch_file(path, ".")),
			.artifacts = "/",
			.timeout = 30 * USEC_PER_SEC}};
	registry_sources(&source, 1);
}

START_TEST(test_warm_proof__looks_at_the_artifacts)
{
	static const struct {
		int result;
		int verdict;
		const char *word;
	} cases[] = {
		{PROBE_UNKNOWN, WARM_NOT_CONFIGURED, "no connector sees"},
		{PROBE_REACHABLE, WARM_PROVEN, "can be reached"},
		{PROBE_MISSING, WARM_UNPROVEN, "it was looked for"},
		{-1, WARM_UNPROVEN, "the bucket says 503"},
	};

	first_release();
	ck_assert_int_eq(proof().verdict, WARM_NOT_CONFIGURED);
	/* There is one who could have looked, and has not yet. */
	connect_probes();
	ck_assert_int_eq(proof().verdict, WARM_UNPROVEN);
	ck_assert_ptr_nonnull(strstr(proof().detail, "nobody has looked yet"));
	look_result = cases[_i].result;
	wait_s(3600);
	ck_assert_int_eq(proof().verdict, cases[_i].verdict);
	ck_assert_msg(strstr(proof().detail, cases[_i].word), "%s", proof().detail);
	fake_clock_step(&reg.clock, 3600 * USEC_PER_SEC); /* and nobody looked since */
	ck_assert_int_eq(proof().verdict, WARM_UNPROVEN);
	ck_assert_ptr_nonnull(strstr(proof().detail, "nobody has looked for a while"));
}
END_TEST

/* A node that can't serve the way back any more says so between the checklist and the commit. */
START_TEST(test_promotion_submit__looks_at_the_way_back_once_more)
{
	struct command *promotion, *heard;
	const char *merge;

	first_release();
	report("a", says(1, "1.0.0", ""));
	ck_assert_int_eq(submit_unit("s/textgen-lora-v2", "textgen", 0.9).status, 201);
	merge = member(do_merge().body, "version");
	finish();
	heard = queue_report("a", says(1, "1.0.0", ",'health':'failing'"));
	promotion = queue_promote(merge, NULL);
	ck_assert(ops_step(reg.engine)); /* it has its checklist, and stands behind the report */
	finish();
	ck_assert_int_eq(outcome_of(heard).status, 200);
	ck_assert_int_eq(outcome_of(promotion).code, ERR_CHECKLIST_NOT_GO);
	ck_assert_ptr_nonnull(strstr(
		outcome_of(promotion).c->err.msg, "0 of 1 live nodes have 1.0.0 loaded and ready"));
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	report("a", says(1, "1.0.0", ""));
	ck_assert_int_eq(promote(merge).status, 201);
	check_registry();
}
END_TEST

/* Nodes report, and none of them could serve what would be warm: only who says so may go on. */
START_TEST(test_promotion_submit__wants_a_proven_way_back)
{
	struct outcome o;
	const char *merge;

	first_release();
	report("a", says(1, "1.0.0", ""));
	report("b", says(1, "1.0.0", ",'health':'failing'"));
	ck_assert_int_eq(submit_unit("s/textgen-lora-v2", "textgen", 0.9).status, 201);
	merge = member(do_merge().body, "version");
	o = promote(merge);
	ck_assert_int_eq(o.code, ERR_CHECKLIST_NOT_GO);
	ck_assert_msg(strstr(o.c->err.msg, "1 of 2 live nodes have 1.0.0 loaded and ready"), "%s",
		o.c->err.msg);
	if (_i)
		report("b", says(1, "1.0.0", ""));
	else
		with.override = true;
	ck_assert_int_eq(promote(merge).status, 201);
}
END_TEST

static struct drill drill_now(int64_t id)
{
	struct drill d;
	struct err err = {0};

	ck_assert_int_eq(drill_find(reg.reader, id, reg.arena, &d, &err), 1);
	return d;
}

START_TEST(test_drill__measures_until_the_last_live_node_is_ready)
{
	struct outcome o;
	struct drill d;
	const char *channel;

	first_release();
	ck_assert_int_eq(begin_drill(NULL).code, ERR_NO_WARM_RELEASE);
	next_release(2, 0.85);
	ck_assert_int_eq(begin_drill(NULL).code, ERR_STATE_CONFLICT); /* nobody there */
	report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	report("b", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	channel = channel_text();
	o = begin_drill("1.0.0");
	ck_assert_msg(o.status == 202, "%s", o.c->err.msg);
	ck_assert_str_eq(o.c->answer.location, "/v1/drills/1");
	ck_assert_str_eq(member(member(o.body, "channel"), "serial"), "2");
	ck_assert_int_eq(begin_drill(NULL).code, ERR_STATE_CONFLICT); /* one at a time */
	ck_assert_str_eq(drill_now(1).phase, "Running");
	/* What was said before does not count. */
	wait_s(5);
	o = report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	ck_assert_str_eq(member(member(o.body, "drill"), "release"), "1.0.0");
	ck_assert_str_eq(drill_now(1).phase, "Running");
	wait_s(5);
	report("b", says(2, "1.0.1", ",'loaded':[{'version':'1.0.0','ready':false}]"));
	ck_assert_str_eq(drill_now(1).phase, "Running");
	wait_s(5);
	o = report("b", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	ck_assert_str_eq(member(o.body, "drill"), "");
	d = drill_now(1);
	ck_assert_str_eq(d.phase, "Succeeded");
	ck_assert_int_eq(d.took_ms, 19000);
	ck_assert_int_eq(d.nodes, 2);
	ck_assert_int_eq(d.ready, 2);
	ck_assert_str_eq(channel_text(), channel);
	ck_assert_int_eq(count_events("drill.succeeded"), 1);
	check_registry();
}
END_TEST

START_TEST(test_drill__fails_after_ten_minutes)
{
	struct drill d;

	first_release();
	next_release(2, 0.85);
	report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	report("b", says(2, "1.0.1", ""));
	begin_drill(NULL);
	for (int i = 0; i < 11; i++) {
		report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
		report("b", says(2, "1.0.1", ""));
		wait_s(58);
	}
	d = drill_now(1);
	ck_assert_str_eq(d.phase, "Failed");
	ck_assert_int_eq(d.took_ms, -1);
	ck_assert_uint_eq(d.missing.n, 1);
	ck_assert_str_eq(d.missing.v[0], "b");
	ck_assert_int_eq(count_events("drill.failed"), 1);
	ck_assert_int_eq(begin_drill(NULL).status, 202);
}
END_TEST

/* A node that was live at the start and fell silent is missing, and says so by its name. */
START_TEST(test_drill__misses_those_that_fell_silent)
{
	struct drill d;
	struct err err = {0};

	first_release();
	next_release(2, 0.85);
	report("gone", says(2, "1.0.1", ""));
	wait_s(180);
	report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
	report("b", says(2, "1.0.1", ""));
	begin_drill(NULL);
	ck_assert_int_eq(drill_now(1).nodes, 2);
	report("late", says(2, "1.0.1", "")); /* it was not there: it is not counted */
	for (int i = 0; i < 3; i++) {
		wait_s(100);
		report("a", says(2, "1.0.1", ",'loaded':['1.0.0']"));
		d = drill_now(1);
		ck_assert_str_eq(d.phase, "Running");
		ck_assert_int_eq(d.nodes, 2);
		ck_assert_int_eq(d.ready, 1);
	}
	ck_assert_str_eq(state_of("b"), "silent");
	if (_i) { /* it comes back in time */
		report("b", says(2, "1.0.1", ",'loaded':['1.0.0']"));
		ck_assert_str_eq(drill_now(1).phase, "Succeeded");
	} else {
		wait_s(310);
		ck_assert_str_eq(drill_now(1).phase, "Failed");
	}
	d = drill_now(1);
	ck_assert_int_eq(d.nodes, 2);
	ck_assert_int_eq(d.ready, 1 + _i);
	ck_assert_int_eq(drill_names(reg.reader, &d, 10, reg.arena, &err), 0);
	ck_assert_uint_eq(d.ready_nodes.n, (size_t)(1 + _i));
	ck_assert_str_eq(d.ready_nodes.v[0], "a");
	ck_assert_uint_eq(d.missing.n, (size_t)(1 - _i));
	if (!_i)
		ck_assert_str_eq(d.missing.v[0], "b");
}
END_TEST

START_TEST(test_drill__a_dry_run_begins_none)
{
	struct outcome o;
	struct drill d;
	struct err err = {0};

	first_release();
	next_release(2, 0.85);
	report("a", says(2, "1.0.1", ""));
	with.dry_run = true;
	o = begin_drill(NULL);
	ck_assert_int_eq(o.status, 200);
	ck_assert_ptr_null(o.c->answer.location);
	ck_assert_int_eq(drill_find(reg.reader, 1, reg.arena, &d, &err), 0);
	ck_assert_int_eq(begin_drill(NULL).status, 202);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("nodes");
	TCase *t = tcase_create("nodes");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_loop_test(t, test_node_submit__refuses_what_the_registry_does_not_know, 0,
		sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, test_node_submit__answers_with_where_the_channel_is);
	tcase_add_test(t, test_nodes__stand_where_their_reports_put_them);
	tcase_add_test(t, test_nodes__that_load_are_not_current);
	tcase_add_test(t, test_nodes__converge_once);
	tcase_add_test(t, test_nodes__converge_when_the_last_one_behind_falls_silent);
	tcase_add_test(t, test_warm_proof__wants_every_live_node);
	tcase_add_loop_test(t, test_warm_proof__looks_at_the_artifacts, 0, 4);
	tcase_add_loop_test(t, test_promotion_submit__wants_a_proven_way_back, 0, 2);
	tcase_add_test(t, test_promotion_submit__looks_at_the_way_back_once_more);
	tcase_add_test(t, test_drill__measures_until_the_last_live_node_is_ready);
	tcase_add_test(t, test_drill__fails_after_ten_minutes);
	tcase_add_loop_test(t, test_drill__misses_those_that_fell_silent, 0, 2);
	tcase_add_test(t, test_drill__a_dry_run_begins_none);
	suite_add_tcase(s, t);
	return s;
}
