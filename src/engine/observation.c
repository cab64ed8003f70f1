/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes in windows of counts: checked against the registry (which activation, which time), stored
 * once each, and looked at for breaches right after the commit.
 */
#include "model/observation.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/internal.h"
#include "engine/release.h"
#include "store/observation.h"
#include "store/signal.h"

/* Instead of a serial: it ended before its activation began. A node that was cut off reports such windows
 * among others, and nobody needs them. */
enum { LATE = 0 };

struct receipt {
	int64_t accepted, duplicates, conflicts, late;
};

/* The longest window of an objective has 30 days. A look a day: each minute there would be a row or two,
 * at a transaction each. One bite is small: the registry may be written by others between two. */
enum { KEPT_DAYS = 31, PURGE_PAGE = 500, PURGE_LOOK_S = 86400, PURGE_RETRY_S = 60 };

#define KEPT_USEC (KEPT_DAYS * INT64_C(86400) * USEC_PER_SEC)

struct observing {
	const struct observations *in;
	struct observation *rows;	 /* as they count */
	bool asked;			 /* they are Prometheus' */
	const struct release *release;	 /* the one whose targets were looked at last */
	int64_t *serials;		 /* of the activation that each one speaks of; LATE */
	const struct observation **live; /* those accepted of the activation that is watched */
	size_t n_live;
};

static void fault_at(struct command *c, size_t index, const char *member, const char *detail)
{
	char at[64], pointer[96];

	pointer_index(at, sizeof(at), "/observations", index);
	pointer_join(pointer, sizeof(pointer), at, member);
	fault_add(c->faults, pointer, "%s", detail);
}

/* 1: the activation is known; 0: a fault was added. */
static int find_activation(struct db *db, struct command *c, const struct observation *o,
	size_t index, struct activation_row *ret, struct err *err)
{
	const char *version = version_plain(o->release, false, c->arena);
	int rc = version ? activation_newest_of(db, version, c->arena, ret, err) : 0;

	if (rc < 0)
		return -1;
	if (rc == 0) {
		fault_at(c, index, "release",
			arena_printf(c->arena, "%s was never active", o->release));
		return 0;
	}
	rc = activation_begun(db, o->serial < 0 ? ret->serial : o->serial, c->arena, ret, err);
	if (rc < 0)
		return -1;
	if (rc == 0 || o->serial > ((const struct snapshot *)c->prepared)->channel.serial ||
		strcmp(ret->release_version, version) != 0) {
		fault_at(c, index, "serial",
			arena_printf(c->arena, "serial %lld is no activation of %s",
				(long long)o->serial, version));
		return 0;
	}
	return 1;
}

/* What began after its activation had ended speaks of a release that was not live: the node did not
 * follow the channel, or names the wrong release. */
static int check_live(struct db *db, struct command *c, const struct observation *o, size_t index,
	const struct activation_row *activation, struct err *err)
{
	char at[TIME_STRLEN];
	struct activation_row next;
	int rc = activation_next(db, activation->serial, c->arena, &next, err);

	if (rc > 0 && o->t_start >= next.at)
		fault_at(c, index, "release",
			arena_printf(c->arena,
				"%s is not live: it was left for %s (serial %lld) at %s, and this "
				"window "
				"began after that",
				activation->release_version, next.release_version,
				(long long)next.serial, time_format(next.at, at)));
	return rc < 0 ? -1 : 0;
}

static const struct fusion *fusion_of(
	struct db *db, struct command *c, const char *version, struct err *err)
{
	static const struct fusion none;
	struct observing *x = c->args;
	const struct snapshot *s = c->prepared;
	struct release *r;
	struct body body;

	if (strcmp(s->channel.version, version) == 0)
		return s->release.fusion ? s->release.fusion : &none;
	if (!x->release || strcmp(x->release->version, version) != 0) {
		r = ARENA_NEW(c->arena, struct release);
		if (release_body(db, version, c->arena, &body, err) < 0 ||
			fields_load_text(&release_table, body.text, c->arena, r, err) < 0)
			return NULL;
		x->release = r;
	}
	return x->release->fusion ? x->release->fusion : &none;
}

/* Requests that went where the release sends none were counted for another one, or are made up. */
static int check_targets(struct db *db, struct command *c, const struct observation *o,
	size_t index, const char *version, struct err *err)
{
	const struct fusion *f = o->targets.n ? fusion_of(db, c, version, err) : NULL;
	char list[64], member[96];

	if (!f)
		return o->targets.n ? -1 : 0;
	for (size_t i = 0; i < o->targets.n; i++) {
		const char *target = LIST_AT(&o->targets, struct target_count, i)->target;

		if (fusion_has_target(f, target))
			continue;
		pointer_index(list, sizeof(list), "targets", i);
		pointer_index(member, sizeof(member), "/observations", index);
		fault_add(c->faults, arena_printf(c->arena, "%s/%s/target", member, list),
			"%s has no %s", version, target);
	}
	return 0;
}

/* As it counts: what Prometheus is asked for counts from there alone, not a second time. */
static void take_over(struct engine *e, struct command *c, size_t index)
{
	struct observing *x = c->args;
	struct observation *o = &x->rows[index];

	*o = *LIST_AT(&x->in->observations, struct observation, index);
	if (x->asked || e->asked.n == 0)
		return;
	if (strcmp(o->node, OBSERVATION_ASKED_NODE) == 0)
		fault_at(c, index, "node",
			"is what the counts of Prometheus are kept as; it is asked for them");
	observation_leave_out(o, &e->asked);
}

static int check_one(
	struct engine *e, struct db *db, struct command *c, size_t index, struct err *err)
{
	struct observing *x = c->args;
	const struct observation *o = &x->rows[index];
	struct activation_row activation;
	int rc;

	take_over(e, c, index);

	if (o->t_end > engine_now(e) + OBSERVATION_FUTURE_S * USEC_PER_SEC)
		fault_at(c, index, "t_end",
			arena_printf(c->arena,
				"lies more than %d s in the future; check the node's clock",
				OBSERVATION_FUTURE_S));
	rc = find_activation(db, c, o, index, &activation, err);
	if (rc <= 0)
		return rc;
	x->serials[index] = o->t_end > activation.at ? activation.serial : LATE;
	if (check_targets(db, c, o, index, activation.release_version, err) < 0)
		return -1;
	return check_live(db, c, o, index, &activation, err);
}

static int observing_prepare(
	struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct observing *x = c->args;
	size_t n = x->in->observations.n;

	if (c->prepared->has_release && slo_sync(e, reader, c->prepared, err) < 0)
		return -1;
	command_check_begin(c);
	x->serials = ARENA_ARRAY(c->arena, n, int64_t);
	x->rows = ARENA_ARRAY(c->arena, n, struct observation);
	x->live = ARENA_ARRAY(c->arena, n, const struct observation *);
	for (size_t i = 0; i < n; i++)
		if (check_one(e, reader, c, i, err) < 0)
			return -1;
	return command_check_end(c, err);
}

/* Counted once: neither again, nor in part by another window of the node. */
static int take_one(
	struct tx *tx, struct observing *x, size_t index, struct receipt *r, struct err *err)
{
	const struct observation *o = &x->rows[index];
	bool left_out = tx->engine->asked.n && !observation_counts(o);
	int64_t serial = x->serials[index];
	int rc;

	if (serial == LATE) {
		r->late++;
		return 0;
	}
	rc = observation_overlaps(tx->db, serial, o, err);
	if (rc == 0) {
		r->accepted++;
		/* Of which nothing is left says nothing of the release. */
		if (serial == tx->engine->watch.serial && (x->asked || !left_out))
			x->live[x->n_live++] = o;
		if (observation_insert(tx->db, serial, o, tx->now, err) < 0)
			return -1;
		return signal_add(tx->db, o, err);
	}
	if (rc > 0)
		rc = observation_reported(tx->db, serial, o, err);
	if (rc < 0)
		return -1;
	r->duplicates += rc;
	r->conflicts += !rc;
	return 0;
}

static int observing_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct observing *x = c->args;
	STRBUF_AUTO sb = STRBUF_INIT(64 << 10);
	struct receipt r = {0};
	struct json_writer w;
	struct body body;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	x->n_live = 0;
	for (size_t i = 0; i < x->in->observations.n; i++)
		if (take_one(tx, x, i, &r, err) < 0)
			return -1;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "accepted", r.accepted);
	jw_kint(&w, "duplicates", r.duplicates);
	jw_kint(&w, "conflicts", r.conflicts);
	jw_kint(&w, "late", r.late);
	if (!x->asked && tx->engine->asked.n) {
		jw_key(&w, "left_out");
		jw_array(&w);
		for (size_t i = 0; i < tx->engine->asked.n; i++)
			jw_string(&w, tx->engine->asked.v[i]);
		jw_end(&w);
	}
	jw_key(&w, "breached");
	jw_array(&w);
	slo_foresee(tx->engine, x->live, x->n_live, tx->now, &w);
	jw_end(&w);
	jw_end(&w);
	body_set(&body, arena_strndup(tx->arena, sb.buf, sb.len), sb.len);
	command_answer(c, 202, NULL, &body);
	return 0;
}

/* Before the answer is given, so that who reads the channel next sees the way back. */
static void observing_after(struct engine *e, struct db *reader, struct command *c)
{
	const struct observing *x = c->args;

	if (x->n_live)
		slo_take(e, reader, x->live, x->n_live);
}

static const struct command_kind observing_kind = {
	.name = "observations_submit",
	.prepare = observing_prepare,
	.apply = observing_apply,
	.after = observing_after,
};

static int observations_take(struct engine *e, struct command *c, const struct observations *o,
	bool asked, struct err *err)
{
	struct observing *x = ARENA_NEW(c->arena, struct observing);

	x->in = o;
	x->asked = asked;
	c->kind = &observing_kind;
	c->args = x;
	c->dry_run = c->dry_run || o->dry_run == 1;
	return command_submit(e, c, err);
}

int observations_submit(
	struct engine *e, struct command *c, const struct observations *o, struct err *err)
{
	return observations_take(e, c, o, false, err);
}

int observations_asked(
	struct engine *e, struct command *c, const struct observations *o, struct err *err)
{
	return observations_take(e, c, o, true, err);
}

/* ---- What no objective looks at any more ---- */

static int purge_apply(struct tx *tx, struct command *c, struct err *err)
{
	return observation_purge(tx->db, tx->now - KEPT_USEC, PURGE_PAGE, err);
}

static const struct command_kind purge_kind = {.name = "observations_purge", .apply = purge_apply};

bool observations_thin(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct err err = {0};
	struct command c = engine_job(&purge_kind, "controller:observations", NULL, a, NULL);
	int rc = observation_old(reader, engine_now(e) - KEPT_USEC, &err);

	e->next_thinning = clock_mono(e->clock) + (rc > 0 ? 0 : PURGE_LOOK_S) * USEC_PER_SEC;
	if (rc > 0)
		rc = engine_commit(e, &c, &err) < 0 ? -1 : 1;
	if (rc < 0) {
		e->next_thinning = clock_mono(e->clock) + PURGE_RETRY_S * USEC_PER_SEC;
		log_warn("observations.purge_failed", LOG_ERR(&err));
	}
	return rc > 0;
}
