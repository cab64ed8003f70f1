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
	[SPIRALFED_BAD_SIGNATURE] = {"bad_signature",
		"no trusted key signed this, or one of its signatures is false"},
	[SPIRALFED_WRONG_CHANNEL] = {"wrong_channel", "it speaks of another channel"},
	[SPIRALFED_ROLLBACK] = {"rollback", "it is older than what was seen before: a replay"},
	[SPIRALFED_EQUIVOCATION] = {"equivocation",
		"its serial was seen before, with other content"},
	[SPIRALFED_FROZEN] = {"frozen", "it has expired: something keeps newer ones away"},
	[SPIRALFED_MISMATCH] = {"mismatch", "it is not the release that was named"},
	[SPIRALFED_TOO_LARGE] = {"too_large", "it is larger than may be"},
	[SPIRALFED_ABSENT] = {"absent", "there is no such part"},
	[SPIRALFED_NO_PLAN] = {"no_plan", "without this provider nothing serves"},
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

static bool same(const struct span *s, const char *text)
{
	return s->len == strlen(text) && memcmp(s->at, text, s->len) == 0;
}

struct envelope {
	struct span payload, type, keys;
	struct {
		struct span keyid, sig;
	} signatures[SIGNATURES_MAX];
	struct span vouches[SIGNATURES_MAX];
	size_t n, n_vouches;
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
	if (!sig.at || !keyid.at || e->n == SIGNATURES_MAX) {
		s->bad = true;
		return;
	}
	e->signatures[e->n].keyid = keyid;
	e->signatures[e->n++].sig = sig;
}

static void read_signers(struct scan *s, struct envelope *e)
{
	char key[SCAN_KEY_SIZE];
	bool first = true, none = true;

	scan_object(s);
	while (scan_member(s, &first, key)) {
		if (!strcmp(key, "keys") && !e->keys.at)
			scan_plain(s, &e->keys.at, &e->keys.len);
		else if (!strcmp(key, "sigs") && e->n_vouches == 0 && scan_array(s))
			while (scan_element(s, &none) && e->n_vouches < SIGNATURES_MAX) {
				struct span *v = &e->vouches[e->n_vouches++];

				scan_plain(s, &v->at, &v->len);
			}
		else
			s->bad = true;
	}
	if (!e->keys.at || e->n_vouches == 0)
		s->bad = true;
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
		else if (!strcmp(key, "signers") && !e->keys.at)
			read_signers(&s, e);
		else
			s.bad = true;
	}
	return scan_done(&s) && e->payload.at && e->type.at && e->n > 0 &&
	       e->n_vouches == (e->keys.at ? e->n : 0);
}

/* Only in the alphabet in which the daemon writes: so that each envelope has one text. */
static int decode(const struct span *text, unsigned char *out, size_t size, size_t *ret_len)
{
	enum base64_alphabet alphabet;

	if (base64_decode_to(text->at, text->len, out, size, ret_len, &alphabet) < 0)
		return -1;
	return alphabet == BASE64_URL ? -1 : 0;
}

/* The head of what is signed, written so that it ends where the payload begins; its length. */
static size_t put_head(const char *type, size_t payload_len, unsigned char *payload)
{
	char head[ENVELOPE_HEAD_MAX];
	int n = snprintf(head, sizeof(head), "DSSEv1 %zu %s %zu ", strlen(type), type, payload_len);

	memcpy(payload - n, head, (size_t)n);
	return (size_t)n;
}

static enum spiralfed_status decode_payload(
	const struct envelope *e, const char *type, struct signed_bytes *b)
{
	unsigned char *payload = b->bytes + ENVELOPE_HEAD_MAX;
	size_t head;

	if (e->payload.len > SPIRALFED_PAYLOAD_MAX / 3 * 4)
		return SPIRALFED_TOO_LARGE;
	if (decode(&e->payload, payload, SPIRALFED_PAYLOAD_MAX, &b->payload_len) < 0)
		return SPIRALFED_MALFORMED;
	if (!same(&e->type, type))
		return SPIRALFED_BAD_SIGNATURE;
	head = put_head(type, b->payload_len, payload);
	b->from = ENVELOPE_HEAD_MAX - head;
	b->len = head + b->payload_len;
	return SPIRALFED_OK;
}

/* ---- Who signed ---- */

/* Every signature counts: those of keys that the node does not know must be good, too, or their bytes
 * could change unnoticed. Such a key is taken from the list of signers, for this envelope alone, when
 * every key on it signed the list and a trusted one is on it. Without a list all must be trusted. */
struct signers {
	struct sign_public keys[SIGNATURES_MAX];
	unsigned char list[ENVELOPE_HEAD_MAX + SIGNATURES_MAX * SIGN_PUBLIC_SIZE];
	size_t from, len; /* what they signed of it; none: 0 */
};

static enum spiralfed_status is_good(
	const struct span *sig, const struct sign_public *key, const void *data, size_t len)
{
	unsigned char bytes[SIGN_SIZE];
	size_t n;

	if (decode(sig, bytes, sizeof(bytes), &n) < 0)
		return SPIRALFED_MALFORMED;
	return sign_verify(key, data, len, bytes, n) ? SPIRALFED_OK : SPIRALFED_BAD_SIGNATURE;
}

/* The trusted keys that the signatures name. */
static enum spiralfed_status named_signers(const struct spiralfed_key *keys, size_t n_keys,
	const struct envelope *e, struct signers *ret)
{
	for (size_t i = 0; i < e->n; i++) {
		size_t k = 0;

		while (k < n_keys && !same(&e->signatures[i].keyid, keys[k].keyid))
			k++;
		if (k == n_keys)
			return SPIRALFED_BAD_SIGNATURE;
		memcpy(ret->keys[i].bytes, keys[k].bytes, sizeof(keys[k].bytes));
	}
	ret->len = 0;
	return SPIRALFED_OK;
}

/* The keys of the list, a trusted one among them. */
static enum spiralfed_status listed_signers(const struct spiralfed_key *keys, size_t n_keys,
	const struct envelope *e, struct signers *ret)
{
	unsigned char *at = ret->list + ENVELOPE_HEAD_MAX;
	bool trusted = false;
	size_t len, head;

	if (e->n < 2 || decode(&e->keys, at, sizeof(ret->list) - ENVELOPE_HEAD_MAX, &len) < 0 ||
		len != e->n * SIGN_PUBLIC_SIZE)
		return SPIRALFED_MALFORMED;
	head = put_head(SIGNERS_TYPE, len, at);
	ret->from = ENVELOPE_HEAD_MAX - head;
	ret->len = head + len;
	for (size_t i = 0; i < e->n; i++, at += SIGN_PUBLIC_SIZE) {
		if (sign_public_raw(at, &ret->keys[i], NULL) < 0 ||
			!same(&e->signatures[i].keyid, ret->keys[i].keyid))
			return SPIRALFED_BAD_SIGNATURE;
		for (size_t k = 0; k < n_keys; k++)
			trusted = trusted || memcmp(at, keys[k].bytes, SIGN_PUBLIC_SIZE) == 0;
	}
	return trusted ? SPIRALFED_OK : SPIRALFED_BAD_SIGNATURE;
}

enum spiralfed_status envelope_open(const struct spiralfed_key *keys, size_t n_keys,
	const char *type, const char *text, size_t len, struct signed_bytes *b)
{
	enum spiralfed_status status;
	struct signers s;
	struct envelope e;

	if (len > SPIRALFED_ENVELOPE_MAX)
		return SPIRALFED_TOO_LARGE;
	if (n_keys > SPIRALFED_KEYS_MAX || !read_envelope(text, len, &e))
		return SPIRALFED_MALFORMED;
	status = decode_payload(&e, type, b);
	if (status == SPIRALFED_OK)
		status = e.keys.at ? listed_signers(keys, n_keys, &e, &s)
				   : named_signers(keys, n_keys, &e, &s);
	for (size_t i = 0; status == SPIRALFED_OK && i < e.n; i++) {
		status = is_good(&e.signatures[i].sig, &s.keys[i], b->bytes + b->from, b->len);
		if (status == SPIRALFED_OK && s.len)
			status = is_good(&e.vouches[i], &s.keys[i], s.list + s.from, s.len);
	}
	return status;
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
