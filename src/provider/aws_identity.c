/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials that somebody has to be asked for: STS by the token of a web identity, the agent of a
 * container, the metadata service of an instance (version 2 alone: version 1 gives them to whoever
 * can have a request sent). No answer of theirs is shown: it may hold a secret.
 */
#include "provider/aws_identity.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "base/jcs.h"
#include "base/text.h"
#include "net/url.h"
#include "provider/aws_xml.h"

enum { ANSWER_MAX = 64 << 10, TOKEN_MAX = 64 << 10, NEAR_S = 2, FAR_S = 15, BUSY_TRIES = 3 };

#define AGENT	 "http://169.254.170.2"
#define METADATA "http://169.254.169.254"
#define ROLES	 "/latest/meta-data/iam/security-credentials/"

/* ---- Web identity ---- */

static int read_token(const char *path, struct arena *a, const char **ret, struct err *err)
{
	char *text;
	size_t len;

	if (file_read(path, TOKEN_MAX, a, &text, &len, err) < 0)
		return -1;
	text[strcspn(text, "\r\n")] = '\0';
	if (!*text)
		return err_set(err, ERR_CONFIG, "%s holds no token", path);
	*ret = text;
	return 0;
}

static int take_xml(
	const struct http_response *r, struct arena *a, struct aws_found *ret, struct err *err)
{
	const char *expires = aws_xml_text(r->body, r->body_len, "Expiration", a);

	*ret = (struct aws_found){aws_xml_text(r->body, r->body_len, "AccessKeyId", a),
		aws_xml_text(r->body, r->body_len, "SecretAccessKey", a),
		aws_xml_text(r->body, r->body_len, "SessionToken", a), 0};
	if (!ret->id || !ret->secret || !ret->token || !expires ||
		time_parse(expires, &ret->expires) < 0)
		return err_set(err, ERR_IO, "STS answered without credentials");
	return 1;
}

int aws_from_web_identity(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err)
{
	static const struct http_header type = {
		"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
	struct arena *a = call->arena;
	const char *path = aws_env(o, "AWS_WEB_IDENTITY_TOKEN_FILE");
	const char *role = aws_env(o, "AWS_ROLE_ARN");
	const char *session = aws_env(o, "AWS_ROLE_SESSION_NAME");
	struct http_response response;
	const char *token;

	if (o->profile || o->file || !path)
		return 0;
	if (!role)
		return err_set(
			err, ERR_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN");
	if (read_token(path, a, &token, err) < 0)
		return -1;
	const char *body = arena_printf(a,
		"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=%s"
		"&RoleSessionName=%s&WebIdentityToken=%s",
		http_escape(role, a), http_escape(session ? session : "spiralfed", a),
		http_escape(token, a));
	struct session_request r = {.http = {.method = "POST",
					    .path = "/",
					    .headers = &type,
					    .n_headers = 1,
					    .body = body,
					    .body_len = strlen(body),
					    .cap = ANSWER_MAX},
		.patience = FAR_S * USEC_PER_SEC};
	if (http_server_parse(o->sts, a, &r.http.server, err) < 0 ||
		o->send(o->arg, call, &r, NULL, &response, err) < 0)
		return -1;
	return take_xml(&response, a, ret, err);
}

/* ---- What the container's agent and the instance answer ---- */

static const char *text(const json_t *o, const char *key, struct arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? arena_strdup(a, s) : NULL;
}

static int take_json(
	const struct http_response *r, struct arena *a, struct aws_found *ret, struct err *err)
{
	JCS_ARENA_SCOPE(a);
	json_auto_t *body = NULL;
	struct err ignored;
	const char *code, *expires;

	if (jcs_load(r->body, r->body_len, &body, &ignored) < 0)
		return err_set(err, ERR_IO, "its answer is no JSON");
	code = text(body, "Code", a);
	if (code && strcmp(code, "Success") != 0)
		return err_set(err, ERR_IO, "%.100s: no credentials", code);
	*ret = (struct aws_found){text(body, "AccessKeyId", a), text(body, "SecretAccessKey", a),
		text(body, "Token", a), 0};
	expires = text(body, "Expiration", a);
	if (!ret->id || !ret->secret)
		return err_set(err, ERR_IO, "its answer holds no credentials");
	if (expires && time_parse(expires, &ret->expires) < 0)
		return err_set(err, ERR_IO, "the Expiration in its answer is no time");
	return 1;
}

/* ---- Container ---- */

int aws_container_check(const char *url, struct err *err)
{
	static const char *const agents[] = {
		"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", NULL};

	if (text_starts(url, "https://"))
		return 0;
	if (!text_starts(url, "http://"))
		return err_set(err, ERR_CONFIG,
			"AWS_CONTAINER_CREDENTIALS_FULL_URI begins with neither https:// nor "
			"http://");
	if (url_is_loopback(url) || url_host_is(url, agents))
		return 0;
	return err_set(err, ERR_CONFIG,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI: over http only loopback and the agents' own "
		"addresses are asked");
}

int aws_secret_check(const char *url, struct err *err)
{
	static const char *const metadata[] = {"169.254.169.254", "[fd00:ec2::254]", NULL};

	if (!text_starts(url, "http://"))
		return 0;
	if (url_is_loopback(url) || url_host_is(url, metadata))
		return 0;
	return err_set(err, ERR_CONFIG,
		"%s is not https: secrets are sent in the open to nobody but this machine", url);
}

static int container_token(const struct aws_identity_options *o, struct arena *a,
	struct http_header *ret, size_t *ret_n, struct err *err)
{
	const char *path = aws_env(o, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = aws_env(o, "AWS_CONTAINER_AUTHORIZATION_TOKEN");

	if (path && read_token(path, a, &token, err) < 0)
		return -1;
	*ret = (struct http_header){"Authorization", token};
	*ret_n = token != NULL;
	return 0;
}

int aws_from_container(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err)
{
	struct arena *a = call->arena;
	const char *relative = aws_env(o, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *url = aws_env(o, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	struct http_header header;
	struct session_request r = {
		.http = {.method = "GET", .headers = &header, .cap = ANSWER_MAX},
		.patience = NEAR_S * USEC_PER_SEC};
	struct http_response response;

	if (relative)
		url = arena_printf(a, AGENT "%s%s", *relative == '/' ? "" : "/", relative);
	if (!url)
		return 0;
	if (aws_container_check(url, err) < 0 ||
		url_split(url, a, &r.http.server, &r.http.path, err) < 0 ||
		container_token(o, a, &header, &r.http.n_headers, err) < 0 ||
		o->send(o->arg, call, &r, NULL, &response, err) < 0)
		return -1;
	return take_json(&response, a, ret, err);
}

/* ---- Instance ---- */

static int metadata(const struct aws_identity_options *o, const struct provider_call *call,
	const char *method, const char *path, const struct http_header *header, const int *expected,
	struct http_response *ret, struct err *err)
{
	const char *base = aws_env(o, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	struct session_request r = {.http = {.method = method,
					    .path = path,
					    .headers = header,
					    .n_headers = 1,
					    .cap = ANSWER_MAX},
		.once = true,
		.patience = NEAR_S * USEC_PER_SEC};

	/* Without an empty body a PUT would wait for one. */
	if (strcmp(method, "PUT") == 0)
		r.http.body = "";
	if (http_server_parse(base ? base : METADATA, call->arena, &r.http.server, err) < 0 ||
		aws_secret_check(base ? base : METADATA, err) < 0)
		return err_wrap(err, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	return o->send(o->arg, call, &r, expected, ret, err);
}

static const char *line_of(const struct http_response *r, struct arena *a)
{
	return arena_strndup(a, r->body, strcspn(r->body, "\r\n"));
}

/* Whoever answers that it is busy is there: asked again, and no reason to look elsewhere. */
static int metadata_token(const struct aws_identity_options *o, const struct provider_call *call,
	const struct http_header *ttl, struct http_response *ret, struct err *err)
{
	static const int busy[] = {500, 502, 503, 504, 429, 0};
	struct err ignored;

	for (int n = 1;; n++) {
		if (metadata(o, call, "PUT", "/latest/api/token", ttl, busy, ret, err) < 0)
			return -1;
		if (ret->status < 400 || n == BUSY_TRIES ||
			provider_call_wait(call, n * USEC_PER_SEC, &ignored) < 0)
			return 0;
	}
}

int aws_from_instance(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err)
{
	static const int none[] = {404, 0};
	struct arena *a = call->arena;
	const char *disabled = aws_env(o, "AWS_EC2_METADATA_DISABLED");
	struct http_header ttl = {"x-aws-ec2-metadata-token-ttl-seconds", "21600"}, token;
	struct http_response r;

	if (disabled && strcasecmp(disabled, "true") == 0)
		return 0;
	/* Nobody there: this is no instance. */
	if (metadata_token(o, call, &ttl, &r, err) < 0)
		return err->code == ERR_UNREACHABLE ? 0 : -1;
	if (r.status >= 400)
		return err_set(err, ERR_UNREACHABLE,
			"the metadata service of this instance answers %d", r.status);
	token = (struct http_header){"x-aws-ec2-metadata-token", line_of(&r, a)};
	if (metadata(o, call, "GET", ROLES, &token, none, &r, err) < 0)
		return -1;
	if (r.status != 200 || !*line_of(&r, a))
		return 0;
	const char *path = arena_printf(a, ROLES "%s", http_escape(line_of(&r, a), a));
	if (metadata(o, call, "GET", path, &token, NULL, &r, err) < 0)
		return -1;
	return take_json(&r, a, ret, err);
}
