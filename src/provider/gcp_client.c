/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks Vertex AI and Cloud Storage.
 */
#include "provider/gcp_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/text.h"
#include "provider/gcp_credentials.h"

enum { NAME_MAX_LEN = 63 };

struct gcp_client {
	struct arena *arena;
	struct gcp_way way;
	struct session *session; /* NULL: the way is somebody else's */
	struct gcp_auth *auth;
	const char *parent;
	struct http_server servers[2];
};

/* ---- What an answer says ---- */

/* google.rpc.Status, the form of Cloud Storage, or a plain text. */
static const char *words_of(const struct http_response *r, struct arena *a)
{
	json_auto_t *doc = NULL;
	const json_t *error;
	const char *name, *message;

	if (r->body_len <= ERROR_BODY_MAX && jcs_load(r->body, r->body_len, &doc, NULL) == 0) {
		error = json_object_get(doc, "error");
		name = json_string_value(json_object_get(error, "status"));
		message = json_string_value(json_object_get(error, "message"));
		return arena_printf(a, "%s%s%.*s", name ? name : "", name && message ? ": " : "",
			SESSION_WORDS_MAX, message ? message : "");
	}
	return r->body[0] == '<' ? "" : session_first_line(r, a);
}

static void judge(const struct http_response *r, int64_t now, struct arena *a,
	struct session_verdict *ret, struct err *err)
{
	const char *words = words_of(r, a);

	session_judge(r, now, a, ret, err);
	err_set(err, ret->passing ? ERR_UNREACHABLE : ERR_CONFIG, "Google answered %d%s%s",
		r->status, *words ? ": " : "", words);
}

/* ---- Making one ---- */

static int check_name(const char *option, const char *name, const char *others, struct err *err)
{
	if (!name)
		return err_set(err, ERR_CONFIG, "connector = gcp needs %s", option);
	for (const char *at = name; *at; at++)
		if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') && *at != '-' &&
			!strchr(others, *at))
			return err_set(
				err, ERR_CONFIG, "%s = %s: Google has no such names", option, name);
	return *name && strlen(name) <= NAME_MAX_LEN
		       ? 0
		       : err_set(err, ERR_CONFIG, "%s is empty or too long", option);
}

static const char *vertex_of(const char *location, struct arena *a)
{
	if (text_equal(location, "us") || text_equal(location, "eu"))
		return arena_printf(a, "https://aiplatform.%s.rep.googleapis.com", location);
	return arena_printf(a, "https://%s-aiplatform.googleapis.com", location);
}

/* Tokens are sent there: not in the open. */
static int server_of(const char *option, const char *url, struct arena *a, struct http_server *ret,
	struct err *err)
{
	const char *path;

	if (gcp_secret_url(url, a, ret, &path, err) < 0)
		return err_wrap(err, "%s", option);
	if (strcmp(path, "/") != 0)
		return err_set(err, ERR_CONFIG, "%s = %s: is a server without a path", option, url);
	return 0;
}

static int fill(struct gcp_client *c, const struct gcp_client_options *o, struct err *err)
{
	const char *vertex = o->endpoint, *storage = o->storage_endpoint;

	if (check_name("project", o->project, ".:", err) < 0 ||
		check_name("location", o->location, "", err) < 0)
		return -1;
	vertex = vertex ? vertex : vertex_of(o->location, c->arena);
	storage = storage ? storage : "https://storage.googleapis.com";
	if (server_of("endpoint", vertex, c->arena, &c->servers[GCP_VERTEX], err) < 0 ||
		server_of("storage_endpoint", storage, c->arena, &c->servers[GCP_STORAGE], err) < 0)
		return -1;
	if (o->auth.file && *o->auth.file != '/')
		/* It may be the key itself, which no log shall show. */
		return err_set(err, ERR_CONFIG,
			"credentials: is no absolute path; it names the file that holds them");
	c->parent = arena_printf(c->arena, "projects/%s/locations/%s", o->project, o->location);
	return 0;
}

int gcp_client_new(const struct gcp_client_options *o, struct gcp_client **ret, struct err *err)
{
	struct arena *a = arena_new();
	struct gcp_client *c = ARENA_NEW(a, struct gcp_client);
	struct session_rule rule = session_rule_default;

	c->arena = a;
	if (fill(c, o, err) < 0) {
		arena_free(a);
		return -1;
	}
	rule.judge = judge;
	if (!o->way)
		c->session = session_new(&rule);
	c->way = o->way ? *o->way : gcp_way_of(c->session);
	c->auth = gcp_auth_new(&o->auth, o->way);
	*ret = c;
	return 0;
}

void gcp_client_free(struct gcp_client *c)
{
	if (!c)
		return;
	gcp_auth_free(c->auth);
	session_free(c->session);
	arena_free(c->arena);
}

void gcp_client_health(struct gcp_client *c, const struct clock *clock, struct session_health *ret)
{
	if (c->session)
		session_health(c->session, clock, ret);
	else
		*ret = (struct session_health){.quota_limit = -1, .quota_left = -1};
}

const char *gcp_client_parent(const struct gcp_client *c)
{
	return c->parent;
}

/* ---- Asking ---- */

static int ask(struct gcp_client *c, const struct provider_call *call, enum gcp_api api,
	const char *path, size_t cap, struct http_response *ret, int *ret_status, struct err *err)
{
	static const int expected[] = {404, 0};
	struct http_header header = {.name = "Authorization"};
	struct session_request r = {.http = {.server = c->servers[api],
					    .method = "GET",
					    .path = path,
					    .headers = &header,
					    .n_headers = 1,
					    .cap = cap}};

	*ret_status = 0;
	if (gcp_auth_header(c->auth, call, &header.value, err) < 0)
		return -1;
	return c->way.send(c->way.arg, call, &r, expected, ret, ret_status, err);
}

/* A refusal of the credentials. Of one bucket that is not ours to read the others know nothing. */
static bool is_of_all(enum gcp_api api, int status)
{
	return status == 401 || (status == 403 && api != GCP_STORAGE);
}

int gcp_get(struct gcp_client *c, const struct provider_call *call, enum gcp_api api,
	const char *path, size_t cap, struct http_response *ret, struct err *err)
{
	struct err why = {0};
	int status, rc = ask(c, call, api, path, cap, ret, &status, &why);

	/* Taken back before its time, or the machine slept over its end. */
	if (rc < 0 && status == 401) {
		gcp_auth_forget(c->auth);
		rc = ask(c, call, api, path, cap, ret, &status, &why);
	}
	if (rc < 0) {
		*err = why;
		if (err->code == ERR_CONFIG && status && !is_of_all(api, status))
			err->code = ERR_IO;
		return -1;
	}
	if (ret->status == 404)
		return 0;
	if (ret->status != 200)
		return err_set(err, ERR_UNREACHABLE,
			"Google answered %d, which is none of its answers", ret->status);
	return 1;
}
