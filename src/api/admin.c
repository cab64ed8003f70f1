/* SPDX-License-Identifier: Apache-2.0
 *
 * The history, the policy and the tokens.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/wait.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/policy.h"
#include "model/format.h"
#include "store/event.h"
#include "store/policy.h"
#include "store/token.h"

/* The list of types is too long for a sentence. */
static int event_filter(struct request *r, const char **ret, struct err *err)
{
	STRBUF_AUTO all = STRBUF_INIT(4096);
	const char *type = params_get(&r->params, "type");
	bool known = !type;

	strbuf_addstr(&all, "The types are");
	for (int i = 0; i < EVENTS; i++) {
		const char *name = event_name((enum event_type)i);

		known = known || strcmp(type, name) == 0;
		strbuf_addf(&all, "%s %s", i ? "," : "", name);
	}
	*ret = type;
	if (known)
		return 0;
	r->hint = arena_strndup(r->arena, all.buf, all.len);
	return err_set(err, ERR_INVALID_PARAMETER, "no event has the type \"%.64s\"", type);
}

int handle_events(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *type, *subject;

	if (event_filter(r, &type, err) < 0 ||
		params_format(&r->params, "subject", &format_line, &subject, err) < 0)
		return -1;
	if (r->events)
		return stream_events(r, type, subject, err);
	if (listing_begin(r, &l, err) < 0 || event_list(request_reader(r), type, subject, l.after,
						     l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "events", &page);
}

int handle_policy(struct request *r, struct err *err)
{
	r->snapshot = snapshot_get(request_engine(r));
	return reply_json(r, 200, r->snapshot->policy_text, strlen(r->snapshot->policy_text),
		r->snapshot->policy.digest);
}

int handle_policy_put(struct request *r, struct err *err)
{
	const char *reason = params_get(&r->params, "reason");
	struct err refused = {0};
	struct command *c = request_command(r, false);
	int rc = policy_submit(request_engine(r), c, r->pending->body.buf, r->pending->body.len,
		reason ? reason : "", &refused);

	return request_submitted(r, rc, &refused);
}

int handle_policies(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;

	if (listing_begin(r, &l, err) < 0 ||
		policy_list(request_reader(r), l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "versions", &page);
}

/* The number of a version in a path; 0, which no version has, for what is none. */
static int64_t path_number(const char *s)
{
	char *end;

	errno = 0;
	long long n = *s >= '1' && *s <= '9' ? strtoll(s, &end, 10) : 0;

	return n && !errno && !*end ? n : 0;
}

int handle_policy_version(struct request *r, struct err *err)
{
	struct body body;
	int rc = policy_version_body(
		request_reader(r), path_number(r->bindings[0]), r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no version %s of the policy", r->bindings[0]);
	return reply_body(r, &body);
}

int handle_policy_diff(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	int64_t from, to;
	struct body body;

	if (params_int(&r->params, "to", 1, INT64_MAX, s->policy.version, &to, err) < 0 ||
		params_int(&r->params, "from", 1, INT64_MAX, to > 1 ? to - 1 : to, &from, err) <
			0 ||
		policy_diff_body(request_reader(r), from, to, r->arena, &body, err) < 0)
		return -1;
	return reply_body(r, &body);
}

int handle_tokens(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;

	if (listing_begin(r, &l, err) < 0 ||
		token_list(request_reader(r), l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "tokens", &page);
}

int handle_token(struct request *r, struct err *err)
{
	struct token_row row;
	int rc = token_find(request_reader(r), r->bindings[0], r->arena, &row, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such token");
	return reply_json(r, 200, row.body, strlen(row.body), NULL);
}

int handle_token_create(struct request *r, struct err *err)
{
	const struct token_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);

	return request_submitted(r, token_create(request_engine(r), c, body, &refused), &refused);
}

int handle_token_revoke(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, token_revoke(request_engine(r), c, r->bindings[0], &refused), &refused);
}
