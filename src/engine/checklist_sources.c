/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the items come from that are not of the merge itself. One function for each; an item without
 * one, or whose function says nothing, is not configured.
 */
#include <string.h>

#include "engine/checklist.h"
#include "engine/common_contract.h"
#include "engine/node.h"
#include "engine/publisher.h"
#include "engine/render.h"
#include "engine/source.h"
#include "engine/watch.h"
#include "store/artifact.h"

/* Do the units of the set, live ones included, serve one contract? What the gate let pass stands. */
static int look_contract(
	const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	const struct merge_case *m = l->m;
	const struct named_digest **given =
		ARENA_ARRAY(l->arena, m->n_units + 1, const struct named_digest *);
	struct common_contract common;
	bool passed = false;

	for (size_t i = 0; i < m->n_units; i++) {
		struct unit *u = ARENA_NEW(l->arena, struct unit);
		struct artifact_row row;

		if (artifact_by_seq(l->db, m->units[i].artifact_seq, l->arena, &row, err) <= 0)
			return err_set(
				err, ERR_STORAGE, "a unit of merge %s is missing", m->row.version);
		if (unit_load(&row, l->arena, u, err) < 0)
			return -1;
		given[i] = u->contract;
	}
	if (common_contract_find(l->db, given, m->n_units, l->arena, &common, err) < 0)
		return -1;
	for (size_t i = 0; i < m->merge.gates.n; i++) {
		const struct gate_result *g = LIST_AT(&m->merge.gates, struct gate_result, i);

		if (g->gate == GATE_COMPATIBILITY)
			passed = g->verdict == VERDICT_PASS;
	}
	if (strcmp(common.reason, "not_given") == 0)
		return 0;
	*ret = (struct checklist_report){.given = true,
		.verdict = common.verdict == VERDICT_PASS || passed ? CHECK_GO
			   : common.verdict == VERDICT_FAIL	    ? CHECK_NO_GO
								    : CHECK_WAITING,
		.reason = common.reason,
		.detail = common.detail,
		.since = m->row.created_at};
	return 0;
}

/* Is every new unit judged under the suite that is current? */
static int look_suite(const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	const struct canonical_suite *suite = &l->s->suite;

	if (!l->s->has_suite)
		return 0;
	*ret = (struct checklist_report){.given = true,
		.verdict = CHECK_GO,
		.reason = "current",
		.detail = arena_printf(l->arena, "every new unit was judged under %s %s",
			suite->name, suite->version),
		.since = l->m->row.created_at};
	for (size_t i = 0; i < l->m->n_units; i++) {
		struct artifact_row row;
		struct judgement j;

		if (l->m->units[i].kept)
			continue;
		if (artifact_by_seq(l->db, l->m->units[i].artifact_seq, l->arena, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "a unit of merge %s is missing",
				l->m->row.version);
		if (!row.judgement_seq)
			continue;
		if (judgement_load(l->db, &row, l->arena, &j, err) < 0)
			return -1;
		if (j.suite && strcmp(j.suite, suite->digest) == 0)
			continue;
		ret->verdict = CHECK_WAITING;
		ret->reason = "other_suite";
		ret->detail = arena_printf(l->arena, "%s was judged under another suite than %s %s",
			row.id, suite->name, suite->version);
		ret->needs = "nothing: it is judged anew by itself, in a moment";
		ret->since = row.updated_at;
	}
	return 0;
}

/* Is there a plan for the loss of each provider? Where there has to be one, the gate has stopped it. */
static int look_plan_b(
	const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	const struct merge *m = &l->m->merge;
	const char *lost = "";

	if (!m->plan_b.n)
		return 0;
	for (size_t i = 0; i < m->warnings.n; i++) {
		const struct merge_warning *w = LIST_AT(&m->warnings, struct merge_warning, i);

		if (strcmp(w->code, "no_plan_b") == 0)
			lost = arena_printf(l->arena, "%s%s%s", lost, *lost ? "; " : "", w->detail);
	}
	*ret = (struct checklist_report){.given = true,
		.verdict = CHECK_GO,
		.reason = *lost ? "no_plan_b" : "planned",
		.detail = *lost ? arena_printf(l->arena,
					  "%s; it stops nothing (no_plan_b \"warn\"); to mend it, "
					  "let the "
					  "routes of the policy's fusion fall back to a model of "
					  "another "
					  "provider, and merge anew",
					  lost)
				: "whichever provider is lost, every route still leads to a model",
		.since = l->m->row.created_at};
	return 0;
}

/* What would go from one cloud to another? */
static int look_egress(
	const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	const struct egress *e = l->m->merge.egress;

	if (!e)
		return 0;
	*ret = (struct checklist_report){.given = true,
		.verdict = CHECK_GO,
		.reason = e->moves.n ? "moves" : "none",
		.detail = e->moves.n ? arena_printf(l->arena,
					       "%zu artifacts go to another cloud, %lld bytes as "
					       "far as sizes are known (of %lld they are not)",
					       e->moves.n +
						       (e->left_out > 0 ? (size_t)e->left_out : 0),
					       (long long)e->bytes, (long long)e->unknown)
				     : "nothing goes to another cloud",
		.since = l->m->row.created_at};
	return 0;
}

/* Are promotions held since a breach? */
static int look_hold(const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	struct promotion_hold hold;
	int rc = promotions_held(l->db, l->s, l->now, l->arena, &hold, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		*ret = (struct checklist_report){.given = true,
			.verdict = CHECK_GO,
			.reason = "free",
			.detail = "no breach holds promotions"};
	else
		*ret = (struct checklist_report){.given = true,
			.verdict = CHECK_WAITING,
			.reason = hold.reason,
			.detail = hold.detail,
			.since = hold.since,
			.until = hold.until};
	return 0;
}

/* Do the connectors reach what the merge would ship? */
static int look_artifacts(
	const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	static const struct {
		enum check_verdict verdict;
		const char *reason;
	} means[] = {
		[REACH_REACHABLE] = {CHECK_GO, "reachable"},
		[REACH_MISSING] = {CHECK_NO_GO, "missing"},
		[REACH_UNKNOWN] = {CHECK_NOT_CONFIGURED, "not_configured"},
		[REACH_FAILED] = {CHECK_WAITING, "not_known"},
	};
	const struct merge_case *m = l->m;
	struct artifact_place_of *places =
		ARENA_ARRAY(l->arena, m->n_units + 1, struct artifact_place_of);
	struct artifact_reachability r;

	for (size_t i = 0; i < m->n_units; i++) {
		struct artifact_row row;

		if (artifact_by_seq(l->db, m->units[i].artifact_seq, l->arena, &row, err) <= 0)
			return err_set(
				err, ERR_STORAGE, "a unit of merge %s is missing", m->row.version);
		places[i] = (struct artifact_place_of){row.provider, row.id, row.seq};
	}
	if (artifacts_reachable(l->e, l->db, places, m->n_units, l->now, l->arena, &r, err) < 0)
		return -1;
	*ret = (struct checklist_report){.given = true,
		.verdict = means[r.reach].verdict,
		.reason = means[r.reach].reason,
		.detail = r.detail,
		.since = r.at,
		.needs = r.reach == REACH_FAILED ? "nothing: it is looked for again by itself"
						 : NULL};
	return 0;
}

/* Would something that the nodes can serve be warm behind the promoted one? */
static int look_rollback_target(
	const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	struct warm_proof proof;

	if (warm_proof(l->e, l->db, l->s, l->now, l->arena, &proof, err) < 0)
		return -1;
	if (proof.verdict == WARM_NOT_CONFIGURED)
		return 0;
	*ret = (struct checklist_report){.given = true,
		.verdict = proof.verdict == WARM_PROVEN ? CHECK_GO : CHECK_WAITING,
		.reason = proof.verdict == WARM_PROVEN ? "proven" : "not_proven",
		.detail = proof.detail};
	return 0;
}

/* Is the repository of releases as it was left? */
static int look_hub(const struct checklist_look *l, struct checklist_report *ret, struct err *err)
{
	int64_t stale = 2 * publisher_interval(l->e);
	struct publication_status p;

	if (!publisher_source(l->e))
		return 0;
	if (publication_show(l->e, l->db, l->arena, &p, err) < 0)
		return -1;
	*ret = (struct checklist_report){.given = true,
		.verdict = CHECK_WAITING,
		.reason = "not_looked",
		.detail = p.last_error && p.failing_since ? p.last_error->detail
							  : "nobody has looked lately",
		.needs = "nothing: it is looked at again by itself; GET /v1/hub says how it goes",
		.since = p.checked_at};
	if (p.drift.n) {
		const struct publication_drift *d = LIST_AT(&p.drift, struct publication_drift, 0);

		ret->verdict = CHECK_NO_GO;
		ret->reason = d->code;
		ret->detail = p.drift.n == 1 ? d->detail
					     : arena_printf(l->arena, "%s, and %zu more", d->detail,
						       p.drift.n - 1);
		ret->needs = d->needs;
		ret->since = p.drift_since;
	} else if (p.checked_at && l->now - p.checked_at <= stale) {
		ret->verdict = CHECK_GO;
		ret->reason = "agrees";
		ret->needs = NULL;
		ret->detail = p.pending ? arena_printf(l->arena,
						  "it is as it was left; %lld releases are still "
						  "to be published",
						  (long long)p.pending)
					: "it is as it was left";
	}
	return 0;
}

static const struct {
	enum check_item item;
	int (*look)(const struct checklist_look *l, struct checklist_report *ret, struct err *err);
} sources[] = {
	{CHECK_CONTRACT, look_contract},
	{CHECK_SUITE, look_suite},
	{CHECK_PLAN_B, look_plan_b},
	{CHECK_EGRESS, look_egress},
	{CHECK_HOLD, look_hold},
	{CHECK_HUB, look_hub},
	{CHECK_ARTIFACTS, look_artifacts},
	{CHECK_ROLLBACK_TARGET, look_rollback_target},
};

int checklist_sources_ask(
	const struct checklist_look *l, struct checklist_report ret[CHECK_ITEMS], struct err *err)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (sources[i].look(l, &ret[sources[i].item], err) < 0)
			return -1;
	return 0;
}
