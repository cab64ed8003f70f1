/* SPDX-License-Identifier: Apache-2.0
 *
 * Named, ranked mutexes: a thread takes them only in rising rank, which debug builds assert, so
 * that no order of events can deadlock. Never hold one across I/O.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <pthread.h>
#include <stdint.h>

/* Every lock of the program, in the order in which they may be taken. */
enum lock_rank {
	LOCK_WATCH = 1,
	LOCK_STANDING,
	LOCK_SNAPSHOT,
	LOCK_OPS,
	LOCK_WRITER,
	LOCK_LOOP,
	LOCK_PROMETHEUS,
	LOCK_SESSION,
	LOCK_ISSUERS,
	LOCK_PUBLISHER,
	LOCK_KEYRING,
	LOCK_CONNECTIONS,
	LOCK_METRICS,
	LOCK_ZONES
};

struct lock {
	pthread_mutex_t mutex;
	const char *name;
	enum lock_rank rank;
};

void lock_init(struct lock *l, const char *name, enum lock_rank rank);
void lock_clear(struct lock *l);
void lock_take(struct lock *l);
void lock_give(struct lock *l);
void lock_assert_held(const struct lock *l); /* debug builds only */

static inline void lock_givep(struct lock **l)
{
	lock_give(*l);
}
/* Holds it to the end of the scope. */
#define LOCK_SCOPE(l) \
	__attribute__((cleanup(lock_givep), unused)) struct lock *lock_scope_ = (lock_take(l), (l))

/* A condition over a lock of this kind; waits are bounded and woken by cond_wake. */
struct cond {
	pthread_cond_t cond;
};
void cond_init(struct cond *c);
void cond_clear(struct cond *c);
void cond_wake(struct cond *c); /* wakes all */
/* Waits until woken or for `usec` of real monotonic time (-1: no limit). Spurious wakes happen. */
void cond_wait(struct cond *c, struct lock *l, int64_t usec);

#endif
