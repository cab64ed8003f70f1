/* SPDX-License-Identifier: Apache-2.0
 *
 * Matches the claims of a token with the policy's rules. It judges no signature.
 */
#include "policy/keyless.h"

#include <string.h>

#include "base/clock.h"
#include "base/words.h"

/* Clocks of clouds and of ours differ by less. */
enum { LEEWAY_S = 60, SUBJECT_MAX = 255 };

bool keyless_knows_issuer(const struct policy *p, const char *issuer)
{
	for (size_t i = 0; i < p->keyless.n; i++)
		if (strcmp(LIST_AT(&p->keyless, struct policy_keyless, i)->issuer, issuer) == 0)
			return true;
	return false;
}

/* It goes into the history and into logs. */
static bool is_plain(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > SUBJECT_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < '!' || s[i] > '~')
			return false;
	return true;
}

int keyless_scopes(const struct policy *p, const struct jwt *t, int64_t now, struct arena *a,
	const char **ret_scopes, struct err *err)
{
	const char *scopes = "";
	bool for_us = false;
	struct err why;

	if (!t->iss || !t->sub || !is_plain(t->sub))
		return err_set(err, ERR_INVALID_TOKEN,
			"a token has to name its issuer, and a subject of printable ASCII");
	err_set(&why, ERR_INVALID_TOKEN, "the policy knows no issuer %.200s", t->iss);
	for (size_t i = 0; i < p->keyless.n; i++) {
		const struct policy_keyless *r = LIST_AT(&p->keyless, struct policy_keyless, i);
		const char *scope = arena_printf(a, "submit:%s", r->provider);

		if (strcmp(r->issuer, t->iss) != 0 || jwt_check(t, r->issuer, r->audience, now,
							      LEEWAY_S * USEC_PER_SEC, &why) < 0)
			continue;
		for_us = true;
		if (keyless_subject_matches(r->subject, t->sub) && !words_have(scopes, scope))
			scopes = arena_printf(a, "%s%s%s", scopes, *scopes ? " " : "", scope);
	}
	if (*scopes) {
		*ret_scopes = scopes;
		return 0;
	}
	if (for_us)
		err_set(&why, ERR_INSUFFICIENT_SCOPE,
			"no rule of the policy (keyless) binds the subject %s of %s to a provider",
			t->sub, t->iss);
	if (err)
		*err = why;
	return -1;
}
