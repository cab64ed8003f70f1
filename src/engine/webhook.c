/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks as people make, change, test and end them. A secret is told in the answer that made it and
 * in no other; an address is shown to administrators alone, for it may be a secret as well.
 */
#include <string.h>

#include "base/id.h"
#include "base/json_writer.h"
#include "base/suggest.h"
#include "engine/webhook_run.h"
#include "policy/webhook.h"

enum { WEBHOOK_ID_LEN = 12, TYPES_TEXT_MAX = 8192, DATA_MAX = 16 << 10 };

struct webhook_args {
	const char *id;
	const struct webhook_request *request;
	const struct webhook_change *change;
	const struct webhook_rotation *rotation;
	const char *patterns, *public;
	struct webhook_key key;
	int64_t scanned;
	struct webhook_row row;
};

const char *webhook_message_id(const char *webhook_id, int64_t event_seq, struct arena *a)
{
	return arena_printf(a, "msg_%s_%lld", webhook_id, (long long)event_seq);
}

const char *webhook_event_data(const struct webhook *w, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer out;
	struct url url;
	const char *why;

	json_writer_init(&out, &sb);
	jw_object(&out);
	if (w->disabled_cause >= 0)
		jw_kstring(&out, "cause", names_of(&webhook_cause_names, w->disabled_cause));
	jw_kstring(&out, "format", names_of(&webhook_format_names, w->format));
	if (url_parse(w->url, a, &url, &why) == 0)
		jw_kstring(&out, "host", url.host);
	jw_kstring(&out, "status", names_of(&webhook_status_names, w->status));
	jw_key(&out, "types");
	jw_array(&out);
	for (size_t i = 0; i < w->types.n; i++)
		jw_string(&out, w->types.v[i]);
	jw_end(&out);
	jw_end(&out);
	return arena_strndup(a, sb.buf, sb.len);
}

/* ---- What a request may say ---- */

static bool type_exists(const char *pattern)
{
	for (int i = 0; i < EVENTS; i++)
		if (webhook_type_matches(pattern, event_name((enum event_type)i)))
			return true;
	return false;
}

static void check_types(
	const struct strings *types, struct arena *a, struct faults *faults, const char **ret)
{
	STRBUF_AUTO all = STRBUF_INIT(TYPES_TEXT_MAX);
	const char *names[2 * EVENTS];
	char pointer[64];

	for (int i = 0; i < EVENTS; i++) {
		const char *name = event_name((enum event_type)i);

		names[i] = name;
		names[EVENTS + i] = arena_printf(a, "%.*s.*", (int)strcspn(name, "."), name);
	}
	for (size_t i = 0; i < types->n; i++) {
		const char *near;

		strbuf_addf(&all, "%s%s", i ? " " : "", types->v[i]);
		if (!strpbrk(types->v[i], " ,") && type_exists(types->v[i]))
			continue;
		pointer_index(pointer, sizeof(pointer), "/types", i);
		near = suggest_name(types->v[i], names, sizeof(names) / sizeof(names[0]));
		if (near)
			fault_add(faults, pointer, "\"%.64s\" is no type of event; is it %s?",
				types->v[i], near);
		else
			fault_add(faults, pointer,
				"\"%.64s\" is no type of event, e.g. release.activated, release.* "
				"or *",
				types->v[i]);
	}
	*ret = arena_strndup(a, all.buf, all.len);
}

static void check_url(
	const struct engine *e, const char *text, struct arena *a, struct faults *faults)
{
	struct url url;
	const char *why;

	if (url_parse(text, a, &url, &why) < 0)
		fault_add(faults, "/url", "%s", why);
	else if (!e->webhooks->private && !url.https)
		fault_add(faults, "/url", "is not https, which only webhook_private = on allows");
	else if (!e->webhooks->private && url_leads_inside(&url))
		fault_add(faults, "/url",
			"is not on the open internet, which only webhook_private = on allows");
}

/* The key that was given, or a new one; and its public half. */
static int take_key(const char *secret, int algorithm, struct command *c, struct webhook_args *x,
	struct err *err)
{
	const char *why;

	if (!secret)
		webhook_key_make(
			algorithm < 0 ? WEBHOOK_V1 : (enum webhook_algorithm)algorithm, &x->key);
	else if (webhook_key_parse(secret, &x->key, &why) < 0)
		return fault_add(c->faults, "/secret", "%s", why), 0;
	if (secret && algorithm >= 0 && algorithm != x->key.algorithm)
		fault_add(c->faults, "/secret", "is one of %s, not of %s",
			names_of(&webhook_algorithm_names, x->key.algorithm),
			names_of(&webhook_algorithm_names, algorithm));
	return x->key.algorithm == WEBHOOK_V1A
		       ? webhook_key_public(&x->key, c->arena, &x->public, err)
		       : 0;
}

/* ---- Answers ---- */

int webhook_require(struct tx *tx, const char *id, struct webhook_row *ret, struct err *err)
{
	int rc = webhook_find(tx->db, id, tx->arena, ret, err);

	return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no webhook %s", id);
}

/* With `key` its secret, this once; a retry is not told it again. */
static int answer(struct tx *tx, struct command *c, int status, struct webhook_row *r,
	const struct webhook_key *key, struct err *err)
{
	struct webhook *w = &r->webhook;
	struct body body;
	const char *plain;

	if (webhook_signatures(tx->db, r->seq, tx->now, tx->arena, w, err) < 0)
		return -1;
	plain = webhook_render(w, tx->arena);
	/* What will not work is not shown, and nor is what nobody but the daemon needs. */
	w->secret = key && !c->dry_run && key->algorithm == WEBHOOK_V1
			    ? webhook_key_text(key, tx->arena)
			    : NULL;
	body_set_text(&body, webhook_render(w, tx->arena));
	w->secret = NULL;
	command_answer(c, status,
		status == 201 ? arena_printf(tx->arena, "/v1/webhooks/%s", w->id) : NULL, &body);
	if (key)
		c->answer.replay_body = plain;
	return 0;
}

static void changed_after(struct engine *e, struct db *reader, struct command *c)
{
	webhooks_changed(e);
}

static struct webhook_args *args(struct command *c, const struct command_kind *kind, const char *id)
{
	struct webhook_args *x = ARENA_NEW(c->arena, struct webhook_args);

	x->id = id;
	c->kind = kind;
	c->args = x;
	return x;
}

/* ---- Create ---- */

static int create_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;
	const struct webhook_request *r = x->request;

	command_check_begin(c);
	check_url(e, r->url, c->arena, c->faults);
	check_types(&r->types, c->arena, c->faults, &x->patterns);
	if (take_key(r->secret, r->algorithm, c, x, err) < 0)
		return -1;
	return command_check_end(c, err);
}

static void fill(struct webhook_args *x, const struct tx *tx)
{
	const struct webhook_request *r = x->request;
	struct webhook *w = &x->row.webhook;
	char id[WEBHOOK_ID_LEN + 1];

	fields_init(&webhook_table, w);
	id_random(id, WEBHOOK_ID_LEN);
	w->id = arena_strdup(tx->arena, id);
	w->url = r->url;
	w->types = r->types;
	w->description = r->description;
	w->status = r->status < 0 ? WEBHOOK_ACTIVE : r->status;
	w->format = r->format < 0 ? WEBHOOK_CLOUDEVENTS : r->format;
	w->disabled_cause = w->status == WEBHOOK_DISABLED ? WEBHOOK_BY_REQUEST : -1;
	w->disabled_at = w->status == WEBHOOK_DISABLED ? tx->now : 0;
	w->created_by = tx->actor;
	w->created_at = w->updated_at = tx->now;
	x->row.patterns = x->patterns;
}

static int create_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;
	int64_t all, active;

	if (webhook_counts(tx->db, &all, &active, err) < 0)
		return -1;
	if (all >= WEBHOOKS_MAX)
		return err_set(err, ERR_STATE_CONFLICT,
			"there are %d webhooks, which is the limit: delete one", (int)WEBHOOKS_MAX);
	fill(x, tx);
	if (tx_event(tx, EVENT_WEBHOOK_CREATED, x->row.webhook.id, NULL,
		    webhook_event_data(&x->row.webhook, tx->arena), &x->row.cursor, err) < 0 ||
		webhook_insert(tx->db, &x->row, err) < 0 ||
		webhook_key_insert(tx->db, x->row.seq, &x->key, x->public, tx->now, err) < 0)
		return -1;
	return answer(tx, c, 201, &x->row, &x->key, err);
}

int webhook_create(
	struct engine *e, struct command *c, const struct webhook_request *r, struct err *err)
{
	static const struct command_kind kind = {
		.name = "webhook_create",
		.prepare = create_prepare,
		.apply = create_apply,
		.after = changed_after,
	};

	args(c, &kind, NULL)->request = r;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

/* ---- Change ---- */

static int alter_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;
	const struct webhook_change *r = x->change;
	struct webhook_row row;
	int rc = webhook_find(reader, x->id, c->arena, &row, err);

	if (rc < 0)
		return -1;
	x->scanned = rc > 0 ? webhooks_scanned(e, row.seq) : 0;
	command_check_begin(c);
	if (r->url)
		check_url(e, r->url, c->arena, c->faults);
	if (r->types.n)
		check_types(&r->types, c->arena, c->faults, &x->patterns);
	return command_check_end(c, err);
}

static void set_status(struct webhook *w, int status, int64_t now)
{
	if (status < 0 || status == w->status)
		return;
	w->status = status;
	w->disabled_cause = status == WEBHOOK_DISABLED ? WEBHOOK_BY_REQUEST : -1;
	w->disabled_at = status == WEBHOOK_DISABLED ? now : 0;
	if (status == WEBHOOK_ACTIVE)
		w->failing_since = 0;
}

static void alter(struct webhook_args *x, int64_t now)
{
	const struct webhook_change *r = x->change;
	struct webhook *w = &x->row.webhook;

	w->url = r->url ? r->url : w->url;
	w->format = r->format >= 0 ? r->format : w->format;
	w->description = r->description ? r->description : w->description;
	if (r->types.n) {
		w->types = r->types;
		x->row.patterns = x->patterns;
	}
	set_status(w, r->status, now);
}

static int alter_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;
	struct webhook *w = &x->row.webhook;
	const char *before;
	int64_t seq;
	int status;

	if (webhook_require(tx, x->id, &x->row, err) < 0)
		return -1;
	before = webhook_render(w, tx->arena);
	status = w->status;
	alter(x, tx->now);
	if (x->change->skip != 1 && !strcmp(before, webhook_render(w, tx->arena)))
		return answer(tx, c, 200, &x->row, NULL, err);
	w->updated_at = tx->now > w->updated_at ? tx->now : w->updated_at + 1;
	/* What was looked at by the old types is not looked at again by the new ones. */
	if (x->row.cursor < x->scanned)
		x->row.cursor = x->scanned;
	if (tx_event(tx,
		    status == WEBHOOK_ACTIVE && w->status == WEBHOOK_DISABLED
			    ? EVENT_WEBHOOK_DISABLED
			    : EVENT_WEBHOOK_UPDATED,
		    w->id, NULL, webhook_event_data(w, tx->arena), &seq, err) < 0)
		return -1;
	if (x->change->skip == 1) {
		x->row.cursor = seq;
		if (webhook_delivery_abort(tx->db, x->row.seq, tx->now, err) < 0)
			return -1;
	}
	if (webhook_update(tx->db, &x->row, err) < 0)
		return -1;
	return answer(tx, c, 200, &x->row, NULL, err);
}

int webhook_alter(struct engine *e, struct command *c, const char *id,
	const struct webhook_change *r, struct err *err)
{
	static const struct command_kind kind = {
		.name = "webhook_alter",
		.prepare = alter_prepare,
		.apply = alter_apply,
		.after = changed_after,
	};

	args(c, &kind, id)->change = r;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

/* ---- End ---- */

static int remove_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;

	if (webhook_require(tx, x->id, &x->row, err) < 0 ||
		answer(tx, c, 200, &x->row, NULL, err) < 0 ||
		tx_event(tx, EVENT_WEBHOOK_DELETED, x->id, NULL,
			webhook_event_data(&x->row.webhook, tx->arena), NULL, err) < 0)
		return -1;
	return webhook_delete(tx->db, x->row.seq, err) < 0 ? -1 : 0;
}

int webhook_remove(struct engine *e, struct command *c, const char *id, struct err *err)
{
	static const struct command_kind kind = {
		.name = "webhook_remove",
		.apply = remove_apply,
		.after = changed_after,
	};

	args(c, &kind, id);
	return command_submit(e, c, err);
}

/* ---- Another secret ---- */

/* Whoever asks for nothing else gets another secret, not another algorithm: a receiver that verifies with
 * a public key has no use for a secret that it would have to share. */
static int algorithm_of_newest(
	struct db *reader, const char *id, int64_t now, struct arena *a, int *ret, struct err *err)
{
	struct webhook_row row;
	struct webhook_keys keys;
	int rc = webhook_find(reader, id, a, &row, err);

	if (rc <= 0)
		return rc; /* the transaction says that there is none */
	if (webhook_keys_load(reader, row.seq, now, &keys, err) < 0)
		return -1;
	*ret = keys.n ? (int)keys.v[0].algorithm : -1;
	return 0;
}

static int rotate_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;
	int algorithm = x->rotation->algorithm;

	if (algorithm < 0 && !x->rotation->secret &&
		algorithm_of_newest(reader, x->id, engine_now(e), c->arena, &algorithm, err) < 0)
		return -1;
	command_check_begin(c);
	if (take_key(x->rotation->secret, algorithm, c, x, err) < 0)
		return -1;
	return command_check_end(c, err);
}

static int rotate_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct webhook_args *x = c->args;
	struct webhook *w = &x->row.webhook;
	struct webhook_keys keys;

	if (webhook_require(tx, x->id, &x->row, err) < 0 ||
		webhook_keys_end(tx->db, x->row.seq, tx->now + x->rotation->overlap_usec, err) <
			0 ||
		webhook_keys_forget(tx->db, tx->now, err) < 0 ||
		webhook_keys_load(tx->db, x->row.seq, tx->now, &keys, err) < 0)
		return -1;
	if (keys.n >= WEBHOOK_KEYS_MAX)
		return err_set(err, ERR_STATE_CONFLICT,
			"%zu secrets sign already, which is the limit: end them with overlap PT0S",
			keys.n);
	w->updated_at = tx->now > w->updated_at ? tx->now : w->updated_at + 1;
	if (webhook_key_insert(tx->db, x->row.seq, &x->key, x->public, tx->now, err) < 0 ||
		webhook_update(tx->db, &x->row, err) < 0 ||
		tx_event(tx, EVENT_WEBHOOK_ROTATED, w->id, NULL, webhook_event_data(w, tx->arena),
			NULL, err) < 0)
		return -1;
	return answer(tx, c, 200, &x->row, &x->key, err);
}

int webhook_rotate(struct engine *e, struct command *c, const char *id,
	const struct webhook_rotation *r, struct err *err)
{
	static const struct command_kind kind = {
		.name = "webhook_rotate",
		.prepare = rotate_prepare,
		.apply = rotate_apply,
		.after = changed_after,
	};

	args(c, &kind, id)->rotation = r;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
