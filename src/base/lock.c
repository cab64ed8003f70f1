/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutexes and condition variables that can't fail: an error of pthread is a bug and aborts. Debug
 * builds keep, for each thread, the locks it holds, and refuse a take that breaks the order.
 */
#include "base/lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

static void must(int rc, const char *what, const char *name)
{
	if (!rc)
		return;
	fprintf(stderr, "%s of lock %s: error %d\n", what, name, rc);
	abort();
}

#ifdef SPIRALFED_DEBUG
enum { HELD_MAX = LOCK_ZONES };

static _Thread_local const struct lock *held[HELD_MAX];
static _Thread_local int held_n;

static void check_order(const struct lock *l)
{
	const struct lock *last = held_n ? held[held_n - 1] : NULL;

	if (last && l->rank <= last->rank) {
		fprintf(stderr, "lock %s (rank %d) taken while holding %s (rank %d)\n", l->name,
			(int)l->rank, last->name, (int)last->rank);
		abort();
	}
}

static void note_taken(const struct lock *l)
{
	held[held_n++] = l;
}

static int find_held(const struct lock *l)
{
	int i = held_n - 1;

	while (i >= 0 && held[i] != l)
		i--;
	return i;
}

static void note_given(const struct lock *l)
{
	int i = find_held(l);

	if (i < 0) {
		fprintf(stderr, "lock %s given by a thread that does not hold it\n", l->name);
		abort();
	}
	for (held_n--; i < held_n; i++)
		held[i] = held[i + 1];
}

void lock_assert_held(const struct lock *l)
{
	if (find_held(l) < 0) {
		fprintf(stderr, "lock %s is not held\n", l->name);
		abort();
	}
}
#else
static void check_order(const struct lock *l)
{
	(void)l;
}

static void note_taken(const struct lock *l)
{
	(void)l;
}

static void note_given(const struct lock *l)
{
	(void)l;
}

void lock_assert_held(const struct lock *l)
{
	(void)l;
}
#endif

void lock_init(struct lock *l, const char *name, enum lock_rank rank)
{
	l->name = name;
	l->rank = rank;
	must(pthread_mutex_init(&l->mutex, NULL), "init", name);
}

void lock_clear(struct lock *l)
{
	must(pthread_mutex_destroy(&l->mutex), "destroy", l->name);
}

void lock_take(struct lock *l)
{
	check_order(l);
	must(pthread_mutex_lock(&l->mutex), "take", l->name);
	note_taken(l);
}

void lock_give(struct lock *l)
{
	note_given(l);
	must(pthread_mutex_unlock(&l->mutex), "give", l->name);
}

void cond_init(struct cond *c)
{
	pthread_condattr_t attr;

	/* Monotonic: a step of the wall clock neither wakes nor stalls a waiter. */
	must(pthread_condattr_init(&attr), "init", "condition");
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), "set clock", "condition");
	must(pthread_cond_init(&c->cond, &attr), "init", "condition");
	pthread_condattr_destroy(&attr);
}

void cond_clear(struct cond *c)
{
	must(pthread_cond_destroy(&c->cond), "destroy", "condition");
}

void cond_wake(struct cond *c)
{
	must(pthread_cond_broadcast(&c->cond), "wake", "condition");
}

void cond_wait(struct cond *c, struct lock *l, int64_t usec)
{
	int64_t now = clock_mono(clock_system()), until;
	struct timespec ts;
	int rc;

	lock_assert_held(l);
	if (usec < 0 || __builtin_add_overflow(now, usec, &until)) {
		must(pthread_cond_wait(&c->cond, &l->mutex), "wait", l->name);
		return;
	}
	ts.tv_sec = (time_t)(until / USEC_PER_SEC);
	ts.tv_nsec = (long)(until % USEC_PER_SEC) * 1000;
	rc = pthread_cond_timedwait(&c->cond, &l->mutex, &ts);
	must(rc == ETIMEDOUT ? 0 : rc, "wait", l->name);
}
