/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation suites: published once, and one of them current. Making another one current is a row of
 * its own, so the newest row says which it is and the older ones which it was.
 */
#include "store/suite.h"

#include <string.h>

#include "engine/evidence.h"
#include "engine/internal.h"
#include "engine/render.h"

struct suite_args {
	struct canonical_suite suite; /* to publish */
	const char *name, *version;   /* to make current */
	const char *reason;
	bool activate;
	struct suite_row row;
};

static int publish_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct suite_args *x = c->args;
	const struct list *required = &x->suite.required_metrics;
	char at[160];

	command_check_begin(c);
	for (size_t i = 0; i < required->n; i++) {
		const char *role = LIST_AT(required, struct suite_requirement, i)->name;

		pointer_join(at, sizeof(at), "/required_metrics", role);
		if (!policy_has_role(&c->prepared->policy, role))
			fault_add(c->faults, at, "\"%s\" is no role of any provider", role);
	}
	if (command_check_end(c, err) < 0)
		return -1;
	canonical_suite_identify(&x->suite, c->arena);
	x->row = (struct suite_row){
		.name = x->suite.name,
		.version = x->suite.version,
		.digest = x->suite.digest,
		.content = canonical_suite_content(&x->suite, c->arena, NULL),
		.actor = c->actor,
	};
	return 0;
}

static int publish(struct tx *tx, struct suite_args *x, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(4 << 20);
	struct canonical_suite shown = x->suite;
	struct json_writer w;

	shown.current = -1;
	shown.actor = tx->actor;
	shown.created_at = x->row.created_at = tx->now;
	json_writer_init(&w, &sb);
	fields_emit(&canonical_suite_table, &shown, &w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "the suite is too large");
	body_set(&x->row.body, arena_strndup(tx->arena, sb.buf, sb.len), sb.len);
	if (suite_insert(tx->db, &x->row, err) < 0)
		return -1;
	return tx_event(tx, EVENT_SUITE_CREATED,
		arena_printf(tx->arena, "%s/%s", x->row.name, x->row.version), NULL,
		arena_printf(tx->arena, "{\"digest\":\"%s\"}", x->row.digest), NULL, err);
}

/* Make it current, unless it is. */
static int activate(struct tx *tx, const struct suite_row *row, const struct suite_row *current,
	const char *reason, struct err *err)
{
	struct writer_state *state = &tx->engine->state;

	if (current && current->seq == row->seq)
		return 0;
	if (suite_activation_insert(tx->db, state->suite_serial + 1, row->seq, tx->actor,
		    reason ? reason : "", tx->now, err) < 0)
		return -1;
	state->suite_serial++;
	if (tx_event(tx, EVENT_SUITE_ACTIVATED,
		    arena_printf(tx->arena, "%s/%s", row->name, row->version), reason,
		    arena_printf(tx->arena, "{\"digest\":\"%s\",\"serial\":%lld}", row->digest,
			    (long long)state->suite_serial),
		    NULL, err) < 0)
		return -1;
	return sides_moved(tx, err);
}

static void answer(struct command *c, int status, const struct suite_row *row, bool current)
{
	struct body body;

	body_set_text(&body, suite_marked(row->body.text, current, c->arena));
	command_answer(c, status,
		status == 201 ? arena_printf(c->arena, "/v1/suites/%s/%s", row->name, row->version)
			      : NULL,
		&body);
}

/* What is current now in *ret; NULL when nothing is. The If-Match header speaks of it. */
static int current_suite(
	struct tx *tx, struct command *c, const struct suite_row **ret, struct err *err)
{
	struct suite_row *row = ARENA_NEW(tx->arena, struct suite_row);
	int rc = suite_current(tx->db, tx->arena, row, err);

	if (rc < 0 || if_match_check(c->if_match, "/v1/suites/current",
			      rc ? row->body.digest : NULL, err) < 0)
		return -1;
	*ret = rc ? row : NULL;
	return 0;
}

static int publish_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct suite_args *x = c->args;
	const struct suite_row *current;
	struct suite_row known, *row = &x->row;
	int rc;

	if (current_suite(tx, c, &current, err) < 0)
		return -1;
	rc = suite_find(tx->db, row->name, row->version, tx->arena, &known, err);
	if (rc > 0 && strcmp(known.content, row->content) != 0)
		return err_set(err, ERR_VERSION_CONFLICT,
			"suite %s %s exists with the digest %s and other content", row->name,
			row->version, known.digest);
	if (rc < 0 || (rc == 0 && publish(tx, x, err) < 0))
		return -1;
	if (rc > 0)
		row = &known;
	if (x->activate && activate(tx, row, current, NULL, err) < 0)
		return -1;
	answer(c, rc > 0 ? 200 : 201, row, x->activate || (current && current->seq == row->seq));
	return 0;
}

static int activate_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct suite_args *x = c->args;
	const struct suite_row *current;
	int rc = suite_find(tx->db, x->name, x->version, tx->arena, &x->row, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no suite %s %s", x->name, x->version);
	if (rc < 0 || current_suite(tx, c, &current, err) < 0 ||
		activate(tx, &x->row, current, x->reason, err) < 0)
		return -1;
	answer(c, 200, &x->row, true);
	return 0;
}

static const struct command_kind publish_kind = {
	.name = "suite_submit",
	.prepare = publish_prepare,
	.apply = publish_apply,
};
static const struct command_kind activate_kind = {
	.name = "suite_activate",
	.apply = activate_apply,
};

int suite_submit(
	struct engine *e, struct command *c, const struct canonical_suite *s, struct err *err)
{
	struct suite_args *x = ARENA_NEW(c->arena, struct suite_args);

	x->suite = *s;
	x->activate = s->current == 1;
	c->kind = &publish_kind;
	c->args = x;
	return command_submit(e, c, err);
}

int suite_activate(struct engine *e, struct command *c, const char *name, const char *version,
	const struct reason_request *r, struct err *err)
{
	struct suite_args *x = ARENA_NEW(c->arena, struct suite_args);

	x->name = name;
	x->version = version;
	x->reason = r->reason;
	c->kind = &activate_kind;
	c->args = x;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
