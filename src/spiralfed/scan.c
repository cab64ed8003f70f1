/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in place.
 */
#include "spiralfed/scan.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_DIGITS = 15, EXACT_POWER = 22, NUMBER_MAX = 64 };

void scan_init(struct scan *s, const char *text, size_t len)
{
	*s = (struct scan){.at = text, .end = text + len};
}

static void space(struct scan *s)
{
	while (s->at < s->end &&
		(*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

static void fail(struct scan *s)
{
	s->bad = true;
	s->at = s->end;
}

char scan_peek(struct scan *s)
{
	space(s);
	return s->at < s->end ? *s->at : '\0';
}

static bool take(struct scan *s, char c)
{
	if (s->bad || scan_peek(s) != c) {
		fail(s);
		return false;
	}
	s->at++;
	return true;
}

bool scan_done(struct scan *s)
{
	space(s);
	return !s->bad && s->at == s->end;
}

bool scan_object(struct scan *s)
{
	return take(s, '{');
}

bool scan_array(struct scan *s)
{
	return take(s, '[');
}

/* Past the comma, or past the end: which the container's own is. */
static bool next(struct scan *s, bool *first, char end)
{
	if (s->bad)
		return false;
	if (scan_peek(s) == end) {
		s->at++;
		return false;
	}
	if (!*first && !take(s, ','))
		return false;
	*first = false;
	return true;
}

bool scan_member(struct scan *s, bool *first, char key[SCAN_KEY_SIZE])
{
	if (!next(s, first, '}'))
		return false;
	scan_string(s, key, SCAN_KEY_SIZE);
	return take(s, ':');
}

bool scan_element(struct scan *s, bool *first)
{
	return next(s, first, ']');
}

/* ---- Strings ---- */

static int hex4(struct scan *s)
{
	int value = 0;

	if (s->end - s->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = *s->at++;
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* The code point of an escape that begins with u, -1 for none or for NUL. */
static int32_t code_point(struct scan *s)
{
	int high = hex4(s), low;

	if (high < 0xD800 || high > 0xDFFF)
		return high > 0 ? high : -1;
	if (high > 0xDBFF || s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
		return -1;
	s->at += 2;
	low = hex4(s);
	if (low < 0xDC00 || low > 0xDFFF)
		return -1;
	return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

static size_t utf8(int32_t c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* What a backslash stands for, in `out`: how many bytes, 0 for what is none. */
static size_t escape(struct scan *s, char out[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known;
	int32_t c;

	if (s->at >= s->end)
		return 0;
	known = *s->at ? strchr(from, *s->at) : NULL;
	if (known) {
		s->at++;
		out[0] = to[known - from];
		return 1;
	}
	if (*s->at++ != 'u')
		return 0;
	c = code_point(s);
	return c < 0 ? 0 : utf8(c, out);
}

/* One character of a string, or what an escape stands for, in `out`: how many bytes, 0 for neither. */
static size_t character(struct scan *s, char out[4])
{
	out[0] = *s->at++;
	if (out[0] == '\\')
		return escape(s, out);
	return (unsigned char)out[0] >= 0x20;
}

size_t scan_string(struct scan *s, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	if (!take(s, '"'))
		return 0;
	while (s->at < s->end && *s->at != '"') {
		char out[4];
		size_t n = character(s, out);

		if (n == 0 || len + n >= size) {
			fail(s);
			break;
		}
		memcpy(buf + len, out, n);
		len += n;
	}
	buf[len] = '\0';
	if (s->at >= s->end) {
		fail(s);
		return 0;
	}
	s->at++;
	return len;
}

void scan_plain(struct scan *s, const char **ret, size_t *ret_len)
{
	*ret = "";
	*ret_len = 0;
	if (!take(s, '"'))
		return;
	const char *from = s->at, *to = memchr(from, '"', (size_t)(s->end - from));

	if (!to || memchr(from, '\\', (size_t)(to - from))) {
		fail(s);
		return;
	}
	*ret = from;
	*ret_len = (size_t)(to - from);
	s->at = to + 1;
}

/* ---- Numbers and words ---- */

static bool digit(const struct scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

int64_t scan_integer(struct scan *s)
{
	bool negative = scan_peek(s) == '-';
	int64_t value = 0;

	s->at += negative;
	if (!digit(s) ||
		(*s->at == '0' && s->at + 1 < s->end && s->at[1] >= '0' && s->at[1] <= '9'))
		fail(s);
	for (; digit(s); s->at++) {
		if (value > (INT64_C(1) << 53) / 10) {
			fail(s);
			break;
		}
		value = value * 10 + (*s->at - '0');
	}
	if (s->at < s->end && (*s->at == '.' || *s->at == 'e' || *s->at == 'E'))
		fail(s);
	return negative ? -value : value;
}

/* Where the number ends; NULL when it is none. */
static const char *number_end(struct scan s)
{
	if (s.at < s.end && *s.at == '-')
		s.at++;
	if (!digit(&s))
		return NULL;
	if (*s.at == '0' && s.at + 1 < s.end && s.at[1] >= '0' && s.at[1] <= '9')
		return NULL;
	while (digit(&s))
		s.at++;
	if (s.at < s.end && *s.at == '.') {
		s.at++;
		if (!digit(&s))
			return NULL;
		while (digit(&s))
			s.at++;
	}
	if (s.at < s.end && (*s.at == 'e' || *s.at == 'E')) {
		s.at++;
		if (s.at < s.end && (*s.at == '+' || *s.at == '-'))
			s.at++;
		if (!digit(&s))
			return NULL;
		while (digit(&s))
			s.at++;
	}
	return s.at;
}

/* Digits and power of ten that a double holds exactly: then one operation rounds once, and rightly. */
static bool exact(const char *text, double *ret)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	bool negative = *text == '-', fraction = false;
	int digits = 0, power = 0;
	int64_t value = 0;

	for (text += negative; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
		if (*text == '.') {
			fraction = true;
			continue;
		}
		value = value * 10 + (*text - '0');
		digits += value != 0;
		power -= fraction;
		if (digits > EXACT_DIGITS)
			return false;
	}
	if (*text || power < -EXACT_POWER)
		return false;
	*ret = (negative ? -1.0 : 1.0) * ((double)value / powers[-power]);
	return true;
}

double scan_number(struct scan *s)
{
	const char *end = (scan_peek(s), number_end(*s));
	char text[NUMBER_MAX], *point;
	double value = 0;

	if (s->bad || !end || (size_t)(end - s->at) >= sizeof(text)) {
		fail(s);
		return 0;
	}
	memcpy(text, s->at, (size_t)(end - s->at));
	text[end - s->at] = '\0';
	s->at = end;
	if (exact(text, &value))
		return value;
	/* The program's locale may have another point. */
	point = strchr(text, '.');
	if (point)
		*point = *localeconv()->decimal_point;
	value = strtod(text, NULL);
	if (!isfinite(value))
		fail(s);
	return value;
}

static bool word(struct scan *s, const char *w)
{
	size_t n = strlen(w);

	space(s);
	if (s->bad || (size_t)(s->end - s->at) < n || memcmp(s->at, w, n) != 0)
		return false;
	s->at += n;
	return true;
}

bool scan_bool(struct scan *s)
{
	if (word(s, "true"))
		return true;
	if (!word(s, "false"))
		fail(s);
	return false;
}

bool scan_null(struct scan *s)
{
	return word(s, "null");
}

/* ---- The rest ---- */

static void skip_string(struct scan *s)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
		if (*s->at == '\\')
			s->at++;
	if (s->at >= s->end)
		fail(s);
	else
		s->at++;
}

void scan_skip(struct scan *s)
{
	int depth = 0;

	do {
		char c = scan_peek(s);

		if (s->bad || !c) {
			fail(s);
		} else if (c == '"') {
			skip_string(s);
		} else if (c == '{' || c == '[') {
			s->at++;
			if (++depth > SCAN_DEPTH_MAX)
				fail(s);
		} else if (c == '}' || c == ']') {
			s->at++;
			depth--;
		} else if (c == ',' || c == ':') {
			s->at++;
			if (depth == 0)
				fail(s);
		} else if (!word(s, "null") && !word(s, "true") && !word(s, "false")) {
			scan_number(s);
		}
	} while (depth > 0 && !s->bad);
	if (depth < 0)
		fail(s);
}

bool scan_find(struct scan *s, const char *text, size_t len, const char *key)
{
	char name[SCAN_KEY_SIZE];
	bool first = true;

	scan_init(s, text, len);
	if (!scan_object(s))
		return false;
	while (scan_member(s, &first, name)) {
		if (strcmp(name, key) == 0)
			return true;
		scan_skip(s);
	}
	return false;
}
