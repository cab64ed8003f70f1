/* SPDX-License-Identifier: Apache-2.0
 *
 * Goes through the tags once, never back, and copies one text.
 */
#include "provider/aws_xml.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

struct reader {
	const char *at, *end;
};

static bool starts(const struct reader *r, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, what, n) == 0;
}

static bool skip_past(struct reader *r, const char *what)
{
	size_t n = strlen(what);
	const char *found = memmem(r->at, (size_t)(r->end - r->at), what, n);

	if (!found)
		return false;
	r->at = found + n;
	return true;
}

/* To the next start tag; its name. False at the end, or where it is no XML of AWS's: a DOCTYPE could
 * declare entities. */
static bool next_element(struct reader *r, const char **ret, size_t *ret_len)
{
	for (;;) {
		r->at = memchr(r->at, '<', (size_t)(r->end - r->at));
		if (!r->at)
			return false;
		if (starts(r, "<!--")) {
			if (!skip_past(r, "-->"))
				return false;
		} else if (starts(r, "<![CDATA[")) {
			if (!skip_past(r, "]]>"))
				return false;
		} else if (starts(r, "<!")) {
			return false;
		} else if (starts(r, "</") || starts(r, "<?")) {
			if (!skip_past(r, ">"))
				return false;
		} else {
			break;
		}
	}
	*ret = ++r->at;
	while (r->at < r->end && !strchr(" \t\r\n/>", *r->at))
		r->at++;
	*ret_len = (size_t)(r->at - *ret);
	return skip_past(r, ">");
}

static const struct {
	const char *name;
	char c;
} entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

static int digit_of(char c, int base)
{
	int value = c >= '0' && c <= '9'		     ? c - '0'
		    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							     : 99;

	return value < base ? value : -1;
}

/* "#65", "#x41" */
static long number_of(const char *s, size_t len)
{
	int base = len > 1 && s[1] == 'x' ? 16 : 10;
	long value = 0;

	s += base == 16 ? 2 : 1;
	len -= base == 16 ? 2 : 1;
	if (len == 0 || len > 7)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int d = digit_of(s[i], base);

		if (d < 0)
			return -1;
		value = value * base + d;
	}
	return value > 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF) ? value : -1;
}

static size_t encode(long c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)((0xF00 >> n) | c);
	return n;
}

/* Of what stands between & and ;. How many bytes it gave; 0: no entity that is known. */
static size_t expand(const char *s, size_t len, char *out)
{
	long c = len > 1 && *s == '#' ? number_of(s, len) : -1;

	if (c > 0)
		return encode(c, out);
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (strlen(entities[i].name) == len && memcmp(entities[i].name, s, len) == 0) {
			*out = entities[i].c;
			return 1;
		}
	return 0;
}

static const char *text_of(const char *s, size_t len, struct arena *a)
{
	/* An entity is never shorter than what it stands for. */
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *semicolon = s[i] == '&' ? memchr(s + i, ';', len - i) : NULL;
		size_t got;

		if (s[i] != '&') {
			out[n++] = s[i];
			continue;
		}
		if (!semicolon)
			return NULL;
		got = expand(s + i + 1, (size_t)(semicolon - s - (ptrdiff_t)i - 1), out + n);
		if (!got)
			return NULL;
		n += got;
		i = (size_t)(semicolon - s);
	}
	out[n] = '\0';
	return utf8_valid(out, n) && !memchr(out, '\0', n) ? out : NULL;
}

const char *aws_xml_text(const char *xml, size_t len, const char *name, struct arena *a)
{
	struct reader r = {xml, xml + len};
	const char *found, *text, *end;
	size_t n = 0;

	while (next_element(&r, &found, &n)) {
		if (n != strlen(name) || memcmp(found, name, n) != 0)
			continue;
		if (r.at[-2] == '/')
			return "";
		text = r.at;
		end = memchr(text, '<', (size_t)(r.end - text));
		r.at = end ? end : r.end;
		if (!starts(&r, arena_printf(a, "</%s>", name)))
			return NULL;
		return text_of(text, (size_t)(end - text), a);
	}
	return NULL;
}
