/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-offs: somebody's word on an item of an open merge's checklist. Never on one's own merge, never
 * on what the policy does not ask, and never taken back: a later word follows.
 */
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/merge.h"
#include "store/signoff.h"

enum { SIGNOFF_ID_LEN = 12, SIGNOFF_MAX = 16 << 10 };

struct signoff_args {
	const struct signoff *request;
	const char *merge, *principal;
};

static const struct policy_signoff *find_rule(const struct policy *p, const char *item)
{
	for (size_t i = 0; i < p->checklist.n; i++) {
		const struct policy_signoff *s = LIST_AT(&p->checklist, struct policy_signoff, i);

		if (strcmp(s->item, item) == 0)
			return s;
	}
	return NULL;
}

/* "security-review, release-notes" */
static const char *rule_names(const struct policy *p, struct arena *a)
{
	const char *names = "";

	for (size_t i = 0; i < p->checklist.n; i++)
		names = arena_printf(a, "%s%s%s", names, i ? ", " : "",
			LIST_AT(&p->checklist, struct policy_signoff, i)->item);
	return *names ? names : "none";
}

static int signoff_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct signoff_args *x = c->args;
	const struct signoff *s = x->request;
	const struct policy *p = &c->prepared->policy;
	const struct policy_signoff *rule = find_rule(p, s->item);

	command_check_begin(c);
	if (!rule)
		fault_add(c->faults, "/item",
			"the policy asks for no sign-off \"%s\"; those it asks for: %s", s->item,
			rule_names(p, c->arena));
	else if (rule->evidence == 1 && s->verdict == SIGNOFF_GO && !s->evidence)
		fault_add(c->faults, "/evidence",
			"is required by the policy: a link to what the sign-off rests on");
	command_principal(c, s->signed_by, "/signed_by", c->faults, &x->principal);
	return command_check_end(c, err);
}

static const char *render(const struct signoff *s, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(SIGNOFF_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	fields_emit(&signoff_table, s, &w);
	return arena_strndup(a, sb.buf, sb.len);
}

static const char *event_data(const struct signoff *s, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(SIGNOFF_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	if (s->evidence)
		jw_kstring(&w, "evidence", s->evidence);
	jw_kstring(&w, "item", s->item);
	jw_kstring(&w, "signed_by", s->signed_by);
	jw_kstring(&w, "verdict", names_of(&signoff_verdict_names, s->verdict));
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

/* Two tokens are two people here. A merge that the schedule made is nobody's own. */
static int check_merge(
	struct tx *tx, const struct signoff *s, const char *principal, struct err *err)
{
	struct merge_row row;
	struct merge m;
	int rc = merge_find(tx->db, s->merge, tx->arena, &row, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no merge %s", s->merge);
	if (names_find(&merge_state_names, row.state) != MERGE_OPEN)
		return err_set(err, ERR_STATE_CONFLICT,
			"merge %s is %s: only an open one can be signed off", s->merge, row.state);
	if (merge_load(&row, tx->arena, &m, err) < 0)
		return -1;
	if (s->verdict == SIGNOFF_GO && m.actor && strcasecmp(m.actor, principal) == 0)
		return err_set(err, ERR_SELF_APPROVAL,
			"merge %s was made by %s, too: somebody else has to sign it off", s->merge,
			principal);
	return 0;
}

static int signoff_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct signoff_args *x = c->args;
	struct signoff s = *x->request;
	char id[SIGNOFF_ID_LEN + 1];
	struct body body;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	id_random(id, SIGNOFF_ID_LEN);
	s.id = id;
	s.merge = x->merge;
	s.signed_by = x->principal;
	s.signed_at = tx->now;
	body_set_text(&body, render(&s, tx->arena));
	if (check_merge(tx, &s, x->principal, err) < 0 ||
		signoff_insert(tx->db, &s, body.text, err) < 0 ||
		tx_event(tx, EVENT_SIGNOFF_GIVEN, s.merge, s.reason, event_data(&s, tx->arena),
			NULL, err) < 0)
		return -1;
	command_answer(c, 201, NULL, &body);
	return 0;
}

static const struct command_kind signoff_kind = {
	.name = "signoff_submit",
	.prepare = signoff_prepare,
	.apply = signoff_apply,
};

int signoff_submit(struct engine *e, struct command *c, const char *merge, const struct signoff *s,
	struct err *err)
{
	struct signoff_args *x = ARENA_NEW(c->arena, struct signoff_args);

	x->request = s;
	x->merge = merge;
	c->kind = &signoff_kind;
	c->args = x;
	return command_submit(e, c, err);
}
