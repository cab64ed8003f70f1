/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of those whose tokens are taken besides our own: kept by a thread that fetches them before
 * they are needed, each hour, and when a token names a key that is not there yet, once a minute at
 * most. No request waits for a fetch. And who a token speaks for.
 */
#ifndef ENGINE_ISSUER_H
#define ENGINE_ISSUER_H

#include "base/clock.h"
#include "base/jws.h"
#include "base/jwt.h"
#include "engine/token.h"
#include "model/policy.h"

enum { ISSUERS_MAX = 64 };

struct issuers;
struct issuers *issuers_new(const struct clock *clock);
void issuers_free(struct issuers *set);
/* Vouched for are those of the policy's `keyless` and of the connectors' webhooks, and no others from now
 * on: who left is asked no more, and its keys are forgotten. With each new policy; any thread. */
void issuers_follow(struct engine *e, const struct policy *p);
/* Begin to fetch. Without it nothing is fetched. */
void issuers_start(struct issuers *set);
void issuers_hurry(struct issuers *set); /* have a fetch end soon; before issuers_stop() */
void issuers_stop(struct issuers *set);

/* Keep these keys; the text is a JWK set. What the thread does; any thread. ERR_INVALID_TOKEN: nobody
 * vouches for the issuer any more. */
int issuer_put(
	struct issuers *set, const char *issuer, const char *text, size_t len, struct err *err);

/* Is the token signed by a key of the issuer's? ERR_INVALID_TOKEN: no, or nobody vouches for that issuer;
 * ERR_UNAVAILABLE: its keys are being fetched. Any thread. */
int issuer_verify(
	struct issuers *set, const char *issuer, const struct jws *token, struct err *err);

/* A token that looks like a JWS and so is none of ours. */
static inline bool token_is_foreign(const char *token)
{
	return token[0] == 'e' && token[1] == 'y';
}

/* Who it speaks for, by the policy's `keyless`: actor "oidc:<subject>@<issuer>", scopes
 * "submit:<provider>". ERR_INVALID_TOKEN, ERR_INSUFFICIENT_SCOPE; ERR_UNAVAILABLE: nothing speaks against
 * it, and the keys are not there. Any thread. */
int keyless_verify(struct engine *e, const char *token, int64_t now, struct arena *a,
	struct principal *ret, struct err *err);

#endif
