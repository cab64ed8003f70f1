/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads Google's credential files.
 */
#include "provider/gcp_credentials.h"

#include <string.h>

#include "base/jcs.h"
#include "base/text.h"
#include "net/url.h"

enum { LIFETIME_S = 3600, LIFETIME_LEAST_S = 600, LIFETIME_MOST_S = 43200 };
#define TOKEN_URL "https://oauth2.googleapis.com/token"

/* ---- URLs ---- */

int gcp_secret_url(const char *url, struct arena *a, struct http_server *ret, const char **ret_path,
	struct err *err)
{
	static const char *const near[] = {"127.0.0.1", "localhost", "[::1]", "169.254.169.254",
		"metadata.google.internal", NULL};
	bool secure = text_starts(url, "https://");
	const char *path = url + url_server_len(url);

	if (!secure && !text_starts(url, "http://"))
		return err_set(err, ERR_CONFIG, "%s is no https:// URL", url);
	if (!secure && !url_host_is(url, near))
		return err_set(err, ERR_CONFIG,
			"%s is not https: secrets are sent in the open to nobody but this machine",
			url);
	if (*path == '?' || strpbrk(path, "# \t\r\n"))
		return err_set(err, ERR_CONFIG, "%s is no URL to send anything to", url);
	return url_split(url, a, ret, ret_path, err);
}

/* ---- Members ---- */

static int wrong(struct err *err, const char *name, const char *what)
{
	return err_set(err, ERR_CONFIG, "`%s` %s", name, what);
}

static int take(const json_t *o, const char *name, bool required, struct arena *a, const char **ret,
	struct err *err)
{
	const json_t *member = json_object_get(o, name);
	const char *text = json_string_value(member);

	*ret = NULL;
	if (!member && !required)
		return 0;
	if (!text || !*text)
		return wrong(err, name, member ? "is no text" : "is missing");
	*ret = arena_strdup(a, text);
	return 0;
}

static int take_url(const json_t *o, const char *name, bool required, struct arena *a,
	const char **ret, struct err *err)
{
	struct http_server server;
	const char *path;

	if (take(o, name, required, a, ret, err) < 0)
		return -1;
	if (*ret && gcp_secret_url(*ret, a, &server, &path, err) < 0)
		return err_wrap(err, "`%s`", name);
	return 0;
}

/* ---- A service account's key ---- */

static int take_key(const json_t *doc, struct arena *a, struct gcp_credentials *c, struct err *err)
{
	c->kind = GCP_KEY;
	if (take(doc, "client_email", true, a, &c->email, err) < 0 ||
		take(doc, "private_key", true, a, &c->private_key, err) < 0 ||
		take(doc, "private_key_id", false, a, &c->private_key_id, err) < 0 ||
		take_url(doc, "token_uri", false, a, &c->token_url, err) < 0)
		return -1;
	if (!c->token_url)
		c->token_url = TOKEN_URL;
	return 0;
}

/* ---- Workload identity federation ---- */

static int take_format(
	const json_t *source, struct arena *a, struct gcp_credentials *c, struct err *err)
{
	const json_t *format = json_object_get(source, "format");
	const char *type = json_string_value(json_object_get(format, "type"));

	if (!format || text_equal(type, "text"))
		return 0;
	if (!text_equal(type, "json"))
		return wrong(err, "credential_source.format.type", "is neither text nor json");
	return take(format, "subject_token_field_name", true, a, &c->source_field, err);
}

static int take_headers(
	const json_t *source, struct arena *a, struct gcp_credentials *c, struct err *err)
{
	json_t *headers = json_object_get(source, "headers"), *value;
	const char *name;

	json_object_foreach(headers, name, value)
	{
		const char *text = json_string_value(value);

		if (!text || !*name || c->n_source_headers == GCP_SOURCE_HEADERS_MAX ||
			strpbrk(name, ": \r\n") || strpbrk(text, "\r\n"))
			return wrong(err, "credential_source.headers", "are none that can be sent");
		c->source_headers[c->n_source_headers++] =
			(struct http_header){arena_strdup(a, name), arena_strdup(a, text)};
	}
	return 0;
}

static int take_source(
	const json_t *doc, struct arena *a, struct gcp_credentials *c, struct err *err)
{
	const json_t *source = json_object_get(doc, "credential_source");

	if (!json_is_object(source))
		return wrong(err, "credential_source", "is missing");
	if (json_object_get(source, "environment_id") || json_object_get(source, "executable") ||
		json_object_get(source, "certificate"))
		return wrong(err, "credential_source",
			"is of a kind that is not taken: use a file or a url");
	if (take(source, "file", false, a, &c->source_file, err) < 0 ||
		take_url(source, "url", false, a, &c->source_url, err) < 0 ||
		take_headers(source, a, c, err) < 0 || take_format(source, a, c, err) < 0)
		return -1;
	if (!c->source_file == !c->source_url)
		return wrong(err, "credential_source", "needs either a file or a url");
	if (c->source_file && *c->source_file != '/')
		return wrong(err, "credential_source.file", "is no absolute path");
	return 0;
}

static int take_impersonation(
	const json_t *doc, struct arena *a, struct gcp_credentials *c, struct err *err)
{
	const json_t *seconds = json_object_get(
		json_object_get(doc, "service_account_impersonation"), "token_lifetime_seconds");
	json_int_t n = seconds ? json_integer_value(seconds) : LIFETIME_S;

	if (n < LIFETIME_LEAST_S || n > LIFETIME_MOST_S)
		return wrong(err, "service_account_impersonation.token_lifetime_seconds",
			"is not between 600 and 43200");
	c->lifetime_s = (int)n;
	return take_url(doc, "service_account_impersonation_url", false, a, &c->impersonate, err);
}

static int take_federation(
	const json_t *doc, struct arena *a, struct gcp_credentials *c, struct err *err)
{
	c->kind = GCP_FEDERATION;
	if (take(doc, "audience", true, a, &c->audience, err) < 0 ||
		take(doc, "subject_token_type", true, a, &c->subject_token_type, err) < 0 ||
		take_url(doc, "token_url", true, a, &c->token_url, err) < 0 ||
		take_source(doc, a, c, err) < 0)
		return -1;
	return take_impersonation(doc, a, c, err);
}

int gcp_credentials_parse(
	const char *text, size_t len, struct arena *a, struct gcp_credentials *ret, struct err *err)
{
	json_auto_t *doc = NULL;
	struct gcp_credentials c = {0};
	const char *type;
	int rc;

	/* The parser's own words may show what stood there. */
	if (jcs_load(text, len, &doc, NULL) < 0 || !json_is_object(doc))
		return err_set(err, ERR_CONFIG, "holds no JSON object");
	type = json_string_value(json_object_get(doc, "type"));
	if (text_equal(type, "service_account"))
		rc = take_key(doc, a, &c, err);
	else if (text_equal(type, "external_account"))
		rc = take_federation(doc, a, &c, err);
	else if (text_equal(type, "authorized_user"))
		rc = err_set(err, ERR_CONFIG,
			"is a person's own login; use a service account's key or workload identity "
			"federation");
	else
		rc = err_set(err, ERR_CONFIG,
			"is of a type that is not taken: service_account and external_account are");
	if (rc == 0)
		*ret = c;
	return rc;
}
