/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds a history against the promises: what was promoted when and on which verdicts, what became
 * active, where rollbacks went, what jobs did. It follows the order of the history, not the clock,
 * which may have been set back; the clock only says whether a window was open. Calendar rules are
 * policy/schedule.h's; everything else is worked out here.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/sim_history.h"
#include "model/phase.h"

enum { VIOLATIONS_MAX = 100 };

struct known {
	const char *version;
	enum { STATE_LEFT, STATE_ACTIVE, STATE_BREACHED } state;
	bool promoted;
};

struct check {
	const struct sim_history *h;
	struct arena *arena;
	struct sim_verdict *out;
	struct known *known;
	size_t n_known;
	int64_t serial;
	int64_t held_until; /* promotions, after an automatic rollback */
	const struct sim_policy *policy;
};

static void __attribute__((format(printf, 3, 4)))
violation(struct check *c, int64_t seq, const char *fmt, ...)
{
	STRBUF_AUTO sb = STRBUF_INIT(500);
	va_list ap;

	if (c->out->n >= VIOLATIONS_MAX)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	c->out->v[c->out->n++] =
		(struct sim_violation){seq, arena_strndup(c->arena, sb.buf, sb.len)};
}

static struct known *known_of(struct check *c, const char *version)
{
	for (size_t i = 0; i < c->n_known; i++)
		if (!strcmp(c->known[i].version, version))
			return &c->known[i];
	c->known[c->n_known] = (struct known){.version = version};
	return &c->known[c->n_known++];
}

/* ---- Windows and denies ---- */

static bool event_before(
	const struct sim_history *h, const char *type, const char *subject, int64_t seq)
{
	for (size_t i = 0; i < h->n_events && h->events[i].seq < seq; i++)
		if (!strcmp(h->events[i].type, type) && !strcmp(h->events[i].subject, subject))
			return true;
	return false;
}

static bool holds_promotions(const struct strings *jobs)
{
	for (size_t i = 0; i < jobs->n; i++)
		if (!strcmp(jobs->v[i], "promote"))
			return true;
	return jobs->n == 0;
}

/* The freeze that held at `e`, or NULL: made before it, not lifted before it. */
static const struct freeze *freeze_at(const struct check *c, const struct sim_event *e)
{
	for (size_t i = 0; i < c->h->n_freezes; i++) {
		const struct freeze *f = &c->h->freezes[i];

		if (holds_promotions(&f->jobs) && f->from <= e->at && e->at < f->to &&
			event_before(c->h, "freeze.created", f->id, e->seq) &&
			!event_before(c->h, "freeze.ended", f->id, e->seq))
			return f;
	}
	return NULL;
}

static bool in_period(const struct schedule *s, int64_t length, int64_t at)
{
	int64_t start = schedule_previous(s, at);

	return start && at < start + length;
}

static int check_window(struct check *c, const struct sim_event *e, struct err *err)
{
	const struct freeze *f = freeze_at(c, e);
	struct cadence_plan plan;

	if (!c->policy)
		return err_set(err, ERR_STORAGE, "a promotion comes before the first policy");
	if (cadence_plan(c->policy->policy.cadence, NULL, 0, c->arena, &plan, err) < 0)
		return -1;
	if (f)
		violation(c, e->seq, "%s was promoted while freeze %s held", e->subject, f->id);
	for (size_t i = 0; i < plan.n_denies; i++) {
		const struct deny *d = &plan.denies[i];
		if (d->schedule && (d->job_mask & 1U << JOB_PROMOTE) &&
			in_period(d->schedule, d->length, e->at))
			violation(c, e->seq, "%s was promoted while the deny %s held", e->subject,
				d->name);
	}
	if (plan.schedule[JOB_PROMOTE] &&
		!in_period(plan.schedule[JOB_PROMOTE], plan.window, e->at))
		violation(c, e->seq, "%s was promoted outside the window", e->subject);
	return 0;
}

/* ---- Gates ---- */

static void check_gates(struct check *c, const struct sim_event *e)
{
	const struct sim_release *r = NULL;

	for (size_t i = 0; i < c->h->n_releases; i++)
		if (!strcmp(c->h->releases[i].version, e->subject))
			r = &c->h->releases[i];
	if (!r) {
		violation(c, e->seq, "there is no release %s", e->subject);
		return;
	}
	if (r->merge_gate)
		violation(c, e->seq, "%s was promoted and its merge had not passed %s", e->subject,
			r->merge_gate);
	for (size_t i = 0; i < r->n_units; i++) {
		const struct sim_unit *u = &r->units[i];

		if (!u->fresh)
			continue;
		if (!u->judged)
			violation(c, e->seq, "%s was promoted with %s, which no verdict stands for",
				e->subject, u->id);
		else if (u->phase != PHASE_SUCCEEDED || u->gate)
			violation(c, e->seq, "%s was promoted with %s, which had not passed %s",
				e->subject, u->id, u->gate ? u->gate : "its gates");
	}
}

/* ---- What is active ---- */

static void check_state(struct check *c, const struct sim_event *e)
{
	struct known *k = known_of(c, e->subject);
	const char *what = e->type + strlen("release.");

	if (!strcmp(what, "activated")) {
		for (size_t i = 0; i < c->n_known; i++) {
			if (c->known[i].state != STATE_ACTIVE)
				continue;
			violation(c, e->seq, "%s became active while %s was", e->subject,
				c->known[i].version);
			c->known[i].state = STATE_LEFT; /* told once */
		}
		if (k->state == STATE_BREACHED)
			violation(c, e->seq, "%s became active and is breached", e->subject);
		k->state = STATE_ACTIVE;
	} else if (!strcmp(what, "breached")) {
		k->state = STATE_BREACHED;
	} else if (k->state != STATE_BREACHED || !strcmp(what, "unquarantined")) {
		k->state = STATE_LEFT;
	}
}

static void check_serial(struct check *c, const struct sim_event *e)
{
	if (e->data->serial != c->serial + 1)
		violation(c, e->seq, "the channel went from serial %lld to %lld",
			(long long)c->serial, (long long)e->data->serial);
	c->serial = e->data->serial;
}

static int check_promotion(struct check *c, const struct sim_event *e, struct err *err)
{
	struct known *k = known_of(c, e->subject);
	bool overridden = e->data->override == 1;

	c->out->promotions++;
	c->out->overridden += overridden;
	if (k->promoted)
		violation(c, e->seq, "%s was promoted twice", e->subject);
	k->promoted = true;
	if (overridden && text_starts(e->actor, "controller:"))
		violation(c, e->seq, "%s promoted %s by override", e->actor, e->subject);
	if (e->at < c->held_until)
		violation(c, e->seq, "%s was promoted while an automatic rollback held promotions",
			e->subject);
	check_serial(c, e);
	check_gates(c, e);
	return overridden ? 0 : check_window(c, e, err);
}

/* The target was found free of blame when it became active, which check_state() sees to. */
static void check_rollback(struct check *c, const struct sim_event *e)
{
	c->out->rollbacks++;
	if (e->data->cause && !strcmp(e->data->cause, "slo") && c->policy)
		c->held_until = e->at + c->policy->policy.rollback->rules.holdoff_s * USEC_PER_SEC;
	check_serial(c, e);
	if (e->data->from && e->data->to && !strcmp(e->data->from, e->data->to))
		violation(c, e->seq, "%s was rolled back to itself", e->data->from);
	if (e->data->to && known_of(c, e->data->to)->state != STATE_ACTIVE)
		violation(c, e->seq, "the rollback to %s did not make it active", e->data->to);
}

/* ---- Rollbacks wait for no window ---- */

/* A breach is answered when it is found: by a rollback, by the word that none is possible, or by one
 * that says what holds it, which is never a window. */
static void check_answered(struct check *c, size_t i)
{
	const struct sim_event *breach = &c->h->events[i];
	const struct sim_policy *p = c->policy;

	if (p && !p->policy.rollback->rules.automatic)
		return;
	for (size_t k = i + 1; k < c->h->n_events; k++) {
		const struct sim_event *e = &c->h->events[k];

		if (text_starts(e->type, "rollback.") && e->at == breach->at)
			return;
		if (e->at != breach->at)
			break;
	}
	violation(c, breach->seq, "the breach of %s was not answered at once", breach->subject);
}

static void check_hold(struct check *c, const struct sim_event *e)
{
	static const char *const reasons[] = {
		"manual", "max_rollbacks", "cooldown", "exhausted", "safe_mode"};
	const char *given = e->data->blocked ? e->data->blocked : "nothing";

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(given, reasons[i]))
			return;
	violation(c, e->seq, "a rollback of %s waits for %s", e->subject, given);
}

/* ---- Jobs ---- */

static void check_run(struct check *c, size_t i)
{
	const struct sim_history *h = c->h;
	const struct job_run *r = &h->runs[i];
	const char *job = names_of(&job_names, r->job);
	char at[TIME_STRLEN];

	c->out->runs++;
	for (size_t k = 0; k < i; k++) {
		const struct job_run *o = &h->runs[k];

		if (o->job != r->job)
			continue;
		if (r->scheduled_for && o->scheduled_for == r->scheduled_for)
			violation(c, 0, "%s has two runs for %s", job,
				time_format(r->scheduled_for, at));
		if (r->result && o->result && r->outcome == JOB_DONE && o->outcome == JOB_DONE &&
			!strcmp(r->result, o->result))
			violation(c, 0, "two runs of %s say that they made %s", job, r->result);
	}
}

/* What the schedule did is what its runs say, no more and no less. */
static void check_effects(struct check *c, enum job job, const char *type)
{
	int64_t done = 0, seen = 0;

	for (size_t i = 0; i < c->h->n_runs; i++)
		done += c->h->runs[i].job == (int)job && c->h->runs[i].outcome == JOB_DONE &&
			!strcmp(c->h->runs[i].actor, "controller:schedule");
	for (size_t i = 0; i < c->h->n_events; i++)
		seen += !strcmp(c->h->events[i].type, type) &&
			!strcmp(c->h->events[i].actor, "controller:schedule");
	if (done != seen)
		violation(c, 0, "%s: %lld runs did something and the schedule did %lld times",
			names_of(&job_names, (int)job), (long long)done, (long long)seen);
}

static void check_finished_once(struct check *c)
{
	for (size_t i = 0; i < c->h->n_events; i++) {
		const struct sim_event *e = &c->h->events[i];

		if (strcmp(e->type, "job.finished") != 0 || e->data->run < 0)
			continue;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(c->h->events[k].type, e->type) &&
				c->h->events[k].data->run == e->data->run)
				violation(c, e->seq, "run %lld of %s finished twice",
					(long long)e->data->run, e->subject);
	}
}

/* ---- All of it ---- */

static int check_event(struct check *c, size_t i, struct err *err)
{
	const struct sim_event *e = &c->h->events[i];

	for (size_t k = 0; k < c->h->n_policies; k++)
		if (c->h->policies[k].event_seq == e->seq)
			c->policy = &c->h->policies[k];
	if (text_starts(e->type, "release."))
		check_state(c, e);
	else if (!strcmp(e->type, "promotion.succeeded"))
		return check_promotion(c, e, err);
	else if (!strcmp(e->type, "rollback.completed"))
		check_rollback(c, e);
	else if (!strcmp(e->type, "channel.refreshed"))
		check_serial(c, e);
	else if (!strcmp(e->type, "slo.breached"))
		check_answered(c, i);
	else if (!strcmp(e->type, "rollback.held"))
		check_hold(c, e);
	else if (!strcmp(e->type, "slo.acknowledged"))
		c->held_until = 0;
	return 0;
}

int sim_check(
	const struct sim_history *h, struct arena *a, struct sim_verdict *ret, struct err *err)
{
	struct sim_verdict out = {.v = ARENA_ARRAY(a, VIOLATIONS_MAX, struct sim_violation)};
	struct check c = {
		.h = h,
		.arena = a,
		.out = &out,
		.known = ARENA_ARRAY(a, 2 * h->n_events + 1, struct known),
	};

	if (h->bad_link)
		violation(&c, h->bad_link, "the chain of the history does not hold");
	for (size_t i = 0; i < h->n_events; i++)
		if (check_event(&c, i, err) < 0)
			return -1;
	for (size_t i = 0; i < h->n_runs; i++)
		check_run(&c, i);
	check_effects(&c, JOB_MERGE, "merge.created");
	check_effects(&c, JOB_PROMOTE, "promotion.succeeded");
	check_finished_once(&c);
	*ret = out;
	return 0;
}
