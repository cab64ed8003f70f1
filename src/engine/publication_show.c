/* SPDX-License-Identifier: Apache-2.0
 *
 * How the publishing goes, and an operator's word that what differs is right.
 */
#include <string.h>

#include "base/json_writer.h"
#include "engine/publisher.h"

enum { RELEASES_PAGE = 1000, DATA_MAX = 64 << 10 };

struct drift_list {
	struct list drift;
};
static const struct field drift_list_fields[] = {
	{"drift", FIELD_LIST, offsetof(struct drift_list, drift), FIELD_REQUIRED, .min = 0,
		.max = 1e6, .table = &publication_drift_table},
};
static const struct field_table drift_list_table =
	FIELD_TABLE("DriftList", NULL, struct drift_list, drift_list_fields);

static int load_drift(
	const struct published_state *s, struct arena *a, struct list *ret, struct err *err)
{
	struct drift_list l;

	if (fields_load_text(
		    &drift_list_table, arena_printf(a, "{\"drift\":%s}", s->drift), a, &l, err) < 0)
		return -1;
	*ret = l.drift;
	return 0;
}

static int state_of(const struct publication_status *p)
{
	if (!p->provider)
		return PUBLICATION_OFF;
	if (p->drift.n)
		return PUBLICATION_DRIFTED;
	if (p->failing_since)
		return PUBLICATION_FAILING;
	return p->checked_at && !p->pending ? PUBLICATION_AGREES : PUBLICATION_WAITING;
}

static int count_releases(
	struct db *reader, struct arena *a, struct publication_status *p, struct err *err)
{
	struct publication_row *rows;
	int64_t after = 0;
	size_t n;

	do {
		if (publication_list(reader, after, RELEASES_PAGE, a, &rows, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			p->published += rows[i].commit != NULL;
			p->pending += rows[i].commit == NULL;
			if (rows[i].commit)
				p->newest = rows[i].version;
			after = rows[i].seq;
		}
	} while (n == RELEASES_PAGE);
	return 0;
}

int publication_glance(struct engine *e, struct db *reader, struct arena *a,
	struct publication_status *ret, struct err *err)
{
	const struct source *source = publisher_source(e);
	struct publication_status p;
	struct published_state s;

	fields_init(&publication_status_table, &p);
	p.published = p.pending = 0;
	if (published_state_find(reader, a, &s, err) < 0 || load_drift(&s, a, &p.drift, err) < 0)
		return -1;
	if (source) {
		p.provider = source->provider;
		p.repository = source->kind->repository->url(source->connector);
	}
	p.head = *s.head ? s.head : NULL;
	p.checked_at = s.checked_at;
	p.serial = s.serial;
	p.drift_since = s.drift_since;
	p.failing_since = s.failing_since;
	if (s.code) {
		p.last_error = ARENA_NEW(a, struct publication_error);
		*p.last_error = (struct publication_error){s.code, s.detail, s.failed_at};
	}
	*ret = p;
	return 0;
}

static int look(struct engine *e, struct db *reader, struct arena *a, struct publication_status *p,
	struct err *err)
{
	return publication_glance(e, reader, a, p, err) < 0 ? -1
							    : count_releases(reader, a, p, err);
}

/* As one state of the registry; a command has its transaction. */
static int look_as_one(struct engine *e, struct db *reader, struct arena *a,
	struct publication_status *p, struct err *err)
{
	int rc;

	if (db_in_transaction(reader))
		return look(e, reader, a, p, err);
	if (db_begin(reader, err) < 0)
		return -1;
	rc = look(e, reader, a, p, err);
	db_rollback(reader);
	return rc;
}

int publication_show(struct engine *e, struct db *reader, struct arena *a,
	struct publication_status *ret, struct err *err)
{
	struct publication_status p;

	if (look_as_one(e, reader, a, &p, err) < 0)
		return -1;
	p.state = state_of(&p);
	*ret = p;
	return 0;
}

/* ---- An operator's word ---- */

struct acknowledgement {
	const struct reason_request *request;
};

static bool may_be_taken(const struct publication_drift *d)
{
	return strncmp(d->code, "file_", 5) == 0 && published_is_prose(d->subject);
}

static int refuse(const struct list *drift, struct err *err)
{
	const struct publication_drift *first = LIST_AT(drift, struct publication_drift, 0);

	if (!drift->n)
		return err_set(err, ERR_STATE_CONFLICT, "nothing differs");
	return err_set(err, ERR_STATE_CONFLICT, "%s (%s) can't be acknowledged: %s",
		*first->subject ? first->subject : "the repository", first->code, first->needs);
}

static int was_left(
	struct db *db, const char *path, struct arena *a, const char **ret, struct err *err)
{
	struct published_file *left;
	size_t n;

	if (published_files(db, a, &left, &n, err) < 0)
		return -1;
	*ret = NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(left[i].path, path) == 0)
			*ret = left[i].digest;
	return 0;
}

static int take_file(
	struct tx *tx, const struct publication_drift *d, struct json_writer *w, struct err *err)
{
	const char *left;

	if (was_left(tx->db, d->subject, tx->arena, &left, err) < 0)
		return -1;
	jw_object(w);
	jw_key(w, "found");
	if (d->found)
		jw_string(w, d->found);
	else
		jw_null(w);
	if (left)
		jw_kstring(w, "left", left);
	jw_kstring(w, "path", d->subject);
	jw_end(w);
	return published_file_put(tx->db, d->subject, d->found, err);
}

/* What only people read is taken as it is. Tags and what is signed are another matter: nodes, notes and a
 * restore hold to them. */
static int take_files(struct tx *tx, const struct list *drift, struct list *ret_rest,
	const char **ret_data, struct err *err)
{
	struct publication_drift *rest =
		ARENA_ARRAY(tx->arena, drift->n + 1, struct publication_drift);
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;
	size_t n = 0;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_key(&w, "files");
	jw_array(&w);
	for (size_t i = 0; i < drift->n; i++) {
		const struct publication_drift *d = LIST_AT(drift, struct publication_drift, i);

		if (!may_be_taken(d))
			rest[n++] = *d;
		else if (take_file(tx, d, &w, err) < 0)
			return -1;
	}
	jw_end(&w);
	jw_end(&w);
	if (n == drift->n)
		return refuse(drift, err);
	*ret_rest = (struct list){rest, n};
	*ret_data = arena_strndup(tx->arena, sb.buf, sb.len);
	return 0;
}

static int answer(struct command *c, struct tx *tx, struct err *err)
{
	struct publication_status p;
	const char *text;
	struct body body;
	size_t len;

	if (publication_show(tx->engine, tx->db, tx->arena, &p, err) < 0)
		return -1;
	text = fields_canonical(&publication_status_table, &p, c->arena, &len);
	body_set(&body, text, len);
	command_answer(c, 200, NULL, &body);
	return 0;
}

static int acknowledge_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct acknowledgement *k = c->args;
	struct published_state s;
	struct list drift, rest;
	const char *data = NULL;

	if (published_state_find(tx->db, tx->arena, &s, err) < 0 ||
		load_drift(&s, tx->arena, &drift, err) < 0 ||
		take_files(tx, &drift, &rest, &data, err) < 0)
		return -1;
	/* The next look sees for itself; until then what was not taken stands. */
	s.drift = publication_drift_text(&rest, tx->arena);
	s.drift_since = rest.n ? s.drift_since : 0;
	if (published_state_put(tx->db, &s, err) < 0 ||
		tx_event(tx, EVENT_HUB_ACKNOWLEDGED, "repository", k->request->reason, data, NULL,
			err) < 0)
		return -1;
	return answer(c, tx, err);
}

int publication_acknowledge(
	struct engine *e, struct command *c, const struct reason_request *r, struct err *err)
{
	static const struct command_kind kind = {
		.name = "publication_acknowledge", .apply = acknowledge_apply};
	struct acknowledgement *k = ARENA_NEW(c->arena, struct acknowledgement);

	k->request = r;
	c->kind = &kind;
	c->args = k;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
