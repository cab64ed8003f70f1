/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds snapshots and hands them out.
 */
#include "engine/snapshot.h"

#include <string.h>

#include "base/log.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "store/policy.h"
#include "store/suite.h"

struct snapshot *snapshot_get(struct engine *e)
{
	struct snapshot *s;

	LOCK_SCOPE(&e->snapshot_lock);
	s = e->snapshot;
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void snapshot_put(struct snapshot *s)
{
	if (s && atomic_fetch_sub(&s->refs, 1) == 1)
		arena_free(s->arena);
}

static int load_policy(struct db *db, struct snapshot *s, struct err *err)
{
	struct faults faults;
	struct policy_row row;
	int rc = policy_newest(db, s->arena, &row, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the registry holds no policy");
	faults_init(&faults);
	if (policy_parse(row.body, strlen(row.body), s->arena, &s->policy, &s->policy_text, &faults,
		    err) < 0)
		return faults.n ? err_set(err, ERR_STORAGE, "stored policy %lld: %s: %s",
					  (long long)row.version, faults.list[0].pointer,
					  faults.list[0].detail)
				: -1;
	s->policy.version = row.version;
	return 0;
}

static int load_baselines(struct db *db, struct snapshot *s, struct err *err)
{
	struct unit_row *units;
	size_t n;

	if (release_units(db, s->channel.version, s->arena, &units, &n, err) < 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		int i = slot_index(&s->policy, units[k].slot);
		struct unit *u = ARENA_NEW(s->arena, struct unit);
		struct artifact_row row;

		if (i < 0)
			continue; /* the policy has no such slot any more */
		if (artifact_by_seq(db, units[k].artifact_seq, s->arena, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "a unit of release %s is missing",
				s->channel.version);
		if (unit_load(&row, s->arena, u, err) < 0)
			return -1;
		s->baselines[i] = u;
		s->baseline_ids[i] = row.id;
		s->baseline_seqs[i] = row.seq;
	}
	return 0;
}

static int load_channel(struct db *db, struct snapshot *s, struct err *err)
{
	struct channel_row row;
	int rc = channel_find(db, CHANNEL_STABLE, s->arena, &row, err);

	if (rc <= 0)
		return rc;
	s->channel_body = row.body;
	if (fields_load_text(&channel_table, row.body.text, s->arena, &s->channel, err) < 0)
		return -1;
	rc = release_body(db, s->channel.version, s->arena, &s->release_body, err);
	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the active release is missing");
	s->has_release = true;
	return fields_load_text(&release_table, s->release_body.text, s->arena, &s->release, err);
}

static int load_suite(struct db *db, struct snapshot *s, struct err *err)
{
	struct suite_row row;
	int rc = suite_current(db, s->arena, &row, err);

	if (rc <= 0)
		return rc;
	s->has_suite = true;
	s->suite_body = row.body;
	s->suite_serial = row.serial;
	return suite_load(&row, s->arena, &s->suite, err);
}

int snapshot_renew(struct engine *e, struct err *err)
{
	struct arena *a = arena_new();
	struct snapshot *s = ARENA_NEW(a, struct snapshot), *old;
	int rc;

	s->arena = a;
	atomic_init(&s->refs, 1);
	s->generation = ++e->generation;
	rc = load_policy(e->db, s, err);
	if (rc == 0) {
		s->baselines = ARENA_ARRAY(a, s->policy.slots.n, const struct unit *);
		s->baseline_ids = ARENA_ARRAY(a, s->policy.slots.n, const char *);
		s->baseline_seqs = ARENA_ARRAY(a, s->policy.slots.n, int64_t);
		rc = load_channel(e->db, s, err);
	}
	if (rc == 0 && s->has_release)
		rc = load_baselines(e->db, s, err);
	if (rc == 0)
		rc = load_suite(e->db, s, err);
	if (rc < 0) {
		snapshot_put(s);
		return -1;
	}
	lock_take(&e->snapshot_lock);
	old = e->snapshot;
	e->snapshot = s;
	lock_give(&e->snapshot_lock);
	if (old && s->has_release &&
		(!old->has_release || old->channel.serial != s->channel.serial))
		log_info("channel.moved", LOG_STR("version", s->channel.version),
			LOG_INT("serial", s->channel.serial));
	snapshot_put(old);
	return 0;
}
