/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes, opened without memory: nothing of a payload is looked at before its signature.
 */
#include "spiralfed/envelope.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/sign.h"

enum { SIGNATURES_MAX = 16, TIME_SIZE = 40 };

static const struct {
	const char *name, *text;
} statuses[SPIRALFED_STATUSES] = {
	[SPIRALFED_OK] = {"ok", "it is what a trusted key signed"},
	[SPIRALFED_MOVED] = {"moved", "the channel moved"},
	[SPIRALFED_RENEWED] = {"renewed", "the same pointer, issued again"},
	[SPIRALFED_UNCHANGED] = {"unchanged", "nothing is new"},
	[SPIRALFED_MALFORMED] = {"malformed", "it is not of the form that it should have"},
	[SPIRALFED_BAD_SIGNATURE] = {"bad_signature", "no trusted key signed this"},
	[SPIRALFED_WRONG_CHANNEL] = {"wrong_channel", "it speaks of another channel"},
	[SPIRALFED_ROLLBACK] = {"rollback", "it is older than what was seen before: a replay"},
	[SPIRALFED_EQUIVOCATION] = {"equivocation",
		"its serial was seen before, with other content"},
	[SPIRALFED_FROZEN] = {"frozen", "it has expired: something keeps newer ones away"},
	[SPIRALFED_MISMATCH] = {"mismatch", "it is not the release that was named"},
	[SPIRALFED_TOO_LARGE] = {"too_large", "it is larger than may be"},
	[SPIRALFED_ABSENT] = {"absent", "there is no such part"},
};

const char *spiralfed_status_name(enum spiralfed_status status)
{
	return (unsigned)status < SPIRALFED_STATUSES ? statuses[status].name : NULL;
}

const char *spiralfed_status_text(enum spiralfed_status status)
{
	return (unsigned)status < SPIRALFED_STATUSES ? statuses[status].text : NULL;
}

enum spiralfed_status spiralfed_key_pem(const char *pem, size_t len, struct spiralfed_key *ret)
{
	struct sign_public public;

	if (sign_public_pem(pem, len, &public, NULL) < 0)
		return SPIRALFED_MALFORMED;
	memcpy(ret->bytes, public.bytes, sizeof(ret->bytes));
	memcpy(ret->keyid, public.keyid, sizeof(ret->keyid));
	return SPIRALFED_OK;
}

/* ---- Envelopes ---- */

struct span {
	const char *at;
	size_t len;
};

struct envelope {
	struct span payload, type;
	struct {
		struct span keyid, sig;
	} signatures[SIGNATURES_MAX];
	size_t n;
};

static void read_signature(struct scan *s, struct envelope *e)
{
	struct span keyid = {0}, sig = {0}, *span;
	char key[SCAN_KEY_SIZE];
	bool first = true;

	scan_object(s);
	while (scan_member(s, &first, key)) {
		span = !strcmp(key, "keyid") ? &keyid : !strcmp(key, "sig") ? &sig : NULL;
		if (!span || span->at)
			s->bad = true;
		else
			scan_plain(s, &span->at, &span->len);
	}
	if (!sig.at || e->n == SIGNATURES_MAX) {
		s->bad = true;
		return;
	}
	e->signatures[e->n].keyid = keyid;
	e->signatures[e->n++].sig = sig;
}

static bool read_envelope(const char *text, size_t len, struct envelope *e)
{
	char key[SCAN_KEY_SIZE];
	bool first = true, none = true, listed = false;
	struct scan s;

	*e = (struct envelope){0};
	scan_init(&s, text, len);
	scan_object(&s);
	while (scan_member(&s, &first, key)) {
		if (!strcmp(key, "payload") && !e->payload.at)
			scan_plain(&s, &e->payload.at, &e->payload.len);
		else if (!strcmp(key, "payloadType") && !e->type.at)
			scan_plain(&s, &e->type.at, &e->type.len);
		else if (!strcmp(key, "signatures") && !listed && scan_array(&s))
			for (listed = true; scan_element(&s, &none);)
				read_signature(&s, e);
		else
			s.bad = true;
	}
	return scan_done(&s) && e->payload.at && e->type.at && e->n > 0;
}

/* Only in the alphabet in which the daemon writes: so that each envelope has one text. */
static int decode(const struct span *text, unsigned char *out, size_t size, size_t *ret_len)
{
	enum base64_alphabet alphabet;

	if (base64_decode_to(text->at, text->len, out, size, ret_len, &alphabet) < 0)
		return -1;
	return alphabet == BASE64_URL ? -1 : 0;
}

static enum spiralfed_status decode_payload(
	const struct envelope *e, const char *type, struct signed_bytes *b)
{
	char head[ENVELOPE_HEAD_MAX];
	int n;

	if (e->payload.len > SPIRALFED_PAYLOAD_MAX / 3 * 4)
		return SPIRALFED_TOO_LARGE;
	if (decode(&e->payload, b->bytes + ENVELOPE_HEAD_MAX, SPIRALFED_PAYLOAD_MAX,
		    &b->payload_len) < 0)
		return SPIRALFED_MALFORMED;
	if (e->type.len != strlen(type) || memcmp(e->type.at, type, e->type.len) != 0)
		return SPIRALFED_BAD_SIGNATURE;
	n = snprintf(head, sizeof(head), "DSSEv1 %zu %s %zu ", e->type.len, type, b->payload_len);
	b->from = ENVELOPE_HEAD_MAX - (size_t)n;
	b->len = (size_t)n + b->payload_len;
	memcpy(b->bytes + b->from, head, (size_t)n);
	return SPIRALFED_OK;
}

/* Did this key make it? One whose name stands there, or any when none does. */
static bool made_by(const struct spiralfed_key *key, const struct signed_bytes *b,
	const unsigned char *sig, size_t len)
{
	struct sign_public public;

	memcpy(public.bytes, key->bytes, sizeof(public.bytes));
	return sign_verify(&public, b->bytes + b->from, b->len, sig, len);
}

static enum spiralfed_status check_signature(const struct spiralfed_key *keys, size_t n_keys,
	const struct span *keyid, const struct span *sig, const struct signed_bytes *b,
	bool *ret_good)
{
	unsigned char bytes[SIGN_SIZE];
	size_t len;

	if (decode(sig, bytes, sizeof(bytes), &len) < 0)
		return SPIRALFED_MALFORMED;
	for (size_t i = 0; i < n_keys; i++) {
		bool named = keyid->at && keyid->len == strlen(keys[i].keyid) &&
			     memcmp(keyid->at, keys[i].keyid, keyid->len) == 0;

		if (keyid->at && !named)
			continue;
		if (made_by(&keys[i], b, bytes, len))
			*ret_good = true;
		else if (named)
			return SPIRALFED_BAD_SIGNATURE;
	}
	return SPIRALFED_OK;
}

enum spiralfed_status envelope_open(const struct spiralfed_key *keys, size_t n_keys,
	const char *type, const char *text, size_t len, struct signed_bytes *b)
{
	enum spiralfed_status status;
	struct envelope e;
	bool good = false;

	if (len > SPIRALFED_ENVELOPE_MAX)
		return SPIRALFED_TOO_LARGE;
	if (n_keys > SPIRALFED_KEYS_MAX || !read_envelope(text, len, &e))
		return SPIRALFED_MALFORMED;
	status = decode_payload(&e, type, b);
	for (size_t i = 0; status == SPIRALFED_OK && i < e.n; i++)
		status = check_signature(
			keys, n_keys, &e.signatures[i].keyid, &e.signatures[i].sig, b, &good);
	return status != SPIRALFED_OK ? status : good ? SPIRALFED_OK : SPIRALFED_BAD_SIGNATURE;
}

/* ---- Values ---- */

int64_t scan_time(struct scan *s)
{
	char text[TIME_SIZE];
	int64_t usec = 0;

	scan_string(s, text, sizeof(text));
	if (!s->bad && (time_parse(text, &usec) < 0 || usec <= 0))
		s->bad = true;
	return usec;
}

void scan_digest(struct scan *s, char ret[72])
{
	scan_string(s, ret, 72);
	if (!s->bad && !digest_valid(ret))
		s->bad = true;
}

/* It goes into paths and files of the node: nothing that would have to be escaped there. */
void scan_version(struct scan *s, char ret[64])
{
	size_t len = scan_string(s, ret, 64);

	if (len == 0 ||
		strspn(ret, "0123456789.+-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") !=
			len)
		s->bad = true;
}
