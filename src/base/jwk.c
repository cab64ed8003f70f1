/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JWK sets.
 */
#include "base/jwk.h"

#include <string.h>

#include "base/base64.h"
#include "base/jcs.h"
#include "base/text.h"

const char *jws_alg_name(enum jws_alg alg)
{
	static const char *const names[] = {[JWS_RS256] = "RS256", [JWS_ES256] = "ES256"};

	return names[alg];
}

static const char *text_of(const json_t *key, const char *name)
{
	return json_string_value(json_object_get(key, name));
}

/* False when the member is missing or is no base64url. */
static bool bytes_of(const json_t *key, const char *name, struct arena *a,
	const unsigned char **ret, size_t *ret_len)
{
	const json_t *member = json_object_get(key, name);
	unsigned char *bytes;

	if (!json_is_string(member) || base64url_decode(json_string_value(member),
					       json_string_length(member), a, &bytes, ret_len) < 0)
		return false;
	*ret = bytes;
	return true;
}

/* Says the key itself that it is for signatures by `alg`? What it does not say it allows. */
static bool meant_for(const json_t *key, enum jws_alg alg)
{
	const json_t *use = json_object_get(key, "use"), *name = json_object_get(key, "alg");
	const json_t *ops = json_object_get(key, "key_ops"), *op;
	size_t i;

	if (use && !text_equal(json_string_value(use), "sig"))
		return false;
	if (name && !text_equal(json_string_value(name), jws_alg_name(alg)))
		return false;
	json_array_foreach(ops, i, op) if (text_equal(json_string_value(op), "verify")) return true;
	return !ops;
}

static bool take_rsa(const json_t *key, struct arena *a, struct jwk *ret)
{
	struct jwk k = {.alg = JWS_RS256};

	if (!meant_for(key, JWS_RS256) || !bytes_of(key, "n", a, &k.rsa.n, &k.rsa.n_len) ||
		!bytes_of(key, "e", a, &k.rsa.e, &k.rsa.e_len) || rsa_public_fault(&k.rsa))
		return false;
	*ret = k;
	return true;
}

static bool take_p256(const json_t *key, struct arena *a, struct jwk *ret)
{
	struct jwk k = {.alg = JWS_ES256};
	const unsigned char *x, *y;
	size_t x_len, y_len;

	if (!text_equal(text_of(key, "crv"), "P-256") || !meant_for(key, JWS_ES256) ||
		!bytes_of(key, "x", a, &x, &x_len) || !bytes_of(key, "y", a, &y, &y_len) ||
		x_len != P256_COORDINATE_SIZE || y_len != P256_COORDINATE_SIZE)
		return false;
	memcpy(k.x, x, sizeof(k.x));
	memcpy(k.y, y, sizeof(k.y));
	*ret = k;
	return true;
}

static bool take_key(const json_t *key, struct arena *a, struct jwk *ret)
{
	const char *kind = text_of(key, "kty");
	const json_t *kid = json_object_get(key, "kid");
	bool taken = text_equal(kind, "RSA")  ? take_rsa(key, a, ret)
		     : text_equal(kind, "EC") ? take_p256(key, a, ret)
					      : false;

	if (!taken || (kid && !json_is_string(kid)))
		return false;
	ret->kid = kid ? arena_strdup(a, json_string_value(kid)) : NULL;
	return true;
}

int jwk_set_parse(
	const char *text, size_t len, struct arena *a, struct jwk_set *ret, struct err *err)
{
	json_auto_t *doc = NULL;
	const json_t *keys, *key;
	struct jwk_set set = {0};
	size_t i;

	if (len > JWK_SET_BYTES_MAX)
		return err_set(err, ERR_INVALID_BODY, "the set of keys has more than %d bytes",
			(int)JWK_SET_BYTES_MAX);
	if (jcs_load(text, len, &doc, err) < 0)
		return err_wrap(err, "the set of keys");
	keys = json_object_get(doc, "keys");
	if (!json_is_array(keys))
		return err_set_at(err, ERR_INVALID_BODY, "/keys", "is no set of keys (RFC 7517)");
	if (json_array_size(keys) > JWK_SET_MAX)
		return err_set_at(
			err, ERR_INVALID_BODY, "/keys", "has more than %d keys", (int)JWK_SET_MAX);
	set.v = ARENA_ARRAY(a, json_array_size(keys) + 1, struct jwk);
	json_array_foreach(keys, i, key)
	{
		struct jwk *k = &set.v[set.n];

		if (!take_key(key, a, k)) {
			set.skipped++;
			continue;
		}
		if (k->kid && jwk_set_find(&set, k->alg, k->kid))
			return err_set_at(err, ERR_INVALID_BODY,
				arena_printf(a, "/keys/%zu/kid", i), "two keys are called %s",
				k->kid);
		set.n++;
	}
	*ret = set;
	return 0;
}

const struct jwk *jwk_set_find(const struct jwk_set *set, enum jws_alg alg, const char *kid)
{
	const struct jwk *found = NULL;

	for (size_t i = 0; i < set->n; i++) {
		const struct jwk *k = &set->v[i];

		if (k->alg != alg || (kid && !text_equal(k->kid, kid)))
			continue;
		if (found)
			return NULL;
		found = k;
	}
	return found;
}
