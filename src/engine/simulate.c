/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges stored history under a draft of the policy: what each candidate's newest verdict was made
 * from, with the policy replaced. Never writes.
 */
#include <string.h>

#include "engine/explain.h"
#include "engine/recompute.h"
#include "policy/cadence.h"

/* Faults point into the request. */
static int parse_draft(const char *text, int64_t now, struct arena *a, struct policy *ret,
	struct faults *faults, struct err *err)
{
	struct faults of_draft;
	const char *canonical;

	faults_init(&of_draft);
	if (policy_accept(text, strlen(text), now, a, ret, &canonical, &of_draft, err) == 0)
		return 0;
	for (size_t i = 0; i < of_draft.n; i++)
		fault_add(faults, arena_printf(a, "/policy%s", of_draft.list[i].pointer), "%s",
			of_draft.list[i].detail);
	faults->total += of_draft.total - of_draft.n;
	if (faults->n)
		faults_refuse(faults, ERR_INVALID_POLICY, err);
	return -1;
}

/* The gates that turn, in one sentence. */
static const char *say_gates(const struct list *gates, struct arena *a)
{
	const char *said = NULL;

	for (size_t i = 0; i < gates->n; i++) {
		const struct gate_flip *g = LIST_AT(gates, struct gate_flip, i);

		said = arena_printf(a, "%s%s%s %s -> %s: %s", said ? said : "", said ? "; " : "",
			names_of(&gate_names, g->gate), names_of(&verdict_names, g->from),
			names_of(&verdict_names, g->to),
			g->detail   ? g->detail
			: g->reason ? g->reason
				    : "");
	}
	return said;
}

static void compare_gates(
	const struct judgement *old, const struct judgement *new, struct arena *a, struct list *ret)
{
	struct gate_flip *v = ARENA_ARRAY(a, GATES, struct gate_flip);
	size_t n = 0;

	for (size_t i = 0; i < old->gates.n && i < new->gates.n &&n < GATES; i++) {
		const struct gate_result *was = LIST_AT(&old->gates, struct gate_result, i);
		const struct gate_result *is = LIST_AT(&new->gates, struct gate_result, i);

		if (was->verdict != is->verdict)
			v[n++] = (struct gate_flip){
				is->gate, was->verdict, is->verdict, is->reason, is->detail};
	}
	*ret = (struct list){v, n};
}

/* 1: judged; 0: it was made by older rules; -1. */
static int judge_row(struct db *db, const struct candidate_row *row, const struct policy *draft,
	struct arena *a, struct flip *ret, bool *ret_flips, struct err *err)
{
	struct judgement_row stored;
	struct judgement old, new;
	struct judge_input in;

	if (judgement_find(db, row->judgement_seq, a, &stored, err) <= 0)
		return err_set(err, ERR_STORAGE, "the judgement of %s is missing", row->id);
	if (inputs_resolve(db, &stored, draft, a, &in, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		*err = (struct err){0};
		return 0;
	}
	if (fields_load_text(&judgement_table, stored.body, a, &old, err) < 0)
		return -1;
	judge(&in, a, &new);
	*ret_flips = old.phase != new.phase;
	*ret = (struct flip){.provider = row->provider,
		.id = row->id,
		.slot = row->slot,
		.judgement = stored.digest,
		.from = old.phase,
		.to = new.phase};
	compare_gates(&old, &new, a, &ret->gates);
	ret->detail = say_gates(&ret->gates, a);
	return 1;
}

int policy_simulate(struct db *reader, const struct simulation_request *r, int64_t now,
	int64_t after, int64_t limit, struct arena *a, struct simulation *ret,
	struct faults *faults, struct err *err)
{
	struct policy *draft = ARENA_NEW(a, struct policy);
	struct flip *flips = ARENA_ARRAY(a, (size_t)limit, struct flip);
	struct candidate_row *rows;
	size_t n;

	if (parse_draft(r->policy, now, a, draft, faults, err) < 0 ||
		candidate_page(reader, after, r->since, limit, a, &rows, &n, err) < 0)
		return -1;
	fields_init(&simulation_table, ret);
	ret->policy_digest = draft->digest;
	ret->flips.v = flips;
	for (size_t i = 0; i < n; i++) {
		bool turns = false;
		int rc = judge_row(reader, &rows[i], draft, a, &flips[ret->flips.n], &turns, err);

		if (rc < 0)
			return -1;
		ret->judged += rc;
		ret->skipped += !rc;
		ret->flips.n += turns;
	}
	ret->next = n == (size_t)limit ? rows[n - 1].seq : 0;
	return 0;
}
