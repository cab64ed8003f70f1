/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes JSON into a strbuf: compact, keys in the order given, strings escaped as RFC 8785 asks,
 * numbers by jcs_number(). Commas and nesting are its business; misuse (a value without a key in an
 * object, an unbalanced end) asserts. The only way the product makes JSON text.
 */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

enum { JSON_WRITER_DEPTH = 32 };

struct json_writer {
	struct strbuf *out;
	unsigned char stack[JSON_WRITER_DEPTH]; /* '{' or '[' */
	int depth;
	bool need_comma, have_key;
};

void json_writer_init(struct json_writer *w, struct strbuf *out);
bool json_writer_done(const struct json_writer *w); /* balanced, and no overflow */

void jw_object(struct json_writer *w); /* '{' as the next value */
void jw_array(struct json_writer *w);
void jw_end(struct json_writer *w); /* closes the innermost */
void jw_key(struct json_writer *w, const char *key);

void jw_string(
	struct json_writer *w, const char *s); /* NULL writes null; invalid UTF-8 -> U+FFFD */
void jw_stringn(struct json_writer *w, const char *s, size_t n);
void jw_int(struct json_writer *w, int64_t v);
void jw_number(struct json_writer *w, double v); /* NAN and infinities write null */
void jw_bool(struct json_writer *w, bool v);
void jw_null(struct json_writer *w);
void jw_raw(struct json_writer *w, const char *json, size_t n); /* valid JSON, as it is */
void jw_time(struct json_writer *w, int64_t usec);		/* RFC 3339 UTC; 0 writes null */
/* What stands between the braces of a compact object, as further members of the one that is open. */
void jw_members(struct json_writer *w, const char *object, size_t n);

/* key + value at once */
void jw_kstring(struct json_writer *w, const char *key, const char *s);
void jw_kint(struct json_writer *w, const char *key, int64_t v);
void jw_knumber(struct json_writer *w, const char *key, double v);
void jw_kbool(struct json_writer *w, const char *key, bool v);
void jw_kraw(struct json_writer *w, const char *key, const char *json);
void jw_ktime(struct json_writer *w, const char *key, int64_t usec);

/* Append `s` quoted and escaped (RFC 8785 section 3.2.2.2). */
void json_quote(struct strbuf *out, const char *s, size_t n);

/* Indent compact JSON by two spaces, without parsing it into a tree. Ends with a newline. */
void json_pretty(struct strbuf *out, const char *json, size_t n);

#endif
