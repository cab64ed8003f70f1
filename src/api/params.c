/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the query strictly: what a route does not declare, and what comes twice, is refused by name.
 */
#include "api/params.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/router.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "base/words.h"
#include "model/format.h"

static const struct param_info infos[] = {
#define PARAM(name, schema, help) {#name, schema, help},
#include "api/params.def"
#undef PARAM
};

const struct param_info *param_info(size_t i)
{
	return i < sizeof(infos) / sizeof(infos[0]) ? &infos[i] : NULL;
}

char *percent_decode(const char *s, size_t n, bool plus, struct arena *a)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '%') {
			int byte = i + 2 < n ? hex_byte(s + i + 1) : -1;

			if (byte < 0)
				return NULL;
			c = (char)byte;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return NULL;
		out[len++] = c;
	}
	out[len] = '\0';
	return utf8_valid(out, len) ? out : NULL;
}

static int refuse_name(const char *name, const char *allowed, struct err *err)
{
	return err_set(err, ERR_INVALID_PARAMETER,
		"no parameter \"%.64s\" here; this route takes %s%spretty", name, allowed,
		*allowed ? " " : "");
}

static int add_param(const char *s, size_t n, const char *allowed, struct arena *a,
	struct params *p, struct err *err)
{
	const char *eq = memchr(s, '=', n);
	size_t name_len = eq ? (size_t)(eq - s) : n;
	char *name = percent_decode(s, name_len, true, a);
	char *value = eq ? percent_decode(eq + 1, n - name_len - 1, true, a) : arena_strdup(a, "");

	if (!name || !value)
		return err_set(err, ERR_INVALID_PARAMETER,
			"the query is no text: percent-encode UTF-8, without control characters");
	/* `fields` in the list: whatever else is called like a field. */
	if (!words_have(allowed, name) && strcmp(name, "pretty") != 0 &&
		!(words_have(allowed, "fields") && format_name.check(name)))
		return refuse_name(name, allowed, err);
	if (params_get(p, name))
		return err_set(err, ERR_INVALID_PARAMETER, "%s is given twice", name);
	if (p->n == PARAMS_MAX)
		return err_set(err, ERR_INVALID_PARAMETER, "too many parameters");
	p->list[p->n].name = name;
	p->list[p->n++].value = value;
	return 0;
}

int params_parse(const char *query, const char *allowed, struct arena *a, struct params *ret,
	struct err *err)
{
	struct params p = {.n = 0};

	for (const char *s = query ? query : ""; *s;) {
		size_t n = strcspn(s, "&");

		if (n > 0 && add_param(s, n, allowed, a, &p, err) < 0)
			return -1;
		s += n;
		s += *s == '&';
	}
	*ret = p;
	return 0;
}

const char *params_get(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].name, name) == 0)
			return p->list[i].value;
	return NULL;
}

int params_int(const struct params *p, const char *name, int64_t min, int64_t max, int64_t absent,
	int64_t *ret, struct err *err)
{
	const char *s = params_get(p, name);
	char *end;

	if (!s) {
		*ret = absent;
		return 0;
	}
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (*s < '0' || *s > '9' || *end || errno || v < min || v > max)
		return err_set(err, ERR_INVALID_PARAMETER, "%s is a whole number from %lld to %lld",
			name, (long long)min, (long long)max);
	*ret = v;
	return 0;
}

int params_flag(const struct params *p, const char *name, bool *ret, struct err *err)
{
	const char *s = params_get(p, name);

	if (s && *s && strcmp(s, "1") != 0 && strcmp(s, "true") != 0 && strcmp(s, "0") != 0 &&
		strcmp(s, "false") != 0)
		return err_set(err, ERR_INVALID_PARAMETER, "%s is true or false", name);
	*ret = s && *s != '0' && *s != 'f';
	return 0;
}

int params_enum(const struct params *p, const char *name, const struct field_names *names,
	const char **ret, struct err *err)
{
	const char *s = params_get(p, name);

	if (s && names_find(names, s) < 0) {
		struct err e;

		err_set(&e, ERR_INVALID_PARAMETER, "%s is one of", name);
		for (size_t i = 0, len; names->names[i]; i++) {
			len = strlen(e.msg);
			snprintf(e.msg + len, sizeof(e.msg) - len, "%s %s", i ? "," : "",
				names->names[i]);
		}
		if (err)
			*err = e;
		return -1;
	}
	*ret = s;
	return 0;
}

int params_format(const struct params *p, const char *name, const struct field_format *format,
	const char **ret, struct err *err)
{
	const char *s = params_get(p, name);

	if (s && !format->check(s))
		return err_set(err, ERR_INVALID_PARAMETER, "%s is not a %s, e.g. %s", name,
			format->title, format->example);
	*ret = s;
	return 0;
}

/* ---- page tokens: 8 bytes of cursor and 8 bytes that bind it to its list ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void token_bytes(int64_t cursor, const char *scope, unsigned char out[16])
{
	unsigned char hash[SHA256_SIZE], text[8 + SHA256_SIZE];
	uint64_t be = htobe64((uint64_t)cursor);

	memcpy(text, &be, 8);
	sha256(scope, strlen(scope), text + 8);
	sha256(text, sizeof(text), hash);
	memcpy(out, &be, 8);
	memcpy(out + 8, hash, 8);
}

void page_token_make(int64_t cursor, const char *scope, char buf[PAGE_TOKEN_LEN + 1])
{
	unsigned char raw[18] = {0};

	token_bytes(cursor, scope, raw);
	for (size_t i = 0; i < PAGE_TOKEN_LEN; i++) {
		size_t bit = i * 6;
		unsigned word = ((unsigned)raw[bit / 8] << 8) | raw[bit / 8 + 1];

		buf[i] = alphabet[(word >> (10 - bit % 8)) & 63];
	}
	buf[PAGE_TOKEN_LEN] = '\0';
}

int page_token_read(const char *token, const char *scope, int64_t *ret, struct err *err)
{
	uint64_t cursor = 0;
	char again[PAGE_TOKEN_LEN + 1];

	for (size_t i = 0; i < 11 && token[i]; i++) {
		const char *p = strchr(alphabet, token[i]);
		uint64_t v = p ? (uint64_t)(p - alphabet) : 0;

		cursor = i < 10 ? cursor << 6 | v : cursor << 4 | v >> 2;
	}
	page_token_make((int64_t)cursor, scope, again);
	if (strcmp(again, token) != 0)
		return err_set(err, ERR_INVALID_PARAMETER,
			"page_token is not one of this list: take next_page_token as it is, with "
			"the "
			"same filters");
	*ret = (int64_t)cursor;
	return 0;
}
