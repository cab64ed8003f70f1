/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads plain JSON by descent, straight into jansson's tree. It declines whatever it is not sure of,
 * and says nothing of why.
 */
#include "base/jcs_read.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/utf8.h"

enum { NUMBER_MAX = 40, EXACT_DIGITS = 15, WHOLE_DIGITS = 18, NAME_MAX_BYTES = 255 };

struct reader {
	const char *at, *end;
	struct strbuf copy; /* of a key, or of a string with escapes */
	int depth;
};

static json_t *read_value(struct reader *r);

static void skip_space(struct reader *r)
{
	while (r->at < r->end &&
		(*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* ---- Strings ---- */

/* The plain characters from here on; NULL: there is one that may not be there. */
static const char *plain_end(const struct reader *r)
{
	const char *p = r->at;
	uint32_t point;

	while (p < r->end && *p != '"' && *p != '\\') {
		unsigned char c = (unsigned char)*p;
		size_t n = c < 0x80 ? c >= 0x20 : utf8_take(p, (size_t)(r->end - p), &point);

		if (!n)
			return NULL;
		p += n;
	}
	return p < r->end ? p : NULL;
}

/* What the letter behind a backslash stands for; 0: not that simple. */
static char escaped(const struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = r->at < r->end ? memchr(from, *r->at, sizeof(from) - 1) : NULL;

	return found ? to[found - from] : '\0';
}

/* Behind the quote that opens it. What it says lies in the text, or in r->copy. */
static const char *read_string(struct reader *r, size_t *ret_len)
{
	const char *start = r->at, *end = plain_end(r);

	if (!end)
		return NULL;
	r->at = end + 1;
	if (*end == '"') {
		*ret_len = (size_t)(end - start);
		return start;
	}
	strbuf_reset(&r->copy);
	while (*end == '\\') {
		char c = escaped(r);

		if (!c)
			return NULL;
		strbuf_add(&r->copy, start, (size_t)(end - start));
		strbuf_addch(&r->copy, c);
		start = ++r->at;
		end = plain_end(r);
		if (!end)
			return NULL;
		r->at = end + 1;
	}
	strbuf_add(&r->copy, start, (size_t)(end - start));
	*ret_len = r->copy.len;
	return r->copy.overflow ? NULL : r->copy.buf;
}

static json_t *read_text(struct reader *r)
{
	size_t len;
	const char *s = read_string(r, &len);

	return s ? json_stringn_nocheck(s, len) : NULL;
}

/* ---- Numbers ---- */

static size_t digits(const char *p, const char *end, uint64_t *value)
{
	const char *start = p;

	for (; p < end && *p >= '0' && *p <= '9'; p++)
		*value = *value * 10 + (uint64_t)(*p - '0'); /* used only when it has not wrapped */
	return (size_t)(p - start);
}

static json_t *make_integer(bool negative, uint64_t value, size_t n)
{
	if (n > WHOLE_DIGITS || value > (uint64_t)JSON_INTEGER_MAX)
		return NULL;
	return json_integer(negative ? -(json_int_t)value : (json_int_t)value);
}

static json_t *make_real(const char *start, size_t n)
{
	char text[NUMBER_MAX + 1];
	double v;

	if (n > NUMBER_MAX)
		return NULL;
	memcpy(text, start, n);
	text[n] = '\0';
	v = strtod(text, NULL);
	return fabs(v) <= (double)JSON_INTEGER_MAX ? json_real(v) : NULL;
}

/* m / 10^k of an m below 10^15: both are exact doubles, so that the quotient is the nearest one. */
static json_t *make_decimal(bool negative, uint64_t value, size_t decimals)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15};
	double v = (double)value / powers[decimals];

	return json_real(negative ? -v : v);
}

static json_t *read_number(struct reader *r)
{
	const char *start = r->at;
	bool negative = take(r, '-'), is_zero = r->at < r->end && *r->at == '0';
	uint64_t value = 0, exponent = 0;
	size_t whole = digits(r->at, r->end, &value), decimals = 0;

	if (!whole || (is_zero && whole > 1))
		return NULL;
	r->at += whole;
	bool fraction = take(r, '.');
	if (fraction) {
		decimals = digits(r->at, r->end, &value);
		if (!decimals)
			return NULL;
		r->at += decimals;
	}
	bool scaled = take(r, 'e') || take(r, 'E');
	if (scaled) {
		if (!take(r, '-'))
			take(r, '+');
		size_t n = digits(r->at, r->end, &exponent);
		if (!n)
			return NULL;
		r->at += n;
	}
	if (!fraction && !scaled)
		return make_integer(negative, value, whole);
	if (!scaled && whole + decimals <= EXACT_DIGITS && FLT_EVAL_METHOD == 0)
		return make_decimal(negative, value, decimals);
	return make_real(start, (size_t)(r->at - start));
}

/* ---- Values ---- */

static json_t *read_word(struct reader *r, const char *word, size_t n, json_t *value)
{
	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return NULL;
	r->at += n;
	return value;
}

static bool read_member(struct reader *r, json_t *object)
{
	size_t len, before = json_object_size(object);
	char name[NAME_MAX_BYTES + 1];
	const char *key;
	json_t *value;

	skip_space(r);
	key = take(r, '"') ? read_string(r, &len) : NULL;
	if (!key || len > NAME_MAX_BYTES)
		return false;
	/* The members inside use the same buffer. */
	memcpy(name, key, len);
	name[len] = '\0';
	skip_space(r);
	value = take(r, ':') ? read_value(r) : NULL;
	/* A name that came before replaces its value. */
	return value && json_object_set_new_nocheck(object, name, value) == 0 &&
	       json_object_size(object) > before;
}

static bool read_element(struct reader *r, json_t *array)
{
	json_t *value = read_value(r);

	return value && json_array_append_new(array, value) == 0;
}

/* Behind the bracket that opens it; the container is filled or given back. */
static json_t *read_all(struct reader *r, json_t *container, char close,
	bool (*read_one)(struct reader *, json_t *))
{
	bool more = container && ++r->depth <= JSON_DEPTH_MAX;

	skip_space(r);
	if (more && take(r, close)) {
		r->depth--;
		return container;
	}
	while (more && read_one(r, container)) {
		skip_space(r);
		if (take(r, close)) {
			r->depth--;
			return container;
		}
		more = take(r, ',');
	}
	json_decref(container);
	return NULL;
}

static json_t *read_value(struct reader *r)
{
	skip_space(r);
	if (r->at == r->end)
		return NULL;
	switch (*r->at) {
	case '{':
		r->at++;
		return read_all(r, json_object(), '}', read_member);
	case '[':
		r->at++;
		return read_all(r, json_array(), ']', read_element);
	case '"':
		r->at++;
		return read_text(r);
	case 't':
		return read_word(r, "true", 4, json_true());
	case 'f':
		return read_word(r, "false", 5, json_false());
	case 'n':
		return read_word(r, "null", 4, json_null());
	default:
		return read_number(r);
	}
}

json_t *jcs_read(const char *text, size_t len)
{
	struct reader r = {.at = text};
	json_t *value;

	/* Nothing may be no pointer at all. */
	if (!len)
		return NULL;
	r.end = text + len;
	strbuf_init(&r.copy, len);
	value = read_value(&r);
	/* The tree is its reader's to wipe; of what it was made of no copy may stay. */
	explicit_bzero(r.copy.buf, r.copy.alloc);
	strbuf_release(&r.copy);
	skip_space(&r);
	if (value && r.at != r.end) {
		json_decref(value);
		return NULL;
	}
	return value;
}
