/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the endpoint, signs each attempt anew, and asks once more with other credentials when AWS
 * refused those at hand, or at another region when the bucket lies there. Redirects are not followed:
 * they would carry the session's token elsewhere.
 */
#include "provider/aws_client.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/text.h"
#include "provider/aws_credentials.h"
#include "provider/aws_error.h"
#include "provider/aws_xml.h"

enum { ANSWER_MAX = 4 << 20, HEADERS_MAX = 4, BUCKET_MIN = 3, BUCKET_MAX = 63, REGION_MAX = 40 };

static const struct {
	const char *name; /* for the signature */
	const char *env;
} services[AWS_SERVICES] = {
	[AWS_SAGEMAKER] = {"sagemaker", "AWS_ENDPOINT_URL_SAGEMAKER"},
	[AWS_S3] = {"s3", "AWS_ENDPOINT_URL_S3"},
	[AWS_STS] = {"sts", "AWS_ENDPOINT_URL_STS"},
};

struct aws_client {
	struct arena *arena;
	const char *region, *suffix;
	const char *endpoint[AWS_SERVICES]; /* of S3 NULL: the bucket is part of the host's name */
	struct session *session, *near;	    /* near: for those that give out credentials */
	struct aws_identity *identity;
};

/* ---- Opening ---- */

static const char *variable(const struct aws_client_options *o, const char *name)
{
	const char *value = o->env(name);

	return value && *value ? value : NULL;
}

/* It becomes part of a host's name. */
static bool is_region(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n < REGION_MAX && !s[n] && *s != '-';
}

static int find_region(struct aws_client *c, const struct aws_client_options *o, struct err *err)
{
	const char *region = o->region ? o->region : variable(o, "AWS_REGION");

	if (!region)
		region = variable(o, "AWS_DEFAULT_REGION");
	if (!region)
		return err_set(err, ERR_CONFIG,
			"connector = aws needs region = NAME, or AWS_REGION in the environment");
	if (!is_region(region))
		return err_set(err, ERR_CONFIG, "region = %s: no region is called so", region);
	c->region = arena_strdup(c->arena, region);
	c->suffix = text_starts(region, "cn-") ? "amazonaws.com.cn" : "amazonaws.com";
	return 0;
}

static const char *default_endpoint(struct aws_client *c, enum aws_service s)
{
	if (s == AWS_S3)
		return NULL;
	return arena_printf(c->arena, "https://%s%s.%s.%s", s == AWS_SAGEMAKER ? "api." : "",
		services[s].name, c->region, c->suffix);
}

static int find_endpoints(struct aws_client *c, const struct aws_client_options *o, struct err *err)
{
	for (size_t i = 0; i < AWS_SERVICES; i++) {
		const char *url = o->endpoint ? o->endpoint : variable(o, services[i].env);
		struct http_server server;

		if (!url)
			url = variable(o, "AWS_ENDPOINT_URL");
		c->endpoint[i] = url ? arena_strdup(c->arena, url)
				     : default_endpoint(c, (enum aws_service)i);
		if (url && (http_server_parse(url, c->arena, &server, err) < 0 ||
				   aws_secret_check(url, err) < 0))
			return err_wrap(err, "the endpoint of %s", services[i].name);
	}
	return 0;
}

static int send_near(void *arg, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, struct err *err)
{
	struct aws_client *c = arg;

	return session_send(c->near, call, r, expected, ret, NULL, err);
}

static struct session *make_session(int attempts)
{
	struct session_rule rule = session_rule_default;

	rule.judge = aws_judge;
	rule.retry.attempts = attempts;
	rule.retry.cap = 20 * USEC_PER_SEC;
	return session_new(&rule);
}

int aws_client_new(const struct aws_client_options *o, struct aws_client **ret, struct err *err)
{
	struct arena *a = arena_new();
	struct aws_client *c = ARENA_NEW(a, struct aws_client);

	c->arena = a;
	if (find_region(c, o, err) < 0 || find_endpoints(c, o, err) < 0) {
		arena_free(a);
		return -1;
	}
	c->session = make_session(session_rule_default.retry.attempts);
	c->near = make_session(3);
	c->identity = aws_identity_new(&(struct aws_identity_options){
		.profile = o->profile,
		.file = o->file,
		.sts = c->endpoint[AWS_STS],
		.env = o->env,
		.send = send_near,
		.arg = c,
	});
	*ret = c;
	return 0;
}

void aws_client_free(struct aws_client *c)
{
	if (!c)
		return;
	aws_identity_free(c->identity);
	session_free(c->session);
	session_free(c->near);
	arena_free(c->arena);
}

const char *aws_client_region(const struct aws_client *c)
{
	return c->region;
}

void aws_client_health(struct aws_client *c, const struct clock *clock, struct session_health *ret)
{
	session_health(c->session, clock, ret);
}

/* ---- A signed request ---- */

struct aws_request {
	enum aws_service service;
	const char *base; /* of the server */
	const char *region;
	struct sigv4_request signing; /* but for its headers */
	struct http_header headers[HEADERS_MAX];
	size_t n_headers;
	size_t cap;
};

struct signing {
	struct aws_client *c;
	const struct aws_request *r;
};

/* As curl would send it, for it is signed. */
static const char *host_of(const char *base, struct arena *a)
{
	const char *at = strstr(base, "://") + 3;

	return arena_strndup(a, at, strcspn(at, "/"));
}

static int prepare(
	void *arg, const struct provider_call *call, struct http_request *http, struct err *err)
{
	const struct signing *s = arg;
	const struct aws_request *r = s->r;
	struct sigv4_request whole = r->signing;
	struct http_header *headers =
		ARENA_ARRAY(call->arena, r->n_headers + 1, struct http_header);
	struct sigv4_credentials credentials;
	struct sigv4_signed done;

	if (aws_identity_get(s->c->identity, call, &credentials, err) < 0)
		return -1;
	headers[0] = (struct http_header){"Host", host_of(r->base, call->arena)};
	for (size_t i = 0; i < r->n_headers; i++)
		headers[i + 1] = r->headers[i];
	whole.headers = headers;
	whole.n_headers = r->n_headers + 1;
	if (sigv4_sign(&whole,
		    &(struct sigv4_scope){
			    r->region, services[r->service].name, clock_now(call->clock)},
		    &credentials, r->service == AWS_S3, call->arena, &done, err) < 0)
		return -1;
	http->path = done.target;
	http->headers = done.headers;
	http->n_headers = done.n_headers;
	return 0;
}

static int send_once(struct aws_client *c, const struct provider_call *call,
	const struct aws_request *r, const int *expected, struct http_response *ret,
	struct err *err)
{
	struct signing signing = {c, r};
	struct session_request request = {
		.http = {.method = r->signing.method,
			.body = r->signing.body,
			.body_len = r->signing.body_len,
			.cap = r->cap},
		.prepare = prepare,
		.arg = &signing,
	};

	if (http_server_parse(r->base, call->arena, &request.http.server, err) < 0)
		return -1;
	return session_send(c->session, call, &request, expected, ret, NULL, err);
}

/* Credentials that AWS refuses may have been replaced since they were fetched. */
static bool may_ask_again(
	struct aws_client *c, const struct provider_call *call, const struct err *err)
{
	return err->code == ERR_CONFIG && aws_identity_refused(c->identity, call->clock);
}

/* ---- SageMaker ---- */

int aws_page(struct aws_client *c, const struct provider_call *call, const char *name,
	const char *body, size_t *bytes, json_t **ret, struct err *err)
{
	struct aws_request r = {
		.service = AWS_SAGEMAKER,
		.base = c->endpoint[AWS_SAGEMAKER],
		.region = c->region,
		.signing = {.method = "POST",
			.path = "/",
			.normalize = true,
			.body = body,
			.body_len = strlen(body)},
		.headers = {{"Content-Type", "application/x-amz-json-1.1"},
			{"X-Amz-Target", arena_printf(call->arena, "SageMaker.%s", name)}},
		.n_headers = 2,
		.cap = ANSWER_MAX,
	};
	struct http_response response;
	struct err drift;
	int rc = send_once(c, call, &r, NULL, &response, err);

	if (rc < 0 && may_ask_again(c, call, err))
		rc = send_once(c, call, &r, NULL, &response, err);
	if (rc < 0 || source_listing_page(bytes, response.body_len, err) < 0)
		return err_wrap(err, "%s", name);
	if (jcs_load(response.body, response.body_len, ret, &drift) < 0 || !json_is_object(*ret))
		return err_set(err, ERR_UNREACHABLE, "%s: the answer (%d) is no JSON object", name,
			response.status);
	return 0;
}

int aws_operation(struct aws_client *c, const struct provider_call *call, const char *name,
	const char *body, json_t **ret, struct err *err)
{
	size_t bytes = 0;

	return aws_page(c, call, name, body, &bytes, ret, err);
}

/* ---- S3 ---- */

/* Of the grammar of new buckets: nothing that would lead a host's name elsewhere. */
static bool is_bucket(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
			(s[i] != '-' || i == 0 || i + 1 == len) &&
			(s[i] != '.' || i == 0 || i + 1 == len || s[i - 1] == '.'))
			return false;
	return len >= BUCKET_MIN && len <= BUCKET_MAX;
}

bool s3_parse(const char *uri, struct arena *a, struct s3_place *ret)
{
	const char *bucket, *slash;

	if (!uri || !text_starts(uri, "s3://"))
		return false;
	bucket = uri + 5;
	slash = strchr(bucket, '/');
	if (!is_bucket(bucket, slash ? (size_t)(slash - bucket) : strlen(bucket)) ||
		(slash && text_has_dots(slash + 1)))
		return false;
	*ret = (struct s3_place){
		slash ? arena_strndup(a, bucket, (size_t)(slash - bucket)) : bucket,
		slash ? slash + 1 : ""};
	return true;
}

/* In the path when the endpoint is given, or when its dots would not fit the certificate. */
static void address(struct aws_client *c, const struct s3_place *p, const char *region,
	struct aws_request *r, struct arena *a)
{
	bool in_path = c->endpoint[AWS_S3] || strchr(p->bucket, '.');

	r->region = region;
	r->base = c->endpoint[AWS_S3];
	if (!r->base)
		r->base = arena_printf(a, "https://%s%ss3.%s.%s", in_path ? "" : p->bucket,
			in_path ? "" : ".", region, c->suffix);
	r->signing.path =
		in_path ? arena_printf(a, "/%s%s%s", p->bucket, *p->key ? "/" : "", p->key)
			: arena_printf(a, "/%s", p->key);
}

/* Where the bucket lies, when it is elsewhere; NULL. */
static const char *other_region(const struct http_response *r, const char *asked)
{
	const char *region = http_response_header(r, "x-amz-bucket-region");

	return region && is_region(region) && strcmp(region, asked) != 0 ? region : NULL;
}

static int judged(const struct http_response *r, const struct provider_call *call, struct err *err)
{
	struct session_verdict ignored;

	if (r->status < 300)
		return 0;
	aws_judge(r, clock_now(call->clock), call->arena, &ignored, err);
	return -1;
}

static int s3_send(struct aws_client *c, const struct provider_call *call, struct aws_request *r,
	const struct s3_place *p, struct http_response *ret, struct err *err)
{
	/* To be told apart here: other credentials, another region, or truly refused. */
	static const int expected[] = {400, 403, 404, 0};
	const char *region = c->region;
	bool again = false;

	for (int n = 0; n < 3; n++) {
		address(c, p, region, r, call->arena);
		if (send_once(c, call, r, expected, ret, err) < 0)
			return -1;
		if (judged(ret, call, err) == 0)
			return 1;
		const char *other = other_region(ret, region);
		if (other) {
			region = other;
			continue;
		}
		/* HEAD's answer has no body, so no code either. */
		if (ret->status == 404 && !aws_error_is(err, "NoSuchBucket"))
			return 0;
		if (again || !may_ask_again(c, call, err))
			return -1;
		again = true;
	}
	return -1;
}

static int s3_object(struct aws_client *c, const struct provider_call *call, const char *method,
	const struct s3_place *p, size_t cap, struct http_response *ret, struct err *err)
{
	struct aws_request r = {.service = AWS_S3, .signing = {.method = method}, .cap = cap};
	int rc = s3_send(c, call, &r, p, ret, err);

	/* Who signs wrongly is refused a listing, too: here it is of this name alone. */
	if (rc < 0 && aws_error_is(err, "SignatureDoesNotMatch"))
		err->code = ERR_IO;
	if (rc < 0)
		return err_wrap(err, "s3://%s/%s", p->bucket, p->key);
	return rc;
}

int s3_get(struct aws_client *c, const struct provider_call *call, const struct s3_place *p,
	size_t cap, struct http_response *ret, struct err *err)
{
	return s3_object(c, call, "GET", p, cap, ret, err);
}

int s3_head(struct aws_client *c, const struct provider_call *call, const struct s3_place *p,
	struct http_response *ret, struct err *err)
{
	return s3_object(c, call, "HEAD", p, ANSWER_MAX, ret, err);
}

int s3_any(struct aws_client *c, const struct provider_call *call, const struct s3_place *prefix,
	struct err *err)
{
	const struct sigv4_param query[] = {
		{"list-type", "2"}, {"max-keys", "1"}, {"prefix", prefix->key}};
	const struct s3_place bucket = {prefix->bucket, ""};
	struct aws_request r = {.service = AWS_S3,
		.signing = {.method = "GET", .query = query, .n_query = 3},
		.cap = ANSWER_MAX};
	struct http_response response;
	int rc = s3_send(c, call, &r, &bucket, &response, err);
	const char *count;

	if (rc < 0)
		return err_wrap(err, "s3://%s/%s", prefix->bucket, prefix->key);
	count = rc ? aws_xml_text(response.body, response.body_len, "KeyCount", call->arena) : NULL;
	if (!count)
		return err_set(err, ERR_IO, "s3://%s/%s: the answer is no listing", prefix->bucket,
			prefix->key);
	return strcmp(count, "0") != 0;
}
