/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys in GnuTLS, of whatever kind: which kinds are taken, their callers say.
 */
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sign_parts.h"

void sign_secret_clear(struct sign_secret *s)
{
	if (s->key)
		gnutls_privkey_deinit(s->key);
	if (s->x509)
		gnutls_x509_privkey_deinit(s->x509);
	*s = (struct sign_secret){0};
}

int sign_secret_make(
	struct sign_secret *s, gnutls_pk_algorithm_t kind, unsigned bits, struct err *err)
{
	if (gnutls_x509_privkey_init(&s->x509) < 0 ||
		gnutls_x509_privkey_generate(s->x509, kind, bits, 0) < 0)
		return err_set(err, ERR_INTERNAL, "GnuTLS makes no key");
	return 0;
}

bool sign_secret_import(
	struct sign_secret *s, const void *pkcs8, size_t len, gnutls_x509_crt_fmt_t format)
{
	gnutls_datum_t text = {(unsigned char *)(uintptr_t)pkcs8, (unsigned)len};

	return gnutls_x509_privkey_init(&s->x509) == 0 &&
	       gnutls_x509_privkey_import_pkcs8(s->x509, &text, format, NULL, GNUTLS_PKCS_PLAIN) ==
		       0;
}

int sign_secret_open(struct sign_secret *s, gnutls_pubkey_t *ret, struct err *err)
{
	PUBKEY_AUTO pubkey = NULL;

	if (gnutls_privkey_init(&s->key) < 0 || gnutls_pubkey_init(&pubkey) < 0 ||
		gnutls_privkey_import_x509(s->key, s->x509, 0) < 0 ||
		gnutls_pubkey_import_privkey(pubkey, s->key, 0, 0) < 0)
		return err_set(err, ERR_INTERNAL, "GnuTLS can not use the key");
	*ret = pubkey;
	pubkey = NULL;
	return 0;
}

size_t sign_secret_sign(const struct sign_secret *s, gnutls_sign_algorithm_t algorithm,
	const void *data, size_t len, unsigned char *ret, size_t max)
{
	gnutls_datum_t message = {(unsigned char *)(uintptr_t)data, (unsigned)len};
	gnutls_datum_t signature = {0};
	size_t n;

	/* It can only run out of memory, at which xmalloc aborts, too, or of randomness. */
	if (gnutls_privkey_sign_data2(s->key, algorithm, 0, &message, &signature) < 0 ||
		signature.size > max)
		abort();
	n = signature.size;
	memcpy(ret, signature.data, n);
	gnutls_free(signature.data);
	return n;
}
