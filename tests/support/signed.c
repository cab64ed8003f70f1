/* SPDX-License-Identifier: Apache-2.0
 *
 * What a daemon signs, made without one.
 */
#include "support/signed.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "model/dsse.h"

#define DAY (INT64_C(86400) * USEC_PER_SEC)

void signers_make(struct signers *s)
{
	s->arena = arena_new();
	for (size_t i = 0; i < SIGNERS; i++) {
		const char *pem;

		s->keys[i] = sign_key_make(NULL);
		pem = sign_public_to_pem(sign_key_public(s->keys[i]), s->arena);
		ck_assert_int_eq(spiralfed_key_pem(pem, strlen(pem), &s->trusted[i]), SPIRALFED_OK);
	}
}

void signers_clear(struct signers *s)
{
	for (size_t i = 0; i < SIGNERS; i++)
		sign_key_free(s->keys[i]);
	arena_free(s->arena);
}

static const char *digest_of(const char *what, struct arena *a)
{
	char digest[DIGEST_STRLEN];

	return arena_strdup(a, digest_string(what, strlen(what), digest));
}

struct pointer signed_pointer(struct signers *s, int64_t issued)
{
	struct pointer_target *warm = ARENA_ARRAY(s->arena, 2, struct pointer_target);

	warm[0] = (struct pointer_target){digest_of("1.2.2", s->arena), "1.2.2"};
	warm[1] = (struct pointer_target){digest_of("1.1.0", s->arena), "1.1.0"};
	return (struct pointer){.channel = "stable",
		.digest = digest_of("1.2.3", s->arena),
		.expires = issued + DAY,
		.issued = issued,
		.schema = POINTER_SCHEMA,
		.serial = 7,
		.version = "1.2.3",
		.warm = {warm, 2}};
}

const char *sign_payload(struct signers *s, const char *type, const char *payload, size_t len,
	size_t first, size_t n, size_t *ret_len)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);

	dsse_write(&out, type, payload, len, (const struct sign_key *const *)s->keys + first, n);
	*ret_len = out.len;
	return arena_strndup(s->arena, out.buf, out.len);
}

const char *signed_envelope(
	struct signers *s, const struct pointer *p, size_t first, size_t n, size_t *ret_len)
{
	size_t len;
	const char *payload = fields_canonical(&pointer_table, p, s->arena, &len);

	return sign_payload(s, POINTER_PAYLOAD_TYPE, payload, len, first, n, ret_len);
}

const char *signed_release(struct signers *s, const char *version, size_t *ret_len,
	struct spiralfed_release *ret, const char **ret_statement)
{
	const char *body = arena_printf(s->arena,
		"{\"schema\":\"spiralfed.release/v1\",\"version\":\"%s\",\"units\":{}}", version);
	struct release r;

	*ret_len = strlen(body);
	snprintf(ret->version, sizeof(ret->version), "%s", version);
	digest_string(body, *ret_len, ret->digest);
	fields_init(&release_table, &r);
	r.version = version;
	r.fused_model_id = arena_printf(s->arena, "%s%s", FUSED_MODEL_PREFIX, version);
	r.generated_at = DAY;
	*ret_statement = release_statement(&r, ret->digest, s->arena);
	return body;
}
