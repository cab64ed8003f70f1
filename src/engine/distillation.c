/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks once a minute whether a student is to be distilled from its teacher, by what nodes reported,
 * and says so in the history with the plan; at most once in a cooldown. It starts nothing itself.
 */
#include "policy/distillation.h"

#include <math.h>

#include "base/duration.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "store/setting.h"
#include "store/signal.h"

enum { LOOK_S = 60, COOLDOWN_DAYS = 1, KEPT_DAYS = 400 };
#define DAY (INT64_C(86400) * USEC_PER_SEC)

#define SETTING "distillation_at"

struct distilling {
	const struct fusion *fusion;
	const char *release, *plan;
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

static void write_model(
	struct json_writer *w, const char *key, const struct fusion *f, const char *target)
{
	const struct fusion_model *m;
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name) || !(m = fusion_model(f, name)))
		return;
	jw_key(w, key);
	jw_object(w);
	jw_kstring(w, "model", name);
	jw_kstring(w, "artifact", m->artifact);
	jw_kstring(w, "adapter", m->adapter);
	jw_end(w);
}

static const char *plan_text(const struct fusion *f, const double *values, struct arena *a)
{
	const struct fusion_distillation *d = f->distillation;
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	write_model(&w, "teacher", f, d->teacher);
	write_model(&w, "student", f, d->student);
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
	return json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : "{}";
}

static int distilling_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct distilling *d = c->args;

	if (setting_set(tx->db, SETTING, tx->now, err) < 0 ||
		signal_purge(tx->db, tx->now - KEPT_DAYS * DAY, err) < 0)
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
	ret->plan = plan_text(ret->fusion, values, a);
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
	d = (struct distilling){.fusion = s->release.fusion, .release = s->channel.version};
	rc = look(e, reader, &d, a, &err);
	if (rc > 0) {
		struct command c = engine_job(&kind, "controller:distillation", &d, a, NULL);

		rc = engine_commit(e, &c, &err);
	}
	if (rc < 0)
		log_warn("distillation.failed", LOG_ERR(&err));
}
