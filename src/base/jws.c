/* SPDX-License-Identifier: Apache-2.0
 *
 * Compact tokens.
 */
#include "base/jws.h"

#include <string.h>

#include "base/base64.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "base/text.h"

static int refused(struct err *err, const char *why)
{
	return err_set(err, ERR_INVALID_TOKEN, "the token %s", why);
}

static int take_alg(const json_t *header, enum jws_alg *ret, struct err *err)
{
	const char *name = json_string_value(json_object_get(header, "alg"));

	for (enum jws_alg alg = JWS_RS256; alg <= JWS_ES256; alg++)
		if (text_equal(name, jws_alg_name(alg))) {
			*ret = alg;
			return 0;
		}
	return refused(err, "is not signed by RS256 or ES256");
}

static int take_text(
	const json_t *header, const char *name, struct arena *a, const char **ret, struct err *err)
{
	const json_t *member = json_object_get(header, name);

	if (member && !json_is_string(member))
		return refused(err, "has a header of wrong types");
	*ret = member ? arena_strdup(a, json_string_value(member)) : NULL;
	return 0;
}

static int take_header(
	const char *text, size_t len, struct arena *a, struct jws *t, struct err *err)
{
	json_auto_t *header = NULL;
	unsigned char *bytes;
	size_t n;

	if (base64url_decode(text, len, a, &bytes, &n) < 0 ||
		jcs_load((const char *)bytes, n, &header, NULL) < 0 || !json_is_object(header))
		return refused(err, "has a header that is no JSON object in base64url");
	/* b64 (RFC 7797) changes what is signed; it must come with crit, but who sends it may not. */
	if (json_object_get(header, "crit") || json_object_get(header, "b64"))
		return refused(err, "asks for an extension (crit) that nobody here understands");
	if (take_alg(header, &t->alg, err) < 0 || take_text(header, "kid", a, &t->kid, err) < 0)
		return -1;
	return take_text(header, "typ", a, &t->typ, err);
}

int jws_parse(const char *text, size_t len, struct arena *a, struct jws *ret, struct err *err)
{
	const char *first = memchr(text, '.', len), *second, *end = text + len;
	struct jws t = {.input = text};
	unsigned char *payload, *signature;

	if (len > JWS_MAX)
		return refused(err, "is too long");
	second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
	if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
		return refused(err, "has not the three parts of a signed one");
	if (take_header(text, (size_t)(first - text), a, &t, err) < 0)
		return -1;
	if (base64url_decode(first + 1, (size_t)(second - first - 1), a, &payload, &t.payload_len) <
			0 ||
		base64url_decode(second + 1, (size_t)(end - second - 1), a, &signature,
			&t.signature_len) < 0)
		return refused(err, "is not in base64url");
	if (!t.signature_len)
		return refused(err, "is not signed");
	t.input_len = (size_t)(second - text);
	t.payload = (const char *)payload;
	t.signature = signature;
	*ret = t;
	return 0;
}

bool jws_verify(const struct jws *t, const struct jwk *key)
{
	if (t->alg != key->alg)
		return false;
	switch (key->alg) {
	case JWS_RS256:
		return rsa_verify(
			&key->rsa, t->input, t->input_len, t->signature, t->signature_len);
	case JWS_ES256:
		return t->signature_len == P256_RAW_SIZE &&
		       p256_verify_raw(key->x, key->y, t->input, t->input_len, t->signature);
	}
	return false;
}

char *jws_sign(const struct rsa_key *key, const char *kid, const char *payload, size_t len,
	struct arena *a)
{
	STRBUF_AUTO header = STRBUF_INIT(JWS_MAX);
	STRBUF_AUTO out = STRBUF_INIT(2 * JWS_MAX);
	unsigned char signature[RSA_SIGN_MAX];
	struct json_writer w;

	json_writer_init(&w, &header);
	jw_object(&w);
	jw_kstring(&w, "alg", jws_alg_name(JWS_RS256));
	jw_kstring(&w, "typ", "JWT");
	if (kid)
		jw_kstring(&w, "kid", kid);
	jw_end(&w);
	base64url_encode(&out, header.buf, header.len);
	strbuf_addch(&out, '.');
	base64url_encode(&out, payload, len);
	size_t n = rsa_sign(key, out.buf, out.len, signature);

	strbuf_addch(&out, '.');
	base64url_encode(&out, signature, n);
	return arena_strndup(a, out.buf, out.len);
}
