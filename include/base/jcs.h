/* SPDX-License-Identifier: Apache-2.0
 *
 * The door through which outside JSON comes in, and its canonical form (RFC 8785, JCS) by which
 * content is known. Strict: one document, UTF-8 without a byte order mark, no NUL (nor \u0000), no
 * duplicate keys, no lone surrogates, nesting at most JSON_DEPTH_MAX, no number that is not finite, no
 * integer beyond +-(2^53 - 1), and neither 1e20 nor any other number whose canonical form would be such
 * an integer: what was loaded and rendered can always be loaded again. Any thread, any locale.
 */
#ifndef BASE_JCS_H
#define BASE_JCS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

/* Beyond it a double no longer holds every whole number: 2^53 - 1. */
#define JSON_INTEGER_MAX INT64_C(9007199254740991)

enum { JSON_DEPTH_MAX = 64, JCS_NUMBER_STRLEN = 32 };
/* Of one document: commas and opening brackets, and one more. A tree has about 100 bytes for each, 200 in
 * the worst case. Enough for every body of 1 MiB that a table takes; TRUSTED is for what we rendered. */
enum { JCS_VALUES_MAX = 250000, JCS_VALUES_TRUSTED = 1 << 24 };

/* Seed jansson's hash from the kernel and route its memory through xmalloc. Once, before threads. */
void jcs_setup(void);

/* Parse, of at most JCS_VALUES_MAX. On success *ret is a new reference; on failure ERR_BAD_JSON with line and
 * column in msg. */
int jcs_load(const char *text, size_t len, json_t **ret, struct err *err);
/* The same of at most so many: before anything is made of them. */
int jcs_load_upto(const char *text, size_t len, size_t values, json_t **ret, struct err *err);

/* Append the canonical form of `value` (RFC 8785): keys sorted by UTF-16 code units, shortest
 * round-trip numbers as ECMAScript prints them. Fails (ERR_BAD_JSON) only on what jcs_load refuses;
 * out's cap is the caller's to check (out->overflow). */
int jcs_render(const json_t *value, struct strbuf *out, struct err *err);

/* ECMAScript's Number::toString for a finite double ("-0" -> "0"). Returns the length. */
size_t jcs_number(double v, char buf[JCS_NUMBER_STRLEN]);

/* Until the end of the scope this thread's trees are cut out of the arena and go with it: none made
 * before is freed, and none made within outlives the scope. */
struct arena *jcs_arena_enter(struct arena *a); /* NULL: the heap; returns the one before */
static inline void jcs_arena_leave(struct arena **before)
{
	jcs_arena_enter(*before);
}
#define JCS_ARENA_SCOPE(a)                                                                  \
	__attribute__((cleanup(jcs_arena_leave), unused)) struct arena *jcs_arena_before_ = \
		jcs_arena_enter(a)

/* A reference dropped at the end of the scope is jansson's own json_auto_t. */

#endif
