/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks once a minute whether a student is to be distilled from its teacher, by what nodes reported,
 * and says so in the history with the plan; at most once in a cooldown. It starts nothing itself: the
 * row that it leaves is for distillation_run.c.
 */
#include "policy/distillation.h"

#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/source_run.h"
#include "model/phase.h"
#include "store/distillation.h"
#include "store/setting.h"
#include "store/signal.h"

enum { LOOK_S = 60, COOLDOWN_DAYS = 1, KEPT_DAYS = 400 };
#define DAY (INT64_C(86400) * USEC_PER_SEC)

#define SETTING "distillation_at"

#define NOBODY "no connector runs it: set `pipeline` of a provider with connector = aws"

struct distilling {
	const struct fusion *fusion;
	const struct release *units;
	const char *release, *plan;
	const char *provider; /* that runs it; NULL: none */
	const char *teacher, *student;
};

static int64_t cooldown(const struct fusion_distillation *d)
{
	int64_t usec = COOLDOWN_DAYS * DAY;
	const char *why;

	if (d->cooldown)
		duration_parse(d->cooldown, &usec, &why);
	return usec;
}

static int measure(
	struct db *db, const struct fusion_trigger *t, int64_t now, double *values, struct err *err)
{
	for (size_t i = 0; i < t->signals.n; i++) {
		const struct fusion_signal *s = LIST_AT(&t->signals, struct fusion_signal, i);
		struct signal_sums whole = {0}, target = {0};
		int64_t window = 0;
		const char *why;

		duration_parse(s->window, &window, &why);
		if (signal_sums(db, now - window, "", &whole, err) < 0 ||
			(s->target && signal_sums(db, now - window, s->target, &target, err) < 0))
			return -1;
		values[i] = signal_value(s, &whole, &target);
	}
	return 0;
}

/* The unit of the release that a digest of the block speaks of; NULL: base weights that are none. */
static const struct fused_unit *unit_of(const struct release *r, const char *digest)
{
	for (size_t i = 0; digest && i < r->slots.n; i++) {
		const struct fused_unit *u = LIST_AT(&r->slots, struct fused_unit, i);

		if (text_equal(u->digest, digest) || text_equal(u->content_digest, digest))
			return u;
	}
	return NULL;
}

/* The model's unit; NULL when it is made of none. */
static const struct fused_unit *write_model(
	struct json_writer *w, const char *key, const struct distilling *x, const char *target)
{
	const struct fused_unit *u;
	const struct fusion_model *m;
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name) || !(m = fusion_model(x->fusion, name)))
		return NULL;
	u = unit_of(x->units, m->adapter);
	if (!u)
		u = unit_of(x->units, m->artifact);
	jw_key(w, key);
	jw_object(w);
	jw_kstring(w, "model", name);
	jw_kstring(w, "artifact", m->artifact);
	jw_kstring(w, "adapter", m->adapter);
	if (u) {
		jw_kstring(w, "id", u->id);
		jw_kstring(w, "uri", u->uri);
	}
	jw_end(w);
	return u;
}

/* And what else it says, in *x. */
static void write_plan(struct distilling *x, const double *values, struct arena *a)
{
	const struct fusion_distillation *d = x->fusion->distillation;
	const struct fused_unit *teacher, *student;
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	teacher = write_model(&w, "teacher", x, d->teacher);
	student = write_model(&w, "student", x, d->student);
	x->teacher = teacher ? teacher->id : NULL;
	x->student = student ? student->id : NULL;
	if (x->provider)
		jw_kstring(&w, "provider", x->provider);
	else
		jw_kstring(&w, "note", NOBODY);
	jw_key(&w, "plan");
	fields_emit(&fusion_distillation_table, d, &w);
	jw_key(&w, "measured");
	jw_array(&w);
	for (size_t i = 0; i < d->trigger->signals.n; i++) {
		const struct fusion_signal *s =
			LIST_AT(&d->trigger->signals, struct fusion_signal, i);

		jw_object(&w);
		jw_kstring(&w, "signal", s->signal);
		if (s->target)
			jw_kstring(&w, "target", s->target);
		if (!isnan(values[i]))
			jw_knumber(&w, "value", values[i]);
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
	x->plan = json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : "{}";
}

/* Of the row alone, so that whoever starts it, and however often, says the same. */
static const char *token_of(const struct distilling *d, int64_t now, struct arena *a)
{
	char digest[DIGEST_STRLEN];
	const char *text = arena_printf(a, "%s\n%lld\n%s", d->release, (long long)now, d->plan);

	digest_string(text, strlen(text), digest);
	return arena_printf(a, "spiralfed%s", digest + strlen("sha256:"));
}

static int insert(struct tx *tx, const struct distilling *d, struct err *err)
{
	struct distillation row;

	fields_init(&distillation_table, &row);
	row.release = d->release;
	row.phase = d->provider ? PHASE_PENDING : PHASE_INCONCLUSIVE;
	row.provider = d->provider;
	row.token = token_of(d, tx->now, tx->arena);
	row.reason = d->provider ? NULL : NOBODY;
	row.teacher = d->teacher;
	row.student = d->student;
	row.due_at = tx->now;
	row.settled_at = d->provider ? 0 : tx->now;
	row.plan = d->plan;
	return distillation_insert(tx->db, &row, err);
}

static int distilling_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct distilling *d = c->args;

	if (setting_set(tx->db, SETTING, tx->now, err) < 0 ||
		signal_purge(tx->db, tx->now - KEPT_DAYS * DAY, err) < 0 || insert(tx, d, err) < 0)
		return -1;
	return tx_event(tx, EVENT_DISTILLATION_DUE, d->release, NULL, d->plan, NULL, err);
}

/* 1: due, with its plan; 0; -1. */
static int look(struct engine *e, struct db *reader, struct distilling *ret, struct arena *a,
	struct err *err)
{
	const struct fusion_distillation *d = ret->fusion->distillation;
	int64_t now = engine_now(e), last = 0;
	double *values = ARENA_ARRAY(a, d->trigger->signals.n + 1, double);
	int rc = setting_find(reader, SETTING, &last, err);

	if (rc < 0 || (rc > 0 && now < last + cooldown(d)))
		return rc < 0 ? -1 : 0;
	if (measure(reader, d->trigger, now, values, err) < 0)
		return -1;
	if (!trigger_fires(d->trigger, values))
		return 0;
	write_plan(ret, values, a);
	return 1;
}

void distillation_watch(struct engine *e, struct db *reader)
{
	static const struct command_kind kind = {.name = "distillation", .apply = distilling_apply};
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = NULL;
	struct err err = {0};
	struct distilling d;
	int rc;

	e->next_distillation = clock_mono(e->clock) + LOOK_S * USEC_PER_SEC;
	s = snapshot_get(e);
	if (!s->has_release || !s->release.fusion || !s->release.fusion->distillation)
		return;
	const struct source *worker = source_that_works(e->sources);
	d = (struct distilling){.fusion = s->release.fusion,
		.units = &s->release,
		.release = s->channel.version,
		.provider = worker ? worker->provider : NULL};
	rc = look(e, reader, &d, a, &err);
	if (rc > 0) {
		struct command c = engine_job(&kind, "controller:distillation", &d, a, NULL);

		rc = engine_commit(e, &c, &err);
		e->sources->next_work = 0;
	}
	if (rc < 0)
		log_warn("distillation.failed", LOG_ERR(&err));
}
