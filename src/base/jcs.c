/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict JSON in, canonical JSON out. What jcs_read() does not take is checked first, in one pass over
 * the bytes, for what jansson lets through or words badly (NUL, encoding, nesting, integers no double
 * holds), then jansson reads it. Works in the C locale whatever the process's is. Never mends an input.
 */
#include "base/jcs.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/jcs_read.h"
#include "base/json_writer.h"
#include "base/utf8.h"

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		abort();
}

/* The thread's locale before, for restore_locale(). */
static locale_t enter_c_locale(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_c_locale);
	return uselocale(c_locale);
}

static void restore_locale(locale_t *before)
{
	uselocale(*before);
}

#define C_LOCALE_SCOPE \
	__attribute__((cleanup(restore_locale), unused)) locale_t locale_before_ = enter_c_locale()

static _Thread_local struct arena *scope;

struct arena *jcs_arena_enter(struct arena *a)
{
	struct arena *before = scope;

	scope = a;
	return before;
}

static void *json_alloc(size_t size)
{
	return scope ? arena_alloc(scope, size) : xmalloc(size);
}

static void json_free(void *p)
{
	if (!scope)
		free(p);
}

void jcs_setup(void)
{
	size_t seed;

	json_set_alloc_funcs(json_alloc, json_free);
	do
		random_bytes(&seed, sizeof(seed));
	while (!seed); /* 0 asks jansson to choose */
	json_object_seed(seed);
}

/* ---- in ---- */

struct position {
	int line, column;
};

/* Lines and columns count from 1, columns in characters. */
static struct position position_of(const char *text, size_t offset)
{
	struct position at = {1, 1};

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n')
			at = (struct position){at.line + 1, 1};
		else if (((unsigned char)text[i] & 0xC0) != 0x80)
			at.column++;
	}
	return at;
}

static int bad_json(struct err *err, const char *text, size_t offset, const char *what)
{
	struct position at = position_of(text, offset);

	return err_set(err, ERR_BAD_JSON, "%s at line %d, column %d", what, at.line, at.column);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int check_bytes(const char *text, size_t len, struct err *err)
{
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	size_t i = 0;
	uint32_t point;

	while (i < len && is_space(text[i]))
		i++;
	if (i == len)
		return err_set(err, ERR_BAD_JSON,
			"%s where a JSON document is expected (line 1, column 1)",
			len ? "there is only white space" : "there is nothing");
	if (nul)
		return bad_json(err, text, (size_t)(nul - text), "there is a NUL byte");
	if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3))
		return bad_json(err, text, 0, "there is a byte order mark, which JSON forbids,");
	while (i < len) {
		size_t n = (unsigned char)text[i] < 0x80 ? 1 : utf8_take(text + i, len - i, &point);

		if (!n)
			return bad_json(err, text, i, "the text is not valid UTF-8");
		i += n;
	}
	return 0;
}

/* The end of the string literal that begins at i, or len. */
static size_t skip_string(const char *text, size_t len, size_t i)
{
	for (i++; i < len && text[i] != '"'; i++)
		if (text[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Whole numbers that doubles hold only in steps. Their canonical form is an integer, so that they
 * are refused in any spelling: what was taken in must be readable again from its canonical form. */
static bool loses_digits(double v)
{
	return fabs(v) > (double)JSON_INTEGER_MAX && fabs(v) < 1e21;
}

static bool number_too_big(const char *s, size_t n)
{
	size_t whole = 0;

	while (whole < n && (s[whole] == '-' || (s[whole] >= '0' && s[whole] <= '9')))
		whole++;
	if (whole < 16 && !memchr(s, 'e', n) && !memchr(s, 'E', n))
		return false;

	FREE_AUTO char *text = memcpy(xcalloc(n + 1, 1), s, n);
	double v = strtod(text, NULL);
	return loses_digits(v) || (whole == n && fabs(v) > (double)JSON_INTEGER_MAX);
}

static int check_shape(const char *text, size_t len, struct err *err)
{
	int depth = 0;

	for (size_t i = 0; i < len;) {
		char c = text[i];

		if (c == '"') {
			i = skip_string(text, len, i);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			size_t start = i;

			while (i < len && is_number_char(text[i]))
				i++;
			if (number_too_big(text + start, i - start))
				return bad_json(err, text, start,
					"an integer beyond 9007199254740991 (2^53 - 1), which "
					"loses digits,");
		} else {
			if (c == '{' || c == '[')
				depth++;
			else if (c == '}' || c == ']')
				depth--;
			if (depth > JSON_DEPTH_MAX)
				return bad_json(err, text, i, "nesting deeper than 64");
			i++;
		}
	}
	return 0;
}

static int jansson_error(const json_error_t *error, struct err *err)
{
	int line = error->line > 0 ? error->line : 1;
	int column = error->column > 0 ? error->column : 1;
	const char *what = error->text;

	switch (json_error_code(error)) {
	case json_error_null_character:
	case json_error_null_byte_in_key:
		what = "a string holds \\u0000, which is not taken,";
		break;
	default:
		break;
	}
	return err_set(err, ERR_BAD_JSON, "%s at line %d, column %d", what, line, column);
}

/* Three bytes make an empty array of 100 and more, which is why they are counted before there are any. */
static int check_count(const char *text, size_t len, size_t values, struct err *err)
{
	size_t n = 1;

	if (len < values)
		return 0;
	for (size_t i = 0; i < len && n <= values;) {
		char c = text[i];

		n += c == ',' || c == '[' || c == '{';
		i = c == '"' ? skip_string(text, len, i) : i + 1;
	}
	if (n <= values)
		return 0;
	return err_set(err, ERR_BAD_JSON, "the document holds more than %zu values", values);
}

int jcs_load(const char *text, size_t len, json_t **ret, struct err *err)
{
	return jcs_load_upto(text, len, JCS_VALUES_MAX, ret, err);
}

int jcs_load_upto(const char *text, size_t len, size_t values, json_t **ret, struct err *err)
{
	C_LOCALE_SCOPE;
	json_error_t error;
	json_t *value;

	if (check_count(text, len, values, err) < 0)
		return -1;
	value = jcs_read(text, len);
	if (value) {
		*ret = value;
		return 0;
	}
	if (check_bytes(text, len, err) || check_shape(text, len, err))
		return -1;
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value)
		return jansson_error(&error, err);
	*ret = value;
	return 0;
}

/* ---- out ---- */

/*
 * UTF-16 code units order as UTF-8 bytes do, but for one case: a character beyond U+FFFF (lead byte
 * F0 or more) begins with a surrogate and so comes before U+E000 to U+FFFF (lead bytes EE and EF).
 */
static int compare_keys(const void *a, const void *b)
{
	const unsigned char *x = *(const unsigned char *const *)a;
	const unsigned char *y = *(const unsigned char *const *)b;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	if (*x >= 0xEE && *y >= 0xEE && (*x >= 0xF0) != (*y >= 0xF0))
		return *x >= 0xF0 ? -1 : 1;
	return *x - *y;
}

static int render(const json_t *value, int depth, struct strbuf *out, struct err *err);

static int render_string(const char *s, size_t len, struct strbuf *out, struct err *err)
{
	if (!utf8_valid(s, len))
		return err_set(err, ERR_BAD_JSON, "a string is not valid UTF-8");
	json_quote(out, s, len);
	return 0;
}

static int render_object(json_t *object, int depth, struct strbuf *out, struct err *err)
{
	size_t n = json_object_size(object), i = 0;
	FREE_AUTO const char **keys = xcalloc(n, sizeof(*keys));
	const char *key;
	json_t *member;

	json_object_foreach(object, key, member) keys[i++] = key;
	qsort(keys, n, sizeof(*keys), compare_keys);

	strbuf_addch(out, '{');
	for (i = 0; i < n; i++) {
		if (i)
			strbuf_addch(out, ',');
		if (render_string(keys[i], strlen(keys[i]), out, err))
			return -1;
		strbuf_addch(out, ':');
		if (render(json_object_get(object, keys[i]), depth, out, err))
			return -1;
	}
	strbuf_addch(out, '}');
	return 0;
}

static int render_array(const json_t *array, int depth, struct strbuf *out, struct err *err)
{
	strbuf_addch(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i)
			strbuf_addch(out, ',');
		if (render(json_array_get(array, i), depth, out, err))
			return -1;
	}
	strbuf_addch(out, ']');
	return 0;
}

static int render_integer(json_int_t v, struct strbuf *out, struct err *err)
{
	if (v < -JSON_INTEGER_MAX || v > JSON_INTEGER_MAX)
		return err_set(err, ERR_BAD_JSON, "the whole number %lld is beyond 2^53 - 1",
			(long long)v);
	strbuf_addint(out, v);
	return 0;
}

static int render_real(double v, struct strbuf *out, struct err *err)
{
	char text[JCS_NUMBER_STRLEN];

	if (!isfinite(v))
		return err_set(err, ERR_BAD_JSON, "a number is not finite");
	if (loses_digits(v))
		return err_set(err, ERR_BAD_JSON, "the whole number %.0f is beyond 2^53 - 1", v);
	strbuf_add(out, text, jcs_number(v, text));
	return 0;
}

static int render(const json_t *value, int depth, struct strbuf *out, struct err *err)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		if (depth == JSON_DEPTH_MAX)
			return err_set(err, ERR_BAD_JSON, "nesting deeper than %d", JSON_DEPTH_MAX);
		return json_is_object(value) ? render_object((json_t *)value, depth + 1, out, err)
					     : render_array(value, depth + 1, out, err);
	case JSON_STRING:
		return render_string(json_string_value(value), json_string_length(value), out, err);
	case JSON_INTEGER:
		return render_integer(json_integer_value(value), out, err);
	case JSON_REAL:
		return render_real(json_real_value(value), out, err);
	case JSON_TRUE:
		strbuf_addstr(out, "true");
		return 0;
	case JSON_FALSE:
		strbuf_addstr(out, "false");
		return 0;
	case JSON_NULL:
		break;
	}
	strbuf_addstr(out, "null");
	return 0;
}

int jcs_render(const json_t *value, struct strbuf *out, struct err *err)
{
	return render(value, 0, out, err);
}
