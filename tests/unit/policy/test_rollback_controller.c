/* SPDX-License-Identifier: Apache-2.0
 *
 * The controller: the order of the blocks, what lifts them, and over random histories that it never
 * goes to a quarantined release.
 */
#include "policy/rollback_controller.h"

#include <check.h>
#include <stdlib.h>

Suite *test_suite(void);

static struct burn_rules rules;
static struct rollback_controller c;
static bool breached;
static const struct rollback_signal firing = {.firing = true};
static const struct rollback_signal critical = {.firing = true, .critical = true};
static const struct rollback_signal quiet = {0};

static void setup(void)
{
	static const int64_t warm[] = {2, 1};

	rules = (struct burn_rules){.automatic = 1,
		.eval_s = 30,
		.for_evals = 2,
		.cooldown_s = 900,
		.max_auto = 2,
		.max_auto_window_s = 86400,
		.holdoff_s = 86400};
	rollback_controller_init(&c, &rules);
	rollback_controller_activate(&c, 3, warm, 2, 0);
}

static void teardown(void)
{
	rollback_controller_clear(&c);
}

static void look(struct rollback_signal signal, int64_t now, enum rollback_verb verb,
	enum rollback_reason reason)
{
	struct rollback_do done = rollback_controller_look(&c, signal, now, &breached);

	ck_assert_str_eq(rollback_verb_name(done.verb), rollback_verb_name(verb));
	ck_assert_str_eq(rollback_reason_name(done.reason), rollback_reason_name(reason));
}

START_TEST(test_rollback_controller__latches_once)
{
	rules.automatic = 0;
	look(quiet, 30, ROLLBACK_NOTHING, ROLLBACK_FREE);
	ck_assert(!breached);
	look(firing, 60, ROLLBACK_HOLD, ROLLBACK_MANUAL);
	ck_assert(breached && rollback_controller_is_quarantined(&c, 3));
	look(firing, 90, ROLLBACK_NOTHING, ROLLBACK_FREE);
	ck_assert(!breached);
	look(quiet, 120, ROLLBACK_NOTHING, ROLLBACK_FREE);
	look(firing, 150, ROLLBACK_NOTHING, ROLLBACK_FREE);
	ck_assert(!breached);
	ck_assert_uint_eq(c.quarantined.n, 1);
	ck_assert(!c.locked);
}
END_TEST

/* Each block hides those after it. */
START_TEST(test_rollback_controller__blocks_in_order)
{
	look(firing, 60, ROLLBACK_MOVE, ROLLBACK_FREE);
	rules.max_auto = 1;
	rules.automatic = 0;
	look(critical, 120, ROLLBACK_HOLD, ROLLBACK_MANUAL);
	rules.automatic = 1;
	look(critical, 150, ROLLBACK_HOLD, ROLLBACK_MAX_ROLLBACKS);
	ck_assert(c.locked);
	rules.max_auto = 9;
	c.warm.n = 0;
	look(critical, 180, ROLLBACK_HOLD, ROLLBACK_EXHAUSTED);
	rollback_controller_activate(&c, 2, (int64_t[]){1}, 1, 200);
	look(firing, 210, ROLLBACK_HOLD, ROLLBACK_COOLDOWN);
	look(critical, 240, ROLLBACK_MOVE, ROLLBACK_FREE);
	ck_assert_int_eq(c.active, 1);
}
END_TEST

START_TEST(test_rollback_controller__blocked_breach_retries_while_it_fires)
{
	look(firing, 60, ROLLBACK_MOVE, ROLLBACK_FREE);
	look(firing, 120, ROLLBACK_HOLD, ROLLBACK_COOLDOWN);
	look(quiet, 60 + 900, ROLLBACK_NOTHING, ROLLBACK_FREE);
	ck_assert_int_eq(c.active, 2);
	look(firing, 60 + 930, ROLLBACK_MOVE, ROLLBACK_FREE);
	ck_assert_int_eq(c.active, 1);
	/* Both warm ones are quarantined: it stays. */
	rules.max_auto = 9;
	look(firing, 9000, ROLLBACK_HOLD, ROLLBACK_EXHAUSTED);
	look(firing, 9030, ROLLBACK_NOTHING, ROLLBACK_FREE);
	ck_assert_int_eq(c.active, 1);
	rules.on_exhausted = EXHAUSTED_SAFE_MODE;
	c.told = ROLLBACK_FREE;
	look(firing, 9060, ROLLBACK_SAFE_MODE, ROLLBACK_EXHAUSTED);
	ck_assert_int_eq(rollback_controller_promote(&c, 4, 200000).reason, PROMOTE_LOCKED);
}
END_TEST

START_TEST(test_rollback_controller__promotion_is_held_until_acknowledged)
{
	look(firing, 60, ROLLBACK_MOVE, ROLLBACK_FREE);
	ck_assert_int_eq(rollback_controller_promote(&c, 3, 90).reason, PROMOTE_QUARANTINED);
	ck_assert_int_eq(rollback_controller_promote(&c, 4, 90).reason, PROMOTE_HOLDOFF);
	ck_assert_int_eq(rollback_controller_refuses(&c, 4, 60 + 86399), PROMOTE_HOLDOFF);
	ck_assert_int_eq(rollback_controller_refuses(&c, 4, 60 + 86400), ROLLBACK_FREE);
	ck_assert_int_eq(c.active, 2);
	rollback_controller_acknowledge(&c);
	ck_assert_int_eq(rollback_controller_promote(&c, 4, 120).verb, ROLLBACK_PROMOTE);
	ck_assert_int_eq(c.active, 4);
	ck_assert_int_eq(rollback_controller_target(&c), 2);
	/* What was acknowledged counts no longer, neither for the cool-down nor for the number. */
	look(firing, 150, ROLLBACK_MOVE, ROLLBACK_FREE);
	ck_assert_int_eq(c.active, 2);
	ck_assert(rollback_controller_unquarantine(&c, 3));
	ck_assert(!rollback_controller_unquarantine(&c, 3));
}
END_TEST

START_TEST(test_rollback_controller__old_rollbacks_age_out)
{
	rules.max_auto = 1;
	look(firing, 60, ROLLBACK_MOVE, ROLLBACK_FREE);
	look(firing, 60 + 86399, ROLLBACK_HOLD, ROLLBACK_MAX_ROLLBACKS);
	look(firing, 60 + 86400, ROLLBACK_MOVE, ROLLBACK_FREE);
	/* The lock stays: someone has to look. */
	ck_assert(c.locked);
}
END_TEST

static bool warm_is_sound(void)
{
	for (size_t i = 0; i < c.warm.n; i++) {
		if (c.warm.v[i] == c.active)
			return false;
		for (size_t k = 0; k < i; k++)
			if (c.warm.v[i] == c.warm.v[k])
				return false;
	}
	return true;
}

/* Whatever happens: no move to a quarantined release, none to itself, one release in one place. */
START_TEST(test_rollback_controller__never_goes_to_a_quarantined_release)
{
	int64_t now = 0, next = 4;
	unsigned seed = (unsigned)_i + 1;

	for (int step = 0; step < 4000; step++) {
		seed = seed * 1103515245u + 12345u;
		unsigned dice = (seed >> 16) % 20;

		now += (seed >> 10) % 2000;
		if (dice < 12) {
			bool quarantined[8192];
			int64_t from = c.active;

			for (int64_t r = 1; r < next; r++)
				quarantined[r] = rollback_controller_is_quarantined(&c, r);
			struct rollback_do done = rollback_controller_look(&c,
				dice < 3   ? critical
				: dice < 9 ? firing
					   : quiet,
				now, &breached);

			if (done.verb == ROLLBACK_MOVE) {
				ck_assert(!quarantined[done.to]);
				ck_assert_int_eq(done.release, from);
				ck_assert_int_ne(done.to, from);
				ck_assert(rollback_controller_is_quarantined(&c, from));
			} else {
				ck_assert_int_eq(c.active, from);
			}
		} else if (dice < 15) {
			rollback_controller_promote(&c, next++, now);
		} else if (dice < 17) {
			rollback_controller_acknowledge(&c);
		} else {
			rollback_controller_unquarantine(&c, 1 + (seed >> 9) % next);
		}
		ck_assert(warm_is_sound());
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rollback controller");
	TCase *t = tcase_create("rollback_controller");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_rollback_controller__latches_once);
	tcase_add_test(t, test_rollback_controller__blocks_in_order);
	tcase_add_test(t, test_rollback_controller__blocked_breach_retries_while_it_fires);
	tcase_add_test(t, test_rollback_controller__promotion_is_held_until_acknowledged);
	tcase_add_test(t, test_rollback_controller__old_rollbacks_age_out);
	tcase_add_loop_test(t, test_rollback_controller__never_goes_to_a_quarantined_release, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
