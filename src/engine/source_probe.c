/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the artifacts of the open merge can be reached: looked for by the connectors' threads, now
 * and then, and kept for those who ask. It decides nothing; the checklist does.
 */
#include <string.h>

#include "base/log.h"
#include "engine/render.h"
#include "engine/source_run.h"
#include "store/artifact.h"
#include "store/merge.h"
#include "store/release.h"

/* What was there is looked for again after EVERY_S, what was not after AGAIN_S; what nobody has looked
 * for since STALE_S is not known. */
enum {
	LOOK_S = 30,
	EVERY_S = 900,
	AGAIN_S = 60,
	STALE_S = 2700,
	TIMEOUT_S = 30,
	WISHES_MAX = 64,
	WARM_MAX = 16
};

/* ---- The task ---- */

static int put_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct artifact_probe *p = c->args;

	p->at = tx->now;
	return artifact_probe_put(tx->db, p, err);
}

static void put(struct source *s, struct db *reader, struct artifact_probe *p, struct arena *a)
{
	static const struct command_kind kind = {.name = "artifact_probe", .apply = put_apply};
	struct command c = {.arena = a, .actor = s->actor, .kind = &kind, .args = p};

	if (command_run_one(s->e, reader, &c, NULL) < 0 && !s->e->sources->stop)
		log_warn("probe.not_recorded", LOG_STR("provider", s->provider), LOG_ERR(&c.err));
}

static void probe_one(struct source *s, struct db *reader, const struct probe_wish *wish)
{
	static const enum artifact_reach reach[] = {
		[PROBE_REACHABLE] = REACH_REACHABLE,
		[PROBE_MISSING] = REACH_MISSING,
		[PROBE_UNKNOWN] = REACH_UNKNOWN,
	};
	ARENA_AUTO a = arena_new();
	const struct provider_call call = {
		.clock = s->e->clock,
		.deadline = clock_mono(s->e->clock) + TIMEOUT_S * USEC_PER_SEC,
		.stop = &s->e->sources->stop,
		.arena = a,
	};
	const struct probe_target target = {wish->uri, wish->size};
	struct artifact_probe p = {.artifact_seq = wish->artifact_seq};
	struct probe found;
	struct err err = {0};

	if (s->kind->probe(s->connector, &call, &target, &found, &err) == 0) {
		p.verdict = reach[found.verdict];
		p.detail = found.detail;
	} else {
		p.verdict = REACH_FAILED;
		p.detail = err.msg;
	}
	put(s, reader, &p, a);
}

void source_probe(struct source *s, struct db *reader)
{
	for (size_t i = 0; i < s->n_wishes && !s->e->sources->stop; i++)
		probe_one(s, reader, &s->wishes[i]);
}

/* ---- When ---- */

/* 1: it is to be looked for. */
static int is_wanted(struct db *reader, int64_t seq, int64_t now, struct arena *a, struct err *err)
{
	struct artifact_probe p;
	int rc = artifact_probe_find(reader, seq, a, &p, err);

	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	int64_t wait = p.verdict == REACH_MISSING || p.verdict == REACH_FAILED ? AGAIN_S : EVERY_S;

	return now < p.at || now - p.at >= wait * USEC_PER_SEC;
}

/* Put it on the list of its source, when it has one that is idle. */
static int wish(struct source_set *set, struct db *reader, int64_t seq, int64_t now,
	struct arena *a, struct err *err)
{
	struct artifact_row row;
	struct unit u;
	struct source *s;
	int rc = is_wanted(reader, seq, now, a, err);

	if (rc <= 0)
		return rc;
	rc = artifact_by_seq(reader, seq, a, &row, err);
	if (rc <= 0)
		return rc;
	s = source_find_in(set, row.provider);
	if (!s || !s->probes || s->state != SOURCE_IDLE || s->n_wishes == WISHES_MAX)
		return 0;
	if (!s->arena) {
		s->arena = arena_new();
		s->wishes = ARENA_ARRAY(s->arena, WISHES_MAX, struct probe_wish);
	}
	for (size_t i = 0; i < s->n_wishes; i++)
		if (s->wishes[i].artifact_seq == seq)
			return 0;
	if (unit_load(&row, s->arena, &u, err) < 0)
		return -1;
	s->wishes[s->n_wishes++] =
		(struct probe_wish){seq, u.artifact->uri, u.artifact->size_bytes};
	return 0;
}

static int wish_all(struct engine *e, struct db *reader, const struct unit_row *units, size_t n,
	struct arena *a, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (wish(e->sources, reader, units[i].artifact_seq, engine_now(e), a, err) < 0)
			return -1;
	return 0;
}

/* Those that serve, and those to which a rollback would go. */
static int gather_releases(
	struct engine *e, struct db *reader, const char *state, struct arena *a, struct err *err)
{
	struct release_row *rows;
	size_t n;

	if (release_in_state(reader, state, WARM_MAX, a, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct unit_row *units;
		size_t n_units;

		if (release_units(reader, rows[i].version, a, &units, &n_units, err) < 0 ||
			wish_all(e, reader, units, n_units, a, err) < 0)
			return -1;
	}
	return 0;
}

static int gather(struct engine *e, struct db *reader, struct arena *a, struct err *err)
{
	struct merge_row merge;
	struct unit_row *units;
	size_t n;
	int rc = merge_find_open(reader, a, &merge, err);

	if (rc < 0)
		return -1;
	if (rc > 0 && (merge_units(reader, merge.version, a, &units, &n, err) < 0 ||
			      wish_all(e, reader, units, n, a, err) < 0))
		return -1;
	if (gather_releases(e, reader, "active", a, err) < 0)
		return -1;
	return gather_releases(e, reader, "warm", a, err);
}

static void start_all(struct source_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct source *s = &set->v[i];

		if (s->state != SOURCE_IDLE || !s->arena)
			continue;
		if (s->n_wishes && source_start(s, SOURCE_PROBE))
			continue;
		arena_free(s->arena);
		s->arena = NULL;
		s->n_wishes = 0;
	}
}

/* Soon after something happened: it may be a merge. */
static bool is_due(struct engine *e)
{
	struct source_set *set = e->sources;
	int64_t now = clock_mono(e->clock);
	uint64_t events = e->events;

	if (now < set->next_probe - (events != set->events ? LOOK_S - 1 : 0) * USEC_PER_SEC)
		return false;
	set->events = events;
	set->next_probe = now + LOOK_S * USEC_PER_SEC;
	return true;
}

static bool any_probes(const struct source_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].probes)
			return true;
	return false;
}

void probes_watch(struct engine *e, struct db *reader)
{
	struct source_set *set = e->sources;
	ARENA_AUTO a = arena_new();
	struct err err = {0};

	sources_tidy(e);
	if (!any_probes(set) || !is_due(e))
		return;
	if (gather(e, reader, a, &err) < 0)
		log_warn("probe.failed", LOG_ERR(&err));
	start_all(set);
}

/* ---- What others ask ---- */

/* From the best to the worst. */
static int rank(const struct artifact_reachability *r)
{
	return r->reach == REACH_REACHABLE ? 0
	       : r->reach == REACH_UNKNOWN ? 1
	       : r->reach == REACH_FAILED  ? 2
					   : 3;
}

static int reach_of(struct engine *e, struct db *db, const struct artifact_place_of *u, int64_t now,
	struct arena *a, struct artifact_reachability *ret, struct err *err)
{
	const struct source *source = source_find_in(e->sources, u->provider);
	struct artifact_probe p;
	int rc;

	if (!source || !source->probes) {
		*ret = (struct artifact_reachability){REACH_UNKNOWN, 0,
			arena_printf(a, "%s: no connector of %s looks for artifacts", u->id,
				u->provider)};
		return 0;
	}
	rc = artifact_probe_find(db, u->seq, a, &p, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		*ret = (struct artifact_reachability){
			REACH_FAILED, 0, arena_printf(a, "%s: nobody has looked yet", u->id)};
	else if (now - p.at > STALE_S * USEC_PER_SEC)
		*ret = (struct artifact_reachability){REACH_FAILED, p.at,
			arena_printf(a, "%s: nobody has looked for a while", u->id)};
	else
		*ret = (struct artifact_reachability){(enum artifact_reach)p.verdict, p.at,
			arena_printf(a, "%s: %s", u->id, p.detail)};
	return 0;
}

int artifacts_reachable(struct engine *e, struct db *db, const struct artifact_place_of *units,
	size_t n, int64_t now, struct arena *a, struct artifact_reachability *ret, struct err *err)
{
	struct artifact_reachability worst = {REACH_REACHABLE, 0, "all of them are there"};
	int64_t oldest = 0;
	size_t there = 0;

	for (size_t i = 0; i < n; i++) {
		struct artifact_reachability r;

		if (reach_of(e, db, &units[i], now, a, &r, err) < 0)
			return -1;
		there += r.reach == REACH_REACHABLE;
		if (r.at && (!oldest || r.at < oldest))
			oldest = r.at;
		if (rank(&r) > rank(&worst))
			worst = r;
	}
	if (worst.reach == REACH_UNKNOWN && there)
		worst = (struct artifact_reachability){REACH_REACHABLE, 0,
			arena_printf(a, "%zu of %zu are there; %s", there, n, worst.detail)};
	if (worst.reach == REACH_REACHABLE)
		worst.at = oldest;
	*ret = worst;
	return 0;
}
