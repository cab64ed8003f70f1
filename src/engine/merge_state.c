/* SPDX-License-Identifier: Apache-2.0
 *
 * The door of merges: each change of state is a row of merge_fsm.def.
 */
#include <string.h>

#include "engine/internal.h"
#include "engine/merge.h"
#include "engine/render.h"

static const struct fsm_step steps[] = {
#define X(from_, event_, to_, type_)           \
	{.from = MERGE_##from_,                \
		.event = MERGE_EVENT_##event_, \
		.to = MERGE_##to_,             \
		.type = EVENT_##type_},
#include "engine/merge_fsm.def"
#undef X
};

const struct fsm_step *merge_step(int from, enum merge_event event)
{
	return fsm_find(steps, sizeof(steps) / sizeof(steps[0]), from, event);
}

int merge_load(const struct merge_row *row, struct arena *a, struct merge *ret, struct err *err)
{
	if (fields_load_text(&merge_table, row->content, a, ret, err) < 0)
		return err_wrap(err, "stored merge %s", row->version);
	ret->digest = row->digest;
	ret->state = row->state;
	ret->phase = names_find(&phase_names, row->phase);
	ret->updated_at = row->updated_at;
	return 0;
}

int merge_move(struct tx *tx, const struct merge_row *row, enum merge_event event,
	const char *reason, struct err *err)
{
	const struct fsm_step *step = merge_step(names_find(&merge_state_names, row->state), event);
	struct merge m;
	struct body body;
	int rc;

	if (!step)
		return err_set(err, ERR_STATE_CONFLICT, "merge %s is %s; it can't be %s",
			row->version, row->state,
			event == MERGE_EVENT_PROMOTE ? "promoted" : "superseded");
	if (merge_load(row, tx->arena, &m, err) < 0)
		return -1;
	m.state = names_of(&merge_state_names, step->to);
	m.updated_at = tx->now;
	if (event == MERGE_EVENT_SUPERSEDE)
		m.phase = PHASE_ABORTED;
	if (merge_render(&m, tx->arena, &body, err) < 0)
		return -1;
	rc = merge_state_set(tx->db, row->version, row->state, m.state,
		names_of(&phase_names, m.phase), &body, RENDER_VERSION, tx->now, err);
	if (rc == 0)
		return err_set(err, ERR_STATE_CONFLICT, "merge %s is not %s any more", row->version,
			row->state);
	return rc < 0 ? -1 : tx_event(tx, step->type, row->version, reason, NULL, NULL, err);
}

int merge_restore(struct tx *tx, struct merge_row *row, struct err *err)
{
	struct merge m;
	struct body body;

	row->state = names_of(&merge_state_names, MERGE_PROMOTED);
	row->phase = names_of(&phase_names, PHASE_SUCCEEDED);
	if (merge_load(row, tx->arena, &m, err) < 0)
		return -1;
	if (merge_render(&m, tx->arena, &body, err) < 0 || merge_insert(tx->db, row, err) < 0)
		return -1;
	return merge_state_insert(tx->db, row, &body, RENDER_VERSION, err);
}

int merge_supersede_with(struct tx *tx, int64_t artifact_seq, const char *reason, struct err *err)
{
	struct merge_row row;
	const char *version;
	int rc = merge_open_with(tx->db, artifact_seq, tx->arena, &version, err);

	if (rc <= 0)
		return rc;
	if (merge_find(tx->db, version, tx->arena, &row, err) <= 0)
		return err_set(err, ERR_STORAGE, "merge %s is missing", version);
	return merge_move(tx, &row, MERGE_EVENT_SUPERSEDE, reason, err);
}
