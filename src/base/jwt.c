/* SPDX-License-Identifier: Apache-2.0
 *
 * Claims of tokens.
 */
#include "base/jwt.h"

#include <math.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "base/text.h"

static int refused(struct err *err, const char *why)
{
	return err_set(err, ERR_INVALID_TOKEN, "the token %s", why);
}

static int take_text(
	const json_t *claims, const char *name, struct arena *a, const char **ret, struct err *err)
{
	const json_t *member = json_object_get(claims, name);

	if (member && !json_is_string(member))
		return refused(err, "has an issuer or a subject that is no text");
	*ret = member ? arena_strdup(a, json_string_value(member)) : NULL;
	return 0;
}

/* Seconds since 1970, with or without a fraction (RFC 7519 section 2). */
static int take_time(const json_t *claims, const char *name, int64_t *ret, struct err *err)
{
	const json_t *member = json_object_get(claims, name);
	double seconds = json_number_value(member);

	*ret = INT64_MIN;
	if (!member)
		return 0;
	if (!json_is_number(member) || !(fabs(seconds) < 1e12))
		return refused(err, "has a time that is none");
	*ret = (int64_t)(seconds * (double)USEC_PER_SEC);
	return 0;
}

/* One text, or a list of them. */
static int take_audience(const json_t *claims, struct arena *a, struct jwt *t, struct err *err)
{
	const json_t *member = json_object_get(claims, "aud"), *one;
	size_t i;

	if (!member)
		return 0;
	t->aud = ARENA_ARRAY(a, JWT_AUDIENCES_MAX, const char *);
	if (json_is_string(member)) {
		t->aud[t->n_aud++] = arena_strdup(a, json_string_value(member));
		return 0;
	}
	if (!json_is_array(member) || json_array_size(member) > JWT_AUDIENCES_MAX)
		return refused(err, "has an audience that is none");
	json_array_foreach(member, i, one)
	{
		if (!json_is_string(one))
			return refused(err, "has an audience that is none");
		t->aud[t->n_aud++] = arena_strdup(a, json_string_value(one));
	}
	return 0;
}

static const char *simple(const json_t *value, struct arena *a)
{
	if (json_is_string(value))
		return arena_strdup(a, json_string_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (json_is_integer(value))
		return arena_printf(a, "%lld", (long long)json_integer_value(value));
	return NULL;
}

int jwt_parse(const char *payload, size_t len, struct arena *a, struct jwt *ret, struct err *err)
{
	json_auto_t *claims = NULL;
	struct jwt t = {0};
	const char *name;
	json_t *value;

	if (jcs_load(payload, len, &claims, NULL) < 0 || !json_is_object(claims))
		return refused(err, "holds no JSON object");
	if (json_object_size(claims) > JWT_CLAIMS_MAX)
		return refused(err, "has too many claims");
	if (take_text(claims, "iss", a, &t.iss, err) < 0 ||
		take_text(claims, "sub", a, &t.sub, err) < 0 ||
		take_audience(claims, a, &t, err) < 0 ||
		take_time(claims, "exp", &t.exp, err) < 0 ||
		take_time(claims, "nbf", &t.nbf, err) < 0 ||
		take_time(claims, "iat", &t.iat, err) < 0)
		return -1;
	t.claims = ARENA_ARRAY(a, JWT_CLAIMS_MAX, struct jwt_claim);
	json_object_foreach(claims, name, value)
	{
		const char *text = simple(value, a);

		if (text)
			t.claims[t.n_claims++] = (struct jwt_claim){arena_strdup(a, name), text};
	}
	*ret = t;
	return 0;
}

const char *jwt_claim(const struct jwt *t, const char *name)
{
	for (size_t i = 0; i < t->n_claims; i++)
		if (text_equal(t->claims[i].name, name))
			return t->claims[i].value;
	return NULL;
}

static bool is_for(const struct jwt *t, const char *audience)
{
	for (size_t i = 0; i < t->n_aud; i++)
		if (text_equal(t->aud[i], audience))
			return true;
	return false;
}

int jwt_check(const struct jwt *t, const char *issuer, const char *audience, int64_t now,
	int64_t leeway, struct err *err)
{
	if (!t->iss || !text_equal(t->iss, issuer))
		return refused(err, "is of another issuer");
	if (!is_for(t, audience))
		return refused(err, "is meant for another audience");
	if (t->exp == INT64_MIN)
		return refused(err, "never expires; only those that do are taken");
	if (t->exp <= now - leeway)
		return refused(err, "has expired");
	if (t->nbf > now + leeway || t->iat > now + leeway)
		return refused(err, "is from the future");
	return 0;
}
