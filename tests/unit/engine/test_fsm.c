/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole matrix of states and events, of releases and of merges: what is possible is listed here
 * once more by hand, and everything else must be refused, in the table and in the registry.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/merge.h"
#include "engine/release.h"
#include "support/registry.h"

Suite *test_suite(void);

enum { STATES = RELEASE_BREACHED + 1 };

static const struct {
	int from;
	enum release_event event;
	int to;
} legal[] = {
	{RELEASE_ABSENT, RELEASE_PROMOTE, RELEASE_ACTIVE},
	{RELEASE_ACTIVE, RELEASE_DISPLACE, RELEASE_WARM},
	{RELEASE_ACTIVE, RELEASE_BREACH, RELEASE_BREACHED},
	{RELEASE_WARM, RELEASE_REACTIVATE, RELEASE_ACTIVE},
	{RELEASE_WARM, RELEASE_RETIRE, RELEASE_RETIRED},
	{RELEASE_RETIRED, RELEASE_REWARM, RELEASE_WARM},
	{RELEASE_BREACHED, RELEASE_UNQUARANTINE, RELEASE_RETIRED},
	{RELEASE_ABSENT, RELEASE_RESTORE_ACTIVE, RELEASE_ACTIVE},
	{RELEASE_ABSENT, RELEASE_RESTORE_WARM, RELEASE_WARM},
	{RELEASE_ABSENT, RELEASE_RESTORE_RETIRED, RELEASE_RETIRED},
	{RELEASE_ABSENT, RELEASE_RESTORE_BREACHED, RELEASE_BREACHED},
};
enum { LEGAL = sizeof(legal) / sizeof(legal[0]) };

static int expected(int from, enum release_event event)
{
	for (size_t i = 0; i < LEGAL; i++)
		if (legal[i].from == from && legal[i].event == event)
			return legal[i].to;
	return -2;
}

START_TEST(test_release_fsm__has_exactly_the_legal_pairs)
{
	int found = 0;

	for (int from = RELEASE_ABSENT; from < STATES; from++)
		for (int event = 0; event < RELEASE_EVENTS; event++) {
			const struct fsm_step *s = release_step(from, event);
			int to = expected(from, event);

			ck_assert_msg((s != NULL) == (to != -2), "state %d event %d", from, event);
			if (!s)
				continue;
			ck_assert_int_eq(s->to, to);
			found++;
		}
	ck_assert_int_eq(found, LEGAL);
}
END_TEST

/* One event on a release of one state, through the door. */
struct attempt {
	int from;
	enum release_event event;
	int got; /* state afterwards, -2: refused */
	struct err err;
};

static int attempt_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct attempt *t = c->args;
	struct release_row row;

	ck_assert_int_eq(release_find(tx->db, "1.0.0", tx->arena, &row, err), 1);
	/* The registry holds an active one; bring it into the state of the test by legal moves. */
	if (t->from == RELEASE_WARM || t->from == RELEASE_RETIRED)
		ck_assert_int_eq(release_move(tx, &row, RELEASE_DISPLACE, 0, NULL, err), 0);
	if (t->from == RELEASE_RETIRED)
		ck_assert_int_eq(release_move(tx, &row, RELEASE_RETIRE, 0, NULL, err), 0);
	if (t->from == RELEASE_BREACHED)
		ck_assert_int_eq(release_move(tx, &row, RELEASE_BREACH, 0, NULL, err), 0);
	t->got = release_move(tx, &row, t->event, 0, NULL, &t->err) < 0
			 ? -2
			 : names_find(&release_state_names, row.state);
	if (t->got == -2)
		ck_assert_str_eq(row.state, names_of(&release_state_names, t->from));
	return 0;
}

static void nothing(struct command *c)
{
}

START_TEST(test_release_fsm__refuses_every_other_pair_in_the_registry)
{
	static const struct command_kind kind = {.name = "attempt", .apply = attempt_apply};

	first_release();
	for (int from = RELEASE_ACTIVE; from < STATES; from++)
		for (int event = 0; event < RELEASE_EVENTS; event++) {
			struct attempt t = {.from = from, .event = event};
			struct command c = {.arena = reg.arena,
				.actor = "local",
				.done = nothing,
				.kind = &kind,
				.args = &t,
				.dry_run = true};
			struct err err = {0};

			ck_assert_int_eq(engine_commit(reg.engine, &c, &err), 0);
			ck_assert_msg(t.got == expected(from, event), "state %d event %d: %d", from,
				event, t.got);
			if (t.got != -2)
				continue;
			ck_assert_int_eq(t.err.code, ERR_STATE_CONFLICT);
			ck_assert_ptr_nonnull(
				strstr(t.err.msg, names_of(&release_state_names, from)));
		}
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), "active");
	check_registry();
}
END_TEST

static int stolen_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct release_row row, same;

	ck_assert_int_eq(release_find(tx->db, "1.0.0", tx->arena, &row, err), 1);
	same = row;
	ck_assert_int_eq(release_move(tx, &row, RELEASE_DISPLACE, 0, NULL, err), 0);
	/* `same` still says active: the compare-and-set must notice. */
	return release_move(tx, &same, RELEASE_BREACH, 0, NULL, err);
}

START_TEST(test_release_move__loses_against_a_move_it_did_not_see)
{
	static const struct command_kind kind = {.name = "stolen", .apply = stolen_apply};
	struct command c = {.arena = reg.arena, .actor = "local", .done = nothing, .kind = &kind};
	struct err err = {0};

	first_release();
	ck_assert_int_eq(engine_commit(reg.engine, &c, &err), -1);
	ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), "active");
	check_registry();
}
END_TEST

START_TEST(test_merge_fsm__only_opens_close)
{
	for (int from = MERGE_OPEN; from <= MERGE_PROMOTED; from++)
		for (int event = 0; event < MERGE_EVENTS; event++) {
			const struct fsm_step *s = merge_step(from, event);

			ck_assert_int_eq(s != NULL, from == MERGE_OPEN);
			if (s)
				ck_assert_int_eq(s->to, event == MERGE_EVENT_PROMOTE
								? MERGE_PROMOTED
								: MERGE_SUPERSEDED);
		}
}
END_TEST

START_TEST(test_event_name__is_entity_and_action_and_never_twice)
{
	for (int i = 0; i < EVENTS; i++) {
		const char *name = event_name(i);

		ck_assert_ptr_nonnull(strchr(name, '.'));
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(name, event_name(k));
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("state machines");
	TCase *t = tcase_create("fsm");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_release_fsm__has_exactly_the_legal_pairs);
	tcase_add_test(t, test_release_fsm__refuses_every_other_pair_in_the_registry);
	tcase_add_test(t, test_release_move__loses_against_a_move_it_did_not_see);
	tcase_add_test(t, test_merge_fsm__only_opens_close);
	tcase_add_test(t, test_event_name__is_entity_and_action_and_never_twice);
	suite_add_tcase(s, t);
	return s;
}
