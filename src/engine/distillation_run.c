/* SPDX-License-Identifier: Apache-2.0
 *
 * Has a distillation that fell due run by its provider: started once, however often it is asked for;
 * followed to its end, also when it had to be stopped; and what comes of it awaited as a candidate. It
 * is Running until that came or nobody waits any longer. A provider is asked on its connector's thread
 * alone. Where it all stands is in the registry, so that a restart goes on.
 */
#include <string.h>

#include "base/duration.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/schedule.h"
#include "engine/source_run.h"
#include "model/phase.h"
#include "store/distillation.h"

/* PENDING: how long it may take until it is started; AWAIT: until its candidate comes. */
enum { LOOK_S = 60, OPEN_MAX = 64, CALL_S = 60, PENDING_DAYS = 7, AWAIT_DAYS = 3, DATA_MAX = 8192 };
enum { RUN_S = 86400, STOP_S = 86400, VALUE_MAX = 1024 };
#define DAY (INT64_C(86400) * USEC_PER_SEC)

/* ---- What is written down ---- */

struct change {
	struct distillation d;
	int was; /* enum phase */
	const char *reason_was;
	bool told;
	enum event_type type; /* when told */
	bool lost;	      /* it is another one by now: nothing was written */
};

static const char *event_data(const struct distillation *d, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	if (d->candidate)
		jw_kstring(&w, "candidate", d->candidate);
	if (d->reason)
		jw_kstring(&w, "detail", d->reason);
	jw_kint(&w, "id", d->id);
	if (d->job)
		jw_kstring(&w, "job", d->job);
	jw_kstring(&w, "provider", d->provider);
	jw_end(&w);
	return json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : "{}";
}

static int change_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct change *x = c->args;
	int rc = distillation_update(tx->db, &x->d, x->was, err);

	x->lost = rc == 0;
	if (rc <= 0 || !x->told)
		return rc < 0 ? -1 : 0;
	/* What came of it lies there now, and not only by tomorrow's ingest. */
	if (x->type == EVENT_DISTILLATION_SUCCEEDED &&
		source_ask_put(tx->db, x->d.provider, "", tx->arena, err) < 0)
		return -1;
	return tx_event(tx, x->type, x->d.release, NULL, event_data(&x->d, tx->arena), NULL, err);
}

static int write_down(struct engine *e, struct db *reader, const char *actor, struct change *x)
{
	static const struct command_kind kind = {.name = "distillation_run", .apply = change_apply};
	ARENA_AUTO a = arena_new();
	struct command c = {.arena = a, .actor = actor, .kind = &kind, .args = x};

	if (command_run_one(e, reader, &c, NULL) < 0) {
		if (!e->sources->stop)
			log_warn("distillation.not_recorded", LOG_INT("id", x->d.id),
				LOG_ERR(&c.err));
		return -1;
	}
	if (x->lost)
		log_warn("distillation.lost", LOG_INT("id", x->d.id),
			LOG_STR("phase", names_of(&phase_names, x->d.phase)),
			LOG_STR("job", x->d.job ? x->d.job : ""),
			LOG_STR("hint", "it was settled meanwhile, and stays so"));
	return 0;
}

static struct change change_of(const struct distillation *d)
{
	return (struct change){.d = *d, .was = d->phase, .reason_was = d->reason};
}

static void tell(struct change *x, enum event_type type)
{
	x->told = true;
	x->type = type;
}

static void fail(struct change *x, const char *why, int64_t now)
{
	x->d.phase = PHASE_FAILED;
	x->d.reason = why;
	x->d.finished_at = x->d.settled_at = now;
	tell(x, EVENT_DISTILLATION_FAILED);
}

/* ---- What is asked of the provider ---- */

struct plan_model {
	const char *artifact, *adapter, *uri;
};
struct plan {
	struct plan_model *teacher, *student;
};
#define M(name_)                                                                           \
	{                                                                                  \
#name_, FIELD_STRING, offsetof(struct plan_model, name_), FIELD_TAKE_NULL, \
			.max = 2048                                                        \
	}
static const struct field model_fields[] = {M(artifact), M(adapter), M(uri)};
#undef M
static const struct field_table model_part =
	FIELD_TABLE("PlanModel", NULL, struct plan_model, model_fields, .open = true);
static const struct field plan_fields[] = {
	{"teacher", FIELD_OBJECT, offsetof(struct plan, teacher), 0, .table = &model_part},
	{"student", FIELD_OBJECT, offsetof(struct plan, student), 0, .table = &model_part},
};
static const struct field_table plan_part =
	FIELD_TABLE("Plan", NULL, struct plan, plan_fields, .open = true);

static void add(struct work_order *o, struct work_parameter *v, const char *name, const char *value)
{
	if (value && *value && strlen(value) <= VALUE_MAX)
		v[o->n++] = (struct work_parameter){name, value};
}

/* Of the row alone: the same each time. */
static int order_of(
	const struct distillation *d, struct arena *a, struct work_order *ret, struct err *err)
{
	static const struct plan_model nothing;
	struct work_parameter *v = ARENA_ARRAY(a, 10, struct work_parameter);
	struct plan p;

	if (fields_load_text(&plan_part, d->plan, a, &p, err) < 0)
		return -1;
	const struct plan_model *t = p.teacher ? p.teacher : &nothing;
	const struct plan_model *s = p.student ? p.student : &nothing;

	*ret = (struct work_order){.token = d->token, .v = v};
	add(ret, v, "Distillation", d->token);
	add(ret, v, "Release", d->release);
	add(ret, v, "Student", s->artifact);
	add(ret, v, "StudentAdapter", s->adapter);
	add(ret, v, "StudentId", d->student);
	add(ret, v, "StudentUri", s->uri);
	add(ret, v, "Teacher", t->artifact);
	add(ret, v, "TeacherAdapter", t->adapter);
	add(ret, v, "TeacherId", d->teacher);
	add(ret, v, "TeacherUri", t->uri);
	return 0;
}

/* It stays as it is, and says why: not anew for the number of each request. */
static bool stays(struct change *x, const char *why)
{
	bool news = !x->reason_was || !text_alike(x->reason_was, why);

	x->d.reason = why;
	return news;
}

static int64_t time_of(const struct source *s, const struct distillation *d)
{
	if (d->phase == PHASE_PENDING)
		return PENDING_DAYS * DAY;
	return s && s->work_timeout ? s->work_timeout : RUN_S * USEC_PER_SEC;
}

static const char *not_in_time(
	const struct source *s, const struct distillation *d, const char *and, struct arena *a)
{
	char time[DURATION_STRLEN];

	return arena_printf(
		a, "it did not end within %s, and %s", duration_say(time_of(s, d), time), and);
}

/* False: there is nothing to write down. */
static bool start(
	struct source *s, const struct provider_call *call, struct change *x, struct err *err)
{
	struct work_order order;
	const char *job;
	int64_t now;

	if (order_of(&x->d, call->arena, &order, err) < 0 ||
		s->kind->start_job(s->connector, call, &order, &job, err) < 0) {
		if (s->e->sources->stop || err_info(err->code)->retryable || err->code != ERR_IO)
			return !s->e->sources->stop && stays(x, err->msg);
		fail(x, err->msg, engine_now(s->e));
		return true;
	}
	now = engine_now(s->e);
	x->d.phase = PHASE_RUNNING;
	x->d.reason = NULL;
	x->d.job = job;
	x->d.started_at = now;
	tell(x, EVENT_DISTILLATION_STARTED);
	return true;
}

static bool follow(
	struct source *s, const struct provider_call *call, struct change *x, struct err *err)
{
	struct arena *a = call->arena;
	struct work_report report;
	char until[TIME_STRLEN];
	int64_t now;

	if (s->kind->job_state(s->connector, call, x->d.job, &report, err) < 0)
		return !s->e->sources->stop && stays(x, err->msg);
	now = engine_now(s->e);
	if (report.state == WORK_RUNNING) {
		x->d.reason = x->d.stopped_at ? not_in_time(s, &x->d, "is being stopped", a) : NULL;
		return !text_equal(x->reason_was, x->d.reason);
	}
	if (report.state == WORK_FAILED) {
		fail(x,
			x->d.stopped_at
				? not_in_time(s, &x->d,
					  arena_printf(a, "was told to stop: %s",
						  report.detail ? report.detail : "it failed"),
					  a)
				: report.detail,
			now);
		return true;
	}
	/* Also one that was told to stop: it was faster. */
	x->d.finished_at = now;
	x->d.awaited_until = now + AWAIT_DAYS * DAY;
	x->d.reason = arena_printf(a, "its run succeeded; what it made is awaited until %s",
		time_format(x->d.awaited_until, until));
	tell(x, EVENT_DISTILLATION_SUCCEEDED);
	return true;
}

/* How long it is over its time; negative: not yet. */
static int64_t overdue(const struct source *s, const struct distillation *d, int64_t now)
{
	return now - (d->phase == PHASE_PENDING ? d->due_at : d->started_at) - time_of(s, d);
}

static const char *too_late(const struct source *s, const struct distillation *d, struct arena *a)
{
	char time[DURATION_STRLEN];

	return arena_printf(a, "it could not be %s within %s%s%s",
		d->phase == PHASE_PENDING ? "started" : "seen to end",
		duration_say(time_of(s, d), time), d->reason ? ": " : "",
		d->reason ? d->reason : "");
}

/* -1 also when the provider has no way to do it. */
static int stop(struct source *s, const struct provider_call *call, const struct distillation *d,
	struct err *err)
{
	if (!s->kind->stop_job)
		return err_set(err, ERR_CONFIG, "its connector can stop nothing");
	return s->kind->stop_job(
		s->connector, call, d->job, arena_printf(call->arena, "%sstop", d->token), err);
}

/* It runs, and costs, until somebody stops it. As long as that can't be done it is not over; nor is it when
 * the order was taken, for it may succeed before it stops. */
static bool stop_late(
	struct source *s, const struct provider_call *call, struct change *x, int64_t late)
{
	struct arena *a = call->arena;
	struct err err = {0};

	if (stop(s, call, &x->d, &err) == 0) {
		x->d.stopped_at = engine_now(s->e);
		x->d.reason = not_in_time(s, &x->d, "is being stopped", a);
		log_info("distillation.stopping", LOG_INT("id", x->d.id), LOG_STR("job", x->d.job));
		return true;
	}
	if (s->e->sources->stop)
		return false;
	const char *why =
		not_in_time(s, &x->d, arena_printf(a, "could not be stopped: %s", err.msg), a);

	if (s->kind->stop_job && late < PENDING_DAYS * DAY)
		return stays(x, why);
	fail(x, arena_printf(a, "%s; see to it there", why), engine_now(s->e));
	return true;
}

/* It was told to stop, and is followed until it has, but not for ever. */
static bool follow_stopped(
	struct source *s, const struct provider_call *call, struct change *x, bool news)
{
	int64_t now = engine_now(s->e);

	if (now - x->d.stopped_at < STOP_S * USEC_PER_SEC)
		return news;
	fail(x,
		not_in_time(s, &x->d,
			arena_printf(call->arena,
				"was not seen to stop within %d h of being told to; see to it "
				"there",
				STOP_S / 3600),
			call->arena),
		now);
	return true;
}

/* It is not further than it was. */
static bool mind_the_time(
	struct source *s, const struct provider_call *call, struct change *x, bool news)
{
	int64_t now = engine_now(s->e), late = overdue(s, &x->d, now);

	if (x->told || late < 0 || s->e->sources->stop)
		return news;
	if (x->d.stopped_at)
		return follow_stopped(s, call, x, news);
	if (x->d.phase == PHASE_RUNNING)
		return stop_late(s, call, x, late); /* its reason in place of the one before */
	fail(x, too_late(s, &x->d, call->arena), now);
	return true;
}

/* Settled while it was being started: nobody would follow it. */
static void stop_lost(struct source *s, const struct provider_call *call, const struct change *x)
{
	struct err err = {0};

	if (stop(s, call, &x->d, &err) < 0)
		log_error("distillation.runs_on", LOG_INT("id", x->d.id), LOG_STR("job", x->d.job),
			LOG_ERR(&err), LOG_STR("hint", "nobody follows it: stop it there"));
}

static void work_on(struct source *s, struct db *reader, const struct distillation *d)
{
	ARENA_AUTO a = arena_new();
	const struct provider_call call = {
		.clock = s->e->clock,
		.deadline = clock_mono(s->e->clock) + CALL_S * USEC_PER_SEC,
		.stop = &s->e->sources->stop,
		.arena = a,
	};
	struct change x = change_of(d);
	struct err err = {0};
	bool news = (d->phase == PHASE_PENDING ? start : follow)(s, &call, &x, &err);

	if (!mind_the_time(s, &call, &x, news))
		return;
	if (write_down(s->e, reader, s->actor, &x) < 0)
		return;
	if (x.lost) {
		if (x.told && x.type == EVENT_DISTILLATION_STARTED)
			stop_lost(s, &call, &x);
		return;
	}
	if (x.told)
		log_info("distillation.run", LOG_INT("id", d->id),
			LOG_STR("phase", names_of(&phase_names, x.d.phase)),
			LOG_STR("job", x.d.job ? x.d.job : ""));
	if (x.told && x.type == EVENT_DISTILLATION_SUCCEEDED) {
		s->asked = true;
		schedule_wake(s->e);
	}
}

static bool is_for(const struct distillation *d, const struct source *s)
{
	return (d->phase == PHASE_PENDING || d->phase == PHASE_RUNNING) && !d->finished_at &&
	       strcmp(d->provider, s->provider) == 0;
}

void source_work(struct source *s, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct distillation *v;
	size_t n;

	if (distillation_open(reader, OPEN_MAX, a, &v, &n, &s->report.err) < 0) {
		log_warn("distillation.failed", LOG_ERR(&s->report.err));
		return;
	}
	for (size_t i = 0; i < n && !s->e->sources->stop; i++)
		if (is_for(&v[i], s))
			work_on(s, reader, &v[i]);
}

/* ---- When ---- */

const struct source *source_that_works(const struct source_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].works)
			return &set->v[i];
	return NULL;
}

static struct source *source_for(struct source_set *set, const struct distillation *d)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].works && is_for(d, &set->v[i]))
			return &set->v[i];
	return NULL;
}

static int await(struct engine *e, struct db *reader, const struct distillation *d, struct arena *a,
	struct err *err)
{
	struct change x = change_of(d);
	int64_t now = engine_now(e);
	const struct distilled *made;
	struct distilled *v;
	size_t n;

	if (distillation_derived(reader, d, a, &v, &n, err) < 0)
		return -1;
	made = distillation_output(d, v, n);
	if (!made && now < d->awaited_until)
		return 0;
	x.d.settled_at = now;
	x.d.phase = made ? PHASE_SUCCEEDED : PHASE_FAILED;
	x.d.candidate = made ? made->id : NULL;
	x.d.reason = made ? NULL
			  : arena_printf(a,
				    "its run succeeded, but no artifact of %s that is derived from "
				    "%s, and names the run or is of the "
				    "student's family, has come within %d days",
				    d->provider,
				    d->teacher ? d->teacher : "the teacher, which is no unit,",
				    (int)AWAIT_DAYS);
	tell(&x, made ? EVENT_DISTILLATION_DELIVERED : EVENT_DISTILLATION_MISSED);
	write_down(e, reader, "controller:distillation", &x);
	return 0;
}

/* Too late to be started, or to end, and no connector is left that could look. */
static void give_up(
	struct engine *e, struct db *reader, const struct distillation *d, struct arena *a)
{
	struct change x = change_of(d);
	int64_t now = engine_now(e);

	if (overdue(NULL, d, now) < 0)
		return;
	fail(&x, too_late(NULL, d, a), now);
	write_down(e, reader, "controller:distillation", &x);
}

static int look(struct engine *e, struct db *reader, struct arena *a, struct err *err)
{
	struct distillation *v;
	size_t n;

	if (distillation_open(reader, OPEN_MAX, a, &v, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct source *s = source_for(e->sources, &v[i]);

		if (v[i].finished_at) {
			if (await(e, reader, &v[i], a, err) < 0)
				return -1;
		} else if (!s) {
			give_up(e, reader, &v[i], a);
		} else if (s->state == SOURCE_IDLE) {
			/* Its thread alone decides what becomes of it: whether it is being started
			 * just now nobody else knows. */
			source_start(s, SOURCE_WORK);
		}
	}
	return 0;
}

void distillations_watch(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct err err = {0};

	sources_tidy(e);
	e->sources->next_work = clock_mono(e->clock) + LOOK_S * USEC_PER_SEC;
	if (look(e, reader, a, &err) < 0)
		log_warn("distillation.failed", LOG_ERR(&err));
}
