/* SPDX-License-Identifier: Apache-2.0
 *
 * The routes about the daemon itself.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/loop.h"
#include "api/openapi.h"
#include "api/reply.h"
#include "api/status.h"
#include "base/json_writer.h"
#include "engine/engine.h"
#include "engine/standing.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

#define FIELD(name_, type_, help_)                                                         \
	{                                                                                  \
		.name = #name_, .type = (type_), .offset = offsetof(struct status, name_), \
		.help = (help_)                                                            \
	}
static const struct field status_fields[] = {
	FIELD(status, FIELD_STRING,
		"ok; degraded, when a condition is not True; read-only, when the registry can't be "
		"written; draining, at the end"),
	FIELD(version, FIELD_STRING, "of the daemon"),
	FIELD(started_at, FIELD_TIME, NULL),
	FIELD(now, FIELD_TIME, "the daemon's clock"),
	FIELD(auth, FIELD_BOOL, "false: whoever reaches the daemon may do everything"),
	FIELD(release, FIELD_STRING, "the active release; absent before the first"),
	FIELD(serial, FIELD_INT, "of the channel stable"),
	FIELD(warm, FIELD_STRINGS, "where a rollback would go, in order"),
	FIELD(policy_version, FIELD_INT, "in force"),
	FIELD(policy_digest, FIELD_STRING, NULL),
	FIELD(manifests, FIELD_INT, "stored"),
	FIELD(artifacts, FIELD_INT, "stored"),
	FIELD(judgements, FIELD_INT, "stored"),
	FIELD(events, FIELD_INT, "number of the newest event when the channel last moved"),
	FIELD(commits, FIELD_INT, "since the start"),
	FIELD(last_commit_at, FIELD_TIME, NULL),
	FIELD(queue, FIELD_INT, "commands waiting"),
	FIELD(queue_max, FIELD_INT, "commands that may wait"),
	FIELD(connections, FIELD_INT, "open now"),
	{.name = "fleet",
		.type = FIELD_OBJECT,
		.offset = offsetof(struct status, fleet),
		.table = &fleet_table,
		.help = "how far the nodes follow the channel; absent while none is known"},
	{.name = "conditions",
		.type = FIELD_LIST,
		.offset = offsetof(struct status, conditions),
		.flags = FIELD_EMIT_EMPTY,
		.table = &condition_table,
		.help = "of what is configured, what is not well first"},
};
#undef FIELD
const struct field_table status_table =
	FIELD_TABLE("Status", "What the daemon holds and does.", struct status, status_fields, );

static bool unwell(const struct server *s)
{
	struct engine_stats st;

	engine_stats(s->options.engine, &st);
	return st.broken;
}

/* The key has not signed for as long as what it signed is good. */
static bool has_expired(const struct server *s)
{
	SNAPSHOT_AUTO snap = snapshot_get(s->options.engine);

	return snap->has_release && snap->pointer.expires <= clock_now(s->options.clock);
}

int handle_index(struct request *r, struct err *err)
{
	const char *host = request_header(r, "Host");
	char *text = arena_printf(r->arena,
		"spiralfed %s: the control plane for federated model releases\n\n"
		"  curl http://%s/openapi.json            every route and shape\n"
		"  curl http://%s/v1/status?pretty        what it holds\n"
		"  curl -H 'Accept: text/plain' http://%s/v1/releases\n"
		"  curl -H 'Content-Type: application/json' --data @manifest.json "
		"http://%s/v1/manifests?pretty\n\n"
		"Add -H 'Authorization: Bearer sfd_...' where a token is needed; the first one is "
		"in\n"
		"admin.token in the state folder.\n",
		SPIRALFED_VERSION, host, host, host, host);

	return reply_text(r, 200, "text/plain; charset=utf-8", text, strlen(text));
}

int handle_livez(struct request *r, struct err *err)
{
	static const char body[] = "{\"status\":\"ok\"}";

	return reply_json(r, 200, body, sizeof(body) - 1, NULL);
}

int handle_readyz(struct request *r, struct err *err)
{
	if (atomic_load(&r->server->draining))
		return err_set(err, ERR_DRAINING, "the daemon is shutting down");
	if (unwell(r->server))
		return err_set(err, ERR_UNAVAILABLE, "the registry can't be written");
	if (has_expired(r->server))
		return err_set(err, ERR_UNAVAILABLE,
			"the signed channel has expired and was not signed anew: nodes take it for "
			"frozen");
	return handle_livez(r, err);
}

int handle_metrics(struct request *r, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(TEXT_MAX);
	size_t len;

	metrics_text(r->server, &out);
	metrics_watch_text(request_engine(r), request_reader(r), r->arena, &out);
	len = out.len;
	return reply_text(r, 200, "text/plain; version=0.0.4; charset=utf-8",
		arena_memdup(r->arena, out.buf, len), len);
}

int handle_openapi(struct request *r, struct err *err)
{
	const struct body *body = openapi_document();

	return reply_body(r, body);
}

static void fill_status(const struct request *r, struct status *st)
{
	const struct server *s = r->server;
	const struct snapshot *snap = r->snapshot;
	struct engine_stats e;

	engine_stats(s->options.engine, &e);
	fields_init(&status_table, st);
	st->version = SPIRALFED_VERSION;
	st->started_at = s->started_at;
	st->now = clock_now(s->options.clock);
	st->auth = s->options.auth;
	if (snap->has_release) {
		st->release = snap->channel.version;
		st->serial = snap->channel.serial;
		st->warm = snap->channel.warm;
	}
	st->policy_version = snap->policy.version;
	st->policy_digest = snap->policy.digest;
	st->manifests = (int64_t)e.manifests;
	st->artifacts = (int64_t)e.artifacts;
	st->judgements = (int64_t)e.judgements;
	st->events = (int64_t)e.events;
	st->commits = (int64_t)e.commits;
	st->last_commit_at = e.last_commit;
	st->queue = (int64_t)e.queue_len;
	st->queue_max = (int64_t)e.queue_max;
	st->connections = atomic_load(&s->connections);
}

static const char *word_for(const struct server *s, const struct standing *now)
{
	if (atomic_load(&s->draining))
		return "draining";
	if (unwell(s))
		return "read-only";
	return now->well ? "ok" : "degraded";
}

int handle_status(struct request *r, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(TEXT_MAX);
	struct json_writer w;
	struct status st;
	size_t len;

	STANDING_AUTO now = standing_get(request_engine(r), request_reader(r));

	r->snapshot = snapshot_get(request_engine(r));
	fill_status(r, &st);
	st.status = word_for(r->server, now);
	st.fleet = now->fleet.known ? &now->fleet : NULL;
	st.conditions = now->conditions;
	json_writer_init(&w, &out);
	fields_emit(&status_table, &st, &w);
	len = out.len;
	return reply_json(r, 200, arena_memdup(r->arena, out.buf, len), len, NULL);
}
