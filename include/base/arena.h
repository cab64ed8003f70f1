/* SPDX-License-Identifier: Apache-2.0
 *
 * An arena holds all that one request or one job allocates (models, strings, rows) and frees it at
 * once. Memory it gives is aligned for any type, zeroed, and never NULL: when the system has none
 * left the process aborts with a line on standard error (the registry is crash-only; what was
 * acknowledged is on disk), and inputs are capped, so that this is not reachable by a client.
 * One owner at a time: an arena may move between threads, but is never shared.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);  /* NULL is allowed */
void arena_reset(struct arena *a); /* forget everything, keep the first block */
void arena_wipe(struct arena *a);  /* overwrite all that it holds; nothing is freed */
size_t arena_used(const struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
void *arena_calloc(struct arena *a, size_t n, size_t size); /* aborts on overflow of n * size */
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n); /* NUL-terminated copy of n bytes */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type)	((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_calloc((a), (n), sizeof(type)))

static inline void arena_freep(struct arena **a)
{
	arena_free(*a);
}
#define ARENA_AUTO __attribute__((cleanup(arena_freep))) struct arena *

/* For what holds secrets. */
static inline void arena_wipe_freep(struct arena **a)
{
	arena_wipe(*a);
	arena_free(*a);
}
#define ARENA_SECRET __attribute__((cleanup(arena_wipe_freep))) struct arena *

/* The same promise for heap memory that outlives a request: never NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

static inline void freep(void *p)
{
	free(*(void **)p);
}
#define FREE_AUTO __attribute__((cleanup(freep)))

#endif
