/* SPDX-License-Identifier: Apache-2.0
 *
 * What a token of somebody else allows, by the policy's rules. Pure.
 */
#ifndef POLICY_KEYLESS_H
#define POLICY_KEYLESS_H

#include "base/jwt.h"
#include "model/policy.h"

/* The issuer stands in a rule. */
bool keyless_knows_issuer(const struct policy *p, const char *issuer);

/* Of a token whose signature is good: the scopes of all rules that it meets, "submit:<provider>" each,
 * space separated. ERR_INVALID_TOKEN: over, not begun, for others, or of nobody;
 * ERR_INSUFFICIENT_SCOPE: no rule binds its subject. The messages name what to mend. */
int keyless_scopes(const struct policy *p, const struct jwt *t, int64_t now, struct arena *a,
	const char **ret_scopes, struct err *err);

#endif
