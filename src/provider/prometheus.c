/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks Prometheus for the counters of a window.
 */
#include "provider/prometheus.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "net/url.h"
#include "provider/prometheus_reply.h"

enum { TOKEN_MAX = 16 << 10 };

static const struct counter {
	const char *name;
	size_t query, count; /* offsets in the options and in the observation */
	const char *of;	     /* the counter that it is a part of; NULL: none */
} counters[] = {
#define X(name_, of_)                                                                             \
	{#name_, offsetof(struct prometheus_options, name_), offsetof(struct observation, name_), \
		of_},
	X(total, NULL) X(errors, "total") X(slow, "total") X(tokens, NULL) X(cost_micro, NULL)
		X(safety_checked, NULL) X(safety_violations, "safety_checked")
			X(safety_critical, NULL)
#undef X
};
enum { COUNTERS = sizeof(counters) / sizeof(counters[0]) };

static const char *query_of(const struct prometheus_options *o, const struct counter *c)
{
	return *(const char *const *)((const char *)o + c->query);
}

static int64_t *count_of(struct observation *o, const struct counter *c)
{
	return (int64_t *)((char *)o + c->count);
}

static const struct counter *find(const char *name)
{
	for (size_t i = 0; i < COUNTERS; i++)
		if (strcmp(counters[i].name, name) == 0)
			return &counters[i];
	return NULL;
}

int prometheus_check(const struct prometheus_options *o, struct arena *a, struct err *err)
{
	struct http_server server;
	bool any = false;

	for (size_t i = 0; i < COUNTERS; i++) {
		const struct counter *c = &counters[i];

		if (!query_of(o, c))
			continue;
		any = true;
		if (c->of && !query_of(o, find(c->of)))
			return err_set(err, ERR_CONFIG,
				"%s is asked for without %s, of which it is a part", c->name,
				c->of);
	}
	if (o->cost_micro && !o->tokens)
		return err_set(err, ERR_CONFIG,
			"cost_micro is asked for without tokens, for which it is paid");
	if (!any)
		return err_set(err, ERR_CONFIG, "there is no query; set total and errors at least");
	if (http_server_parse(o->url, a, &server, err) < 0)
		return -1;
	if (o->token_file && !url_is_private(&server))
		return err_set(err, ERR_CONFIG,
			"url = %s: the token of token_file is sent in the open to nobody but this "
			"machine; use https",
			o->url);
	return 0;
}

struct strings prometheus_asked(const struct prometheus_options *o, struct arena *a)
{
	struct strings names = {ARENA_ARRAY(a, COUNTERS, const char *), 0};

	for (size_t i = 0; o->url && i < COUNTERS; i++)
		if (query_of(o, &counters[i]))
			names.v[names.n++] = counters[i].name;
	return names;
}

/* `text` with $release and $window in their places. */
static const char *fill_in(const char *text, const char *release, struct arena *a)
{
	static const char release_word[] = "$release", window_word[] = "$window";
	const char *out = "";

	for (const char *at; (at = strchr(text, '$'));) {
		const char *value = "$";
		size_t len = 1;

		if (text_starts(at, release_word)) {
			value = release;
			len = sizeof(release_word) - 1;
		} else if (text_starts(at, window_word)) {
			value = arena_printf(a, "%ds", PROMETHEUS_WINDOW_S);
			len = sizeof(window_word) - 1;
		}
		out = arena_printf(a, "%s%.*s%s", out, (int)(at - text), text, value);
		text = at + len;
	}
	return arena_printf(a, "%s%s", out, text);
}

static int authorization(const struct prometheus_options *o, struct arena *a,
	struct http_header *ret, size_t *ret_n, struct err *err)
{
	char *token;
	size_t len;

	*ret_n = 0;
	if (!o->token_file)
		return 0;
	if (file_read(o->token_file, TOKEN_MAX, a, &token, &len, err) < 0)
		return err_wrap(err, "the token for Prometheus");
	token[strcspn(token, "\r\n")] = '\0';
	*ret = (struct http_header){"Authorization", arena_printf(a, "Bearer %s", token)};
	*ret_n = 1;
	return 0;
}

static int ask(const struct prometheus_options *o, const char *query, int64_t t_end,
	const atomic_bool *stop, struct arena *a, struct prometheus_reply *ret, struct err *err)
{
	struct http_header header;
	struct http_response response;
	struct http_request r = {.method = "GET",
		.path = arena_printf(a, "/api/v1/query?query=%s&time=%lld", http_escape(query, a),
			(long long)(t_end / USEC_PER_SEC)),
		.headers = &header,
		.timeout = o->timeout,
		.cap = PROMETHEUS_REPLY_MAX,
		.stop = stop};

	if (http_server_parse(o->url, a, &r.server, err) < 0 ||
		authorization(o, a, &header, &r.n_headers, err) < 0 ||
		http_perform(&r, a, &response, err) < 0)
		return -1;
	prometheus_reply_parse(response.status, response.body, response.body_len, ret);
	return 0;
}

static int ask_counter(const struct prometheus_options *o, const struct counter *c,
	const char *release, const atomic_bool *stop, struct arena *a, struct observation *obs,
	struct err *err)
{
	struct prometheus_reply reply;
	int64_t n;

	if (ask(o, fill_in(query_of(o, c), release, a), obs->t_end, stop, a, &reply, err) < 0)
		return err_wrap(err, "%s", c->name);
	n = prometheus_count(&reply);
	if (reply.verdict == PROMETHEUS_NO_DATA)
		return err_set(err, ERR_IO, "%s: no data%s", c->name,
			c->of ? "; when there simply were none, end the query with `or vector(0)`"
			      : "");
	if (n < 0 || n > OBSERVATION_COUNT_MAX)
		return err_set(err, ERR_IO, "%s: %s%s%s", c->name,
			reply.verdict == PROMETHEUS_NUMBER ? "no count"
							   : prometheus_verdict_name(reply.verdict),
			*reply.detail ? ": " : "", reply.detail);
	*count_of(obs, c) = n;
	return 0;
}

/* increase() extrapolates: one that is a part may come out one above the whole, not more. */
static int check_parts(struct observation *obs, struct err *err)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		const struct counter *c = &counters[i];
		int64_t *part = count_of(obs, c), whole;

		if (!c->of)
			continue;
		whole = *count_of(obs, find(c->of));
		if (*part > whole + 1)
			return err_set(err, ERR_IO, "%s is %lld, more than %s, which is %lld",
				c->name, (long long)*part, c->of, (long long)whole);
		if (*part > whole)
			*part = whole;
	}
	return 0;
}

int prometheus_observe(const struct prometheus_options *o, const char *release, int64_t t_end,
	const atomic_bool *stop, struct arena *a, struct observation *ret, struct err *err)
{
	struct observation obs = {.node = OBSERVATION_ASKED_NODE,
		.release = release,
		.serial = -1,
		.t_start = t_end - PROMETHEUS_WINDOW_S * USEC_PER_SEC,
		.t_end = t_end};

	for (size_t i = 0; i < COUNTERS; i++)
		if (query_of(o, &counters[i]) &&
			ask_counter(o, &counters[i], release, stop, a, &obs, err) < 0)
			return -1;
	if (check_parts(&obs, err) < 0)
		return -1;
	*ret = obs;
	return 0;
}
