/* SPDX-License-Identifier: Apache-2.0
 *
 * An operator's word that a distillation failed, and that they know. It changes nothing else of what is
 * settled, and nothing that is not.
 */
#include "engine/distillation.h"

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/distillation.h"

enum { DATA_MAX = 256 };

struct acknowledgement {
	int64_t id;
	const struct reason_request *request;
};

static int refuse(const struct distillation *d, struct err *err)
{
	char at[TIME_STRLEN];

	if (d->acknowledged_at)
		return err_set(err, ERR_STATE_CONFLICT, "somebody acknowledged it before, at %s",
			time_format(d->acknowledged_at, at));
	return err_set(err, ERR_STATE_CONFLICT,
		"there is nothing to acknowledge: it is %s, and only one that failed holds the "
		"status",
		names_of(&phase_names, d->phase));
}

static const char *event_data(int64_t id, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "id", id);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static int acknowledge_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct acknowledgement *k = c->args;
	struct distillation d;
	struct body body;
	int rc = distillation_find(tx->db, k->id, tx->arena, &d, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such distillation");
	if (rc > 0)
		rc = distillation_acknowledged(tx->db, k->id, tx->now, err);
	if (rc <= 0)
		return rc < 0 ? -1 : refuse(&d, err);
	d.acknowledged_at = tx->now;
	if (tx_event(tx, EVENT_DISTILLATION_ACKNOWLEDGED, d.release, k->request->reason,
		    event_data(k->id, tx->arena), NULL, err) < 0)
		return -1;
	body_set_text(&body, fields_canonical(&distillation_table, &d, c->arena, NULL));
	command_answer(c, 200, NULL, &body);
	return 0;
}

int distillation_acknowledge(struct engine *e, struct command *c, int64_t id,
	const struct reason_request *r, struct err *err)
{
	static const struct command_kind kind = {
		.name = "distillation_acknowledge", .apply = acknowledge_apply};
	struct acknowledgement *k = ARENA_NEW(c->arena, struct acknowledgement);

	*k = (struct acknowledgement){id, r};
	c->kind = &kind;
	c->args = k;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
