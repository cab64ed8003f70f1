/* SPDX-License-Identifier: Apache-2.0
 *
 * P-256 keys and signatures over GnuTLS.
 */
#include "base/sign_p256.h"

#include <gnutls/crypto.h>
#include <stdint.h>
#include <string.h>

#include "base/sign_parts.h"

enum { PEM_SIZE = 512 };

struct p256_key {
	struct sign_secret secret;
	char pem[PEM_SIZE];
};

void p256_key_free(struct p256_key *k)
{
	if (!k)
		return;
	sign_secret_clear(&k->secret);
	free(k);
}

static bool on_curve(gnutls_pubkey_t key)
{
	gnutls_ecc_curve_t curve;

	return gnutls_pubkey_get_pk_algorithm(key, NULL) == GNUTLS_PK_ECDSA &&
	       gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) == 0 &&
	       curve == GNUTLS_ECC_CURVE_SECP256R1;
}

/* Fills the rest from the secret, whatever it holds. */
static int complete(struct p256_key *k, struct err *err)
{
	PUBKEY_AUTO pubkey = NULL;
	size_t size = sizeof(k->pem) - 1;

	if (gnutls_x509_privkey_get_pk_algorithm(k->secret.x509) != GNUTLS_PK_ECDSA)
		return err_set(err, ERR_CONFIG, "is no P-256 key");
	if (sign_secret_open(&k->secret, &pubkey, err) < 0)
		return -1;
	if (!on_curve(pubkey) ||
		gnutls_pubkey_export(pubkey, GNUTLS_X509_FMT_PEM, k->pem, &size) < 0)
		return err_set(err, ERR_CONFIG, "is no P-256 key");
	k->pem[size] = '\0';
	return 0;
}

struct p256_key *p256_key_make(struct err *err)
{
	P256_KEY_AUTO k = xcalloc(1, sizeof(*k));
	struct p256_key *made;

	if (sign_secret_make(&k->secret, GNUTLS_PK_ECDSA,
		    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), err) < 0 ||
		complete(k, err) < 0)
		return NULL;
	made = k;
	k = NULL;
	return made;
}

int p256_key_save(const struct p256_key *k, const char *path, struct err *err)
{
	return sign_secret_save(&k->secret, path, err);
}

int p256_key_load(
	const char *path, enum sign_key_place place, struct p256_key **ret, struct err *err)
{
	P256_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (sign_secret_load(path, place, &k->secret, err))
		return -1;
	if (complete(k, err))
		return err_wrap(err, "%s", path);
	*ret = k;
	k = NULL;
	return 0;
}

const char *p256_key_pem(const struct p256_key *k)
{
	return k->pem;
}

size_t p256_sign(
	const struct p256_key *k, const void *data, size_t len, unsigned char ret[P256_SIGN_MAX])
{
	return sign_secret_sign(
		&k->secret, GNUTLS_SIGN_ECDSA_SHA256, data, len, ret, P256_SIGN_MAX);
}

/* GnuTLS takes any BER; DER is what it would write itself. */
static bool is_der(const gnutls_datum_t *signature)
{
	gnutls_datum_t r = {0}, s = {0}, again = {0};
	bool same = gnutls_decode_rs_value(signature, &r, &s) == 0 &&
		    gnutls_encode_rs_value(&again, &r, &s) == 0 && again.size == signature->size &&
		    memcmp(again.data, signature->data, again.size) == 0;

	gnutls_free(r.data);
	gnutls_free(s.data);
	gnutls_free(again.data);
	return same;
}

bool p256_verify(const char *pem, size_t pem_len, const void *data, size_t len,
	const void *signature, size_t signature_len)
{
	PUBKEY_AUTO pubkey = NULL;
	gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem, (unsigned)pem_len};
	gnutls_datum_t message = {(unsigned char *)(uintptr_t)data, (unsigned)len};
	gnutls_datum_t signed_by = {(unsigned char *)(uintptr_t)signature, (unsigned)signature_len};

	return signature_len <= P256_SIGN_MAX && is_der(&signed_by) &&
	       gnutls_pubkey_init(&pubkey) == 0 &&
	       gnutls_pubkey_import(pubkey, &text, GNUTLS_X509_FMT_PEM) == 0 && on_curve(pubkey) &&
	       gnutls_pubkey_verify_data2(
		       pubkey, GNUTLS_SIGN_ECDSA_SHA256, 0, &message, &signed_by) >= 0;
}

/* An INTEGER of DER is written without zeros in front. */
static gnutls_datum_t number(const unsigned char *bytes)
{
	gnutls_datum_t n = {(unsigned char *)(uintptr_t)bytes, P256_COORDINATE_SIZE};

	while (n.size > 1 && !*n.data)
		n.data++, n.size--;
	return n;
}

bool p256_verify_raw(const unsigned char x[P256_COORDINATE_SIZE],
	const unsigned char y[P256_COORDINATE_SIZE], const void *data, size_t len,
	const unsigned char signature[P256_RAW_SIZE])
{
	PUBKEY_AUTO pubkey = NULL;
	gnutls_datum_t at_x = {(unsigned char *)(uintptr_t)x, P256_COORDINATE_SIZE};
	gnutls_datum_t at_y = {(unsigned char *)(uintptr_t)y, P256_COORDINATE_SIZE};
	gnutls_datum_t message = {(unsigned char *)(uintptr_t)data, (unsigned)len};
	gnutls_datum_t r = number(signature), s = number(signature + P256_COORDINATE_SIZE);
	gnutls_datum_t der = {0};
	bool good = gnutls_pubkey_init(&pubkey) == 0 &&
		    gnutls_pubkey_import_ecc_raw(
			    pubkey, GNUTLS_ECC_CURVE_SECP256R1, &at_x, &at_y) == 0 &&
		    gnutls_encode_rs_value(&der, &r, &s) == 0 &&
		    gnutls_pubkey_verify_data2(
			    pubkey, GNUTLS_SIGN_ECDSA_SHA256, 0, &message, &der) >= 0;

	gnutls_free(der.data);
	return good;
}
