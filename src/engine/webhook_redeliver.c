/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages that somebody asks for: a test, or an event once more. They only become due here.
 */
#include "base/id.h"
#include "engine/webhook_run.h"
#include "model/phase.h"
#include "store/event.h"

enum { TEST_ID_LEN = 8 };

struct ask_args {
	const char *id;
	const struct webhook_redelivery *redelivery;
	struct webhook_row row;
};

static int answer_delivery(struct tx *tx, struct command *c, const struct webhook_row *w,
	const char *delivery_id, struct err *err)
{
	struct webhook_delivery_row d;
	struct body body;
	const char *text;
	int rc = webhook_delivery_find(tx->db, w->seq, delivery_id, tx->arena, &d, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_INTERNAL, "the delivery is missing");
	text = webhook_delivery_render(tx->db, &d, tx->arena, err);
	if (!text)
		return -1;
	body_set_text(&body, text);
	command_answer(c, 202,
		arena_printf(
			tx->arena, "/v1/webhooks/%s/deliveries/%s", w->webhook.id, delivery_id),
		&body);
	return 0;
}

static void due_after(struct engine *e, struct db *reader, struct command *c)
{
	webhooks_changed(e);
}

static struct ask_args *args(struct command *c, const struct command_kind *kind, const char *id)
{
	struct ask_args *x = ARENA_NEW(c->arena, struct ask_args);

	x->id = id;
	c->kind = kind;
	c->args = x;
	return x;
}

static int test_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct ask_args *x = c->args;
	char random[TEST_ID_LEN + 1];
	const char *id;

	if (webhook_require(tx, x->id, &x->row, err) < 0)
		return -1;
	id_random(random, TEST_ID_LEN);
	id = arena_printf(tx->arena, "msg_%s_test_%s", x->id, random);
	if (webhook_delivery_insert(tx->db, x->row.seq, 0, id, tx->now, err) < 0)
		return -1;
	return answer_delivery(tx, c, &x->row, id, err);
}

int webhook_test(struct engine *e, struct command *c, const char *id, struct err *err)
{
	static const struct command_kind kind = {
		.name = "webhook_test",
		.apply = test_apply,
		.after = due_after,
	};

	args(c, &kind, id);
	return command_submit(e, c, err);
}

static int again(struct tx *tx, struct webhook_delivery_row *d, struct err *err)
{
	d->delivery.phase = PHASE_PENDING;
	d->delivery.tries = 0;
	d->delivery.finished_at = 0;
	d->delivery.next_attempt_at = tx->now;
	d->first_at = 0;
	return webhook_delivery_set(tx->db, d, err) < 0 ? -1 : 0;
}

static int check_event(struct tx *tx, int64_t seq, struct err *err)
{
	struct event_row *rows;
	size_t n;

	if (event_after(tx->db, seq - 1, 1, tx->arena, &rows, &n, err) < 0)
		return -1;
	return n && rows[0].seq == seq ? 0
				       : err_set_at(err, ERR_NOT_FOUND, "/event",
						 "there is no event %lld", (long long)seq);
}

static int redeliver_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct ask_args *x = c->args;
	const struct webhook_redelivery *r = x->redelivery;
	struct webhook_delivery_row d;
	const char *id;
	int rc;

	if (webhook_require(tx, x->id, &x->row, err) < 0)
		return -1;
	id = r->delivery ? r->delivery : webhook_message_id(x->id, r->event, tx->arena);
	rc = webhook_delivery_find(tx->db, x->row.seq, id, tx->arena, &d, err);
	if (rc < 0)
		return -1;
	if (!rc && r->delivery)
		return err_set_at(err, ERR_NOT_FOUND, "/delivery", "webhook %s has no delivery %s",
			x->id, id);
	if (x->row.webhook.status == WEBHOOK_DISABLED)
		return err_set(err, ERR_STATE_CONFLICT,
			"webhook %s is DISABLED: make it ACTIVE first", x->id);
	if (!rc && check_event(tx, r->event, err) < 0)
		return -1;
	rc = rc ? again(tx, &d, err)
		: webhook_delivery_insert(tx->db, x->row.seq, r->event, id, tx->now, err);
	return rc < 0 ? -1 : answer_delivery(tx, c, &x->row, id, err);
}

int webhook_redeliver(struct engine *e, struct command *c, const char *id,
	const struct webhook_redelivery *r, struct err *err)
{
	static const struct command_kind kind = {
		.name = "webhook_redeliver",
		.apply = redeliver_apply,
		.after = due_after,
	};

	args(c, &kind, id)->redelivery = r;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
