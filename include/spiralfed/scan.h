/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON in place, member by member, without a tree and without memory: for the node library,
 * which knows what it expects. Strict as RFC 8259 where it looks; what it passes over is only
 * balanced. After the first fault nothing moves any more and `bad` stays set: check it once at the end.
 */
#ifndef SPIRALFED_SCAN_H
#define SPIRALFED_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_DEPTH_MAX = 64, SCAN_KEY_SIZE = 64 + 1 };

struct scan {
	const char *at, *end;
	bool bad;
};

void scan_init(struct scan *s, const char *text, size_t len);
/* Nothing is left but white space, and nothing was bad. */
bool scan_done(struct scan *s);

/* The next value begins an object or an array: then iterate with *first = true.
 * scan_member() says true with the key of the next member, whose value is to be read next. */
bool scan_object(struct scan *s);
bool scan_array(struct scan *s);
bool scan_member(struct scan *s, bool *first, char key[SCAN_KEY_SIZE]);
bool scan_element(struct scan *s, bool *first);

/* First character of the next value; '\0' at the end. Nothing is consumed. */
char scan_peek(struct scan *s);

/* A string, unescaped, NUL-terminated: its length, or bad when it does not fit. */
size_t scan_string(struct scan *s, char *buf, size_t size);
/* A string without escapes, where it stands. */
void scan_plain(struct scan *s, const char **ret, size_t *ret_len);
int64_t scan_integer(struct scan *s);
double scan_number(struct scan *s);
bool scan_bool(struct scan *s);
bool scan_null(struct scan *s); /* true and consumed when it is null */
void scan_skip(struct scan *s);

/* Point `s` to the value of this member of the top-level object; false when there is none. */
bool scan_find(struct scan *s, const char *text, size_t len, const char *key);

#endif
