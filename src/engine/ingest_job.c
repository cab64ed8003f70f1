/* SPDX-License-Identifier: Apache-2.0
 *
 * The job that pulls: begins a task for each source, looks whether they are over, and says what came
 * of them. One that does not come back in time is left behind, and the rest counts.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/scheduler.h"
#include "engine/source_run.h"
#include "model/phase.h"

/* Beyond its own timeout: a connector heeds that one, unless the system holds it. */
enum { PATIENCE_S = 30, AGAIN_S = 60, DETAIL_MAX = 64 * 1024 };

struct pull {
	bool begun, over;
	int64_t since; /* monotonic: waits to begin, or to end */
	struct source_report report;
};

struct ingest_run {
	bool opened;
	int64_t again;	    /* monotonic: deliveries are not opened before */
	struct pull *pulls; /* one for each source */
};

static void give_up(struct engine *e, struct source *s, struct pull *p)
{
	if (clock_mono(e->clock) < p->since + s->timeout + PATIENCE_S * USEC_PER_SEC)
		return;
	p->over = true;
	s->abandoned = p->begun || s->abandoned;
	err_set(&p->report.err, ERR_UNAVAILABLE, "%s",
		p->begun ? "the connector does not come back"
			 : "the connector is still busy with what it began before");
}

/* By hand: whoever asks for it wants to see what is refused now. */
static void pull_step(struct engine *e, struct source *s, struct pull *p, bool by_hand)
{
	if (p->over)
		return;
	if (!p->begun) {
		sources_tidy(e);
		if (s->state == SOURCE_IDLE)
			s->thorough = by_hand;
		p->begun = source_start(s, SOURCE_INGEST);
		p->since = p->begun || !p->since ? clock_mono(e->clock) : p->since;
	}
	if (p->begun)
		p->over = source_finished(s, &p->report);
	if (!p->over)
		give_up(e, s, p);
}

/* ---- What is said of it ---- */

static const char *sentence(const struct source *s, const struct source_report *r, struct arena *a)
{
	const char *out = r->fresh ? arena_printf(a, "%zu new", r->fresh) : "nothing new";

	if (r->err.code != ERR_NONE)
		out = r->fresh ? arena_printf(a, "%s, then: %s", out, r->err.msg) : r->err.msg;
	if (r->refused)
		out = arena_printf(a, "%s, %zu refused", out, r->refused);
	if (r->conflicts)
		out = arena_printf(a, "%s, %zu in conflict", out, r->conflicts);
	if (r->failed)
		out = arena_printf(a, "%s, %zu could not be read", out, r->failed);
	if (r->left)
		out = arena_printf(a, "%s, %zu still being written", out, r->left);
	return arena_printf(a, "%s: %s", s->provider, out);
}

static void emit(struct json_writer *w, const struct source *s, const struct source_report *r)
{
	const struct {
		const char *name;
		size_t n;
	} counts[] = {
		{"listed", r->listed},
		{"unchanged", r->unchanged},
		{"new", r->fresh},
		{"known", r->known},
		{"refused", r->refused},
		{"conflicts", r->conflicts},
		{"failed", r->failed},
		{"left", r->left},
	};

	jw_object(w);
	jw_kstring(w, "provider", s->provider);
	jw_kstring(w, "connector", s->kind->name);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		jw_kint(w, counts[i].name, (int64_t)counts[i].n);
	if (r->err.code != ERR_NONE) {
		jw_kstring(w, "code", err_info(r->err.code)->code);
		jw_kstring(w, "error", r->err.msg);
	}
	jw_end(w);
}

static const char *record(
	const struct source_set *set, const struct ingest_run *run, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DETAIL_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_key(&w, "providers");
	jw_array(&w);
	for (size_t i = 0; i < set->n; i++)
		emit(&w, &set->v[i], &run->pulls[i].report);
	jw_end(&w);
	jw_end(&w);
	return json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : NULL;
}

static enum job_step finish(
	const struct source_set *set, const struct ingest_run *run, struct job_work *w)
{
	const char *said = "";
	size_t fresh = 0, failed = 0;

	for (size_t i = 0; i < set->n; i++) {
		const struct source_report *r = &run->pulls[i].report;

		fresh += r->fresh;
		failed += r->err.code != ERR_NONE;
		said = arena_printf(w->arena, "%s%s%s", said, *said ? "; " : "",
			sentence(&set->v[i], r, w->arena));
	}
	bool lost = failed == set->n && fresh == 0;

	w->detail = record(set, run, w->arena);
	w->outcome = lost ? JOB_FAILED : fresh ? JOB_DONE : JOB_NOTHING;
	w->phase = failed ? PHASE_ERROR : PHASE_SUCCEEDED;
	w->decided = fresh ? said : NULL;
	w->reason = fresh ? NULL : said;
	return JOB_OVER;
}

static enum job_step no_source(struct job_work *w)
{
	w->phase = PHASE_SUCCEEDED;
	w->outcome = JOB_NOTHING;
	w->reason = "no connector is configured: pipelines POST their manifests";
	return JOB_OVER;
}

/* ---- The kind ---- */

static enum job_step fail(struct job_work *w, const struct err *err)
{
	w->phase = PHASE_ERROR;
	w->outcome = JOB_FAILED;
	w->reason = arena_strdup(w->arena, err->msg);
	return JOB_OVER;
}

/* JOB_GOES_ON: look at `opened`. */
static enum job_step open_deliveries(struct engine *e, struct ingest_run *run, struct job_work *w)
{
	struct err err = {0};

	if (clock_mono(e->clock) < run->again)
		return JOB_GOES_ON;
	run->opened = !w->run->scheduled_for || deliveries_open(e, w->run->id, &err) == 0;
	if (!run->opened && !job_may_try_again(e, w, &err))
		return fail(w, &err);
	if (!run->opened && !text_equal(w->reason, err.msg))
		w->reason = arena_strdup(w->arena, err.msg);
	run->again = clock_mono(e->clock) + AGAIN_S * USEC_PER_SEC;
	return JOB_GOES_ON;
}

static enum job_step ingest_step(struct engine *e, struct db *reader, struct job_work *w)
{
	struct source_set *set = e->sources;
	struct ingest_run *run = w->state;
	bool over = true;

	if (!run) {
		w->state = run = ARENA_NEW(w->arena, struct ingest_run);
		run->pulls = ARENA_ARRAY(w->arena, set->n, struct pull);
	}
	if (!run->opened && open_deliveries(e, run, w) == JOB_OVER)
		return JOB_OVER;
	if (!run->opened)
		return JOB_GOES_ON;
	if (set->n == 0)
		return no_source(w);
	for (size_t i = 0; i < set->n; i++) {
		pull_step(e, &set->v[i], &run->pulls[i], w->run->scheduled_for == 0);
		over = over && run->pulls[i].over;
	}
	return over ? finish(set, run, w) : JOB_GOES_ON;
}

static int ingest_foresee(struct engine *e, struct db *reader, struct job_work *w, struct err *err)
{
	const struct source_set *set = e->sources;
	const char *names = "";

	if (set->n == 0) {
		no_source(w);
		return 0;
	}
	for (size_t i = 0; i < set->n; i++)
		names = arena_printf(w->arena, "%s%s%s (%s)", names, *names ? ", " : "",
			set->v[i].provider, set->v[i].kind->name);
	w->outcome = JOB_DONE;
	w->decided = arena_printf(w->arena, "would ask %s", names);
	return 0;
}

const struct job_kind ingest_job = {.step = ingest_step, .foresee = ingest_foresee};
