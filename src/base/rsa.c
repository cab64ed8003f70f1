/* SPDX-License-Identifier: Apache-2.0
 *
 * RS256 over GnuTLS.
 */
#include "base/rsa.h"

#include <gnutls/crypto.h>
#include <stdint.h>
#include <string.h>

#include "base/sign_parts.h"

enum { PEM_MAX = 16384, EXPONENT_MAX = 8 };

struct rsa_key {
	struct sign_secret secret;
};

/* ---- Keys that sign ---- */

void rsa_key_free(struct rsa_key *k)
{
	if (!k)
		return;
	sign_secret_clear(&k->secret);
	free(k);
}

static int check_key(struct rsa_key *k, struct err *err)
{
	PUBKEY_AUTO pubkey = NULL;
	unsigned bits = 0;

	if (gnutls_x509_privkey_get_pk_algorithm2(k->secret.x509, &bits) != GNUTLS_PK_RSA)
		return err_set(err, ERR_CONFIG, "the private key is no RSA key");
	if (bits < RSA_BITS_LEAST || bits > RSA_BITS_MOST)
		return err_set(err, ERR_CONFIG, "the RSA key has %u bits; from %d to %d are taken",
			bits, (int)RSA_BITS_LEAST, (int)RSA_BITS_MOST);
	if (gnutls_x509_privkey_verify_params(k->secret.x509) < 0)
		return err_set(err, ERR_CONFIG, "the RSA key is damaged: its numbers do not agree");
	return sign_secret_open(&k->secret, &pubkey, err);
}

int rsa_key_pem(const char *pem, size_t len, struct rsa_key **ret, struct err *err)
{
	RSA_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (len > PEM_MAX || !sign_secret_import(&k->secret, pem, len, GNUTLS_X509_FMT_PEM))
		return err_set(err, ERR_CONFIG, "is no private key in PEM (PKCS #8)");
	if (check_key(k, err) < 0)
		return -1;
	*ret = k;
	k = NULL;
	return 0;
}

size_t rsa_sign(
	const struct rsa_key *k, const void *data, size_t len, unsigned char ret[RSA_SIGN_MAX])
{
	return sign_secret_sign(&k->secret, GNUTLS_SIGN_RSA_SHA256, data, len, ret, RSA_SIGN_MAX);
}

/* ---- Keys of others ---- */

/* Without zeros in front, which some write and which count for nothing. */
static void skip_zeros(const unsigned char **bytes, size_t *len)
{
	while (*len && !**bytes)
		(*bytes)++, (*len)--;
}

static size_t bits_of(const unsigned char *bytes, size_t len)
{
	size_t bits = 8 * len;

	for (unsigned top = len ? bytes[0] : 0; top && top < 0x80; top <<= 1)
		bits--;
	return bits;
}

static const char *fault_of(const struct rsa_public *p)
{
	size_t bits = bits_of(p->n, p->n_len);

	if (bits < RSA_BITS_LEAST)
		return "its modulus has fewer than 2048 bits";
	if (bits > RSA_BITS_MOST)
		return "its modulus has more than 8192 bits";
	if (!(p->n[p->n_len - 1] & 1))
		return "its modulus is even";
	/* 1 would make every message its own signature. */
	if (!p->e_len || p->e_len > EXPONENT_MAX || !(p->e[p->e_len - 1] & 1) ||
		(p->e_len == 1 && p->e[0] == 1))
		return "its exponent is none that RSA can have";
	return NULL;
}

static struct rsa_public trimmed(const struct rsa_public *p)
{
	struct rsa_public out = *p;

	skip_zeros(&out.n, &out.n_len);
	skip_zeros(&out.e, &out.e_len);
	return out;
}

const char *rsa_public_fault(const struct rsa_public *p)
{
	struct rsa_public key = trimmed(p);

	return fault_of(&key);
}

bool rsa_verify(const struct rsa_public *p, const void *data, size_t len, const void *signature,
	size_t signature_len)
{
	struct rsa_public key = trimmed(p);
	PUBKEY_AUTO pubkey = NULL;
	gnutls_datum_t n = {(unsigned char *)(uintptr_t)key.n, (unsigned)key.n_len};
	gnutls_datum_t e = {(unsigned char *)(uintptr_t)key.e, (unsigned)key.e_len};
	gnutls_datum_t message = {(unsigned char *)(uintptr_t)data, (unsigned)len};
	gnutls_datum_t signed_by = {(unsigned char *)(uintptr_t)signature, (unsigned)signature_len};

	return !fault_of(&key) && signature_len == key.n_len && gnutls_pubkey_init(&pubkey) == 0 &&
	       gnutls_pubkey_import_rsa_raw(pubkey, &n, &e) == 0 &&
	       gnutls_pubkey_verify_data2(
		       pubkey, GNUTLS_SIGN_RSA_SHA256, 0, &message, &signed_by) >= 0;
}
