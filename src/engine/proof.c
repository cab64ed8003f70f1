/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a way back is proven, by what nodes say and what connectors see. What nobody has looked at
 * yet is not proven, as soon as there is somebody who could have looked.
 */
#include <string.h>

#include "engine/internal.h"
#include "engine/node.h"
#include "engine/source.h"
#include "store/artifact.h"
#include "store/node.h"
#include "store/release.h"
#include "store/watch.h"

enum { WARM_MAX = 64 };

#define LIVE_USEC (NODE_LIVE_S * USEC_PER_SEC)

/* *ret_seen: is there a connector that could see any of the units, *ret_missing: what it does not
 * see, or has not looked for; NULL: all are there. */
static int units_reachable(struct engine *e, struct db *db, const char *version, int64_t now,
	struct arena *a, bool *ret_seen, const char **ret_missing, struct err *err)
{
	struct artifact_place_of *places;
	struct artifact_reachability r;
	struct unit_row *units;
	size_t n;

	if (release_units(db, version, a, &units, &n, err) < 0)
		return -1;
	places = ARENA_ARRAY(a, n + 1, struct artifact_place_of);
	for (size_t i = 0; i < n; i++) {
		struct artifact_row row;

		if (artifact_by_seq(db, units[i].artifact_seq, a, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "a unit of %s is missing", version);
		places[i] = (struct artifact_place_of){row.provider, row.id, row.seq};
	}
	if (artifacts_reachable(e, db, places, n, now, a, &r, err) < 0)
		return -1;
	*ret_seen = n > 0 && r.reach != REACH_UNKNOWN;
	*ret_missing = *ret_seen && r.reach != REACH_REACHABLE ? r.detail : NULL;
	return 0;
}

struct proving {
	const char *release;
	int64_t known, live, ready;
	bool seen;
	const char *missing; /* what could not be reached, NULL: nothing */
};

static int prove(struct engine *e, struct db *db, int64_t now, struct arena *a, struct proving *p,
	struct err *err)
{
	if (node_ready(db, now - LIVE_USEC, p->release, &p->live, &p->ready, err) < 0)
		return -1;
	return units_reachable(e, db, p->release, now, a, &p->seen, &p->missing, err) < 0 ? -1 : 0;
}

static bool is_proven(const struct proving *p)
{
	return !p->missing && (p->known == 0 || (p->live > 0 && p->ready == p->live));
}

static const char *proof_detail(const struct proving *p, bool proven, struct arena *a)
{
	if (p->missing)
		return arena_printf(a, "%s is no proven way back: %s", p->release, p->missing);
	if (p->known && !p->live)
		return arena_printf(a,
			"%lld nodes are known and none was heard of within %d s: nobody can say "
			"that %s is ready",
			(long long)p->known, NODE_LIVE_S, p->release);
	if (!proven)
		return arena_printf(a, "%lld of %lld live nodes have %s loaded and ready",
			(long long)p->ready, (long long)p->live, p->release);
	if (!p->known)
		return arena_printf(
			a, "the artifacts of %s can be reached; no node reports", p->release);
	return arena_printf(a, "%s is ready on %s%lld live nodes%s", p->release,
		p->live > 1 ? "all " : "", (long long)p->live,
		p->seen ? ", and its artifacts can be reached" : "");
}

/* What a rollback could go to after a promotion, in order: the one that is active now, then those that
 * are warm. */
static int candidates(struct db *db, const struct snapshot *s, struct arena *a, struct strings *ret,
	struct err *err)
{
	struct activation_row activation;
	struct release_row *warm;
	struct watch_row row;
	size_t n;

	if (release_in_state(db, "warm", WARM_MAX, a, &warm, &n, err) < 0)
		return -1;
	if (activation_begun(db, s->channel.serial, a, &activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "the present activation is missing");
	if (watch_load(db, activation.serial, a, &row, err) < 0)
		return -1;
	*ret = (struct strings){ARENA_ARRAY(a, n + 1, const char *), 0};
	if (!row.quarantined)
		ret->v[ret->n++] = s->channel.version;
	for (size_t i = 0; i < n; i++)
		ret->v[ret->n++] = warm[i].version;
	return 0;
}

int warm_proof(struct engine *e, struct db *db, const struct snapshot *s, int64_t now,
	struct arena *a, struct warm_proof *ret, struct err *err)
{
	struct warm_proof first = {.verdict = WARM_NOT_CONFIGURED,
		.detail = "no node reports and no connector sees the artifacts"};
	struct strings list = {0};
	int64_t known = 0;
	bool any = false;

	if (!s->has_release) {
		first.detail = "there is no release to go back to yet";
		*ret = first;
		return 0;
	}
	if (candidates(db, s, a, &list, err) < 0 || node_count(db, &known, err) < 0)
		return -1;
	if (known && list.n == 0)
		first = (struct warm_proof){.verdict = WARM_UNPROVEN,
			.detail = "what is active is quarantined and nothing is warm"};
	for (size_t i = 0; i < list.n; i++) {
		struct proving p = {.release = list.v[i], .known = known};
		bool proven;

		if (prove(e, db, now, a, &p, err) < 0)
			return -1;
		if (!known && !p.seen)
			continue;
		proven = is_proven(&p);
		if (proven || !any)
			first = (struct warm_proof){proven ? WARM_PROVEN : WARM_UNPROVEN, p.release,
				p.live, p.ready, proof_detail(&p, proven, a)};
		any = true;
		if (proven)
			break;
	}
	*ret = first;
	return 0;
}
