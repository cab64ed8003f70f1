/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/schedule and /v1/freezes: the calendar as it stands, what is to come, runs by hand.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/schedule.h"
#include "policy/ics.h"
#include "policy/preview.h"
#include "store/schedule.h"

enum { FEED_MAX = 64 << 20, ICS_PAST_DAYS = 7 };

#define DAY (INT64_C(86400) * USEC_PER_SEC)

static int64_t now_of(const struct request *r)
{
	return clock_now(engine_clock(request_engine(r)));
}

int handle_schedule(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	struct schedule_view v;

	if (schedule_view_make(request_reader(r), &s->policy, now_of(r), r->arena, &v, err) < 0)
		return -1;
	return reply_document(r, &schedule_view_table, &v, err);
}

/* Names in the entries are the snapshot's. */
static int preview(struct request *r, const struct snapshot *s, int64_t from, int64_t to,
	struct schedule_preview *ret, struct err *err)
{
	struct cadence_plan plan;

	if (schedule_plan(request_reader(r), &s->policy, now_of(r), r->arena, &plan, err) < 0)
		return -1;
	schedule_preview_make(&plan, from, to, r->arena, ret);
	return 0;
}

int handle_schedule_preview(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	int64_t now = now_of(r), days;
	struct schedule_preview p;

	if (params_int(&r->params, "days", 1, PREVIEW_DAYS_MAX, PREVIEW_DAYS, &days, err) < 0 ||
		preview(r, s, now, now + days * DAY, &p, err) < 0)
		return -1;
	return reply_document(r, &schedule_preview_table, &p, err);
}

int handle_schedule_ics(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	/* From midnight to midnight, so that a day's feeds are the same bytes. */
	int64_t today = now_of(r) / DAY * DAY;
	STRBUF_AUTO out = STRBUF_INIT(FEED_MAX);
	struct schedule_preview p;

	if (preview(r, s, today - ICS_PAST_DAYS * DAY, today + ICS_DAYS * DAY, &p, err) < 0)
		return -1;
	schedule_preview_ics(&p, today, r->arena, &out);
	if (out.overflow)
		return err_set(err, ERR_INTERNAL, "the feed is too large");
	return reply_text(r, 200, "text/calendar; charset=utf-8",
		arena_strndup(r->arena, out.buf, out.len), out.len);
}

/* ---- Runs ---- */

/* enum job, or -1. */
static int job_of(const struct request *r, struct err *err)
{
	int job = names_find(&job_names, r->bindings[0]);

	return job >= 0 ? job
			: err_set(err, ERR_NOT_FOUND,
				  "there is no job %s: ingest, merge and promote there are",
				  r->bindings[0]);
}

int handle_job_run(struct request *r, struct err *err)
{
	const struct run_request *body = r->object;
	struct err refused = {0};
	struct command *c;
	int job = job_of(r, err);

	if (job < 0 || (job == JOB_PROMOTE && auth_authorize(r, "promote", err) < 0))
		return -1;
	c = request_command(r, body->dry_run == 1);
	return request_submitted(
		r, schedule_run(request_engine(r), c, (enum job)job, body, &refused), &refused);
}

int handle_job_runs(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	int job = job_of(r, err);

	if (job < 0 || listing_begin(r, &l, err) < 0 ||
		job_run_list(request_reader(r), (enum job)job, l.after, l.limit, r->arena, &page,
			err) < 0)
		return -1;
	return listing_reply(r, &l, "runs", &page);
}

static int64_t number_of(const char *s)
{
	int64_t n = 0;

	for (; *s >= '0' && *s <= '9' && n < INT64_MAX / 100; s++)
		n = n * 10 + (*s - '0');
	return *s ? -1 : n;
}

int handle_job_run_one(struct request *r, struct err *err)
{
	struct job_run run;
	int job = job_of(r, err);

	if (job < 0)
		return -1;
	int rc = job_run_find(request_reader(r), number_of(r->bindings[1]), r->arena, &run, err);
	if (rc < 0)
		return -1;
	if (rc == 0 || run.job != job)
		return err_set(
			err, ERR_NOT_FOUND, "%s has no run %s", r->bindings[0], r->bindings[1]);
	return reply_document(r, &job_run_table, &run, err);
}

/* ---- Freezes ---- */

int handle_freezes(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;

	if (listing_begin(r, &l, err) < 0 ||
		freeze_list(request_reader(r), l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "freezes", &page);
}

int handle_freeze(struct request *r, struct err *err)
{
	struct freeze_row row;
	int rc = freeze_find(request_reader(r), r->bindings[0], r->arena, &row, err);

	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND, "there is no freeze %s",
					r->bindings[0]);
	return reply_document(r, &freeze_table, &row.freeze, err);
}

int handle_freeze_submit(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, freeze_submit(request_engine(r), c, r->object, &refused), &refused);
}

int handle_freeze_end(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);

	return request_submitted(
		r, freeze_end(request_engine(r), c, r->bindings[0], body, &refused), &refused);
}
