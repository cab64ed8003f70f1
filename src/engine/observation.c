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

static int check_one(
	struct engine *e, struct db *db, struct command *c, size_t index, struct err *err)
{
	struct observing *x = c->args;
	const struct observation *o = LIST_AT(&x->in->observations, struct observation, index);
	struct activation_row activation;
	int rc;

	if (o->t_end > engine_now(e) + OBSERVATION_FUTURE_S * USEC_PER_SEC)
		fault_at(c, index, "t_end",
			arena_printf(c->arena,
				"lies more than %d s in the future; check the node's clock",
				OBSERVATION_FUTURE_S));
	rc = find_activation(db, c, o, index, &activation, err);
	if (rc <= 0)
		return rc;
	x->serials[index] = o->t_end > activation.at ? activation.serial : LATE;
	return check_live(db, c, o, index, &activation, err);
}

static int observing_prepare(
	struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct observing *x = c->args;
	size_t n = x->in->observations.n;

	if (c->prepared->has_release && slo_sync(e, reader, c->prepared, err) < 0)
		return -1;
	c->faults = ARENA_NEW(c->arena, struct faults);
	faults_init(c->faults);
	x->serials = ARENA_ARRAY(c->arena, n, int64_t);
	x->live = ARENA_ARRAY(c->arena, n, const struct observation *);
	for (size_t i = 0; i < n; i++)
		if (check_one(e, reader, c, i, err) < 0)
			return -1;
	if (c->faults->n)
		return err_set_at(err, ERR_INVALID_BODY, c->faults->list[0].pointer, "%s",
			c->faults->list[0].detail);
	c->faults = NULL;
	return 0;
}

/* Counted once: neither again, nor in part by another window of the node. */
static int take_one(
	struct tx *tx, struct observing *x, size_t index, struct receipt *r, struct err *err)
{
	const struct observation *o = LIST_AT(&x->in->observations, struct observation, index);
	int64_t serial = x->serials[index];
	int rc;

	if (serial == LATE) {
		r->late++;
		return 0;
	}
	rc = observation_overlaps(tx->db, serial, o, err);
	if (rc == 0) {
		r->accepted++;
		if (serial == tx->engine->watch.serial)
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

int observations_submit(
	struct engine *e, struct command *c, const struct observations *o, struct err *err)
{
	struct observing *x = ARENA_NEW(c->arena, struct observing);

	x->in = o;
	c->kind = &observing_kind;
	c->args = x;
	c->dry_run = c->dry_run || o->dry_run == 1;
	return command_submit(e, c, err);
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
