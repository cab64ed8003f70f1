/* SPDX-License-Identifier: Apache-2.0
 *
 * The shapes of names and references. All of them are ASCII but for a line of text.
 */
#include "model/format.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "base/utf8.h"

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM  LOWER UPPER DIGITS

enum { PART_MAX = 96, NUMBER_MAX = 1000000000 };

static bool one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* [first][rest]* of at most `max` bytes, at s; its length, 0 when there is none. */
static size_t take_name(const char *s, size_t n, const char *first, size_t max)
{
	size_t len = strspn(s, ALNUM "._-");

	return one_of(*s, first) && len >= n && n <= max ? n : 0;
}

/* ---- namespace/family-vN ---- */

/* A decimal without leading zeros, to the end of s; -1 when it is none or too large. */
static int64_t take_number(const char *s)
{
	int64_t n = 0;

	if (!*s || s[strspn(s, DIGITS)] || (*s == '0' && s[1]) || strlen(s) > 10)
		return -1;
	for (; *s; s++)
		n = n * 10 + (*s - '0');
	return n <= NUMBER_MAX ? n : -1;
}

/* Where the parts of an id end: the slash, and the "-v" of the number. */
static bool split_id(const char *id, const char **ret_slash, const char **ret_v, int64_t *ret_n)
{
	const char *slash = strchr(id, '/'), *v = NULL;

	if (!slash || !take_name(id, (size_t)(slash - id), ALNUM, PART_MAX))
		return false;
	for (const char *p = slash + 1; (p = strstr(p, "-v")); p++)
		v = p;
	if (!v || !take_name(slash + 1, (size_t)(v - slash - 1), ALNUM, PART_MAX))
		return false;
	*ret_slash = slash;
	*ret_v = v;
	*ret_n = take_number(v + 2);
	return *ret_n >= 0;
}

static bool is_artifact_id(const char *s)
{
	const char *slash, *v;
	int64_t n;

	return split_id(s, &slash, &v, &n);
}

int artifact_name_parse(const char *id, struct arena *a, struct artifact_name *ret)
{
	const char *slash, *v;
	int64_t n;

	if (!split_id(id, &slash, &v, &n))
		return -1;
	ret->ns = arena_strndup(a, id, (size_t)(slash - id));
	ret->family = arena_strndup(a, slash + 1, (size_t)(v - slash - 1));
	ret->name = arena_strdup(a, slash + 1);
	ret->number = n;
	return 0;
}

/* ---- Names ---- */

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return take_name(s, n, ALNUM, 64) == n && n;
}

static bool is_provider(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 32 && one_of(*s, LOWER) && strspn(s, LOWER DIGITS "-") == n;
}

static bool is_scope(const char *s)
{
	static const char *const words[] = {
		"admin", "operate", "promote", "read", "report", "submit:*"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(s, words[i]) == 0)
			return true;
	return text_starts(s, "submit:") && is_provider(s + 7);
}

static bool is_line(const char *s)
{
	for (size_t n = strlen(s); n;) {
		uint32_t c;
		size_t len = utf8_take(s, n, &c);
		if (!len || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

/* ---- URI (RFC 3986) ---- */

#define UNRESERVED ALNUM "-._~"
#define SUB_DELIMS "!$&'()*+,;="

/* Every byte is in `set` or a whole percent escape. */
static bool all_uri_chars(const char *s, size_t n, const char *set)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%') {
			if (n - i < 3 || strspn(s + i + 1, DIGITS "abcdefABCDEF") < 2)
				return false;
			i += 2;
		} else if (!one_of(s[i], set)) {
			return false;
		}
	}
	return true;
}

static bool is_authority(const char *s, size_t n)
{
	const char *open = memchr(s, '[', n);

	if (!open)
		return all_uri_chars(s, n, UNRESERVED SUB_DELIMS ":@");
	/* The brackets of an IPv6 address, with a port behind or nothing. */
	const char *shut = memchr(s, ']', n);
	return shut && shut > open + 1 &&
	       all_uri_chars(s, (size_t)(open - s), UNRESERVED SUB_DELIMS ":@") &&
	       all_uri_chars(open + 1, (size_t)(shut - open - 1), UNRESERVED SUB_DELIMS ":") &&
	       (shut + 1 == s + n || shut[1] == ':') &&
	       all_uri_chars(shut + 1, (size_t)(s + n - shut - 1), DIGITS ":");
}

static bool is_uri(const char *s)
{
	size_t n = strspn(s, ALNUM "+-.");

	if (!one_of(*s, LOWER UPPER) || s[n] != ':')
		return false;
	s += n + 1;
	if (!*s)
		return false;
	if (text_starts(s, "//")) {
		n = strcspn(s + 2, "/?#");
		if (!is_authority(s + 2, n) || (!n && !s[2]))
			return false;
		s += 2 + n;
	}
	n = strcspn(s, "?#");
	if (!all_uri_chars(s, n, UNRESERVED SUB_DELIMS ":@/"))
		return false;
	s += n;
	if (*s == '?') {
		n = strcspn(++s, "#");
		if (!all_uri_chars(s, n, UNRESERVED SUB_DELIMS ":@/?"))
			return false;
		s += n;
	}
	return !*s || all_uri_chars(s + 1, strlen(s + 1), UNRESERVED SUB_DELIMS ":@/?");
}

/* ---- Versions (semver 2.0.0) ---- */

/* A number of X.Y.Z, without leading zeros; what follows it, or NULL. */
static const char *skip_number(const char *s)
{
	size_t n = strspn(s, DIGITS);

	return n >= 1 && n <= 9 && (n == 1 || *s != '0') ? s + n : NULL;
}

static const char *skip_core(const char *s)
{
	for (int i = 0; i < 3 && s; i++) {
		if (i && *s++ != '.')
			return NULL;
		s = skip_number(s);
	}
	return s;
}

/* Dot-separated identifiers; numbers among them have no leading zeros when `strict`. */
static const char *skip_identifiers(const char *s, bool strict)
{
	for (;; s++) {
		size_t n = strspn(s, ALNUM "-");
		if (!n || (strict && n > 1 && *s == '0' && strspn(s, DIGITS) == n))
			return NULL;
		s += n;
		if (*s != '.')
			return s;
	}
}

static bool is_version(const char *s)
{
	s = skip_core(s);
	if (s && *s == '-')
		s = skip_identifiers(s + 1, true);
	if (s && *s == '+')
		s = skip_identifiers(s + 1, false);
	return s && !*s;
}

static bool is_core(const char *s)
{
	s = skip_core(s);
	return s && !*s;
}

static bool is_release(const char *s)
{
	s = skip_core(s + (*s == 'v'));
	return s && !*s;
}

static bool is_merge(const char *s)
{
	s = skip_core(s + (*s == 'v'));
	if (!s || !text_starts(s, "-rc.") || s[4] == '0')
		return false;
	s = skip_number(s + 4);
	return s && !*s;
}

#define PART   "[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
#define NUMBER "(0|[1-9][0-9]{0,8})"
#define CORE   NUMBER "\\." NUMBER "\\." NUMBER

const struct field_format format_artifact_id = {
	.title = "an artifact id (namespace/family-vN)",
	.example = "spiralverse/textgen-lora-v7",
	.pattern = "^" PART "/" PART "-v(0|[1-9][0-9]{0,8}|1000000000)$",
	.check = is_artifact_id,
};
const struct field_format format_digest = {
	.title = "a digest (sha256: and 64 lower-case hex digits)",
	.example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	.pattern = "^sha256:[0-9a-f]{64}$",
	.check = digest_valid,
};
const struct field_format format_uri = {
	.title = "an absolute URI",
	.example = "hf://spiralverse/textgen-lora-v7",
	.pattern = "^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$",
	.json_format = "uri",
	.check = is_uri,
};
const struct field_format format_name = {
	.title = "a name (letters, digits, . _ -; at most 64)",
	.example = "spiral-canonical",
	.pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
	.check = is_name,
};
const struct field_format format_provider = {
	.title = "a provider's name (lower-case letters, digits, -; at most 32)",
	.example = "hf",
	.pattern = "^[a-z][a-z0-9-]{0,31}$",
	.check = is_provider,
};
const struct field_format format_scope = {
	.title = "a scope (admin, operate, promote, read, submit:*, submit:<provider>)",
	.example = "submit:hf",
	.pattern = "^(admin|operate|promote|read|submit:(\\*|[a-z][a-z0-9-]{0,31}))$",
	.check = is_scope,
};
const struct field_format format_version = {
	.title = "a semantic version",
	.example = "1.2.0",
	.pattern = "^" CORE
		   "(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$",
	.check = is_version,
};
const struct field_format format_core = {
	.title = "a version X.Y.Z",
	.example = "1.2.0",
	.pattern = "^" CORE "$",
	.check = is_core,
};
const struct field_format format_release = {
	.title = "a release's version",
	.example = "1.4.0",
	.pattern = "^v?" CORE "$",
	.check = is_release,
};
const struct field_format format_merge = {
	.title = "a merge's version",
	.example = "1.4.0-rc.1",
	.pattern = "^v?" CORE "-rc\\.[1-9][0-9]{0,8}$",
	.check = is_merge,
};
const struct field_format format_line = {
	.title = "one line of text without control characters",
	.example = "better on code prompts",
	.pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$",
	.check = is_line,
};
