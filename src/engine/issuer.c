/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache of issuers' keys and its thread.
 */
#include "engine/issuer.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "base/log.h"
#include "engine/source_run.h"
#include "policy/keyless.h"
#include "provider/issuer.h"

enum {
	EVERY_S = 3600,
	KEEP_S = 86400, /* a key that was withdrawn since may still be among them */
	GAP_S = 60,	/* between two fetches that tokens ask for */
	BACKOFF_S = 15,
	BACKOFF_MAX_S = 600,
	FETCH_S = 25,
	LOOK_MS = 1000
};

struct issuer {
	char *name;
	bool trusted;	     /* somebody vouches for it */
	struct arena *arena; /* of the keys; NULL: none yet */
	struct jwk_set keys;
	int64_t next; /* monotonic; when it is fetched */
	int64_t fetched, tried;
	int failures; /* in a row */
};

struct issuers {
	const struct clock *clock;
	struct lock lock;
	struct cond cond;
	struct issuer v[ISSUERS_MAX];
	size_t n;
	atomic_bool stop;
	bool running;
	pthread_t thread;
};

struct issuers *issuers_new(const struct clock *clock)
{
	struct issuers *set = xcalloc(1, sizeof(*set));

	set->clock = clock;
	lock_init(&set->lock, "issuers", LOCK_ISSUERS);
	cond_init(&set->cond);
	return set;
}

void issuers_free(struct issuers *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++) {
		free(set->v[i].name);
		arena_free(set->v[i].arena);
	}
	cond_clear(&set->cond);
	lock_clear(&set->lock);
	free(set);
}

/* Under the lock; NULL: nobody vouches for it. */
static struct issuer *find(struct issuers *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i].name, name) == 0)
			return &set->v[i];
	return NULL;
}

static int unknown(const char *name, struct err *err)
{
	return err_set(err, ERR_INVALID_TOKEN, "nobody vouches for the issuer %.200s", name);
}

/* ---- Whom somebody vouches for ---- */

static void trust(struct issuers *set, const char *name)
{
	struct issuer *i = find(set, name);

	if (!i && set->n == ISSUERS_MAX) {
		log_error("issuer.too_many", LOG_STR("issuer", name), LOG_INT("max", ISSUERS_MAX));
		return;
	}
	if (!i) {
		i = &set->v[set->n++];
		*i = (struct issuer){.name = xstrdup(name)};
		cond_wake(&set->cond);
	}
	i->trusted = true;
}

/* Under the lock: those that nobody vouches for any more, with their keys. */
static void drop_others(struct issuers *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i].trusted) {
			set->v[n++] = set->v[i];
			continue;
		}
		log_info("issuer.dropped", LOG_STR("issuer", set->v[i].name));
		free(set->v[i].name);
		arena_free(set->v[i].arena);
	}
	set->n = n;
}

void issuers_follow(struct engine *e, const struct policy *p)
{
	struct issuers *set = e->issuers;

	LOCK_SCOPE(&set->lock);
	for (size_t i = 0; i < set->n; i++)
		set->v[i].trusted = false;
	for (size_t i = 0; i < e->sources->n; i++)
		if (e->sources->v[i].webhook.issuer)
			trust(set, e->sources->v[i].webhook.issuer);
	for (size_t i = 0; i < p->keyless.n; i++)
		trust(set, LIST_AT(&p->keyless, struct policy_keyless, i)->issuer);
	drop_others(set);
}

int issuer_put(
	struct issuers *set, const char *issuer, const char *text, size_t len, struct err *err)
{
	struct arena *a = arena_new();
	struct jwk_set keys;

	if (jwk_set_parse(text, len, a, &keys, err) < 0) {
		arena_free(a);
		return -1;
	}
	LOCK_SCOPE(&set->lock);
	struct issuer *i = find(set, issuer);

	if (!i) {
		arena_free(a);
		return unknown(issuer, err);
	}
	arena_free(i->arena);
	i->arena = a;
	i->keys = keys;
	i->fetched = i->tried = clock_mono(set->clock);
	i->next = i->fetched + EVERY_S * USEC_PER_SEC;
	i->failures = 0;
	return 0;
}

/* ---- The thread ---- */

/* A copy of the name of one that is due, or NULL. */
static char *take_due(struct issuers *set)
{
	int64_t now = clock_mono(set->clock);

	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].next <= now)
			return xstrdup(set->v[i].name);
	return NULL;
}

static void failed(struct issuers *set, const char *name)
{
	LOCK_SCOPE(&set->lock);
	struct issuer *i = find(set, name);
	int64_t wait = BACKOFF_S;

	if (!i)
		return;
	for (int n = 0; n < i->failures && wait < BACKOFF_MAX_S; n++)
		wait *= 2;
	i->failures++;
	i->tried = clock_mono(set->clock);
	i->next = i->tried + (wait < BACKOFF_MAX_S ? wait : BACKOFF_MAX_S) * USEC_PER_SEC;
}

static void fetch(struct issuers *set, const char *name)
{
	ARENA_AUTO a = arena_new();
	const struct provider_call call = {
		.clock = set->clock,
		.deadline = clock_mono(set->clock) + FETCH_S * USEC_PER_SEC,
		.stop = &set->stop,
		.arena = a,
	};
	struct err err = {0};
	const char *text;
	size_t len;

	if (issuer_fetch(name, &call, &text, &len, &err) == 0 &&
		issuer_put(set, name, text, len, &err) == 0) {
		log_info("issuer.keys", LOG_STR("issuer", name));
		return;
	}
	failed(set, name);
	if (!set->stop)
		log_warn("issuer.failed", LOG_STR("issuer", name), LOG_ERR(&err));
}

static void *issuers_main(void *arg)
{
	struct issuers *set = arg;

	while (!set->stop) {
		lock_take(&set->lock);
		char *name = take_due(set);

		if (!name)
			cond_wait(&set->cond, &set->lock, LOOK_MS * USEC_PER_MSEC);
		lock_give(&set->lock);
		if (name)
			fetch(set, name);
		free(name);
	}
	return NULL;
}

void issuers_start(struct issuers *set)
{
	set->running = pthread_create(&set->thread, NULL, issuers_main, set) == 0;
	if (!set->running)
		log_error("issuer.no_thread");
}

void issuers_hurry(struct issuers *set)
{
	set->stop = true;
}

void issuers_stop(struct issuers *set)
{
	set->stop = true;
	lock_take(&set->lock);
	cond_wake(&set->cond);
	lock_give(&set->lock);
	if (set->running)
		pthread_join(set->thread, NULL);
	set->running = false;
}

/* ---- Tokens ---- */

/* Not here: fetched anew, unless that was done just now. */
static int missing(struct issuers *set, struct issuer *i, struct err *err)
{
	int64_t now = clock_mono(set->clock);

	if (i->arena && now < i->fetched + GAP_S * USEC_PER_SEC)
		return err_set(err, ERR_INVALID_TOKEN,
			"%s publishes no key by which this token is signed", i->name);
	if (i->arena && now >= i->tried + GAP_S * USEC_PER_SEC) {
		i->next = now;
		cond_wake(&set->cond);
	}
	if (i->failures)
		return err_set(err, ERR_UNAVAILABLE,
			"the keys of %s could not be fetched, %d times in a row; the daemon's log "
			"says "
			"why",
			i->name, i->failures);
	return err_set(err, ERR_UNAVAILABLE, "the keys of %s are being fetched", i->name);
}

int issuer_verify(struct issuers *set, const char *issuer, const struct jws *token, struct err *err)
{
	LOCK_SCOPE(&set->lock);
	struct issuer *i = find(set, issuer);
	const struct jwk *key;

	if (!i)
		return unknown(issuer, err);
	bool old = clock_mono(set->clock) >= i->fetched + KEEP_S * USEC_PER_SEC;

	key = i->arena && !old ? jwk_set_find(&i->keys, token->alg, token->kid) : NULL;
	if (!key)
		return missing(set, i, err);
	if (!jws_verify(token, key))
		return err_set(err, ERR_INVALID_TOKEN, "the token is not signed by %s", issuer);
	return 0;
}

int keyless_verify(struct engine *e, const char *token, int64_t now, struct arena *a,
	struct principal *ret, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	const char *scopes = NULL;
	struct err bound = {0};
	struct jws jws;
	struct jwt jwt;

	if (jws_parse(token, strlen(token), a, &jws, err) < 0 ||
		jwt_parse(jws.payload, jws.payload_len, a, &jwt, err) < 0)
		return -1;
	if (!jwt.iss || !keyless_knows_issuer(&s->policy, jwt.iss))
		return err_set(err, ERR_INVALID_TOKEN,
			"the policy (keyless) knows no issuer %.200s",
			jwt.iss ? jwt.iss : "(none)");
	/* What no key could mend is said at once, also while there are none. Whose token it is, and so what
	 * it may do, is not believed before its signature is. */
	if (keyless_scopes(&s->policy, &jwt, now, a, &scopes, &bound) < 0 &&
		bound.code == ERR_INVALID_TOKEN) {
		*err = bound;
		return -1;
	}
	if (issuer_verify(e->issuers, jwt.iss, &jws, err) < 0)
		return -1;
	if (!scopes) {
		*err = bound;
		return -1;
	}
	*ret = (struct principal){
		.name = jwt.sub,
		.actor = arena_printf(a, "oidc:%s@%s", jwt.sub, jwt.iss),
		.scopes = scopes,
	};
	return 0;
}
