/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens to an artifact besides being judged: held, freed, withdrawn.
 */
#include "engine/artifact.h"

#include <string.h>

#include "engine/evidence.h"
#include "engine/internal.h"
#include "engine/merge.h"
#include "engine/render.h"

int artifact_write(struct tx *tx, const struct artifact_row *old, struct artifact_row *row,
	struct body *ret_body, struct err *err)
{
	struct unit u;
	int rc;

	if (unit_load(row, tx->arena, &u, err) < 0 || gates_load(row, tx->arena, err) < 0)
		return -1;
	row->updated_at = tx->now;
	artifact_render(
		row, u.artifact, metrics_render(u.artifact, tx->arena), tx->arena, ret_body);
	rc = artifact_state_set(tx->db, old, row, ret_body, RENDER_VERSION, err);
	if (rc == 0)
		return err_set(err, ERR_STATE_CONFLICT, "%s changed meanwhile", row->id);
	return rc < 0 ? -1 : 0;
}

static const char *event_data(const struct artifact_row *r, const char *release, struct arena *a)
{
	return release ? arena_printf(a, "{\"provider\":\"%s\",\"release\":\"%s\"}", r->provider,
				 release)
		       : arena_printf(a, "{\"provider\":\"%s\"}", r->provider);
}

static int load(struct tx *tx, int64_t seq, struct artifact_row *ret, struct err *err)
{
	int rc = artifact_by_seq(tx->db, seq, tx->arena, ret, err);

	return rc > 0	? 0
	       : rc < 0 ? -1
			: err_set(err, ERR_STORAGE, "artifact %lld is missing", (long long)seq);
}

int artifact_hold(struct tx *tx, int64_t seq, const char *release, struct err *err)
{
	struct artifact_row old, row;
	struct body body;

	if (load(tx, seq, &old, err) < 0)
		return -1;
	if (old.held_by || old.withdrawn_at)
		return 0;
	row = old;
	row.held_by = release;
	if (artifact_write(tx, &old, &row, &body, err) < 0)
		return -1;
	return tx_event(tx, EVENT_CANDIDATE_HELD, row.id, NULL,
		event_data(&row, release, tx->arena), NULL, err);
}

static int lift(struct tx *tx, const struct artifact_row *old, const char *reason,
	struct body *ret_body, struct err *err)
{
	struct artifact_row row = *old;

	row.held_by = NULL;
	if (artifact_write(tx, old, &row, ret_body, err) < 0)
		return -1;
	return tx_event(tx, EVENT_CANDIDATE_UNQUARANTINED, row.id, reason,
		event_data(&row, old->held_by, tx->arena), NULL, err);
}

int artifact_free(struct tx *tx, int64_t seq, const char *reason, struct err *err)
{
	struct artifact_row old;
	struct body body;

	if (load(tx, seq, &old, err) < 0)
		return -1;
	return old.withdrawn_at ? 0 : lift(tx, &old, reason, &body, err);
}

struct artifact_args {
	const char *provider, *id;
	const struct reason_request *request;
};

static int find(
	struct tx *tx, const struct artifact_args *x, struct artifact_row *ret, struct err *err)
{
	int rc = artifact_find(tx->db, x->provider, x->id, tx->arena, ret, err);

	return rc > 0	? 0
	       : rc < 0 ? -1
			: err_set(err, ERR_NOT_FOUND, "%s has no artifact %s", x->provider, x->id);
}

static int withdraw_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct artifact_args *x = c->args;
	const struct snapshot *s = c->prepared;
	struct artifact_row old, row;
	struct body body;
	bool found;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (find(tx, x, &old, err) < 0)
		return -1;
	if (old.withdrawn_at)
		return err_set(err, ERR_STATE_CONFLICT, "%s was withdrawn already", x->id);
	for (size_t i = 0; i < s->policy.slots.n; i++)
		if (s->baseline_seqs[i] == old.seq)
			return err_set(err, ERR_STATE_CONFLICT,
				"%s is in the active release %s; roll back or promote another "
				"first",
				x->id, s->channel.version);
	row = old;
	row.phase = names_of(&phase_names, PHASE_ABORTED);
	row.withdrawn_at = tx->now;
	if (artifact_write(tx, &old, &row, &body, err) < 0 ||
		merge_supersede_with(tx, row.seq,
			arena_printf(tx->arena, "%s was withdrawn", row.id), err) < 0 ||
		tx_event(tx, EVENT_CANDIDATE_WITHDRAWN, row.id, x->request->reason,
			event_data(&row, NULL, tx->arena), NULL, err) < 0 ||
		(row.subject && evidence_moved(tx, s, row.subject, &found, err) < 0))
		return -1;
	command_answer(c, 200, NULL, &body);
	return 0;
}

static int unquarantine_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct artifact_args *x = c->args;
	struct artifact_row old;
	struct body body;

	if (find(tx, x, &old, err) < 0)
		return -1;
	if (!old.held_by || old.withdrawn_at)
		return err_set(err, ERR_STATE_CONFLICT, "%s is %s", x->id,
			old.withdrawn_at ? "withdrawn" : "not held");
	/* What is held is judged like all others: nothing follows. */
	if (lift(tx, &old, x->request->reason, &body, err) < 0)
		return -1;
	command_answer(c, 200, NULL, &body);
	return 0;
}

static const struct command_kind withdraw_kind = {
	.name = "artifact_withdraw",
	.apply = withdraw_apply,
};
static const struct command_kind unquarantine_kind = {
	.name = "artifact_unquarantine",
	.apply = unquarantine_apply,
};

static int submit(struct engine *e, struct command *c, const struct command_kind *kind,
	const char *provider, const char *id, const struct reason_request *r, struct err *err)
{
	struct artifact_args *x = ARENA_NEW(c->arena, struct artifact_args);

	*x = (struct artifact_args){.provider = provider, .id = id, .request = r};
	c->kind = kind;
	c->args = x;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

int artifact_withdraw(struct engine *e, struct command *c, const char *provider, const char *id,
	const struct reason_request *r, struct err *err)
{
	return submit(e, c, &withdraw_kind, provider, id, r, err);
}

int artifact_unquarantine(struct engine *e, struct command *c, const char *provider, const char *id,
	const struct reason_request *r, struct err *err)
{
	return submit(e, c, &unquarantine_kind, provider, id, r, err);
}
