/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks around a handler, in one order for every route: host, route, credentials, scope,
 * parameters, form of the answer, form of the body, conditions; then, with the body there, its field
 * table. A handler runs only when all of them hold.
 */
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/cors.h"
#include "api/handlers.h"
#include "api/loop.h"
#include "api/negotiate.h"
#include "api/reply.h"

/* Without tokens, a page of any site could reach the daemon under a name of its own that resolves to
 * this address; an address or "localhost" can't be forged so. */
static int check_open_host(const struct request *r, struct err *err)
{
	const union MHD_ConnectionInfo *peer =
		MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *host = request_header(r, "Host");
	size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	/* No page of a browser reaches a Unix socket. */
	if (peer && peer->client_addr && peer->client_addr->sa_family == AF_UNIX)
		return 0;
	if (host[0] == '[' || (n == 9 && strncasecmp(host, "localhost", 9) == 0) ||
		strspn(host, "0123456789.") >= n)
		return 0;
	return err_set(err, ERR_BAD_REQUEST,
		"with auth = off, Host must be localhost or an address, not \"%.*s\"", (int)n,
		host);
}

static int find_route(struct request *r, struct err *err)
{
	struct route_match match;

	router_find(r->method, r->path, r->arena, &match);
	r->route = match.route;
	memcpy(r->bindings, match.bindings, sizeof(r->bindings));
	memcpy(r->allow, match.allow, sizeof(r->allow));
	if (r->route)
		return 0;
	if (match.path_known && strcmp(r->method, "OPTIONS") == 0)
		return 0;
	if (match.path_known)
		return err_set(err, ERR_METHOD_NOT_ALLOWED, "%s takes %s", r->path, r->allow);
	r->hint = arena_printf(r->arena, "Did you mean %s? GET /openapi.json lists every route.",
		router_nearest(r->path));
	return err_set(err, ERR_NO_ROUTE, "there is no %s", r->path);
}

static int check_access(struct request *r, struct err *err)
{
	if (r->route->flags & ROUTE_OWN_PROOF)
		return hook_prove(r, err);
	if (r->route->flags & ROUTE_PUBLIC)
		return 0;
	if (auth_authenticate(r, err) < 0)
		return -1;
	return auth_authorize(r, r->route->scope, err);
}

static int choose_form(struct request *r, struct err *err)
{
	const char *accept = request_header(r, "Accept");
	int json = accept_quality(accept, "application/json");
	int text = accept_quality(accept, route_text_type(r->route));
	bool only_text = r->route->flags & ROUTE_PLAIN;

	if (params_flag(&r->params, "pretty", &r->pretty, err) < 0 ||
		params_flag(&r->params, "dry_run", &r->dry_run, err) < 0)
		return -1;
	if (only_text) {
		r->plain = text > 0;
		json = 0;
	} else {
		r->plain = r->route->columns && text > json;
	}
	if (r->route->flags & ROUTE_STREAM) {
		int events = accept_quality(accept, "text/event-stream");

		r->events = events > json && events > text;
	}
	if (r->plain || r->events || json > 0)
		return 0;
	return err_set(err, ERR_NOT_ACCEPTABLE, "this route answers %s",
		only_text	    ? route_text_type(r->route)
		: r->route->columns ? "application/json or text/plain"
				    : "application/json");
}

static int check_body(const struct request *r, unsigned long long length, struct err *err)
{
	const char *coding = request_header(r, "Content-Encoding");
	const char *type = request_header(r, "Content-Type");

	if (!r->has_body)
		return 0;
	if (!r->route->body)
		return err_set(err, ERR_BAD_REQUEST, "%s takes no body", r->route->name);
	if (length > request_body_max(r))
		return err_set(err, ERR_BODY_TOO_LARGE, "the body has %llu bytes; %zu are allowed",
			length, request_body_max(r));
	if (coding && strcasecmp(coding, "identity") != 0)
		return err_set(err, ERR_UNSUPPORTED_MEDIA_TYPE,
			"Content-Encoding %.40s: send the body as it is", coding);
	if (!content_type_is_json(type))
		return err_set(err, ERR_UNSUPPORTED_MEDIA_TYPE,
			"Content-Type is %.60s; with curl, add -H 'Content-Type: application/json'",
			type ? type : "missing");
	return 0;
}

static int check_conditions(struct request *r, struct err *err)
{
	const char *key = request_header(r, "Idempotency-Key");

	if (key && r->route->body && idempotency_key(key, r->arena, &r->idempotency, err) < 0)
		return -1;
	if ((r->route->flags & ROUTE_NEED_MATCH) && !request_header(r, "If-Match"))
		return err_set(err, ERR_PRECONDITION_REQUIRED,
			"%s needs If-Match: the ETag of GET %s", r->route->name, r->path);
	return 0;
}

int pipeline_head(struct request *r, unsigned long long length)
{
	struct err *err = &r->early;

	if (!r->server->options.auth && check_open_host(r, err) < 0)
		return -1;
	if (find_route(r, err) < 0)
		return -1;
	if (!r->route)
		return r->has_body ? err_set(err, ERR_BAD_REQUEST, "OPTIONS takes no body") : 0;
	if (check_access(r, err) < 0 ||
		params_parse(r->query, r->route->params, r->arena, &r->params, err) < 0 ||
		choose_form(r, err) < 0 || check_body(r, length, err) < 0)
		return -1;
	return check_conditions(r, err);
}

/* An empty body is an empty object, so that a table says what is missing. */
static int parse_object(struct request *r, struct faults *faults, struct err *err)
{
	const struct field_table *table = r->route->body;
	const char *text = r->body.len ? r->body.buf : "{}";

	r->object = arena_alloc(r->arena, table->size);
	return fields_parse_text(table, text, strlen(text), r->arena, r->object, faults, err);
}

int pipeline_run(struct request *r)
{
	struct err err = {0};

	if (r->early.code != ERR_NONE)
		return reply_problem(r, &r->early, NULL, NULL);
	if (!r->route)
		return cors_options(r);
	if (r->route->body && r->body.len && memchr(r->body.buf, '\0', r->body.len)) {
		err_set(&err, ERR_BAD_JSON, "the body holds a NUL byte");
		return reply_problem(r, &err, NULL, NULL);
	}
	if ((r->route->flags & ROUTE_RAW) && r->body.len == 0) {
		err_set(&err, ERR_BAD_JSON, "the body is empty; %s takes a %s document",
			r->route->name, r->route->body->name);
		return reply_problem(r, &err, NULL, NULL);
	}
	if (r->route->body && !(r->route->flags & ROUTE_RAW)) {
		struct faults *faults = ARENA_NEW(r->arena, struct faults);

		faults_init(faults);
		if (parse_object(r, faults, &err) < 0) {
			if (faults->n > 0)
				err_set(&err, ERR_INVALID_BODY, "%zu fault%s in the body",
					faults->total, faults->total == 1 ? "" : "s");
			return reply_problem(r, &err, faults, NULL);
		}
	}
	if (r->route->handler(r, &err) < 0)
		return reply_problem(r, &err, NULL, NULL);
	return r->status == 0 && r->stage == REQUEST_ANSWERED ? -1 : 0;
}
