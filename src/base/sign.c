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
	gnutls_privkey_t key;
	gnutls_x509_privkey_t x509;
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
	if (k->key)
		gnutls_privkey_deinit(k->key);
	if (k->x509)
		gnutls_x509_privkey_deinit(k->x509);
	gnutls_memset(k, 0, sizeof(*k));
	free(k);
}

/* Fills the rest from x509, whatever it holds. */
static int key_complete(struct sign_key *k, struct err *err)
{
	PUBKEY_AUTO pubkey = NULL;

	if (gnutls_x509_privkey_get_pk_algorithm(k->x509) != GNUTLS_PK_EDDSA_ED25519)
		return err_set(err, ERR_CONFIG, "is no Ed25519 key");
	if (gnutls_privkey_init(&k->key) < 0 || gnutls_pubkey_init(&pubkey) < 0 ||
		gnutls_privkey_import_x509(k->key, k->x509, 0) < 0 ||
		gnutls_pubkey_import_privkey(pubkey, k->key, 0, 0) < 0)
		return err_set(err, ERR_INTERNAL, "GnuTLS can not use the key");
	return sign_public_take(pubkey, &k->public, err);
}

struct sign_key *sign_key_make(struct err *err)
{
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (gnutls_x509_privkey_init(&k->x509) < 0 ||
		gnutls_x509_privkey_generate(
			k->x509, GNUTLS_PK_EDDSA_ED25519, 8 * SIGN_SEED_SIZE, 0) < 0) {
		err_set(err, ERR_INTERNAL, "GnuTLS makes no key");
		return NULL;
	}
	if (key_complete(k, err))
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
	const gnutls_datum_t datum = {der, sizeof(der)};

	memcpy(der, prefix, sizeof(prefix));
	memcpy(der + sizeof(prefix), seed, SIGN_SEED_SIZE);
	int rc = gnutls_x509_privkey_init(&k->x509);

	if (rc == 0)
		rc = gnutls_x509_privkey_import_pkcs8(
			k->x509, &datum, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
	gnutls_memset(der, 0, sizeof(der));
	if (rc < 0) {
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
	return sign_secret_save(k->x509, path, err);
}

int sign_key_load(
	const char *path, enum sign_key_place place, struct sign_key **ret, struct err *err)
{
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (sign_secret_load(path, place, &k->x509, err))
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
	gnutls_datum_t message = {(unsigned char *)data, (unsigned)len};
	gnutls_datum_t signature = {0};

	/* It can only run out of memory, at which xmalloc aborts, too. */
	if (gnutls_privkey_sign_data2(k->key, GNUTLS_SIGN_EDDSA_ED25519, 0, &message, &signature) <
			0 ||
		signature.size != SIGN_SIZE)
		abort();
	memcpy(ret, signature.data, SIGN_SIZE);
	gnutls_free(signature.data);
}
