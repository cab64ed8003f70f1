/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 keys and signatures over GnuTLS.
 */
#include "base/sign_parts.h"

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
#include "base/file.h"

enum { SEED_SIZE = 32, PEM_MAX = 16384 };

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
