/* SPDX-License-Identifier: Apache-2.0
 *
 * Locks exclude, conditions wake and time out, and a debug build refuses a wrong order.
 */
#include <check.h>
#include <signal.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/lock.h"

Suite *test_suite(void);

static struct lock low, high;
static struct cond cond;
static int counter;

static void set_up(void)
{
	lock_init(&low, "low", LOCK_SNAPSHOT);
	lock_init(&high, "high", LOCK_METRICS);
	cond_init(&cond);
	counter = 0;
}

static void tear_down(void)
{
	cond_clear(&cond);
	lock_clear(&high);
	lock_clear(&low);
}

static void *count(void *unused)
{
	for (int i = 0; i < 20000; i++) {
		LOCK_SCOPE(&low);
		counter++;
	}
	return unused;
}

START_TEST(test_lock__excludes)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(counter, 60000);
}
END_TEST

START_TEST(test_lock__rising_order_is_fine)
{
	for (int i = 0; i < 3; i++) {
		LOCK_SCOPE(&low);
		lock_assert_held(&low);
		lock_take(&high);
		lock_assert_held(&high);
		lock_give(&high);
	}
	/* Given in the order they were taken, then taken anew. */
	lock_take(&low);
	lock_take(&high);
	lock_give(&low);
	lock_assert_held(&high);
	lock_give(&high);
	lock_take(&low);
	lock_give(&low);
}
END_TEST

START_TEST(test_lock__cond_times_out)
{
	int64_t begun = clock_mono(clock_system());

	LOCK_SCOPE(&low);
	cond_wait(&cond, &low, 0);
	while (clock_mono(clock_system()) - begun < 2000)
		cond_wait(&cond, &low, 2000);
	lock_assert_held(&low);
}
END_TEST

static void *wake(void *unused)
{
	LOCK_SCOPE(&low);
	counter = 1;
	cond_wake(&cond);
	return unused;
}

START_TEST(test_lock__cond_is_woken)
{
	pthread_t thread;

	lock_take(&low);
	ck_assert_int_eq(pthread_create(&thread, NULL, wake, NULL), 0);
	while (!counter)
		cond_wait(&cond, &low, -1);
	counter = 0;
	lock_give(&low);
	pthread_join(thread, NULL);

	lock_take(&low);
	ck_assert_int_eq(pthread_create(&thread, NULL, wake, NULL), 0);
	while (!counter)
		cond_wait(&cond, &low, INT64_MAX);
	lock_give(&low);
	pthread_join(thread, NULL);
}
END_TEST

#if defined(SPIRALFED_DEBUG) && !defined(SPIRALFED_SANITIZE)
START_TEST(test_lock__falling_order_aborts)
{
	lock_take(&high);
	lock_take(&low);
}
END_TEST

START_TEST(test_lock__twice_aborts)
{
	lock_take(&low);
	lock_take(&low);
}
END_TEST

START_TEST(test_lock__giving_what_is_not_held_aborts)
{
	lock_take(&low);
	lock_give(&high);
}
END_TEST

START_TEST(test_lock__assert_held_aborts)
{
	lock_take(&low);
	lock_assert_held(&high);
}
END_TEST
#endif

Suite *test_suite(void)
{
	Suite *s = suite_create("lock");
	TCase *tc = tcase_create("lock");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, test_lock__excludes);
	tcase_add_test(tc, test_lock__rising_order_is_fine);
	tcase_add_test(tc, test_lock__cond_times_out);
	tcase_add_test(tc, test_lock__cond_is_woken);
#if defined(SPIRALFED_DEBUG) && !defined(SPIRALFED_SANITIZE)
	tcase_add_test_raise_signal(tc, test_lock__falling_order_aborts, SIGABRT);
	tcase_add_test_raise_signal(tc, test_lock__twice_aborts, SIGABRT);
	tcase_add_test_raise_signal(tc, test_lock__giving_what_is_not_held_aborts, SIGABRT);
	tcase_add_test_raise_signal(tc, test_lock__assert_held_aborts, SIGABRT);
#endif
	suite_add_tcase(s, tc);
	return s;
}
