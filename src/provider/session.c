/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends requests for the connectors: waits its turn, tries again, leaves a broken server alone, counts.
 * What an answer means for the connector is not decided here.
 */
#include "provider/session.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/jcs.h"
#include "base/lock.h"
#include "net/redact.h"
#include "net/url.h"

enum { AT_ONCE_MAX = 16, PATIENCE_S = 30, TURN_MS = 200 };

const struct session_rule session_rule_default = {
	.retry = {.attempts = 5, .base = USEC_PER_SEC, .cap = 8 * USEC_PER_SEC},
	.breaker = {.after = 5, .first = 30 * USEC_PER_SEC, .most = 900 * USEC_PER_SEC},
	.at_once = 4,
};

struct session {
	struct session_rule rule;
	struct lock lock;
	struct cond turn;
	/* Under the lock. */
	struct http_client *idle[AT_ONCE_MAX];
	int n_idle;
	struct breaker breaker;
	struct err why; /* the last failure that counted */
	struct prng prng;
	struct session_health health;
};

struct session *session_new(const struct session_rule *rule)
{
	struct session *s = xcalloc(1, sizeof(*s));
	uint64_t seed = 0;

	s->rule = *rule;
	if (s->rule.at_once < 1 || s->rule.at_once > AT_ONCE_MAX)
		s->rule.at_once = AT_ONCE_MAX;
	if (!s->rule.judge)
		s->rule.judge = session_judge;
	lock_init(&s->lock, "session", LOCK_SESSION);
	cond_init(&s->turn);
	for (; s->n_idle < s->rule.at_once; s->n_idle++)
		s->idle[s->n_idle] = http_client_new();
	/* Without it the jitter is the same in each process, which is no worse than that. */
	if (getrandom(&seed, sizeof(seed), 0) < 0)
		seed = 0;
	prng_seed(&s->prng, seed, 0);
	s->health.quota_limit = s->health.quota_left = -1;
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	while (s->n_idle > 0)
		http_client_free(s->idle[--s->n_idle]);
	cond_clear(&s->turn);
	lock_clear(&s->lock);
	free(s);
}

/* ---- What an answer says ---- */

const char *session_first_line(const struct http_response *r, struct arena *a)
{
	size_t n = 0;

	while (n < r->body_len && n < SESSION_WORDS_MAX && (unsigned char)r->body[n] >= ' ')
		n++;
	return arena_strndup(a, r->body, n);
}

static const char *words_of(const struct http_response *r, struct arena *a)
{
	static const char *const members[] = {"message", "Message", "error_description", "error"};
	json_auto_t *body = NULL;
	struct err ignored;
	const json_t *at;

	if (r->body_len > ERROR_BODY_MAX || jcs_load(r->body, r->body_len, &body, &ignored) < 0)
		return session_first_line(r, a);
	at = json_object_get(body, "error");
	if (!json_is_object(at))
		at = body;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = json_string_value(json_object_get(at, members[i]));

		if (text)
			return arena_strndup(a, text, strnlen(text, SESSION_WORDS_MAX));
	}
	return "";
}

void session_judge(const struct http_response *r, int64_t now, struct arena *a,
	struct session_verdict *ret, struct err *err)
{
	const char *words = words_of(r, a);
	bool server = r->status >= 500 && r->status != 501 && r->status != 505;

	*ret = (struct session_verdict){
		.passing = server || r->status == 408 || r->status == 425 || r->status == 429,
		.unhealthy = r->status >= 500,
		.wait = retry_after(r->retry_after, now),
	};
	err_set(err, ret->passing ? ERR_UNREACHABLE : ERR_IO, "the provider answered %d%s%s",
		r->status, *words ? ": " : "", words);
}

bool session_same_server(const char *url, const char *base)
{
	size_t n = url_server_len(base);

	return n && strncasecmp(url, base, n) == 0 && (url[n] == '/' || url[n] == '?' || !url[n]);
}

/* ---- One attempt ---- */

static int enter(struct session *s, const struct provider_call *call, struct http_client **ret,
	struct err *err)
{
	LOCK_SCOPE(&s->lock);
	while (s->n_idle == 0) {
		if (provider_call_check(call, err) < 0)
			return -1;
		cond_wait(&s->turn, &s->lock, TURN_MS * USEC_PER_MSEC);
	}
	int64_t mono = clock_mono(call->clock);

	if (!breaker_enter(&s->breaker, mono))
		return err_set(err, ERR_UNREACHABLE,
			"%s; it failed %d times in a row and is left alone for another %lld s",
			s->why.msg, s->breaker.failures,
			(long long)((s->breaker.open_till - mono) / USEC_PER_SEC + 1));
	*ret = s->idle[--s->n_idle];
	return 0;
}

enum went { WENT_WELL, WENT_SICK, WENT_UNKNOWN, WENT_NOWHERE /* it was not sent */ };

static void leave(struct session *s, const struct provider_call *call, struct http_client *client,
	enum went went, const struct http_response *r, const struct err *why)
{
	LOCK_SCOPE(&s->lock);
	s->idle[s->n_idle++] = client;
	s->health.requests += went != WENT_NOWHERE;
	s->health.bytes += r->body_len;
	if (r->status && s->rule.quota)
		s->rule.quota(r, clock_now(call->clock), &s->health);
	if (went == WENT_WELL) {
		breaker_succeeded(&s->breaker);
	} else if (went == WENT_SICK) {
		s->why = *why;
		breaker_failed(&s->breaker, &s->rule.breaker, clock_mono(call->clock));
	} else {
		breaker_abandoned(&s->breaker);
	}
	cond_wake(&s->turn);
}

/* What is signed is sent at once: a turn, or the breaker, may have been waited for. */
static int make_ready(const struct provider_call *call, const struct session_request *r,
	struct http_request *http, struct err *err)
{
	if (r->prepare && r->prepare(r->arg, call, http, err) < 0)
		return -1;
	return provider_call_check(call, err);
}

static int64_t patience(const struct provider_call *call, const struct session_request *r)
{
	int64_t most = r->patience ? r->patience : PATIENCE_S * USEC_PER_SEC;
	int64_t left = call->deadline - clock_mono(call->clock);

	return left < most ? left : most;
}

static bool is_expected(int status, const int *expected)
{
	if (status < 400)
		return true;
	for (; expected && *expected; expected++)
		if (*expected == status)
			return true;
	return false;
}

/* What came of it, in *verdict; 0 when it is an answer to the connector. */
static int attempt(struct session *s, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, struct session_verdict *verdict,
	struct err *err)
{
	struct http_request http = r->http;
	struct http_client *client = NULL;
	enum went went = WENT_WELL;
	int rc;

	*verdict = (struct session_verdict){.wait = -1};
	*ret = (struct http_response){0};
	if (enter(s, call, &client, err) < 0)
		return -1;
	if (make_ready(call, r, &http, err) < 0) {
		leave(s, call, client, WENT_NOWHERE, ret, err);
		return -1;
	}
	/* Over a connection that was kept libcurl by itself would send it again when that breaks. */
	http.client = r->once ? NULL : client;
	http.stop = call->stop;
	http.reach = s->rule.reach;
	http.timeout = patience(call, r);
	rc = http_perform(&http, call->arena, ret, err);
	if (rc < 0) {
		bool stopped = err->code == ERR_UNAVAILABLE;
		bool unsent = err->code == ERR_BAD_REQUEST;
		bool final = unsent || err->code == ERR_BODY_TOO_LARGE || err->code == ERR_CONFIG;

		/* Too large, or out of reach: no better the next time, and no sign of ill health. */
		went = unsent	 ? WENT_NOWHERE
		       : stopped ? WENT_UNKNOWN
		       : final	 ? WENT_WELL
				 : WENT_SICK;
		verdict->passing = !stopped && !final;
		if (final)
			err->code = ERR_IO;
	} else if (!is_expected(ret->status, expected)) {
		s->rule.judge(ret, clock_now(call->clock), call->arena, verdict, err);
		/* Once more: of JSON, say, the quoted secret may only be seen when it is read. */
		secrets_hide_error(&http, call->arena, err);
		went = verdict->unhealthy ? WENT_SICK : WENT_WELL;
		rc = -1;
	}
	leave(s, call, client, went, ret, err);
	return rc;
}

static int64_t delay(struct session *s, int failed, int64_t asked)
{
	LOCK_SCOPE(&s->lock);
	int64_t own = retry_delay(&s->rule.retry, failed, &s->prng);

	if (own >= 0)
		s->health.retries++;
	return own < 0 ? -1 : own > asked ? own : asked;
}

static int send_again_and_again(struct session *s, const struct provider_call *call,
	struct session_request *r, const int *expected, struct http_response *ret, int *ret_status,
	struct err *err)
{
	struct session_verdict verdict;
	struct err ended;

	for (int n = 1; provider_call_check(call, err) == 0; n++) {
		struct http_response response;
		int rc = attempt(s, call, r, expected, &response, &verdict, err);

		if (ret_status)
			*ret_status = response.status;
		if (rc == 0) {
			*ret = response;
			return 0;
		}
		/* Too many requests was not done; of all else nobody knows. */
		if (!verdict.passing || (r->once && response.status != 429))
			return -1;
		int64_t wait = delay(s, n, verdict.wait);

		/* What is told is why it failed, not that time is over. */
		if (wait < 0 || provider_call_wait(call, wait, &ended) < 0)
			return -1;
	}
	return -1;
}

int session_send(struct session *s, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, int *ret_status, struct err *err)
{
	/* An attempt that failed is nobody's error once another went well. */
	struct err why = {0};
	int rc = send_again_and_again(s, call, r, expected, ret, ret_status, &why);

	if (rc < 0 && err)
		*err = why;
	return rc;
}

/* ---- How it goes ---- */

void session_health(struct session *s, const struct clock *clock, struct session_health *ret)
{
	LOCK_SCOPE(&s->lock);
	*ret = s->health;
	ret->breaker = breaker_state(&s->breaker, clock_mono(clock));
	ret->failures = s->breaker.failures;
	ret->left_alone =
		ret->breaker == BREAKER_OPEN ? s->breaker.open_till - clock_mono(clock) : 0;
}
