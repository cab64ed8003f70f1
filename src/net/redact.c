/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the secrets of a request, and parts of them in a text. It does not undo encodings: who means to
 * show a secret that he was sent can, and what is guarded against is a server that quotes.
 */
#include "net/redact.h"

#include <string.h>

#include "base/hex.h"
#include "base/text.h"

enum { SEEN_BITS = 1 << 14 };

static const char shown[] = "***";

static void add(struct secrets *s, const char *secret)
{
	if (s->n < SECRETS_MAX && strlen(secret) >= SECRET_RUN)
		s->v[s->n++] = secret;
}

/* ---- Where they stand ---- */

/* Behind the scheme. Of AWS's signature the names that stand around it are no secret. */
static void add_authorization(struct secrets *s, const char *value, struct arena *a)
{
	const char *space = strchr(value, ' ');
	const char *id = strstr(value, "Credential="), *signature = strstr(value, "Signature=");

	if (!text_starts(value, "AWS4-") || !id || !signature) {
		add(s, space ? space + 1 : value);
		return;
	}
	id = strchr(id, '=') + 1;
	add(s, arena_strndup(a, id, strcspn(id, "/")));
	add(s, strchr(signature, '=') + 1);
}

static const char *form_value(const char *from, size_t n, struct arena *a)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int byte = from[i] == '%' && n - i > 2 ? hex_byte(from + i + 1) : -1;

		out[len++] = byte > 0 ? (char)byte : from[i];
		i += byte > 0 ? 2 : 0;
	}
	out[len] = '\0';
	return out;
}

static void add_form(struct secrets *s, const struct http_request *r, struct arena *a)
{
	static const char *const fields[] = {"assertion", "client_assertion", "client_secret",
		"refresh_token", "subject_token", "WebIdentityToken"};
	const char *at = r->body, *end = r->body + r->body_len;

	while (at < end) {
		const char *next = memchr(at, '&', (size_t)(end - at));
		size_t n = (size_t)((next ? next : end) - at);

		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			size_t name = strlen(fields[i]);

			if (n > name && at[name] == '=' && !memcmp(at, fields[i], name))
				add(s, form_value(at + name + 1, n - name - 1, a));
		}
		at += n + 1;
	}
}

void secrets_of(const struct http_request *r, struct arena *a, struct secrets *ret)
{
	bool form = false;

	*ret = (struct secrets){0};
	for (size_t i = 0; i < r->n_headers; i++) {
		const struct http_header *h = &r->headers[i];

		if (!strcasecmp(h->name, "Authorization"))
			add_authorization(ret, h->value, a);
		else if (!strcasecmp(h->name, "X-Amz-Security-Token") ||
			 !strcasecmp(h->name, "X-aws-ec2-metadata-token"))
			add(ret, h->value);
		else if (!strcasecmp(h->name, "Content-Type"))
			form = text_starts(h->value, "application/x-www-form-urlencoded");
	}
	if (form && r->body)
		add_form(ret, r, a);
}

/* ---- Finding them ---- */

static unsigned slot(const char *run)
{
	uint64_t x;

	memcpy(&x, run, SECRET_RUN);
	return (unsigned)(x * UINT64_C(0x9E3779B97F4A7C15) >> 50);
}

/* How much of the text is part of a secret. */
static size_t run_of(const struct secrets *s, const char *text, size_t len)
{
	size_t most = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *at = s->v[i], *end = at + strlen(at);

		while ((at = memmem(at, (size_t)(end - at), text, SECRET_RUN))) {
			size_t n = SECRET_RUN;

			while (n < len && at + n < end && at[n] == text[n])
				n++;
			most = n > most ? n : most;
			at++;
		}
	}
	return most;
}

size_t secrets_hide(const struct secrets *s, char *text, size_t len)
{
	unsigned char seen[SEEN_BITS / 8] = {0};
	size_t out = 0;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k + SECRET_RUN <= strlen(s->v[i]); k++)
			seen[slot(s->v[i] + k) / 8] |= (unsigned char)(1 << slot(s->v[i] + k) % 8);
	for (size_t i = 0; s->n && i < len; i++) {
		bool maybe =
			len - i >= SECRET_RUN && seen[slot(text + i) / 8] & 1 << slot(text + i) % 8;
		size_t n = maybe ? run_of(s, text + i, len - i) : 0;

		if (n) {
			memcpy(text + out, shown, sizeof(shown) - 1);
			out += sizeof(shown) - 1;
			i += n - 1;
		} else {
			text[out++] = text[i];
		}
	}
	if (!s->n || out == len)
		return len;
	text[out] = '\0';
	return out;
}

void secrets_hide_error(const struct http_request *r, struct arena *a, struct err *err)
{
	struct secrets s;

	secrets_of(r, a, &s);
	secrets_hide(&s, err->msg, strlen(err->msg));
}
