/* SPDX-License-Identifier: Apache-2.0
 *
 * The way to a provider's servers, shared by all that is asked of one provider: a request is sent
 * within the call's deadline, again where the provider says that its failure will pass, and not at all
 * while the circuit breaker is open. What it counted and the quota that the provider told are kept for
 * whoever looks.
 *
 * A session may be used by several threads; no more than its limit of requests are out at once, the
 * rest wait. What is sent must bear being sent twice, unless it says that it does not.
 */
#ifndef PROVIDER_SESSION_H
#define PROVIDER_SESSION_H

#include "net/breaker.h"
#include "net/http.h"
#include "net/retry.h"
#include "provider/provider.h"

/* What an answer with an error status, or one that is no answer, means. */
struct session_verdict {
	bool passing;	/* may go well when it is sent again */
	bool unhealthy; /* the server's fault: counts against the breaker */
	int64_t wait;	/* usec that the provider asks for; -1: none */
};
/* Of statuses from 400 on; `now` is wall time. Fills in *ret, and *err with the provider's own words,
 * without a secret. NULL: session_judge. */
typedef void session_judge_fn(const struct http_response *r, int64_t now, struct arena *a,
	struct session_verdict *ret, struct err *err);
/* 408, 425, 429 and 5xx will pass (not 501, 505); Retry-After is heeded; the words are `error`,
 * `message` or `error.message` of a JSON body, else its first line. */
session_judge_fn session_judge;

/* What is shown of a body that is no JSON: its first line, cut off. */
enum { SESSION_WORDS_MAX = 300 };
const char *session_first_line(const struct http_response *r, struct arena *a);

struct session_health;
/* Reads the quota that an answer tells of, if it does, into *h; called for each, `now` is wall time. */
typedef void session_quota_fn(const struct http_response *r, int64_t now, struct session_health *h);

struct session_rule {
	struct retry_rule retry;
	struct breaker_rule breaker;
	int at_once; /* requests */
	enum http_reach reach;
	session_judge_fn *judge;
	session_quota_fn *quota; /* NULL: the provider tells of none */
};
/* Five attempts from 1 s to 8 s, a breaker after 5 failures for 30 s to 15 min, 4 requests at once. */
extern const struct session_rule session_rule_default;

struct session;
struct session *session_new(const struct session_rule *rule); /* the rule is copied */
void session_free(struct session *s);			      /* NULL is allowed */

struct session_request {
	struct http_request http; /* client, reach, stop and timeout are the session's to set */
	bool once;		  /* must not be sent twice: a lost answer may have done it */
	int64_t patience;	  /* usec of one attempt; 0: 30 s */
	/* Called before each attempt, once it may be sent, to sign it or to put a token in; may be NULL.
	 * Must not send by the same session. */
	int (*prepare)(void *arg, const struct provider_call *call, struct http_request *r,
		struct err *err);
	void *arg;
};
/* 0 with any status below 400, and with those in `expected` (ended by 0; NULL: none), which are
 * answers to the connector. -1: ERR_UNREACHABLE, ERR_IO, ERR_UNAVAILABLE, or as the judge says;
 * *ret_status (may be NULL) is the last one's status then, 0 when there was none. */
int session_send(struct session *s, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, int *ret_status, struct err *err);

/* How it goes; any thread. */
struct session_health {
	enum breaker_state breaker;
	int failures;	    /* in a row */
	int64_t left_alone; /* usec until it is tried again, while the breaker is open */
	uint64_t requests, retries, bytes; /* since the start; bytes of answers' bodies */
	int64_t quota_limit, quota_left;   /* -1: the provider does not say */
	int64_t quota_reset;		   /* wall, usec; 0: unknown */
};
void session_health(struct session *s, const struct clock *clock, struct session_health *ret);

/* Whether a URL the provider gave (a next page, a redirect) leads to the same server as `base`:
 * scheme, host and port. Credentials go nowhere else. */
bool session_same_server(const char *url, const char *base);

#endif
