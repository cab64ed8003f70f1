/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets as files: written once, synced, readable by their owner alone; refused when others can read
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sign_parts.h"

enum { PEM_MAX = 16384 };

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

int sign_secret_save(const struct sign_secret *s, const char *path, struct err *err)
{
	gnutls_datum_t pem = {0};

	if (gnutls_x509_privkey_export2_pkcs8(
		    s->x509, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
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
			"%s has mode %04o, others than its owner can reach the key: chmod 600 it, "
			"and rotate it if they may have read it",
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

int sign_secret_load(
	const char *path, enum sign_key_place place, struct sign_secret *ret, struct err *err)
{
	FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	gnutls_x509_privkey_t key = NULL;
	unsigned char text[PEM_MAX];
	size_t len = 0;

	if (fd < 0)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	if (check_file(fd, path, place, err) || read_pem(fd, path, text, &len, err))
		return -1;
	gnutls_datum_t pem = {text, (unsigned)len};
	bool taken = gnutls_x509_privkey_init(&key) == 0 &&
		     gnutls_x509_privkey_import2(
			     key, &pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN) == 0;

	gnutls_memset(text, 0, sizeof(text));
	if (!taken) {
		if (key)
			gnutls_x509_privkey_deinit(key);
		return err_set(err, ERR_CONFIG, "%s holds no private key in PEM", path);
	}
	*ret = (struct sign_secret){.x509 = key};
	return 0;
}
