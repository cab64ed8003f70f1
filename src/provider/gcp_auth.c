/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetches access tokens from Google.
 */
#include "provider/gcp_auth.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/file.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "base/jws.h"
#include "base/text.h"
#include "net/redact.h"
#include "provider/gcp_credentials.h"

#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define METADATA_PATH                                                                       \
	"/computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2F" \
	"www.googleapis.com%2Fauth%2Fcloud-platform"

enum {
	EARLY_S = 225,
	JWT_LIFE_S = 3600,
	TOKEN_MAX = 16 << 10,
	ANSWER_MAX = 64 << 10,
	METADATA_PATIENCE_S = 3,
};

struct gcp_auth {
	struct gcp_way way;
	struct session *session; /* NULL: the way is somebody else's */
	char *file, *metadata_host;
	char *token;	   /* NULL: none */
	int64_t good_till; /* monotonic */
};

static int send_by_session(void *arg, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, int *ret_status, struct err *err)
{
	return session_send(arg, call, r, expected, ret, ret_status, err);
}

struct gcp_way gcp_way_of(struct session *s)
{
	return (struct gcp_way){send_by_session, s};
}

struct gcp_auth *gcp_auth_new(const struct gcp_auth_options *o, const struct gcp_way *way)
{
	struct gcp_auth *g = xcalloc(1, sizeof(*g));
	struct session_rule rule = session_rule_default;

	/* Who waits for a token waits for all else. */
	rule.retry.attempts = 3;
	rule.at_once = 1;
	if (!way)
		g->session = session_new(&rule);
	g->way = way ? *way : gcp_way_of(g->session);
	g->file = o->file ? xstrdup(o->file) : NULL;
	g->metadata_host =
		xstrdup(o->metadata_host ? o->metadata_host : "metadata.google.internal");
	return g;
}

void gcp_auth_forget(struct gcp_auth *g)
{
	if (g->token)
		explicit_bzero(g->token, strlen(g->token));
	free(g->token);
	g->token = NULL;
}

void gcp_auth_free(struct gcp_auth *g)
{
	if (!g)
		return;
	gcp_auth_forget(g);
	session_free(g->session);
	free(g->file);
	free(g->metadata_host);
	free(g);
}

/* ---- Asking ---- */

struct question {
	const char *what; /* who is asked, for people */
	const char *method, *url;
	struct http_header headers[GCP_SOURCE_HEADERS_MAX + 2];
	size_t n_headers;
	const char *body;
	int64_t patience;
};

static void add_header(struct question *q, const char *name, const char *value)
{
	q->headers[q->n_headers++] = (struct http_header){name, value};
}

static int ask(struct gcp_auth *g, const struct provider_call *call, const struct question *q,
	struct http_response *ret, struct err *err)
{
	struct session_request r = {
		.http = {.method = q->method,
			.headers = q->headers,
			.n_headers = q->n_headers,
			.body = q->body,
			.body_len = q->body ? strlen(q->body) : 0,
			.cap = ANSWER_MAX},
		.patience = q->patience,
	};
	int status = 0;

	if (gcp_secret_url(q->url, call->arena, &r.http.server, &r.http.path, err) < 0 ||
		g->way.send(g->way.arg, call, &r, NULL, ret, &status, err) < 0) {
		/* 4xx: asking again will not help, somebody has to mend it. */
		if (err->code == ERR_IO)
			err->code = status >= 400 ? ERR_CONFIG : ERR_UNREACHABLE;
		secrets_hide_error(&r.http, call->arena, err);
		return err_wrap(err, "%s", q->what);
	}
	if (ret->status != 200)
		return err_set(err, ERR_CONFIG, "%s answered %d", q->what, ret->status);
	return 0;
}

static int ask_json(struct gcp_auth *g, const struct provider_call *call, const struct question *q,
	json_t **ret, struct err *err)
{
	struct http_response response;

	if (ask(g, call, q, &response, err) < 0)
		return -1;
	if (jcs_load(response.body, response.body_len, ret, NULL) < 0)
		return err_set(
			err, ERR_UNREACHABLE, "%s answered with something else than JSON", q->what);
	return 0;
}

static const char *form(const char *const (*fields)[2], size_t n, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%s%s=%s", text, i ? "&" : "", fields[i][0],
			http_escape(fields[i][1], a));
	return text;
}

/* ---- What comes back ---- */

struct grant {
	const char *token;
	int64_t life; /* usec */
};

static bool is_token(const char *token)
{
	return token && *token && strlen(token) < TOKEN_MAX && !token[strcspn(token, " \t\r\n")];
}

static int64_t seconds_of(const char *text)
{
	const char *end;
	int64_t n = decimal_count(text, INT64_MAX, &end);

	return *end ? 0 : n;
}

/* {access_token, expires_in}; the number may come as text. */
static int take_grant(const struct question *q, const json_t *answer, struct arena *a,
	struct grant *ret, struct err *err)
{
	const char *token = json_string_value(json_object_get(answer, "access_token"));
	const json_t *life = json_object_get(answer, "expires_in");
	const char *text = json_string_value(life);
	int64_t seconds = text ? seconds_of(text) : json_integer_value(life);

	if (!is_token(token) || seconds <= 0 || seconds > INT_MAX)
		return err_set(err, ERR_UNREACHABLE,
			"%s answered without an access_token and the seconds that it is good for",
			q->what);
	*ret = (struct grant){arena_strdup(a, token), seconds * USEC_PER_SEC};
	return 0;
}

/* ---- By a service account's key ---- */

static char *assertion(const struct gcp_credentials *c, const struct rsa_key *key,
	const struct provider_call *call)
{
	int64_t now = clock_now(call->clock) / USEC_PER_SEC;
	STRBUF_AUTO claims = STRBUF_INIT(TOKEN_MAX);
	struct json_writer w;

	json_writer_init(&w, &claims);
	jw_object(&w);
	jw_kstring(&w, "aud", c->token_url);
	jw_kint(&w, "exp", now + JWT_LIFE_S);
	jw_kint(&w, "iat", now);
	jw_kstring(&w, "iss", c->email);
	jw_kstring(&w, "scope", SCOPE);
	jw_end(&w);
	return jws_sign(key, c->private_key_id, claims.buf, claims.len, call->arena);
}

static int by_key(struct gcp_auth *g, const struct provider_call *call,
	const struct gcp_credentials *c, struct grant *ret, struct err *err)
{
	struct question q = {
		.what = "Google's token server", .method = "POST", .url = c->token_url};
	json_auto_t *answer = NULL;
	RSA_KEY_AUTO key = NULL;
	char *jwt;

	if (rsa_key_pem(c->private_key, strlen(c->private_key), &key, err) < 0)
		return err_wrap(err, "`private_key`");
	jwt = assertion(c, key, call);
	const char *const fields[][2] = {
		{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", jwt}};

	add_header(&q, "Content-Type", "application/x-www-form-urlencoded");
	q.body = form(fields, 2, call->arena);
	if (ask_json(g, call, &q, &answer, err) < 0)
		return -1;
	return take_grant(&q, answer, call->arena, ret, err);
}

/* ---- By workload identity federation ---- */

static int read_source(struct gcp_auth *g, const struct provider_call *call,
	const struct gcp_credentials *c, const char **ret, size_t *ret_len, struct err *err)
{
	struct question q = {
		.what = "the source of the subject token", .method = "GET", .url = c->source_url};
	struct http_response response;
	char *text;

	if (c->source_file) {
		if (file_read(c->source_file, TOKEN_MAX, call->arena, &text, ret_len, err) < 0) {
			err->code = ERR_CONFIG;
			return err_wrap(err, "the subject token");
		}
		*ret = text;
		return 0;
	}
	for (size_t i = 0; i < c->n_source_headers; i++)
		add_header(&q, c->source_headers[i].name, c->source_headers[i].value);
	if (ask(g, call, &q, &response, err) < 0)
		return -1;
	*ret = response.body;
	*ret_len = response.body_len;
	return 0;
}

static int subject_token(struct gcp_auth *g, const struct provider_call *call,
	const struct gcp_credentials *c, const char **ret, struct err *err)
{
	json_auto_t *doc = NULL;
	const char *text = NULL, *token;
	size_t len = 0;

	if (read_source(g, call, c, &text, &len, err) < 0)
		return -1;
	if (c->source_field) {
		if (jcs_load(text, len, &doc, NULL) < 0)
			return err_set(err, ERR_CONFIG, "the subject token's source holds no JSON");
		token = json_string_value(json_object_get(doc, c->source_field));
		token = token ? arena_strdup(call->arena, token) : NULL;
	} else {
		token = text + strspn(text, " \t\r\n");
		token = arena_strndup(call->arena, token, strcspn(token, " \t\r\n"));
	}
	if (!is_token(token))
		return err_set(err, ERR_CONFIG, "the subject token's source holds none");
	*ret = token;
	return 0;
}

static int exchange(struct gcp_auth *g, const struct provider_call *call,
	const struct gcp_credentials *c, const char *subject, struct grant *ret, struct err *err)
{
	const char *const fields[][2] = {
		{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
		{"audience", c->audience},
		{"scope", SCOPE},
		{"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
		{"subject_token", subject},
		{"subject_token_type", c->subject_token_type},
	};
	struct question q = {.what = "Google's security token service",
		.method = "POST",
		.url = c->token_url,
		.body = form(fields, sizeof(fields) / sizeof(fields[0]), call->arena)};
	json_auto_t *answer = NULL;

	add_header(&q, "Content-Type", "application/x-www-form-urlencoded");
	if (ask_json(g, call, &q, &answer, err) < 0)
		return -1;
	return take_grant(&q, answer, call->arena, ret, err);
}

static int impersonate(struct gcp_auth *g, const struct provider_call *call,
	const struct gcp_credentials *c, struct grant *grant, struct err *err)
{
	struct question q = {.what = "the service account's impersonation",
		.method = "POST",
		.url = c->impersonate,
		.body = arena_printf(call->arena,
			"{\"delegates\":[],\"lifetime\":\"%ds\",\"scope\":[\"%s\"]}", c->lifetime_s,
			SCOPE)};
	json_auto_t *answer = NULL;
	const char *token, *end;
	int64_t at = 0;

	add_header(&q, "Authorization", arena_printf(call->arena, "Bearer %s", grant->token));
	add_header(&q, "Content-Type", "application/json");
	if (ask_json(g, call, &q, &answer, err) < 0)
		return -1;
	token = json_string_value(json_object_get(answer, "accessToken"));
	end = json_string_value(json_object_get(answer, "expireTime"));
	if (!is_token(token) || !end || time_parse(end, &at) < 0)
		return err_set(err, ERR_UNREACHABLE,
			"%s answered without an accessToken and its expireTime", q.what);
	*grant = (struct grant){arena_strdup(call->arena, token), at - clock_now(call->clock)};
	return 0;
}

static int by_federation(struct gcp_auth *g, const struct provider_call *call,
	const struct gcp_credentials *c, struct grant *ret, struct err *err)
{
	const char *subject = NULL;

	if (subject_token(g, call, c, &subject, err) < 0 ||
		exchange(g, call, c, subject, ret, err) < 0)
		return -1;
	return c->impersonate ? impersonate(g, call, c, ret, err) : 0;
}

/* ---- From the metadata server ---- */

static int by_metadata(
	struct gcp_auth *g, const struct provider_call *call, struct grant *ret, struct err *err)
{
	struct question q = {.what = "the metadata server",
		.method = "GET",
		.patience = METADATA_PATIENCE_S * USEC_PER_SEC};
	struct session_request r = {
		.http = {.method = q.method, .path = METADATA_PATH, .cap = ANSWER_MAX},
		.patience = q.patience};
	struct http_response response;
	json_auto_t *answer = NULL;
	int status = 0;

	add_header(&q, "Metadata-Flavor", "Google");
	r.http.headers = q.headers;
	r.http.n_headers = q.n_headers;
	if (http_server_parse(arena_printf(call->arena, "http://%s", g->metadata_host), call->arena,
		    &r.http.server, err) < 0)
		return -1;
	if (g->way.send(g->way.arg, call, &r, NULL, &response, &status, err) < 0) {
		if (err->code == ERR_IO)
			err->code = status >= 400 ? ERR_CONFIG : ERR_UNREACHABLE;
		return err_wrap(err, "%s (no credentials file is named)", q.what);
	}
	/* Anybody may sit at that name on a machine that is not Google's. */
	if (!text_equal(http_response_header(&response, "Metadata-Flavor"), "Google"))
		return err_set(err, ERR_CONFIG,
			"what answers at %s is no metadata server of Google's: it shows no "
			"Metadata-Flavor",
			g->metadata_host);
	if (jcs_load(response.body, response.body_len, &answer, NULL) < 0)
		return err_set(
			err, ERR_UNREACHABLE, "%s answered with something else than JSON", q.what);
	return take_grant(&q, answer, call->arena, ret, err);
}

/* ---- Tokens ---- */

static int by_file(
	struct gcp_auth *g, const struct provider_call *call, struct grant *ret, struct err *err)
{
	struct gcp_credentials c;
	char *text;
	size_t len;
	int rc;

	if (file_read(g->file, GCP_CREDENTIALS_MAX, call->arena, &text, &len, err) < 0) {
		err->code = ERR_CONFIG;
		return err_wrap(err, "Google's credentials");
	}
	rc = gcp_credentials_parse(text, len, call->arena, &c, err);
	if (rc == 0)
		rc = c.kind == GCP_KEY ? by_key(g, call, &c, ret, err)
				       : by_federation(g, call, &c, ret, err);
	return rc < 0 ? err_wrap(err, "%s", g->file) : 0;
}

static int fetch_token(struct gcp_auth *g, const struct provider_call *call, struct err *err)
{
	/* Keys, assertions, subject tokens, what is asked with them and answered: all is cut out of it. */
	ARENA_SECRET a = arena_new();
	JCS_ARENA_SCOPE(a);
	struct provider_call own = *call;
	int64_t early = EARLY_S * USEC_PER_SEC;
	struct grant grant;

	own.arena = a;
	if ((g->file ? by_file(g, &own, &grant, err) : by_metadata(g, &own, &grant, err)) < 0)
		return -1;
	/* One that lives so short is used for half of its life. */
	if (early > grant.life / 2)
		early = grant.life / 2;
	gcp_auth_forget(g);
	g->token = xstrdup(grant.token);
	g->good_till = clock_mono(call->clock) + grant.life - early;
	return 0;
}

int gcp_auth_header(
	struct gcp_auth *g, const struct provider_call *call, const char **ret, struct err *err)
{
	if ((!g->token || clock_mono(call->clock) >= g->good_till) && fetch_token(g, call, err) < 0)
		return -1;
	*ret = arena_printf(call->arena, "Bearer %s", g->token);
	return 0;
}
