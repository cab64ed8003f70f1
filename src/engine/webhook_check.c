/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a webhook that came in is the provider's: by the secret that both know, or by a token of the
 * provider's own. It reads the secret each time, so that a new one counts at once.
 */
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/issuer.h"
#include "engine/source_run.h"

enum { SECRET_MAX = 4096, LEEWAY_S = 60 };

/* Of both the digest is compared: how long the right one is does not show either. */
static bool equal(const char *a, const char *b)
{
	unsigned char x[SHA256_SIZE], y[SHA256_SIZE];

	sha256(a, strlen(a), x);
	sha256(b, strlen(b), y);
	return equal_constant_time(x, y, sizeof(x));
}

static int check_secret(struct source *s, const char *given, struct arena *a, struct err *err)
{
	char *secret;
	size_t len;

	if (!given)
		return err_set(err, ERR_UNAUTHENTICATED,
			"webhooks of %s bear their secret in X-Webhook-Secret", s->provider);
	if (file_read(s->webhook.secret, SECRET_MAX, a, &secret, &len, err) < 0) {
		/* Who asks is nobody yet: the path is for the log, and he does not fill it. */
		if (!atomic_exchange(&s->webhook.unread, true))
			log_error("webhook.no_secret", LOG_STR("provider", s->provider),
				LOG_ERR(err));
		return err_set(err, ERR_IO,
			"the secret of %s's webhooks can't be read; the daemon's log says why",
			s->provider);
	}
	if (atomic_exchange(&s->webhook.unread, false))
		log_info("webhook.secret_read", LOG_STR("provider", s->provider));
	secret[strcspn(secret, "\r\n")] = '\0';
	if (!*secret)
		return err_set(err, ERR_IO, "the secret of %s's webhooks is empty", s->provider);
	if (strlen(secret) < WEBHOOK_SECRET_MIN) {
		log_error("webhook.short_secret", LOG_STR("provider", s->provider),
			LOG_INT("min", WEBHOOK_SECRET_MIN),
			LOG_STR("hint", "write another: openssl rand -hex 32"));
		return err_set(err, ERR_IO, "the secret of %s's webhooks is too short to be taken",
			s->provider);
	}
	if (!equal(given, secret))
		return err_set(err, ERR_WRONG_SECRET,
			"X-Webhook-Secret is not the secret of %s's webhooks", s->provider);
	return 0;
}

static int check_email(const struct source *s, const struct jwt *t, struct err *err)
{
	const char *email = jwt_claim(t, "email"), *verified = jwt_claim(t, "email_verified");

	if (email && strcmp(email, s->webhook.email) == 0 && verified &&
		strcmp(verified, "true") == 0)
		return 0;
	return err_set(err, ERR_INVALID_TOKEN,
		"the token is not of webhook_email of %s, or does not say that it is verified",
		s->provider);
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

static int check_token(const struct source *s, const char *token, struct arena *a, struct err *err)
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
		issuer_verify(s->e->issuers, w->issuer, &jws, err) < 0)
		return unproven(s, err);
	if (jwt_parse(jws.payload, jws.payload_len, a, &jwt, err) < 0 ||
		jwt_check(&jwt, w->issuer, w->audience, clock_now(s->e->clock),
			LEEWAY_S * USEC_PER_SEC, err) < 0)
		return -1;
	return check_email(s, &jwt, err);
}

int webhook_check(struct engine *e, const char *provider, const struct webhook_credentials *c,
	struct arena *a, struct err *err)
{
	struct source *s = source_find_in(e->sources, provider);

	/* Who proves nothing learns nothing, not even what there is. */
	if (!c->secret && !c->token)
		return err_set(err, ERR_UNAUTHENTICATED,
			"a webhook proves itself: X-Webhook-Secret, or Authorization: Bearer with "
			"a "
			"token of the provider's");

	if (s && s->webhook.secret)
		return check_secret(s, c->secret, a, err);
	if (s && s->webhook.issuer)
		return check_token(s, c->token, a, err);
	return err_set(err, ERR_NOT_FOUND, "no webhooks of %s are taken: %s", provider,
		s ? "its section of the configuration says nothing of them"
		  : "it has no connector");
}
