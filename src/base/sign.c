/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 keys and signatures over GnuTLS.
 */
#include "base/sign_parts.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "base/base64.h"

struct sign_key {
	struct sign_secret secret;
	struct sign_public public;
};

char *sign_public_to_pem(const struct sign_public *p, struct arena *a)
{
	unsigned char spki[SIGN_SPKI_SIZE];
	STRBUF_AUTO out = STRBUF_INIT(512);

	sign_public_spki(p->bytes, spki);
	/* 44 bytes: one line. */
	strbuf_addstr(&out, "-----BEGIN PUBLIC KEY-----\n");
	base64_encode(&out, spki, sizeof(spki));
	strbuf_addstr(&out, "\n-----END PUBLIC KEY-----\n");
	return arena_strndup(a, out.buf, out.len);
}

/* ---- Keys ---- */

void sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	sign_secret_clear(&k->secret);
	free(k);
}

/* Fills the rest from the secret, whatever it holds. */
static int key_complete(struct sign_key *k, struct err *err)
{
	PUBKEY_AUTO pubkey = NULL;

	if (gnutls_x509_privkey_get_pk_algorithm(k->secret.x509) != GNUTLS_PK_EDDSA_ED25519)
		return err_set(err, ERR_CONFIG, "is no Ed25519 key");
	if (sign_secret_open(&k->secret, &pubkey, err) < 0)
		return -1;
	return sign_public_take(pubkey, &k->public, err);
}

struct sign_key *sign_key_make(struct err *err)
{
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (sign_secret_make(&k->secret, GNUTLS_PK_EDDSA_ED25519, 8 * SIGN_SEED_SIZE, err) < 0 ||
		key_complete(k, err) < 0)
		return NULL;
	struct sign_key *made = k;

	k = NULL;
	return made;
}

struct sign_key *sign_key_from_seed(const unsigned char seed[SIGN_SEED_SIZE], struct err *err)
{
	/* PKCS #8 but for the 32 bytes (RFC 8410, 7). */
	static const unsigned char prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03,
		0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));
	unsigned char der[sizeof(prefix) + SIGN_SEED_SIZE];

	memcpy(der, prefix, sizeof(prefix));
	memcpy(der + sizeof(prefix), seed, SIGN_SEED_SIZE);
	bool taken = sign_secret_import(&k->secret, der, sizeof(der), GNUTLS_X509_FMT_DER);

	gnutls_memset(der, 0, sizeof(der));
	if (!taken) {
		err_set(err, ERR_INTERNAL, "GnuTLS takes no Ed25519 key");
		return NULL;
	}
	if (key_complete(k, err))
		return NULL;
	struct sign_key *made = k;

	k = NULL;
	return made;
}

int sign_key_save(const struct sign_key *k, const char *path, struct err *err)
{
	return sign_secret_save(&k->secret, path, err);
}

int sign_key_load(
	const char *path, enum sign_key_place place, struct sign_key **ret, struct err *err)
{
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (sign_secret_load(path, place, &k->secret, err))
		return -1;
	if (key_complete(k, err))
		return err_wrap(err, "%s", path);
	*ret = k;
	k = NULL;
	return 0;
}

const struct sign_public *sign_key_public(const struct sign_key *k)
{
	return &k->public;
}

/* ---- Signatures ---- */

void sign_bytes(
	const struct sign_key *k, const void *data, size_t len, unsigned char ret[SIGN_SIZE])
{
	if (sign_secret_sign(&k->secret, GNUTLS_SIGN_EDDSA_ED25519, data, len, ret, SIGN_SIZE) !=
		SIGN_SIZE)
		abort();
}
