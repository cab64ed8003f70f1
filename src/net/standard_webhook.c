/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets and signatures of Standard Webhooks.
 */
#include "net/standard_webhook.h"

#include <string.h>

#include "base/base64.h"
#include "base/hmac.h"
#include "base/id.h"
#include "base/sign.h"
#include "base/text.h"

#define PREFIX_SYMMETRIC "whsec_"
#define PREFIX_PRIVATE	 "whsk_"
#define PREFIX_PUBLIC	 "whpk_"

enum { MESSAGE_MAX = 4 << 20, HEADER_MAX = 1024, KEY_TEXT_MAX = 256 };

void webhook_key_make(enum webhook_algorithm algorithm, struct webhook_key *ret)
{
	*ret = (struct webhook_key){.algorithm = (int)algorithm,
		.len = algorithm == WEBHOOK_V1A ? SIGN_SEED_SIZE : WEBHOOK_SECRET_MADE};
	random_bytes(ret->secret, ret->len);
}

static int parse_bytes(const char *text, struct webhook_key *ret)
{
	enum base64_alphabet alphabet;

	return base64_decode_to(text, strlen(text), ret->secret, sizeof(ret->secret), &ret->len,
		       &alphabet) ||
			       alphabet == BASE64_URL
		       ? -1
		       : 0;
}

int webhook_key_parse(const char *text, struct webhook_key *ret, const char **ret_why)
{
	struct webhook_key k = {0};

	if (text_starts(text, PREFIX_SYMMETRIC)) {
		k.algorithm = WEBHOOK_V1;
		*ret_why = "is no secret: whsec_ and the base64 of 24 to 64 random bytes";
		if (parse_bytes(text + strlen(PREFIX_SYMMETRIC), &k) < 0)
			return -1;
		*ret_why = "is too short: whsec_ is followed by the base64 of 24 to 64 bytes";
		if (k.len < WEBHOOK_SECRET_LEAST)
			return -1;
	} else if (text_starts(text, PREFIX_PRIVATE)) {
		k.algorithm = WEBHOOK_V1A;
		*ret_why = "is no key: whsk_ and the base64 of the 32 bytes of an Ed25519 seed";
		if (parse_bytes(text + strlen(PREFIX_PRIVATE), &k) < 0 || k.len != SIGN_SEED_SIZE)
			return -1;
	} else {
		*ret_why = "begins neither with whsec_ (HMAC) nor with whsk_ (Ed25519)";
		return -1;
	}
	*ret = k;
	return 0;
}

const char *webhook_key_text(const struct webhook_key *k, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(KEY_TEXT_MAX);

	strbuf_addstr(&out, PREFIX_SYMMETRIC);
	base64_encode(&out, k->secret, k->len);
	return arena_strndup(a, out.buf, out.len);
}

int webhook_key_public(
	const struct webhook_key *k, struct arena *a, const char **ret, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(KEY_TEXT_MAX);
	SIGN_KEY_AUTO key = sign_key_from_seed(k->secret, err);

	if (!key)
		return -1;
	strbuf_addstr(&out, PREFIX_PUBLIC);
	base64_encode(&out, sign_key_public(key)->bytes, SIGN_PUBLIC_SIZE);
	*ret = arena_strndup(a, out.buf, out.len);
	return 0;
}

static int sign_one(const struct webhook_key *k, const struct strbuf *message, struct strbuf *out,
	struct err *err)
{
	unsigned char signature[SIGN_SIZE];

	if (k->algorithm == WEBHOOK_V1) {
		hmac_sha256(k->secret, k->len, message->buf, message->len, signature);
		strbuf_addstr(out, "v1,");
		base64_encode(out, signature, SHA256_SIZE);
		return 0;
	}
	SIGN_KEY_AUTO key = sign_key_from_seed(k->secret, err);

	if (!key)
		return -1;
	sign_bytes(key, message->buf, message->len, signature);
	strbuf_addstr(out, "v1a,");
	base64_encode(out, signature, SIGN_SIZE);
	return 0;
}

int webhook_sign(const struct webhook_key *keys, size_t n, const char *id, int64_t seconds,
	const char *body, size_t len, struct arena *a, const char **ret, struct err *err)
{
	STRBUF_AUTO message = STRBUF_INIT(MESSAGE_MAX);
	STRBUF_AUTO out = STRBUF_INIT(HEADER_MAX);

	strbuf_addf(&message, "%s.%lld.", id, (long long)seconds);
	strbuf_add(&message, body, len);
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addch(&out, ' ');
		if (sign_one(&keys[i], &message, &out, err) < 0)
			return -1;
	}
	if (message.overflow || out.overflow)
		return err_set(err, ERR_INTERNAL, "a message is too large to be signed");
	*ret = arena_strndup(a, out.buf, out.len);
	return 0;
}
