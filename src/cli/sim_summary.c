/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts what happened in a history.
 */
#include <string.h>

#include "base/text.h"
#include "cli/sim_report.h"
#include "db/db.h"
#include "model/phase.h"

static bool is_type(const struct sim_event *e, const char *type)
{
	return !strcmp(e->type, type);
}

/* ---- Candidates ---- */

static int count_gate(struct db *db, const struct sim_history *h, const struct sim_event *e,
	int64_t *by, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct judgement j;
	int rc = e->data->judgement ? sim_judgement_load(db, h, e->data->judgement, a, &j, err) : 0;

	for (size_t i = 0; rc > 0 && i < j.gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j.gates, struct gate_result, i);
		if (g->verdict != VERDICT_PASS) {
			by[g->gate]++;
			break;
		}
	}
	return rc < 0 ? -1 : 0;
}

/* The verdict that came with the submission; later ones are by the engine. */
static int count_candidate(struct db *db, const struct sim_history *h, const struct sim_event *e,
	struct sim_summary *s, struct err *err)
{
	if (text_starts(e->actor, "controller:engine") || !e->data->judgement)
		return 0;
	s->passed += is_type(e, "candidate.passed");
	s->waiting += is_type(e, "candidate.pending");
	if (is_type(e, "candidate.failed")) {
		s->failed++;
		return count_gate(db, h, e, s->failed_by, err);
	}
	if (is_type(e, "candidate.inconclusive")) {
		s->undecided++;
		return count_gate(db, h, e, s->undecided_by, err);
	}
	return 0;
}

/* ---- Jobs ---- */

static void count_runs(const struct sim_history *h, int64_t start, struct sim_summary *s)
{
	for (size_t i = 0; i < h->n_runs; i++) {
		const struct job_run *r = &h->runs[i];
		bool promote = r->job == JOB_PROMOTE;

		if (r->due < start)
			continue;
		s->runs += r->started_at > 0;
		s->missed += r->outcome == JOB_MISSED;
		s->suppressed += r->outcome == JOB_SUPPRESSED;
		s->failed_runs += r->outcome == JOB_FAILED;
		s->merges_none += r->job == JOB_MERGE && r->outcome == JOB_NOTHING;
		s->windows += promote && r->scheduled_for;
		s->windows_held += promote && r->outcome == JOB_SUPPRESSED;
		s->windows_missed += promote && r->outcome == JOB_MISSED;
	}
}

/* ---- How old what is live is ---- */

/* When the version was promoted, from before `i`. */
static int64_t promoted_at(const struct sim_history *h, const char *version, size_t i)
{
	while (i-- > 0)
		if (is_type(&h->events[i], "promotion.succeeded") &&
			!strcmp(h->events[i].subject, version))
			return h->events[i].at;
	return 0;
}

/* Each day's end is looked at; events that a clock set back put out of order count in the order of
 * the history. */
static void count_days(
	const struct sim_history *h, int64_t start, int64_t end, struct sim_summary *s)
{
	int64_t live_from = 0, stretch = 0;
	size_t i = 0;

	for (int64_t day = start + SIM_DAY; day <= end; day += SIM_DAY) {
		for (; i < h->n_events && h->events[i].at < day; i++) {
			const struct sim_event *e = &h->events[i];
			if (is_type(e, "promotion.succeeded"))
				live_from = e->at;
			else if (is_type(e, "rollback.completed") && e->data->to)
				live_from = promoted_at(h, e->data->to, i);
		}
		s->days++;
		if (live_from && day - live_from <= s->period + SIM_DAY) {
			stretch = 0;
			continue;
		}
		s->stale_days++;
		stretch++;
		s->longest_stale = stretch > s->longest_stale ? stretch : s->longest_stale;
	}
}

static int find_period(const struct sim_history *h, struct sim_summary *s, struct err *err)
{
	const struct sim_policy *p = h->n_policies ? &h->policies[h->n_policies - 1] : NULL;
	struct cadence_plan plan;

	s->period = SIM_WEEK;
	if (!p)
		return 0;
	if (cadence_plan(p->policy.cadence, NULL, 0, h->arena, &plan, err) < 0)
		return -1;
	if (plan.schedule[JOB_PROMOTE])
		s->period = schedule_period(plan.schedule[JOB_PROMOTE]);
	return 0;
}

static int sim_summarise(struct db *db, const struct sim_history *h, int64_t start, int64_t end,
	struct sim_summary *ret, struct err *err)
{
	struct sim_summary s = {0};

	for (size_t i = 0; i < h->n_events; i++) {
		const struct sim_event *e = &h->events[i];

		if (e->at < start)
			continue;
		if (text_starts(e->type, "candidate.") && count_candidate(db, h, e, &s, err) < 0)
			return -1;
		s.manifests += is_type(e, "manifest.submitted");
		s.refused += is_type(e, "manifest.refused") || is_type(e, "manifest.conflicted");
		s.merges += is_type(e, "merge.created");
		s.breaches += is_type(e, "slo.breached");
		s.impossible += is_type(e, "rollback.impossible");
		if (is_type(e, "promotion.succeeded")) {
			s.promotions++;
			s.overridden += e->data->override == 1;
		}
		if (is_type(e, "rollback.completed")) {
			s.rollbacks++;
			s.rollbacks_by_hand += !text_starts(e->actor, "controller:");
		}
	}
	count_runs(h, start, &s);
	if (find_period(h, &s, err) < 0)
		return -1;
	count_days(h, start, end, &s);
	*ret = s;
	return 0;
}

static void db_closep(struct db **db)
{
	db_close(*db);
}

int sim_history_read(const char *path, int64_t start, int64_t end, struct arena *a,
	struct sim_history *ret, struct sim_summary *ret_summary, struct err *err)
{
	__attribute__((cleanup(db_closep))) struct db *db = NULL;

	/* A reader needs the files that only the writer makes. */
	if (db_open(path, DB_READ_WRITE, &db, err) < 0 || sim_history_load(db, a, ret, err) < 0)
		return -1;
	return sim_summarise(db, ret, start, end, ret_summary, err);
}
