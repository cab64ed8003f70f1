/* SPDX-License-Identifier: Apache-2.0
 *
 * Freezes: denies of one time that a person asks for, and ends. A freeze is never changed; its end
 * stands beside it.
 */
#include <string.h>

#include "base/id.h"
#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/schedule.h"
#include "engine/tx.h"
#include "store/schedule.h"

enum {
	FREEZE_ID_LEN = 12,
	/* Each occurrence is held against each freeze. */
	FREEZES_LIVE_MAX = 100
};

struct freeze_args {
	const struct freeze *request;
	const struct reason_request *end;
	const char *id, *principal;
	struct freeze_row row;
};

static const char *event_data(const struct freeze *f, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(16 << 10);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "created_by", f->created_by);
	jw_ktime(&w, "from", f->from);
	jw_key(&w, "jobs");
	jw_array(&w);
	for (int job = 0; job < JOBS; job++)
		if (f->job_mask & 1u << job)
			jw_string(&w, names_of(&job_names, job));
	jw_end(&w);
	jw_ktime(&w, "to", f->to);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static void answer(struct command *c, int status, const struct freeze *f)
{
	struct body body;

	body_set_text(&body, freeze_render(f, c->arena));
	command_answer(c, status,
		status == 201 ? arena_printf(c->arena, "/v1/freezes/%s", f->id) : NULL, &body);
}

static int submit_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct freeze_args *x = c->args;
	int64_t now = engine_now(e);
	struct freeze *list;
	size_t n;

	command_check_begin(c);
	x->row.freeze = *x->request;
	freeze_check(&x->row.freeze, now, c->faults);
	command_principal(c, x->request->created_by, "/created_by", c->faults, &x->principal);
	if (command_check_end(c, err) < 0)
		return -1;
	if (freezes_since(reader, now, c->arena, &list, &n, err) < 0)
		return -1;
	if (n >= FREEZES_LIVE_MAX)
		return err_set(err, ERR_STATE_CONFLICT,
			"%zu freezes hold or are to come, which is the limit: end some, or write a "
			"deny into the policy",
			n);
	return 0;
}

static int submit_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct freeze_args *x = c->args;
	struct freeze *f = &x->row.freeze;
	char id[FREEZE_ID_LEN + 1];

	id_random(id, FREEZE_ID_LEN);
	f->id = arena_strdup(tx->arena, id);
	f->created_by = x->principal;
	f->created_at = tx->now;
	f->ended_by = NULL;
	if (freeze_insert(tx->db, &x->row, err) < 0 ||
		tx_event(tx, EVENT_FREEZE_CREATED, f->id, f->reason, event_data(f, tx->arena), NULL,
			err) < 0)
		return -1;
	tx->engine->schedule_stale = true;
	answer(c, 201, f);
	return 0;
}

static int end_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct freeze_args *x = c->args;
	struct freeze *f = &x->row.freeze;
	int rc = freeze_find(tx->db, x->id, tx->arena, &x->row, err);
	char at[TIME_STRLEN];

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "there is no freeze %s", x->id);
	if (f->ended_by)
		return err_set(err, ERR_STATE_CONFLICT, "freeze %s was ended already, by %s", f->id,
			f->ended_by);
	if (f->to <= tx->now)
		return err_set(err, ERR_STATE_CONFLICT, "freeze %s was over at %s", f->id,
			time_format(f->to, at));
	f->ended_by = c->actor;
	f->to = tx->now > f->from ? tx->now : f->from;
	if (freeze_end_insert(tx->db, x->row.seq, tx->now, c->actor,
		    x->end->reason ? x->end->reason : "", err) < 0 ||
		tx_event(tx, EVENT_FREEZE_ENDED, f->id, x->end->reason, event_data(f, tx->arena),
			NULL, err) < 0)
		return -1;
	tx->engine->schedule_stale = true;
	answer(c, 200, f);
	return 0;
}

int freeze_submit(struct engine *e, struct command *c, const struct freeze *f, struct err *err)
{
	static const struct command_kind kind = {
		.name = "freeze_submit",
		.prepare = submit_prepare,
		.apply = submit_apply,
	};
	struct freeze_args *x = ARENA_NEW(c->arena, struct freeze_args);

	x->request = f;
	c->kind = &kind;
	c->args = x;
	return command_submit(e, c, err);
}

int freeze_end(struct engine *e, struct command *c, const char *id, const struct reason_request *r,
	struct err *err)
{
	static const struct command_kind kind = {.name = "freeze_end", .apply = end_apply};
	struct freeze_args *x = ARENA_NEW(c->arena, struct freeze_args);

	x->id = id;
	x->end = r;
	c->kind = &kind;
	c->args = x;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
