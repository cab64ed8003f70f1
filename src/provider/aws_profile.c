/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared file of credentials: sections of keys and values. inih is not asked because a session's
 * token may be longer than a line of its.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "provider/aws_credentials.h"

static const char *trim(const char *s, size_t len, size_t *ret_len)
{
	while (len && isspace((unsigned char)*s))
		s++, len--;
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	*ret_len = len;
	return s;
}

static bool same(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

static const char *const elsewhere[] = {"role_arn", "source_profile", "credential_source",
	"credential_process", "sso_session", "sso_start_url", "web_identity_token_file",
	"login_session"};

static void take(
	struct aws_profile *p, const char *key, size_t key_len, const char *value, struct arena *a)
{
	if (same(key, key_len, "aws_access_key_id"))
		p->id = value;
	else if (same(key, key_len, "aws_secret_access_key"))
		p->secret = value;
	else if (same(key, key_len, "aws_session_token") ||
		 same(key, key_len, "aws_security_token"))
		p->token = *value ? value : NULL;
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (same(key, key_len, elsewhere[i]) && !p->elsewhere)
			p->elsewhere = elsewhere[i];
}

/* "[name]"; as in the other file of AWS's tools, "[profile name]" too. */
static bool is_section(const char *line, size_t len, const char *name)
{
	size_t n;
	const char *at = trim(line + 1, len - 2, &n);

	if (n > 8 && text_starts(at, "profile") && isspace((unsigned char)at[7]))
		at = trim(at + 7, n - 7, &n);
	return strlen(name) == n && memcmp(at, name, n) == 0;
}

struct reading {
	const char *name;
	struct arena *a;
	struct aws_profile profile;
	bool inside, found;
	int number;
};

static int read_line(struct reading *r, const char *raw, size_t raw_len, struct err *err)
{
	size_t len, key_len, value_len;
	const char *line = trim(raw, raw_len, &len), *equals, *value;

	/* A line further in belongs to the key before: nested settings, none of ours. */
	if (!len || *line == '#' || *line == ';' || isspace((unsigned char)*raw))
		return 0;
	if (*line == '[' && line[len - 1] == ']') {
		r->inside = is_section(line, len, r->name);
		r->found |= r->inside;
		return 0;
	}
	equals = memchr(line, '=', len);
	/* Not what stands there: it may be a secret. */
	if (!equals || *line == '[')
		return err_set(
			err, ERR_CONFIG, "line %d is neither [profile] nor key = value", r->number);
	trim(line, (size_t)(equals - line), &key_len);
	value = trim(equals + 1, len - (size_t)(equals + 1 - line), &value_len);
	if (r->inside)
		take(&r->profile, line, key_len, arena_strndup(r->a, value, value_len), r->a);
	return 0;
}

int aws_profile_parse(const char *text, size_t len, const char *name, struct arena *a,
	struct aws_profile *ret, struct err *err)
{
	struct reading r = {.name = name, .a = a};

	for (const char *end = text + len; text < end;) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = nl ? (size_t)(nl - text) : (size_t)(end - text);

		r.number++;
		if (read_line(&r, text, n, err) < 0)
			return -1;
		text += n + (nl != NULL);
	}
	*ret = r.profile;
	return r.found;
}
