/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 keys and signatures over GnuTLS.
 */
#include "base/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"

enum { SEED_SIZE = 32, PEM_MAX = 16384, SPKI_PREFIX = 12 };

struct sign_key {
	gnutls_privkey_t key;
	gnutls_x509_privkey_t x509;
	struct sign_public public;
};

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

int sign_public_raw(
	const unsigned char bytes[SIGN_PUBLIC_SIZE], struct sign_public *ret, struct err *err)
{
	unsigned char spki[SPKI_PREFIX + SIGN_PUBLIC_SIZE];
	unsigned char digest[SHA256_SIZE];

	if (is_weak(bytes))
		return err_set(err, ERR_CONFIG,
			"a public key of small order, under which anything verifies");
	memcpy(spki, spki_prefix, SPKI_PREFIX);
	memcpy(spki + SPKI_PREFIX, bytes, SIGN_PUBLIC_SIZE);
	sha256(spki, sizeof(spki), digest);
	memcpy(ret->bytes, bytes, SIGN_PUBLIC_SIZE);
	hex_encode(digest, sizeof(digest), ret->keyid);
	return 0;
}

static void pubkey_deinitp(gnutls_pubkey_t *p)
{
	if (*p)
		gnutls_pubkey_deinit(*p);
}
#define PUBKEY_AUTO __attribute__((cleanup(pubkey_deinitp))) gnutls_pubkey_t

static int take_pubkey(gnutls_pubkey_t pubkey, struct sign_public *ret, struct err *err)
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
	return take_pubkey(pubkey, ret, err);
}

char *sign_public_to_pem(const struct sign_public *p, struct arena *a)
{
	unsigned char spki[SPKI_PREFIX + SIGN_PUBLIC_SIZE];
	STRBUF_AUTO out = STRBUF_INIT(512);

	memcpy(spki, spki_prefix, SPKI_PREFIX);
	memcpy(spki + SPKI_PREFIX, p->bytes, SIGN_PUBLIC_SIZE);
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
	return take_pubkey(pubkey, &k->public, err);
}

struct sign_key *sign_key_make(struct err *err)
{
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));

	if (gnutls_x509_privkey_init(&k->x509) < 0 ||
		gnutls_x509_privkey_generate(k->x509, GNUTLS_PK_EDDSA_ED25519, 8 * SEED_SIZE, 0) <
			0) {
		err_set(err, ERR_INTERNAL, "GnuTLS makes no key");
		return NULL;
	}
	if (key_complete(k, err))
		return NULL;
	struct sign_key *made = k;

	k = NULL;
	return made;
}

static int write_all(int fd, const unsigned char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_folder(const char *path)
{
	ARENA_AUTO arena = arena_new();
	FD_AUTO fd = open(dir_of(path, arena), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int sign_key_save(const struct sign_key *k, const char *path, struct err *err)
{
	gnutls_datum_t pem = {0};

	if (gnutls_x509_privkey_export2_pkcs8(
		    k->x509, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
		return err_set(err, ERR_INTERNAL, "GnuTLS can not write the key");
	FD_AUTO fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool made = fd >= 0;
	bool written = made && fchmod(fd, 0600) == 0 && write_all(fd, pem.data, pem.size) == 0 &&
		       fsync(fd) == 0 && sync_folder(path) == 0;
	int saved = errno;

	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	if (written)
		return 0;
	if (made)
		unlink(path);
	return err_set(err, ERR_IO, "%s: %s", path, strerror(saved));
}

static int check_file(int fd, const char *path, enum sign_key_place place, struct err *err)
{
	mode_t refused = place == SIGN_KEY_CREDENTIAL ? S_IRWXO | S_IWGRP : S_IRWXO | S_IRWXG;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "%s is no regular file", path);
	if (st.st_mode & refused)
		return err_set(err, ERR_CONFIG,
			"%s has mode %04o, others than its owner can reach the key: take it as "
			"known to them, or chmod 600 it",
			path, (unsigned)(st.st_mode & 07777));
	if (st.st_uid != geteuid() && !(place == SIGN_KEY_CREDENTIAL && st.st_uid == 0))
		return err_set(err, ERR_CONFIG, "%s belongs to another user (%u)", path,
			(unsigned)st.st_uid);
	return 0;
}

static int read_pem(int fd, const char *path, unsigned char *buf, size_t *ret_len, struct err *err)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, buf + len, PEM_MAX - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		if (n == 0)
			break;
		len += (size_t)n;
		if (len == PEM_MAX)
			return err_set(err, ERR_CONFIG, "%s is too long for a key", path);
	}
	*ret_len = len;
	return 0;
}

int sign_key_load(
	const char *path, enum sign_key_place place, struct sign_key **ret, struct err *err)
{
	SIGN_KEY_AUTO k = xcalloc(1, sizeof(*k));
	FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char text[PEM_MAX];
	size_t len = 0;

	if (fd < 0)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	if (check_file(fd, path, place, err) || read_pem(fd, path, text, &len, err))
		return -1;
	gnutls_datum_t pem = {text, (unsigned)len};
	bool taken = gnutls_x509_privkey_init(&k->x509) == 0 &&
		     gnutls_x509_privkey_import2(
			     k->x509, &pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN) == 0;

	gnutls_memset(text, 0, sizeof(text));
	if (!taken)
		return err_set(err, ERR_CONFIG, "%s holds no private key in PEM", path);
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
