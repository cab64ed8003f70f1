/* SPDX-License-Identifier: Apache-2.0
 *
 * Small readers of header values. They take what a client sent and never fail on it, but for the
 * Idempotency-Key: a key that is cut or misread would be worse than none.
 */
#include "api/negotiate.h"
#include "base/hex.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* The next entity tag of a list: sets *tag to its opening quote and *len to its length with quotes.
 * Returns what follows, NULL at the end or at what is no tag. */
static const char *next_tag(const char *p, const char **tag, size_t *len, bool *weak)
{
	p += strspn(p, " \t,");
	*weak = text_starts(p, "W/");
	if (*weak)
		p += 2;
	if (*p != '"')
		return NULL;
	const char *end = strchr(p + 1, '"');

	if (!end)
		return NULL;
	*tag = p;
	*len = (size_t)(end + 1 - p);
	return end + 1;
}

bool etag_none_match(const char *header, const char *etag)
{
	const char *tag;
	size_t len, want = strlen(etag);
	bool weak;

	if (*skip_space(header) == '*')
		return true;
	for (const char *p = header; (p = next_tag(p, &tag, &len, &weak));)
		if (len == want && memcmp(tag, etag, len) == 0)
			return true;
	return false;
}

/* Without the mark of another form than the plain one. */
static size_t unmarked(const char *s, size_t n)
{
	static const char *const marks[] = {"-pretty", "-text"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t len = strlen(marks[i]);

		if (n > len && memcmp(s + n - len, marks[i], len) == 0)
			return n - len;
	}
	return n;
}

const struct if_match *if_match_parse(const char *header, struct arena *a)
{
	struct if_match *m = ARENA_NEW(a, struct if_match);
	const char **digests = ARENA_ARRAY(a, strlen(header) / 2 + 1, const char *), *tag;
	size_t len;
	bool weak;

	*m = (struct if_match){.any = *skip_space(header) == '*', .digests = digests};
	for (const char *p = header; (p = next_tag(p, &tag, &len, &weak));)
		if (!weak)
			digests[m->n++] = arena_strndup(a, tag + 1, unmarked(tag + 1, len - 2));
	return m;
}

/* How closely a media range fits: 3 exact, 2 type/x, 1 x/x (x for the star), 0 not. */
static int range_fits(const char *range, size_t n, const char *type)
{
	size_t major = strcspn(type, "/") + 1;

	if (n == strlen(type) && strncasecmp(range, type, n) == 0)
		return 3;
	if (n == major + 1 && range[n - 1] == '*' && strncasecmp(range, type, major) == 0)
		return 2;
	return n == 3 && memcmp(range, "*/*", 3) == 0 ? 1 : 0;
}

/* The q of the parameters up to the next comma, in thousandths. */
static int range_quality(const char *p)
{
	while (*p && *p != ',') {
		p = skip_space(p + (*p == ';'));
		if ((*p == 'q' || *p == 'Q') && p[1] == '=') {
			int q = p[2] == '1' ? 1000 : 0;

			for (int i = 4, unit = 100; unit && p[2] && p[3] == '.'; i++, unit /= 10) {
				if (p[i] < '0' || p[i] > '9')
					break;
				q += (p[i] - '0') * unit;
			}
			return q > 1000 ? 1000 : q;
		}
		p += strcspn(p, ";,");
	}
	return 1000;
}

int accept_quality(const char *accept, const char *type)
{
	int best = 0, quality = 0;

	if (!accept || !*skip_space(accept))
		return 1000;
	for (const char *p = accept; *p;) {
		p += strspn(p, " \t,");
		size_t n = strcspn(p, " \t;,");
		int fits = range_fits(p, n, type);

		p += n;
		if (fits > best) {
			best = fits;
			quality = range_quality(skip_space(p));
		}
		p += strcspn(p, ",");
	}
	return quality;
}

int idempotency_key(const char *header, struct arena *a, const char **ret, struct err *err)
{
	const char *s = skip_space(header);
	size_t n = strlen(s);

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		s++;
		n -= 2;
	}
	if (n < 1 || n > 255)
		return err_set(err, ERR_BAD_REQUEST, "Idempotency-Key has 1 to 255 characters");
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e || s[i] == '"' || s[i] == '\\')
			return err_set(err, ERR_BAD_REQUEST,
				"Idempotency-Key is printable ASCII without quotes and "
				"backslashes");
	*ret = arena_strndup(a, s, n);
	return 0;
}

static bool all_of(const char *s, size_t n, const char *set)
{
	return strspn(s, set) >= n;
}

int request_id_given(const char *header, const char *traceparent, char *ret, size_t size)
{
	static const char word[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = header ? strlen(header) : 0;
	const char *from = header;

	if (n == 0 || n >= size || !all_of(header, n, word)) {
		/* version 00: 00-<32 hex>-<16 hex>-<2 hex>, the trace not all zeros */
		if (!traceparent || strlen(traceparent) != 55 || size <= 32 ||
			!text_starts(traceparent, "00-") || traceparent[35] != '-' ||
			traceparent[52] != '-' || !hex_lower(traceparent + 3, 32) ||
			!hex_lower(traceparent + 36, 16) || !hex_lower(traceparent + 53, 2) ||
			all_of(traceparent + 3, 32, "0"))
			return -1;
		from = traceparent + 3;
		n = 32;
	}
	memcpy(ret, from, n);
	ret[n] = '\0';
	return 0;
}

bool content_type_is_json(const char *header)
{
	size_t n = header ? strcspn(header, " \t;") : 0;

	if (n == 16 && strncasecmp(header, "application/json", 16) == 0)
		return true;
	return n > 17 && strncasecmp(header, "application/", 12) == 0 &&
	       strncasecmp(header + n - 5, "+json", 5) == 0;
}
