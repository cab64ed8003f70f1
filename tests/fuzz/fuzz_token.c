/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a signed token, its claims, a set of keys or a file of credentials (the first byte says
 * which): refused with a reason that shows none of them, or taken. What verifies under the keys of
 * RFC 7515 is what it prints.
 */
#include "fuzz.h"

#include <string.h>

#include "base/jcs.h"
#include "base/jws.h"
#include "base/jwt.h"
#include "provider/gcp_credentials.h"
#include "provider/gcp_models.h"
#include "provider/gcp_storage.h"
#include "support/rfc7515.h"

static struct jwk_set known;
static struct arena *lasting;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] = "{\"keys\":[" RFC7515_A2_JWK "," RFC7515_A3_JWK "]}";

	jcs_setup();
	lasting = arena_new();
	CLAIM(jwk_set_parse(text, strlen(text), lasting, &known, NULL) == 0 && known.n == 2);
	return 0;
}

static void token(const char *text, size_t len, struct arena *a)
{
	struct err err = {0};
	struct jws t;

	if (jws_parse(text, len, a, &t, &err) < 0) {
		CLAIM(err.code == ERR_INVALID_TOKEN && err.msg[0]);
		return;
	}
	CLAIM(t.signature_len > 0 && t.input_len < len && len <= JWS_MAX);
	for (size_t i = 0; i < known.n; i++)
		if (jws_verify(&t, &known.v[i]))
			CLAIM(t.alg == known.v[i].alg && strcmp(t.payload, RFC7515_CLAIMS) == 0);
}

static void claims(const char *text, size_t len, struct arena *a)
{
	struct err err = {0};
	struct jwt t;

	if (jwt_parse(text, len, a, &t, &err) < 0) {
		CLAIM(err.code == ERR_INVALID_TOKEN && err.msg[0]);
		return;
	}
	if (jwt_check(&t, "joe", "us", 0, 0, &err) == 0)
		CLAIM(strcmp(t.iss, "joe") == 0 && t.n_aud > 0 && t.exp > 0);
}

static void keys(const char *text, size_t len, struct arena *a)
{
	struct err err = {0};
	struct jwk_set set;

	if (jwk_set_parse(text, len, a, &set, &err) < 0) {
		CLAIM(err.code != ERR_NONE && err.msg[0]);
		return;
	}
	CLAIM(set.n + set.skipped <= JWK_SET_MAX);
	for (size_t i = 0; i < set.n; i++) {
		struct jws t = {.alg = set.v[i].alg,
			.input = text,
			.input_len = len,
			.signature = (const unsigned char *)text,
			.signature_len = len < 256 ? len : 256};

		CLAIM(!jws_verify(&t, &set.v[i]));
	}
}

static void credentials(const char *text, size_t len, struct arena *a)
{
	struct err err = {0};
	struct gcp_credentials c;
	struct http_server server;
	struct gcp_object o;
	const char *path;

	if (gcp_credentials_parse(text, len, a, &c, &err) < 0)
		CLAIM(err.code == ERR_CONFIG && err.msg[0]);
	else
		CLAIM(gcp_secret_url(c.token_url, a, &server, &path, &err) == 0);
	text = arena_strndup(a, text, len);
	if (gcp_object_parse(text, a, &o))
		CLAIM(*o.bucket && !strchr(o.bucket, '/'));
	path = gcp_model_id(text, a);
	CLAIM(!path || (*path && !strpbrk(path, "/@.%?")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	switch (data[0] & 3) {
	case 0:
		token(text, size - 1, a);
		break;
	case 1:
		claims(text, size - 1, a);
		break;
	case 2:
		keys(text, size - 1, a);
		break;
	default:
		credentials(text, size - 1, a);
	}
	return 0;
}
