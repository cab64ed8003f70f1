/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the past out of a registry: the history from its first entry to its last, and what it points
 * to. It decides nothing.
 */
#include "cli/sim_history.h"

#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "model/gate.h"
#include "store/artifact.h"
#include "store/event.h"
#include "store/merge.h"
#include "store/policy.h"
#include "store/release.h"
#include "store/schedule.h"

#define D(name_, type_)                                                                         \
	{                                                                                       \
#name_, type_, offsetof(struct sim_event_data, name_), .min = 0, .max = 1 << 20 \
	}
static const struct field data_fields[] = {
	D(merge, FIELD_STRING),
	D(from, FIELD_STRING),
	D(to, FIELD_STRING),
	D(cause, FIELD_STRING),
	D(blocked, FIELD_STRING),
	D(judgement, FIELD_STRING),
	D(serial, FIELD_INT),
	D(run, FIELD_INT),
	D(override, FIELD_BOOL),
};
#undef D
static const struct field_table data_table =
	FIELD_TABLE("EventData", NULL, struct sim_event_data, data_fields, .open = true);

#define E(name_, type_, ...)                                                                \
	{                                                                                   \
#name_, type_, offsetof(struct sim_event, name_), 0, .min = 0, .max = 9e15, \
								     __VA_ARGS__            \
	}
static const struct field event_fields[] = {
	E(seq, FIELD_INT),
	E(at, FIELD_TIME),
	E(type, FIELD_STRING),
	E(subject, FIELD_STRING),
	E(actor, FIELD_STRING),
	E(reason, FIELD_STRING),
	E(data, FIELD_OBJECT, .table = &data_table),
};
#undef E
static const struct field_table event_table =
	FIELD_TABLE("HistoryEntry", NULL, struct sim_event, event_fields, .open = true);

/* ---- Lists, which come newest first in pages ---- */

typedef int (*page_fn)(struct db *db, const void *arg, int64_t after, struct arena *a,
	struct page *ret, struct err *err);

static void grow(struct arena *a, const char ***v, size_t n, size_t *room)
{
	const char **wider;

	if (n < *room)
		return;
	wider = ARENA_ARRAY(a, 2 * n + PAGE_MAX, const char *);
	if (n)
		memcpy(wider, *v, n * sizeof(*wider));
	*v = wider;
	*room = 2 * n + PAGE_MAX;
}

/* All bodies, newest first. */
static int all_bodies(struct db *db, page_fn fn, const void *arg, struct arena *a,
	const char ***ret, size_t *ret_n, struct err *err)
{
	struct page page = {0};
	const char **v = NULL;
	size_t n = 0, room = 0;

	do {
		if (fn(db, arg, page.next, a, &page, err) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++) {
			grow(a, &v, n, &room);
			v[n++] = page.bodies[i];
		}
	} while (page.next);
	*ret = v;
	*ret_n = n;
	return 0;
}

static int event_page(struct db *db, const void *arg, int64_t after, struct arena *a,
	struct page *ret, struct err *err)
{
	return event_list(db, NULL, NULL, after, PAGE_MAX, a, ret, err);
}

static int run_page(struct db *db, const void *arg, int64_t after, struct arena *a,
	struct page *ret, struct err *err)
{
	return job_run_list(db, *(const enum job *)arg, after, PAGE_MAX, a, ret, err);
}

static int freeze_page(struct db *db, const void *arg, int64_t after, struct arena *a,
	struct page *ret, struct err *err)
{
	return freeze_list(db, after, PAGE_MAX, a, ret, err);
}

static int load_events(struct db *db, struct sim_history *h, struct err *err)
{
	const char **bodies;
	size_t n;

	if (all_bodies(db, event_page, NULL, h->arena, &bodies, &n, err) < 0)
		return -1;
	h->events = ARENA_ARRAY(h->arena, n + 1, struct sim_event);
	for (size_t i = 0; i < n; i++) {
		struct sim_event *e = &h->events[i];

		if (fields_load_text(&event_table, bodies[n - 1 - i], h->arena, e, err) < 0)
			return -1;
		if (!e->data) {
			e->data = ARENA_NEW(h->arena, struct sim_event_data);
			fields_init(&data_table, e->data);
		}
	}
	h->n_events = n;
	return 0;
}

static int load_runs(struct db *db, struct sim_history *h, struct err *err)
{
	const char **bodies[JOBS];
	size_t n[JOBS], total = 0;

	for (enum job job = 0; job < JOBS; job++) {
		if (all_bodies(db, run_page, &job, h->arena, &bodies[job], &n[job], err) < 0)
			return -1;
		total += n[job];
	}
	h->runs = ARENA_ARRAY(h->arena, total + 1, struct job_run);
	for (enum job job = 0; job < JOBS; job++)
		for (size_t i = n[job]; i-- > 0;)
			if (fields_load_text(&job_run_table, bodies[job][i], h->arena,
				    &h->runs[h->n_runs++], err) < 0)
				return -1;
	return 0;
}

static int load_freezes(struct db *db, struct sim_history *h, struct err *err)
{
	const char **bodies;
	size_t n;

	if (all_bodies(db, freeze_page, NULL, h->arena, &bodies, &n, err) < 0)
		return -1;
	h->freezes = ARENA_ARRAY(h->arena, n + 1, struct freeze);
	for (size_t i = n; i-- > 0;)
		if (fields_load_text(&freeze_table, bodies[i], h->arena,
			    &h->freezes[h->n_freezes++], err) < 0)
			return -1;
	return 0;
}

/* ---- What the history points to ---- */

static size_t count_type(const struct sim_history *h, const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_events; i++)
		n += !strcmp(h->events[i].type, type);
	return n;
}

static int load_policy(
	struct db *db, const struct sim_event *e, struct sim_history *h, struct err *err)
{
	struct sim_policy *p = &h->policies[h->n_policies];
	const char *number = strchr(e->subject, '/'), *ignored;
	struct policy_row row;
	struct faults faults;

	faults_init(&faults);
	p->event_seq = e->seq;
	if (!number ||
		policy_by_version(db, strtoll(number + 1, NULL, 10), h->arena, &row, err) <= 0)
		return err_set(err, ERR_STORAGE, "%s is missing", e->subject);
	if (policy_parse(row.body, strlen(row.body), h->arena, &p->policy, &ignored, &faults, err) <
		0)
		return err_set(err, ERR_STORAGE, "%s can't be read", e->subject);
	h->n_policies++;
	return 0;
}

static const char *gate_not_passed(const struct list *gates)
{
	for (size_t i = 0; i < gates->n; i++) {
		const struct gate_result *g = LIST_AT(gates, struct gate_result, i);
		if (g->verdict != VERDICT_PASS)
			return names_of(&gate_names, g->gate);
	}
	return NULL;
}

static int by_digest(const void *a, const void *b)
{
	return strcmp(((const struct sim_judgement *)a)->digest,
		((const struct sim_judgement *)b)->digest);
}

/* The store finds a judgement by its digest only by walking all of them. */
static int index_judgements(struct db *db, struct sim_history *h, struct err *err)
{
	struct judgement_row *rows;
	int64_t after = 0;
	size_t n, room = 0;

	do {
		if (judgement_page(db, after, PAGE_MAX, h->arena, &rows, &n, err) < 0)
			return -1;
		if (h->n_judgements + n > room) {
			room = 2 * (room + PAGE_MAX);
			struct sim_judgement *wider =
				ARENA_ARRAY(h->arena, room, struct sim_judgement);
			if (h->n_judgements)
				memcpy(wider, h->judgements, h->n_judgements * sizeof(*wider));
			h->judgements = wider;
		}
		for (size_t i = 0; i < n; i++) {
			after = rows[i].seq;
			h->judgements[h->n_judgements++] =
				(struct sim_judgement){rows[i].digest, rows[i].seq};
		}
	} while (n == PAGE_MAX);
	if (h->n_judgements)
		qsort(h->judgements, h->n_judgements, sizeof(*h->judgements), by_digest);
	return 0;
}

int sim_judgement_load(struct db *db, const struct sim_history *h, const char *digest,
	struct arena *a, struct judgement *ret, struct err *err)
{
	const struct sim_judgement key = {.digest = digest}, *at;
	struct judgement_row row;
	int rc;

	at = h->n_judgements ? bsearch(&key, h->judgements, h->n_judgements, sizeof(key), by_digest)
			     : NULL;
	if (!at)
		return 0;
	rc = judgement_find(db, at->seq, a, &row, err);
	if (rc <= 0)
		return rc;
	return fields_load_text(&judgement_table, row.body, a, ret, err) < 0 ? -1 : 1;
}

static int load_judgement(struct db *db, const struct decision *d, struct sim_history *h,
	struct sim_unit *u, struct err *err)
{
	struct judgement j;
	int rc = sim_judgement_load(db, h, d->judgement, h->arena, &j, err);

	u->judged = rc > 0;
	if (rc <= 0)
		return rc;
	u->phase = (enum phase)j.phase;
	u->waived = d->waivers.n > 0;
	u->gate = gate_not_passed(&j.gates);
	return 0;
}

static int load_release(
	struct db *db, const struct sim_event *e, struct sim_history *h, struct err *err)
{
	struct sim_release *r = &h->releases[h->n_releases];
	struct release_row row;
	struct merge_row merge;
	struct release release;
	struct merge content;

	if (release_find(db, e->subject, h->arena, &row, err) <= 0 ||
		merge_find(db, row.merge_version, h->arena, &merge, err) <= 0)
		return err_set(err, ERR_STORAGE, "release %s is missing", e->subject);
	if (fields_load_text(&release_table, row.body, h->arena, &release, err) < 0 ||
		fields_load_text(&merge_table, merge.content, h->arena, &content, err) < 0)
		return -1;
	*r = (struct sim_release){
		.version = release.version,
		.merge = release.merge,
		.units = ARENA_ARRAY(h->arena, release.slots.n, struct sim_unit),
		.n_units = release.slots.n,
		.merge_gate = gate_not_passed(&content.gates),
	};
	for (size_t i = 0; i < release.slots.n; i++) {
		const struct fused_unit *f = LIST_AT(&release.slots, struct fused_unit, i);

		r->units[i] =
			(struct sim_unit){.slot = f->name, .id = f->id, .fresh = f->fresh == 1};
		for (size_t k = 0; k < release.decisions.n; k++) {
			const struct decision *d = LIST_AT(&release.decisions, struct decision, k);
			if (!strcmp(d->slot, f->name) && !strcmp(d->id, f->id) && d->judgement &&
				load_judgement(db, d, h, &r->units[i], err) < 0)
				return -1;
		}
	}
	h->n_releases++;
	return 0;
}

int sim_history_load(struct db *db, struct arena *a, struct sim_history *ret, struct err *err)
{
	struct sim_history h = {.arena = a};

	if (event_verify(db, &h.bad_link, err) < 0 || load_events(db, &h, err) < 0 ||
		index_judgements(db, &h, err) < 0 || load_runs(db, &h, err) < 0 ||
		load_freezes(db, &h, err) < 0)
		return -1;
	h.policies = ARENA_ARRAY(a, count_type(&h, "policy.changed") + 1, struct sim_policy);
	h.releases = ARENA_ARRAY(a, count_type(&h, "promotion.succeeded") + 1, struct sim_release);
	for (size_t i = 0; i < h.n_events; i++) {
		const struct sim_event *e = &h.events[i];

		if (!strcmp(e->type, "policy.changed") && load_policy(db, e, &h, err) < 0)
			return -1;
		if (!strcmp(e->type, "promotion.succeeded") && load_release(db, e, &h, err) < 0)
			return -1;
	}
	*ret = h;
	return 0;
}

static void db_closep(struct db **db)
{
	db_close(*db);
}

int sim_registry_end(const char *path, struct arena *a, int64_t *ret_at, const char **ret_policy,
	struct err *err)
{
	__attribute__((cleanup(db_closep))) struct db *db = NULL;
	struct policy_row policy;
	struct sim_event e = {0};
	struct page page;

	if (db_open(path, DB_READ_WRITE, &db, err) < 0 ||
		event_list(db, NULL, NULL, 0, 1, a, &page, err) < 0)
		return -1;
	if (page.n && fields_load_text(&event_table, page.bodies[0], a, &e, err) < 0)
		return -1;
	if (policy_newest(db, a, &policy, err) <= 0)
		return err_set(err, ERR_STORAGE, "%s holds no policy", path);
	*ret_at = e.at;
	*ret_policy = policy.body;
	return 0;
}
