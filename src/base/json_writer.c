/* SPDX-License-Identifier: Apache-2.0
 *
 * Emits JSON text. Owns commas, nesting and escaping; refuses, by assertion, what would not be JSON.
 * What is written depends only on the calls: no locale, no clock.
 */
#include "base/json_writer.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "base/utf8.h"

void json_writer_init(struct json_writer *w, struct strbuf *out)
{
	*w = (struct json_writer){.out = out};
}

bool json_writer_done(const struct json_writer *w)
{
	return !w->depth && w->need_comma && !w->out->overflow;
}

/* What stands before any value: in an object its key has been written, in an array a comma. */
static void begin_value(struct json_writer *w)
{
	if (!w->depth) {
		assert(!w->need_comma);
	} else if (w->stack[w->depth - 1] == '{') {
		assert(w->have_key);
	} else if (w->need_comma) {
		strbuf_addch(w->out, ',');
	}
	w->have_key = false;
	w->need_comma = true;
}

static void open_container(struct json_writer *w, char bracket)
{
	begin_value(w);
	assert(w->depth < JSON_WRITER_DEPTH);
	w->stack[w->depth++] = (unsigned char)bracket;
	w->need_comma = false;
	strbuf_addch(w->out, bracket);
}

void jw_object(struct json_writer *w)
{
	open_container(w, '{');
}

void jw_array(struct json_writer *w)
{
	open_container(w, '[');
}

void jw_end(struct json_writer *w)
{
	assert(w->depth && !w->have_key);
	strbuf_addch(w->out, w->stack[--w->depth] == '{' ? '}' : ']');
	w->need_comma = true;
}

void jw_key(struct json_writer *w, const char *key)
{
	assert(w->depth && w->stack[w->depth - 1] == '{' && !w->have_key);
	if (w->need_comma)
		strbuf_addch(w->out, ',');
	json_quote(w->out, key, strlen(key));
	strbuf_addch(w->out, ':');
	w->have_key = true;
}

void jw_string(struct json_writer *w, const char *s)
{
	if (s)
		jw_stringn(w, s, strlen(s));
	else
		jw_null(w);
}

void jw_stringn(struct json_writer *w, const char *s, size_t n)
{
	begin_value(w);
	json_quote(w->out, s, n);
}

void jw_int(struct json_writer *w, int64_t v)
{
	begin_value(w);
	strbuf_addint(w->out, v);
}

void jw_number(struct json_writer *w, double v)
{
	char text[JCS_NUMBER_STRLEN];

	begin_value(w);
	if (isfinite(v))
		strbuf_add(w->out, text, jcs_number(v, text));
	else
		strbuf_addstr(w->out, "null");
}

void jw_bool(struct json_writer *w, bool v)
{
	begin_value(w);
	strbuf_addstr(w->out, v ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
	begin_value(w);
	strbuf_addstr(w->out, "null");
}

void jw_raw(struct json_writer *w, const char *json, size_t n)
{
	begin_value(w);
	strbuf_add(w->out, json, n);
}

void jw_members(struct json_writer *w, const char *object, size_t n)
{
	assert(w->depth && w->stack[w->depth - 1] == '{' && !w->have_key);
	assert(n >= 2 && object[0] == '{' && object[n - 1] == '}');
	if (n == 2)
		return;
	if (w->need_comma)
		strbuf_addch(w->out, ',');
	strbuf_add(w->out, object + 1, n - 2);
	w->need_comma = true;
}

void jw_time(struct json_writer *w, int64_t usec)
{
	char text[TIME_STRLEN];

	jw_string(w, usec ? time_format(usec, text) : NULL);
}

void jw_kstring(struct json_writer *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_string(w, s);
}

void jw_kint(struct json_writer *w, const char *key, int64_t v)
{
	jw_key(w, key);
	jw_int(w, v);
}

void jw_knumber(struct json_writer *w, const char *key, double v)
{
	jw_key(w, key);
	jw_number(w, v);
}

void jw_kbool(struct json_writer *w, const char *key, bool v)
{
	jw_key(w, key);
	jw_bool(w, v);
}

void jw_kraw(struct json_writer *w, const char *key, const char *json)
{
	jw_key(w, key);
	jw_raw(w, json, strlen(json));
}

void jw_ktime(struct json_writer *w, const char *key, int64_t usec)
{
	jw_key(w, key);
	jw_time(w, usec);
}

static void escape(struct strbuf *out, unsigned char c)
{
	static const char letters[] = "btn\0fr"; /* U+0008 to U+000D; U+000B has none */

	if (c == '"' || c == '\\')
		strbuf_addf(out, "\\%c", c);
	else if (c >= 0x08 && c <= 0x0D && letters[c - 0x08])
		strbuf_addf(out, "\\%c", letters[c - 0x08]);
	else
		strbuf_addf(out, "\\u%04x", c);
}

/* How many bytes from s on, in whole words, are ASCII that JSON takes as it is. */
static size_t plain_words(const char *s, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t x, quote, backslash;

		memcpy(&x, s + i, 8);
		quote = x ^ ones * '"';
		backslash = x ^ ones * '\\';
		/* A high bit, or a borrow into one: from below 0x20, or from zero where it is equal.
		 * What borrows from a neighbour besides only makes it look more closely. */
		if ((x | (x - ones * 0x20) | (quote - ones) | (backslash - ones)) & highs)
			break;
	}
	return i;
}

void json_quote(struct strbuf *out, const char *s, size_t n)
{
	size_t plain = 0; /* start of the run not yet copied */

	strbuf_addch(out, '"');
	for (size_t i = plain_words(s, n); i < n;) {
		unsigned char c = (unsigned char)s[i];
		uint32_t point;
		size_t len;

		if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
			i++;
			continue;
		}
		len = c < 0x80 ? 0 : utf8_take(s + i, n - i, &point);
		if (len) {
			i += len;
			continue;
		}
		strbuf_add(out, s + plain, i - plain);
		if (c < 0x80)
			escape(out, c);
		else
			strbuf_addstr(out, "\xEF\xBF\xBD");
		plain = ++i;
	}
	strbuf_add(out, s + plain, n - plain);
	strbuf_addch(out, '"');
}

static void indent(struct strbuf *out, size_t depth)
{
	strbuf_addch(out, '\n');
	while (depth--)
		strbuf_add(out, "  ", 2);
}

/* The length of the string literal that begins at json. */
static size_t literal_length(const char *json, size_t n)
{
	size_t i = 1;

	while (i < n && json[i] != '"')
		i += json[i] == '\\' ? 2 : 1;
	return i < n ? i + 1 : n;
}

void json_pretty(struct strbuf *out, const char *json, size_t n)
{
	size_t depth = 0;
	bool opened = false; /* the last thing written opened a container */

	for (size_t i = 0; i < n; i++) {
		char c = json[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		if (c == '}' || c == ']') {
			if (depth)
				depth--;
			if (!opened)
				indent(out, depth);
		} else if (opened) {
			indent(out, depth);
		}
		opened = c == '{' || c == '[';
		if (c == '"') {
			size_t len = literal_length(json + i, n - i);

			strbuf_add(out, json + i, len);
			i += len - 1;
			continue;
		}
		strbuf_addch(out, c);
		if (opened)
			depth++;
		else if (c == ':')
			strbuf_addch(out, ' ');
		else if (c == ',')
			indent(out, depth);
	}
	strbuf_addch(out, '\n');
}
