/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a webhook that came in is the provider's: by the secret that both know, or by a token of the
 * provider's own. It reads the secret each time, so that a new one counts at once. Who is refused is told
 * little; the log gets why, and no secret.
 */
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/issuer.h"
#include "engine/source_run.h"

enum { SECRET_MAX = 4096, LEEWAY_S = 60, WHY_MAX = 1024 };

/* Of both the digest is compared: how long the right one is does not show either. */
static bool equal(const char *a, const char *b)
{
	unsigned char x[SHA256_SIZE], y[SHA256_SIZE];

	sha256(a, strlen(a), x);
	sha256(b, strlen(b), y);
	return equal_constant_time(x, y, sizeof(x));
}

/* Who asks is nobody yet: the path is for the log, and he does not fill it. */
static int read_secret(struct source *s, struct arena *a, char **ret, struct err *err)
{
	struct err why = {0};
	const char *tag = "webhook.no_secret";
	char *secret;
	size_t len;
	int rc = file_read(s->webhook.secret, SECRET_MAX, a, &secret, &len, &why);

	if (rc == 0) {
		secret[strcspn(secret, "\r\n")] = '\0';
		if (strlen(secret) < WEBHOOK_SECRET_MIN) {
			tag = "webhook.short_secret";
			rc = err_set(&why, ERR_IO,
				"it has less than %d bytes: write another with openssl rand "
				"-hex 32",
				(int)WEBHOOK_SECRET_MIN);
		}
	}
	if (rc < 0) {
		if (!atomic_exchange(&s->webhook.unread, true))
			log_error(tag, LOG_STR("provider", s->provider), LOG_ERR(&why));
		return err_set(err, ERR_IO,
			"the secret of %s's webhooks can't be read, or is too short to be taken; "
			"the daemon's log says which",
			s->provider);
	}
	if (atomic_exchange(&s->webhook.unread, false))
		log_info("webhook.secret_read", LOG_STR("provider", s->provider));
	*ret = secret;
	return 0;
}

static int check_secret(struct source *s, const char *given, struct arena *a, struct err *err)
{
	char *secret;

	if (!given)
		return err_set(err, ERR_UNAUTHENTICATED,
			"webhooks of %s bear their secret in X-Webhook-Secret", s->provider);
	if (read_secret(s, a, &secret, err) < 0)
		return -1;
	if (!equal(given, secret))
		return err_set(err, ERR_WRONG_SECRET,
			"X-Webhook-Secret is not the secret of %s's webhooks", s->provider);
	return 0;
}

static int check_email(const struct source *s, const struct jwt *t, struct arena *a,
	const char **ret_why, struct err *err)
{
	const char *email = jwt_claim(t, "email"), *verified = jwt_claim(t, "email_verified");

	if (email && strcmp(email, s->webhook.email) == 0 && verified &&
		strcmp(verified, "true") == 0)
		return 0;
	*ret_why = !email ? "the token says no email"
		   : strcmp(email, s->webhook.email) != 0
			   ? arena_printf(a, "the token is of %.200s, and webhook_email is %s",
				     email, s->webhook.email)
			   : "the token does not say that its email is verified";
	return err_set(err, ERR_INVALID_TOKEN,
		"the token is not of webhook_email of %s, or does not say that it is verified",
		s->provider);
}

static const char *audiences(const struct jwt *t, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(WHY_MAX);

	for (size_t i = 0; i < t->n_aud; i++)
		strbuf_addf(&sb, "%s%.200s", i ? ", " : "", t->aud[i]);
	return arena_strdup(a, sb.len ? sb.buf : "nobody");
}

/* What it says and what is expected: it is signed, so that is the issuer's word. */
static const char *claims_why(
	const struct source *s, const struct jwt *t, const struct err *err, struct arena *a)
{
	const struct webhook_proof *w = &s->webhook;
	char at[TIME_STRLEN];

	if (!text_equal(t->iss, w->issuer))
		return arena_printf(a, "%s: %.200s, and webhook_issuer is %s", err->msg,
			t->iss ? t->iss : "none", w->issuer);
	for (size_t i = 0; i < t->n_aud; i++)
		if (text_equal(t->aud[i], w->audience))
			return t->exp == INT64_MIN ? arena_strdup(a, err->msg)
						   : arena_printf(a, "%s: its exp is %s", err->msg,
							     time_format(t->exp, at));
	return arena_printf(
		a, "%s: %s, and webhook_audience is %s", err->msg, audiences(t, a), w->audience);
}

/* Without the issuer's name, whatever is wrong. */
static int unproven(const struct source *s, struct err *err)
{
	if (err->code == ERR_UNAVAILABLE)
		return err_set(err, ERR_UNAVAILABLE,
			"the keys that prove webhooks of %s are not here yet", s->provider);
	return err_set(
		err, ERR_INVALID_TOKEN, "the token does not prove a webhook of %s", s->provider);
}

static int check_token(const struct source *s, const char *token, struct arena *a,
	const char **ret_why, struct err *err)
{
	const struct webhook_proof *w = &s->webhook;
	struct jws jws;
	struct jwt jwt;

	if (!token)
		return err_set(err, ERR_UNAUTHENTICATED,
			"webhooks of %s bear a token: Authorization: Bearer ...", s->provider);
	/* What is in it is judged once it is signed: else whoever asks learns claim by claim what is
	 * expected. */
	if (jws_parse(token, strlen(token), a, &jws, err) < 0 ||
		issuer_verify(s->e->issuers, w->issuer, &jws, err) < 0) {
		*ret_why = arena_strdup(a, err->msg);
		return unproven(s, err);
	}
	if (jwt_parse(jws.payload, jws.payload_len, a, &jwt, err) < 0) {
		*ret_why = arena_strdup(a, err->msg);
		return -1;
	}
	if (jwt_check(&jwt, w->issuer, w->audience, clock_now(s->e->clock), LEEWAY_S * USEC_PER_SEC,
		    err) < 0) {
		*ret_why = claims_why(s, &jwt, err, a);
		return -1;
	}
	return check_email(s, &jwt, a, ret_why, err);
}

static int check(struct source *s, const char *provider, const struct webhook_credentials *c,
	struct arena *a, const char **ret_why, struct err *err)
{

	/* Who proves nothing learns nothing, not even what there is. */
	if (!c->secret && !c->token)
		return err_set(err, ERR_UNAUTHENTICATED,
			"a webhook proves itself: X-Webhook-Secret, or Authorization: Bearer with "
			"a "
			"token of the provider's");

	if (s && s->webhook.secret)
		return check_secret(s, c->secret, a, err);
	if (s && s->webhook.issuer)
		return check_token(s, c->token, a, ret_why, err);
	return err_set(err, ERR_NOT_FOUND, "no webhooks of %s are taken: %s", provider,
		s ? "its section of the configuration says nothing of them"
		  : "it has no connector");
}

int webhook_check(struct engine *e, const char *provider, const struct webhook_credentials *c,
	struct arena *a, const char **ret_why, struct err *err)
{
	const char *why = NULL;

	if (check(source_find_in(e->sources, provider), provider, c, a, &why, err) == 0)
		return 0;
	*ret_why = why ? why : arena_strdup(a, err->msg);
	return -1;
}

uint64_t webhook_refused(struct engine *e, const char *provider)
{
	struct source *s = source_find_in(e->sources, provider);
	int64_t now = clock_mono(e->clock);
	int_fast64_t next;

	if (!s)
		return 0;
	s->hooks_refused++;
	s->hooks_untold++;
	next = s->hooks_told_next;
	/* Of two threads one tells. */
	if (now < next ||
		!atomic_compare_exchange_strong(&s->hooks_told_next, &next, now + USEC_PER_SEC))
		return 0;
	return atomic_exchange(&s->hooks_untold, 0);
}
