/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature vectors of Project Wycheproof (C2SP), as they stand in its testvectors_v1: Ed25519 and
 * ECDSA over P-256 with SHA-256, in DER. A result of "acceptable" may go either way.
 */
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

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

/* A group's key: raw for Ed25519, PEM for P-256. */
struct key {
	struct sign_public ed25519;
	const char *pem;
	bool is_ed25519, good;
};

static void key_of(const json_t *group, struct key *ret)
{
	const char *raw = vectors_string(json_object_get(group, "publicKey"), "pk");
	unsigned char bytes[BYTES_MAX];

	*ret = (struct key){.pem = vectors_string(group, "publicKeyPem")};
	ret->is_ed25519 = json_is_string(json_object_get(group, "type")) &&
			  strcmp(vectors_string(group, "type"), "EddsaVerify") == 0;
	ret->good = ret->is_ed25519 ? bytes_of(raw, bytes) == SIGN_PUBLIC_SIZE &&
					      sign_public_raw(bytes, &ret->ed25519, NULL) == 0
				    : ret->pem != NULL;
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
	valid = key->good && (key->is_ed25519 ? sign_verify(&key->ed25519, message, (size_t)n,
							signature, (size_t)n_sig)
					      : p256_verify(key->pem, strlen(key->pem), message,
							(size_t)n, signature, (size_t)n_sig));
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
		struct key key;

		key_of(group, &key);
		json_array_foreach(json_object_get(group, "tests"), k, test)
			run_one(run, &key, test);
	}
}
