/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Signature Version 4, from AWS's published description: a canonical request, a string to sign
 * over its digest, and a key derived from the secret for one day, region and service. It keeps no
 * secret: what it derives is wiped.
 */
#include "provider/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/hmac.h"
#include "base/strbuf.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
enum { CANONICAL_MAX = 256 << 10, HEADERS_ADDED = 4, HEX_SIZE = 2 * SHA256_SIZE + 1 };

/* ---- Path and query ---- */

/* Without ".", ".." and empty segments; a slash at the end stays. */
static const char *normalize(const char *path, struct arena *a)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	size_t n = 0;
	bool open = true; /* ends with a slash */

	for (const char *at = path; *at;) {
		size_t len;

		at += strspn(at, "/");
		len = strcspn(at, "/");
		open = at[len] == '/' || len == 0;
		if (len == 2 && memcmp(at, "..", 2) == 0) {
			while (n > 0 && out[--n] != '/')
				continue;
			open = true;
		} else if (len == 1 && *at == '.') {
			open = true;
		} else if (len) {
			out[n++] = '/';
			memcpy(out + n, at, len);
			n += len;
		}
		at += len;
	}
	if (open || n == 0)
		out[n++] = '/';
	out[n] = '\0';
	return out;
}

/* NULL: it is too long. */
static const char *encode_path(const char *path, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(CANONICAL_MAX);

	for (;;) {
		size_t len = strcspn(path, "/");

		strbuf_addstr(&sb, http_escape(arena_strndup(a, path, len), a));
		path += len;
		if (!*path)
			break;
		strbuf_addch(&sb, *path++);
	}
	return sb.overflow ? NULL : arena_strndup(a, sb.buf, sb.len);
}

static int by_pair(const void *va, const void *vb)
{
	const struct sigv4_param *a = va, *b = vb;
	int rc = strcmp(a->name, b->name);

	return rc ? rc : strcmp(a->value, b->value);
}

/* NULL: it is too long. */
static const char *encode_query(const struct sigv4_request *r, struct arena *a)
{
	struct sigv4_param *v = ARENA_ARRAY(a, r->n_query + 1, struct sigv4_param);
	STRBUF_AUTO sb = STRBUF_INIT(CANONICAL_MAX);

	for (size_t i = 0; i < r->n_query; i++)
		v[i] = (struct sigv4_param){
			http_escape(r->query[i].name, a), http_escape(r->query[i].value, a)};
	/* By their encoded form: '%' goes before every letter. */
	qsort(v, r->n_query, sizeof(*v), by_pair);
	for (size_t i = 0; i < r->n_query; i++)
		strbuf_addf(&sb, "%s%s=%s", i ? "&" : "", v[i].name, v[i].value);
	return sb.overflow ? NULL : arena_strndup(a, sb.buf, sb.len);
}

/* ---- Headers ---- */

struct signed_header {
	const char *name, *value;
	size_t position; /* of several with one name the first goes first */
};

static const char *lower(const char *s, struct arena *a)
{
	char *out = arena_strdup(a, s);

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

/* Trimmed, each run of blanks one space. */
static const char *fold(const char *s, struct arena *a)
{
	char *out = arena_alloc(a, strlen(s) + 1);
	size_t n = 0;

	for (; *s; s++) {
		if (!isspace((unsigned char)*s))
			out[n++] = *s;
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

static int by_name(const void *va, const void *vb)
{
	const struct signed_header *a = va, *b = vb;
	int rc = strcmp(a->name, b->name);

	return rc ? rc : (a->position > b->position) - (a->position < b->position);
}

static struct signed_header *sort_headers(const struct sigv4_request *r, struct arena *a)
{
	struct signed_header *v = ARENA_ARRAY(a, r->n_headers + 1, struct signed_header);

	for (size_t i = 0; i < r->n_headers; i++)
		v[i] = (struct signed_header){
			lower(r->headers[i].name, a), fold(r->headers[i].value, a), i};
	qsort(v, r->n_headers, sizeof(*v), by_name);
	return v;
}

/* One line for each name, the values of several joined by commas; and the names alone. */
static void write_headers(
	const struct sigv4_request *r, struct arena *a, struct strbuf *lines, struct strbuf *names)
{
	const struct signed_header *v = sort_headers(r, a);

	for (size_t i = 0; i < r->n_headers; i++) {
		if (i && strcmp(v[i].name, v[i - 1].name) == 0) {
			strbuf_addf(lines, ",%s", v[i].value);
			continue;
		}
		strbuf_addf(lines, "%s%s:%s", i ? "\n" : "", v[i].name, v[i].value);
		strbuf_addf(names, "%s%s", i ? ";" : "", v[i].name);
	}
}

/* ---- The signature ---- */

static const char *hex_digest(const void *data, size_t len, char buf[HEX_SIZE])
{
	unsigned char hash[SHA256_SIZE];

	sha256(data, len, hash);
	hex_encode(hash, sizeof(hash), buf);
	return buf;
}

/* "20150830T123600Z" */
static const char *basic_time(int64_t at, struct arena *a)
{
	struct civil c;

	civil_from_time(at, &c);
	return arena_printf(a, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
		c.minute, c.second);
}

static int write_canonical(const struct sigv4_request *r, struct arena *a,
	struct sigv4_signature *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(CANONICAL_MAX);
	STRBUF_AUTO lines = STRBUF_INIT(CANONICAL_MAX);
	STRBUF_AUTO names = STRBUF_INIT(CANONICAL_MAX);
	const char *path = encode_path(r->normalize ? normalize(r->path, a) : r->path, a);
	const char *query = encode_query(r, a);
	char payload[HEX_SIZE];

	/* Cut, it would name something else. */
	if (!path || !query)
		return err_set(err, ERR_BAD_REQUEST, "the request is too large to be signed");
	write_headers(r, a, &lines, &names);
	strbuf_addf(&sb, "%s\n%s\n%s\n%s\n\n%s\n%s", r->method, path, query, lines.buf, names.buf,
		hex_digest(r->body, r->body_len, payload));
	if (sb.overflow || lines.overflow)
		return err_set(err, ERR_BAD_REQUEST, "the request is too large to be signed");
	ret->canonical = arena_strndup(a, sb.buf, sb.len);
	ret->signed_headers = arena_strndup(a, names.buf, names.len);
	ret->target = *query ? arena_printf(a, "%s?%s", path, query) : path;
	return 0;
}

static void derive(const char *secret, const char *day, const struct sigv4_scope *scope,
	unsigned char key[SHA256_SIZE])
{
	STRBUF_AUTO first = STRBUF_INIT(CANONICAL_MAX);

	strbuf_addf(&first, "AWS4%s", secret);
	hmac_sha256(first.buf, first.len, day, strlen(day), key);
	hmac_sha256(key, SHA256_SIZE, scope->region, strlen(scope->region), key);
	hmac_sha256(key, SHA256_SIZE, scope->service, strlen(scope->service), key);
	hmac_sha256(key, SHA256_SIZE, "aws4_request", strlen("aws4_request"), key);
	explicit_bzero(first.buf, first.len);
}

static const char *sign_string(const char *text, const char *secret, const char *day,
	const struct sigv4_scope *scope, struct arena *a)
{
	unsigned char key[SHA256_SIZE], mac[SHA256_SIZE];
	char hex[HEX_SIZE];

	derive(secret, day, scope, key);
	hmac_sha256(key, sizeof(key), text, strlen(text), mac);
	explicit_bzero(key, sizeof(key));
	hex_encode(mac, sizeof(mac), hex);
	return arena_strdup(a, hex);
}

int sigv4_compute(const struct sigv4_request *r, const struct sigv4_scope *scope,
	const struct sigv4_credentials *c, struct arena *a, struct sigv4_signature *ret,
	struct err *err)
{
	const char *at = basic_time(scope->at, a), *day = arena_strndup(a, at, 8);
	const char *place =
		arena_printf(a, "%s/%s/%s/aws4_request", day, scope->region, scope->service);
	struct sigv4_signature s = {0};
	char hex[HEX_SIZE];

	if (write_canonical(r, a, &s, err) < 0)
		return -1;
	s.credential = arena_printf(a, "%s/%s", c->id, place);
	s.string_to_sign = arena_printf(a, "%s\n%s\n%s\n%s", ALGORITHM, at, place,
		hex_digest(s.canonical, strlen(s.canonical), hex));
	s.signature = sign_string(s.string_to_sign, c->secret, day, scope, a);
	*ret = s;
	return 0;
}

int sigv4_sign(const struct sigv4_request *r, const struct sigv4_scope *scope,
	const struct sigv4_credentials *c, bool content, struct arena *a, struct sigv4_signed *ret,
	struct err *err)
{
	struct http_header *v = ARENA_ARRAY(a, r->n_headers + HEADERS_ADDED, struct http_header);
	struct sigv4_request whole = *r;
	struct sigv4_signature s;
	size_t n = r->n_headers;
	char hex[HEX_SIZE];

	if (n)
		memcpy(v, r->headers, n * sizeof(*v));
	v[n++] = (struct http_header){"X-Amz-Date", basic_time(scope->at, a)};
	if (c->token)
		v[n++] = (struct http_header){"X-Amz-Security-Token", c->token};
	if (content)
		v[n++] = (struct http_header){"X-Amz-Content-Sha256",
			arena_strdup(a, hex_digest(r->body, r->body_len, hex))};
	whole.headers = v;
	whole.n_headers = n;
	if (sigv4_compute(&whole, scope, c, a, &s, err) < 0)
		return -1;
	v[n++] = (struct http_header){"Authorization",
		arena_printf(a, ALGORITHM " Credential=%s, SignedHeaders=%s, Signature=%s",
			s.credential, s.signed_headers, s.signature)};
	*ret = (struct sigv4_signed){s.target, v, n};
	return 0;
}
