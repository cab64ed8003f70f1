/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys and verification: apart from secrets, files and memory of our own, because nodes link it.
 */
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "base/digest.h"
#include "base/hex.h"
#include "base/sign_parts.h"

enum { PEM_MAX = 16384, SPKI_PREFIX = SIGN_SPKI_SIZE - SIGN_PUBLIC_SIZE };

/* SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }: all but the 32 bytes (RFC 8410). */
static const unsigned char spki_prefix[SPKI_PREFIX] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

/* ---- Public keys ---- */

static const unsigned char small_order[][SIGN_PUBLIC_SIZE] = {
	/* y = 0, 1, and the two of order 8 */
	{0},
	{1},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
		0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d,
		0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
		0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92,
		0xac, 0x03, 0x7a},
};

/* Also p - 1, and 0 and 1 written as p and p + 1: 0xec to 0xee, then 0xff, the sign bit aside. */
static bool near_the_prime(const unsigned char y[SIGN_PUBLIC_SIZE])
{
	if (y[0] < 0xec || y[0] > 0xee || y[SIGN_PUBLIC_SIZE - 1] != 0x7f)
		return false;
	for (size_t i = 1; i < SIGN_PUBLIC_SIZE - 1; i++)
		if (y[i] != 0xff)
			return false;
	return true;
}

static bool is_weak(const unsigned char bytes[SIGN_PUBLIC_SIZE])
{
	unsigned char y[SIGN_PUBLIC_SIZE];

	memcpy(y, bytes, sizeof(y));
	y[SIGN_PUBLIC_SIZE - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
		if (!memcmp(y, small_order[i], sizeof(y)))
			return true;
	return near_the_prime(y);
}

void sign_public_spki(
	const unsigned char bytes[SIGN_PUBLIC_SIZE], unsigned char ret[SIGN_SPKI_SIZE])
{
	memcpy(ret, spki_prefix, SPKI_PREFIX);
	memcpy(ret + SPKI_PREFIX, bytes, SIGN_PUBLIC_SIZE);
}

int sign_public_raw(
	const unsigned char bytes[SIGN_PUBLIC_SIZE], struct sign_public *ret, struct err *err)
{
	unsigned char spki[SIGN_SPKI_SIZE], digest[SHA256_SIZE];

	if (is_weak(bytes))
		return err_set(err, ERR_CONFIG,
			"a public key of small order, under which anything verifies");
	sign_public_spki(bytes, spki);
	sha256(spki, sizeof(spki), digest);
	memcpy(ret->bytes, bytes, SIGN_PUBLIC_SIZE);
	hex_encode(digest, sizeof(digest), ret->keyid);
	return 0;
}

int sign_public_take(gnutls_pubkey_t pubkey, struct sign_public *ret, struct err *err)
{
	gnutls_ecc_curve_t curve;
	gnutls_datum_t x = {0};

	if (gnutls_pubkey_get_pk_algorithm(pubkey, NULL) != GNUTLS_PK_EDDSA_ED25519 ||
		gnutls_pubkey_export_ecc_raw2(pubkey, &curve, &x, NULL, 0) < 0 ||
		x.size != SIGN_PUBLIC_SIZE) {
		gnutls_free(x.data);
		return err_set(err, ERR_CONFIG, "is no Ed25519 key");
	}
	int rc = sign_public_raw(x.data, ret, err);

	gnutls_free(x.data);
	return rc;
}

int sign_public_pem(const char *pem, size_t len, struct sign_public *ret, struct err *err)
{
	PUBKEY_AUTO pubkey = NULL;
	gnutls_datum_t text = {(unsigned char *)pem, (unsigned)len};

	if (len > PEM_MAX || gnutls_pubkey_init(&pubkey) < 0 ||
		gnutls_pubkey_import(pubkey, &text, GNUTLS_X509_FMT_PEM) < 0)
		return err_set(err, ERR_CONFIG, "is no public key in PEM");
	return sign_public_take(pubkey, ret, err);
}

bool sign_verify(const struct sign_public *p, const void *data, size_t len, const void *signature,
	size_t signature_len)
{
	PUBKEY_AUTO pubkey = NULL;
	gnutls_datum_t x = {(unsigned char *)p->bytes, SIGN_PUBLIC_SIZE};
	gnutls_datum_t message = {(unsigned char *)data, (unsigned)len};
	gnutls_datum_t signed_by = {(unsigned char *)signature, (unsigned)signature_len};

	return signature_len == SIGN_SIZE && gnutls_pubkey_init(&pubkey) == 0 &&
	       gnutls_pubkey_import_ecc_raw(pubkey, GNUTLS_ECC_CURVE_ED25519, &x, NULL) == 0 &&
	       gnutls_pubkey_verify_data2(
		       pubkey, GNUTLS_SIGN_EDDSA_ED25519, 0, &message, &signed_by) >= 0;
}
