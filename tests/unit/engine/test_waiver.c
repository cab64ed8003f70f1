/* SPDX-License-Identifier: Apache-2.0
 *
 * Waivers through the engine: four eyes, the states, the clock, and what the history says.
 */
#include "engine/waiver.h"

#include <check.h>
#include <string.h>

#include "model/phase.h"
#include "policy/waiver.h"
#include "store/waiver.h"
#include "support/registry.h"

Suite *test_suite(void);

#define DAY (INT64_C(86400) * USEC_PER_SEC)
#define ID  "s/textgen-lora-v1"

static void setup(void)
{
	registry_setup();
	ck_assert_int_eq(submit_unit(ID, "textgen", 0.8).status, 201);
}

static const char *days_ahead(int64_t days)
{
	char buf[TIME_STRLEN];

	return arena_strdup(reg.arena, time_format(clock_now(&reg.clock.clock) + days * DAY, buf));
}

static struct outcome ask(
	const char *actor, const char *gate, const char *id, int64_t days, const char *more)
{
	with.actor = actor;
	return ask_waiver(arena_printf(reg.arena,
		"{'gate':'%s','artifact':{'provider':'hf','id':'%s'},'reason':'known','expires_at':"
		"'%s'%s}",
		gate, id, days_ahead(days), more));
}

static struct outcome approve(const char *actor, const char *id)
{
	with.actor = actor;
	return approve_waiver(id, "{'reason':'seen'}");
}

/* In force now for the gate, by the function that verdicts will ask. */
static bool in_force(enum gate gate)
{
	struct err err = {0};
	int64_t now = clock_now(&reg.clock.clock);
	struct waiver *list;
	size_t n;

	ck_assert_int_eq(
		waivers_in_force(reg.reader, "hf", ID, now, reg.arena, &list, &n, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (waiver_in_force(&list[i], gate, "hf", ID, now))
			return true;
	return false;
}

static const char *state_of(const char *id)
{
	struct err err = {0};
	struct waiver_row row;

	ck_assert_int_eq(waiver_find_id(reg.reader, id, reg.arena, &row, &err), 1);
	return member(waiver_render(&row.waiver, clock_now(&reg.clock.clock), reg.arena), "state");
}

static size_t listed(const char *state)
{
	struct err err = {0};
	struct page page;

	ck_assert_int_eq(waiver_list(reg.reader, clock_now(&reg.clock.clock), state, 0, 10,
				 reg.arena, &page, &err),
		0);
	return page.n;
}

START_TEST(test_waiver__takes_four_eyes)
{
	struct outcome o = ask("token:a", "latency", ID, 7, "");
	const char *id = member(o.body, "id");

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "state"), "requested");
	ck_assert_str_eq(member(o.body, "requested_by"), "token:a");
	ck_assert(!in_force(GATE_LATENCY));
	ck_assert_int_eq(approve("token:a", id).code, ERR_SELF_APPROVAL);
	ck_assert(!in_force(GATE_LATENCY));
	o = approve("token:b", id);
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "state"), "approved");
	ck_assert_str_eq(member(o.body, "approved_by"), "token:b");
	ck_assert_str_eq(member(o.body, "approval_reason"), "seen");
	ck_assert(in_force(GATE_LATENCY));
	ck_assert(!in_force(GATE_QUALITY));
	ck_assert_int_eq(approve("token:c", id).code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(approve("token:b", "nosuch").code, ERR_NOT_FOUND);
	ck_assert_int_eq(count_events("waiver.requested"), 1);
	ck_assert_int_eq(count_events("waiver.granted"), 1);
	check_registry();
}
END_TEST

START_TEST(test_waiver__ends_by_the_clock)
{
	const char *id = member(ask("token:a", "latency", ID, 7, "").body, "id");
	const char *idle = member(ask("token:a", "quality", ID, 7, "").body, "id");

	ck_assert_int_eq(approve("token:b", id).status, 200);
	fake_clock_step(&reg.clock, 7 * DAY - 60 * USEC_PER_SEC);
	ck_assert_str_eq(state_of(id), "approved");
	finish();
	ck_assert_int_eq(count_events("waiver.expired"), 0);
	fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
	/* Before anything ran: it is the clock that ends it. */
	ck_assert(!in_force(GATE_LATENCY));
	ck_assert_str_eq(state_of(id), "expired");
	ck_assert_uint_eq(listed("expired"), 2);
	ck_assert_uint_eq(listed("approved"), 0);
	ck_assert_int_eq(approve("token:b", idle).code, ERR_STATE_CONFLICT);
	finish();
	ck_assert_int_eq(count_events("waiver.expired"), 2);
	fake_clock_step(&reg.clock, DAY);
	finish();
	ck_assert_int_eq(count_events("waiver.expired"), 2);
	ck_assert_int_eq(revoke_waiver(id).code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(ask("token:a", "latency", ID, 7, "").status, 201);
	check_registry();
}
END_TEST

START_TEST(test_waiver__can_be_revoked)
{
	const char *id = member(ask("token:a", "safety", ID, 7, "").body, "id");
	struct outcome o;

	ck_assert_int_eq(approve("token:b", id).status, 200);
	ck_assert(in_force(GATE_SAFETY));
	o = revoke_waiver(id);
	ck_assert_int_eq(o.status, 200);
	ck_assert_str_eq(member(o.body, "state"), "revoked");
	ck_assert_str_eq(member(o.body, "approved_by"), "token:b");
	ck_assert(!in_force(GATE_SAFETY));
	ck_assert_int_eq(approve("token:b", id).code, ERR_STATE_CONFLICT);
	fake_clock_step(&reg.clock, 8 * DAY);
	finish();
	ck_assert_str_eq(state_of(id), "revoked");
	ck_assert_int_eq(count_events("waiver.expired"), 0);
	ck_assert_int_eq(count_events("waiver.revoked"), 1);
	ck_assert_uint_eq(listed(NULL), 1);
	ck_assert_uint_eq(listed("revoked"), 1);
}
END_TEST

START_TEST(test_waiver__is_refused_when_it_is_for_nothing)
{
	struct outcome o;

	ck_assert_int_eq(ask("token:a", "latency", "s/textgen-lora-v9", 7, "").code, ERR_NOT_FOUND);
	o = ask("token:a", "latency", ID, 31, "");
	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/expires_at");
	ck_assert_int_eq(ask("token:a", "latency", ID, 0, "").code, ERR_INVALID_BODY);
	ck_assert_int_eq(ask("token:a", "all", ID, 7, "").code, ERR_INVALID_BODY);
	/* One for each gate. */
	ck_assert_int_eq(ask("token:a", "latency", ID, 7, "").status, 201);
	ck_assert_int_eq(ask("token:b", "latency", ID, 7, "").code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(ask("token:b", "safety", ID, 7, "").status, 201);
	ck_assert_int_eq(withdraw("hf", ID).status, 200);
	ck_assert_int_eq(ask("token:a", "quality", ID, 7, "").code, ERR_STATE_CONFLICT);
}
END_TEST

START_TEST(test_waiver__is_not_for_evidence)
{
	ck_assert_int_eq(submit("{\"provider\":\"gcp\",\"artifacts\":[{\"id\":\"s/eval-v1\","
				"\"role\":\"retrieval\",\"uri\":\"gs://b/e\",\"metrics\":"
				"{\"quality\":0.9}}]}")
				 .status,
		201);
	with.actor = "token:a";
	ck_assert_int_eq(
		ask_waiver(
			arena_printf(reg.arena,
				"{'gate':'safety','artifact':{'provider':'gcp','id':'s/eval-v1'},"
				"'reason':'r','expires_at':'%s'}",
				days_ahead(1)))
			.code,
		ERR_STATE_CONFLICT);
}
END_TEST

/* Without tokens nobody is known: both must say who they are. */
START_TEST(test_waiver__names_both_when_nobody_is_known)
{
	struct outcome o = ask("local", "latency", ID, 7, "");
	const char *id;

	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/requested_by");
	ck_assert_int_eq(
		ask("local", "latency", ID, 7, ",'requested_by':'  '").code, ERR_INVALID_BODY);
	o = ask("local", "latency", ID, 7, ",'requested_by':'Ann '");
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "requested_by"), "local:Ann");
	id = member(o.body, "id");
	ck_assert_int_eq(approve("local", id).code, ERR_INVALID_BODY);
	with.actor = "local";
	ck_assert_int_eq(approve_waiver(id, "{'approved_by':' ann'}").code, ERR_SELF_APPROVAL);
	with.actor = "local";
	o = approve_waiver(id, "{'approved_by':'Ben'}");
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "approved_by"), "local:Ben");
	ck_assert(in_force(GATE_LATENCY));
}
END_TEST

START_TEST(test_waiver__takes_no_name_from_a_body_when_tokens_say_it)
{
	struct outcome o = ask("token:a", "latency", ID, 7, ",'requested_by':'token:b'");

	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/requested_by");
	o = ask("token:a", "latency", ID, 7, "");
	with.actor = "token:a";
	o = approve_waiver(member(o.body, "id"), "{'approved_by':'token:b'}");
	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/approved_by");
}
END_TEST

/* Every pair of state and event, the illegal ones too. */
START_TEST(test_waiver__changes_its_state_only_by_the_table)
{
	static const int to[][WAIVER_EVENTS] = {
		[WAIVER_REQUESTED] = {WAIVER_APPROVED, WAIVER_REVOKED, WAIVER_EXPIRED},
		[WAIVER_APPROVED] = {-1, WAIVER_REVOKED, WAIVER_EXPIRED},
		[WAIVER_EXPIRED] = {-1, -1, -1},
		[WAIVER_REVOKED] = {-1, -1, -1},
	};

	for (int from = WAIVER_REQUESTED; from <= WAIVER_REVOKED; from++) {
		for (int event = 0; event < WAIVER_EVENTS; event++) {
			const struct fsm_step *s = waiver_step(from, (enum waiver_event)event);

			ck_assert_int_eq(s ? s->to : -1, to[from][event]);
		}
	}
}
END_TEST

START_TEST(test_waiver__a_dry_run_changes_nothing)
{
	const char *id;

	with.dry_run = true;
	ck_assert_int_eq(ask("token:a", "latency", ID, 7, "").status, 200);
	ck_assert_uint_eq(listed(NULL), 0);
	id = member(ask("token:a", "latency", ID, 7, "").body, "id");
	with.actor = "token:b";
	ck_assert_int_eq(approve_waiver(id, "{'dry_run':true}").status, 200);
	ck_assert_str_eq(state_of(id), "requested");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("waivers of the engine");
	TCase *t = tcase_create("waivers");

	tcase_add_checked_fixture(t, setup, registry_teardown);
	tcase_add_test(t, test_waiver__takes_four_eyes);
	tcase_add_test(t, test_waiver__ends_by_the_clock);
	tcase_add_test(t, test_waiver__can_be_revoked);
	tcase_add_test(t, test_waiver__is_refused_when_it_is_for_nothing);
	tcase_add_test(t, test_waiver__is_not_for_evidence);
	tcase_add_test(t, test_waiver__names_both_when_nobody_is_known);
	tcase_add_test(t, test_waiver__takes_no_name_from_a_body_when_tokens_say_it);
	tcase_add_test(t, test_waiver__changes_its_state_only_by_the_table);
	tcase_add_test(t, test_waiver__a_dry_run_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}
