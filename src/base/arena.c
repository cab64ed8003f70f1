/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of blocks, 8 KiB at first and doubling to 64 KiB, out of which objects are cut one behind
 * the other; an object that would waste most of a block gets one of its own. Frees nothing singly.
 * Sanitizer builds poison what is not given out and leave a gap behind each object.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
enum { GAP = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(p, n)	  ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { GAP = 0 };
#endif

enum { ALIGN = _Alignof(max_align_t), BLOCK_FIRST = 8 * 1024, BLOCK_LAST = 64 * 1024 };

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) char data[];
};

struct arena {
	struct block *first;   /* kept by a reset */
	struct block *current; /* the one being filled */
	struct block *big;     /* one object each */
	size_t next_size, used;
};

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "out of memory: %zu bytes\n", size);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory(size);
	return p;
}

void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

char *xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xmalloc(size), s, size);
}

static struct block *block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		out_of_memory(size);
	b = xmalloc(sizeof(*b) + size);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->data, size);
	return b;
}

static void blocks_free(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
		free(b);
		b = next;
	}
}

struct arena *arena_new(void)
{
	struct arena *a = xmalloc(sizeof(*a));

	*a = (struct arena){.next_size = 2 * BLOCK_FIRST};
	a->first = a->current = block_new(BLOCK_FIRST);
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	blocks_free(a->first);
	blocks_free(a->big);
	free(a);
}

static void blocks_wipe(struct block *b)
{
	for (; b; b = b->next) {
		ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
		explicit_bzero(b->data, b->used);
	}
}

void arena_wipe(struct arena *a)
{
	blocks_wipe(a->first);
	blocks_wipe(a->big);
}

void arena_reset(struct arena *a)
{
	blocks_free(a->first->next);
	blocks_free(a->big);
	a->first->next = NULL;
	a->first->used = 0;
	ASAN_POISON_MEMORY_REGION(a->first->data, a->first->size);
	a->current = a->first;
	a->big = NULL;
	a->next_size = 2 * BLOCK_FIRST;
	a->used = 0;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

static struct block *block_with_room(struct arena *a, size_t room)
{
	struct block *b = a->current;

	if (b->size - b->used >= room)
		return b;
	if (room > a->next_size / 4) {
		b = block_new(room);
		b->next = a->big;
		a->big = b;
		return b;
	}
	b = block_new(a->next_size);
	if (a->next_size < BLOCK_LAST)
		a->next_size *= 2;
	a->current->next = b;
	a->current = b;
	return b;
}

/* Not zeroed. */
static void *take(struct arena *a, size_t size)
{
	struct block *b;
	size_t room;
	void *p;

	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	/* An empty object too has an address of its own. */
	room = ((size ? size : 1) + GAP + ALIGN - 1) / ALIGN * ALIGN;
	b = block_with_room(a, room);
	p = b->data + b->used;
	b->used += room;
	a->used += size;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory(SIZE_MAX);
	return arena_alloc(a, total);
}

void *arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *copy = take(a, size);

	return size ? memcpy(copy, p, size) : copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		out_of_memory(n);
	copy = take(a, n + 1);
	if (n)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char text[256];
	char *big;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory(0);
	if ((size_t)len < sizeof(text))
		return arena_memdup(a, text, (size_t)len + 1);

	big = take(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(big, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return big;
}
