/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature vectors of Project Wycheproof (C2SP), as they stand in its testvectors_v1: Ed25519, ECDSA over
 * P-256 with SHA-256, in DER and as r and s, and RSA by PKCS #1 v1.5 with SHA-256. A result of "acceptable" may go either way.
 */
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

#include "base/rsa.h"
#include "base/sign_p256.h"

enum { BYTES_MAX = 1 << 16 };

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Its length, -1 when it is no hex. */
static long bytes_of(const char *hex, unsigned char *out)
{
	size_t n = hex ? strlen(hex) : 1;

	if (n % 2 || n / 2 > BYTES_MAX)
		return -1;
	for (size_t i = 0; i < n / 2; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return (long)(n / 2);
}

enum kind { ED25519, P256_DER, P256_RAW, RS256 };

/* A group's key: raw for Ed25519, PEM for P-256 in DER, numbers for what JOSE has. */
struct key {
	enum kind kind;
	struct sign_public ed25519;
	const char *pem;
	unsigned char point[1 + 2 * P256_COORDINATE_SIZE];
	unsigned char n[BYTES_MAX], e[BYTES_MAX];
	size_t n_len, e_len;
	bool good;
};

static enum kind kind_of(const json_t *group)
{
	static const char *const types[] = {[ED25519] = "EddsaVerify",
		[P256_RAW] = "EcdsaP1363Verify",
		[RS256] = "RsassaPkcs1Verify"};
	const char *type = json_string_value(json_object_get(group, "type"));

	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] && strcmp(type, types[i]) == 0)
			return (enum kind)i;
	return P256_DER;
}

static bool take_numbers(const json_t *public, struct key *ret)
{
	long n = bytes_of(vectors_string(public, "modulus"), ret->n);
	long e = bytes_of(vectors_string(public, "publicExponent"), ret->e);

	ret->n_len = n < 0 ? 0 : (size_t)n;
	ret->e_len = e < 0 ? 0 : (size_t)e;
	return n > 0 && e > 0;
}

static void key_of(const json_t *group, struct key *ret)
{
	static unsigned char bytes[BYTES_MAX];
	const json_t *public = json_object_get(group, "publicKey");

	memset(ret, 0, sizeof(*ret));
	ret->kind = kind_of(group);
	switch (ret->kind) {
	case ED25519:
		ret->good = bytes_of(vectors_string(public, "pk"), bytes) == SIGN_PUBLIC_SIZE &&
			    sign_public_raw(bytes, &ret->ed25519, NULL) == 0;
		break;
	case P256_DER:
		ret->pem = vectors_string(group, "publicKeyPem");
		ret->good = ret->pem != NULL;
		break;
	case P256_RAW:
		ret->good = bytes_of(vectors_string(public, "uncompressed"), bytes) ==
			    sizeof(ret->point);
		memcpy(ret->point, bytes, sizeof(ret->point));
		break;
	case RS256:
		ret->good = take_numbers(public, ret);
	}
}

static bool verify(const struct key *key, const unsigned char *message, size_t n,
	const unsigned char *signature, size_t n_sig)
{
	const struct rsa_public rsa = {key->n, key->e, key->n_len, key->e_len};

	switch (key->kind) {
	case ED25519:
		return sign_verify(&key->ed25519, message, n, signature, n_sig);
	case P256_DER:
		return p256_verify(key->pem, strlen(key->pem), message, n, signature, n_sig);
	case P256_RAW:
		return n_sig == P256_RAW_SIZE &&
		       p256_verify_raw(key->point + 1, key->point + 1 + P256_COORDINATE_SIZE,
			       message, n, signature);
	case RS256:
		return rsa_verify(&rsa, message, n, signature, n_sig);
	}
	return false;
}

static void run_one(struct vectors *run, const struct key *key, const json_t *test)
{
	static unsigned char message[BYTES_MAX], signature[BYTES_MAX];
	const char *result = vectors_string(test, "result");
	long n = bytes_of(vectors_string(test, "msg"), message),
	     n_sig = bytes_of(vectors_string(test, "sig"), signature);
	char name[64];
	bool valid;

	snprintf(name, sizeof(name), "tcId %lld",
		(long long)json_integer_value(json_object_get(test, "tcId")));
	if (n < 0 || n_sig < 0 || !result) {
		vectors_unreadable(run, name, "is no test of a signature");
		return;
	}
	valid = key->good && verify(key, message, (size_t)n, signature, (size_t)n_sig);
	json_t *expected = json_pack("{s:s}", "result",
		strcmp(result, "acceptable") != 0 ? result
		: valid				  ? "valid"
						  : "invalid");

	vectors_case(
		run, name, expected, json_pack("{s:s}", "result", valid ? "valid" : "invalid"));
	json_decref(expected);
}

void vectors_wycheproof(struct vectors *run, const json_t *root)
{
	const json_t *group, *test;
	size_t i, k;

	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		static struct key key;

		key_of(group, &key);
		json_array_foreach(json_object_get(group, "tests"), k, test)
			run_one(run, &key, test);
	}
}
