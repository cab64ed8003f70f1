/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on webhooks and their keys.
 */
#include "store/webhook.h"

#include <string.h>

#include "base/words.h"

enum { BODY_MAX = 64 << 10 };

/* ---- Webhooks ---- */

static void load_types(const char *text, struct arena *a, struct strings *ret)
{
	const char **v = ARENA_ARRAY(a, WEBHOOK_TYPES_MAX, const char *);
	struct word w;
	size_t n = 0;

	while (n < WEBHOOK_TYPES_MAX && words_next(&text, &w))
		v[n++] = arena_strndup(a, w.s, w.n);
	*ret = (struct strings){v, n};
}

static void load(struct stmt *s, struct arena *a, struct webhook_row *ret)
{
	fields_init(&webhook_table, &ret->webhook);
	ret->seq = stmt_int(s, "seq");
	ret->cursor = stmt_int(s, "cursor");
	ret->patterns = stmt_text_dup(s, "types", a);
	stmt_load_fields(s, &webhook_table, a, &ret->webhook);
	load_types(ret->patterns, a, &ret->webhook.types);
}

static int load_one(struct stmt *s, struct arena *a, struct webhook_row *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0)
		load(s, a, ret);
	return rc;
}

int webhook_find(
	struct db *db, const char *id, struct arena *a, struct webhook_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_find);

	stmt_bind_text(s, "id", id);
	return load_one(s, a, ret, err);
}

int webhook_by_seq(
	struct db *db, int64_t seq, struct arena *a, struct webhook_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_by_seq);

	stmt_bind_int(s, "seq", seq);
	return load_one(s, a, ret, err);
}

static int load_all(struct db *db, const char *status, int64_t after, int64_t limit,
	struct arena *a, struct webhook_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_page);
	struct webhook_list list = {.v = ARENA_ARRAY(a, (size_t)limit, struct webhook_row)};
	int rc = 1;

	stmt_bind_text(s, "status", status);
	stmt_bind_int(s, "after", after > 0 ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit);
	while (list.n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		load(s, a, &list.v[list.n++]);
	if (rc < 0)
		return -1;
	*ret = list;
	return 0;
}

int webhook_all(struct db *db, struct arena *a, struct webhook_list *ret, struct err *err)
{
	return load_all(db, NULL, 0, WEBHOOKS_MAX, a, ret, err);
}

int webhook_counts(struct db *db, int64_t *ret_all, int64_t *ret_active, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_counts);

	if (stmt_step(s, err) <= 0)
		return -1;
	*ret_all = stmt_int(s, "n");
	*ret_active = stmt_int(s, "active");
	return 0;
}

const char *webhook_render(const struct webhook *w, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer writer;

	json_writer_init(&writer, &sb);
	fields_emit(&webhook_table, w, &writer);
	return arena_strndup(a, sb.buf, sb.len);
}

int webhook_page(struct db *db, int64_t now, const char *status, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err)
{
	struct page page = {0};
	struct webhook_list rows;

	limit = limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : limit;
	if (load_all(db, status, after, limit + 1, a, &rows, err) < 0)
		return -1;
	page.bodies = ARENA_ARRAY(a, (size_t)limit, const char *);
	for (; page.n < rows.n && page.n < (size_t)limit; page.n++) {
		struct webhook_row *r = &rows.v[page.n];

		if (webhook_signatures(db, r->seq, now, a, &r->webhook, err) < 0)
			return -1;
		page.bodies[page.n] = webhook_render(&r->webhook, a);
	}
	if (rows.n > page.n)
		page.next = rows.v[page.n - 1].seq;
	*ret = page;
	return 0;
}

int webhook_insert(struct db *db, struct webhook_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_insert);

	stmt_bind_fields(s, &webhook_table, &r->webhook);
	stmt_bind_text(s, "types", r->patterns);
	stmt_bind_int(s, "cursor", r->cursor);
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

int webhook_update(struct db *db, const struct webhook_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_update);

	stmt_bind_fields(s, &webhook_table, &r->webhook);
	stmt_bind_int(s, "seq", r->seq);
	stmt_bind_text(s, "types", r->patterns);
	stmt_bind_int(s, "cursor", r->cursor);
	return stmt_cas(s, err);
}

static int delete_of(struct db *db, enum sql_id sql, int64_t webhook_seq, struct err *err)
{
	STMT_AUTO s = db_stmt(db, sql);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	return stmt_exec(s, err);
}

int webhook_delete(struct db *db, int64_t seq, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delete);

	if (delete_of(db, SQL_webhook_delivery_delete, seq, err) < 0 ||
		delete_of(db, SQL_webhook_secret_delete, seq, err) < 0)
		return -1;
	stmt_bind_int(s, "seq", seq);
	return stmt_cas(s, err);
}

int webhook_cursor_set(struct db *db, int64_t seq, int64_t cursor, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_cursor_set);

	stmt_bind_int(s, "seq", seq);
	stmt_bind_int(s, "cursor", cursor);
	return stmt_cas(s, err);
}

/* ---- Keys ---- */

int webhook_key_insert(struct db *db, int64_t webhook_seq, const struct webhook_key *k,
	const char *public, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_secret_insert);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_text(s, "algorithm", names_of(&webhook_algorithm_names, k->algorithm));
	stmt_bind_blob(s, "secret", k->secret, k->len);
	stmt_bind_text(s, "public", public);
	stmt_bind_int(s, "created_at", now);
	return stmt_exec(s, err);
}

int webhook_keys_load(
	struct db *db, int64_t webhook_seq, int64_t now, struct webhook_keys *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_secret_list);
	struct webhook_keys keys = {0};
	int rc = 1;

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "now", now);
	while (keys.n < WEBHOOK_KEYS_MAX && (rc = stmt_step(s, err)) > 0) {
		struct webhook_key *k = &keys.v[keys.n++];
		const void *secret = stmt_blob(s, "secret", &k->len);

		k->algorithm = names_find(&webhook_algorithm_names, stmt_text(s, "algorithm"));
		if (k->algorithm < 0 || k->len > sizeof(k->secret))
			return err_set(err, ERR_STORAGE, "a webhook's secret can not be used");
		memcpy(k->secret, secret, k->len);
	}
	if (rc < 0)
		return -1;
	*ret = keys;
	return 0;
}

int webhook_signatures(struct db *db, int64_t webhook_seq, int64_t now, struct arena *a,
	struct webhook *w, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_secret_list);
	struct webhook_signature *v = ARENA_ARRAY(a, WEBHOOK_KEYS_MAX, struct webhook_signature);
	size_t n = 0;
	int rc = 1;

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "now", now);
	while (n < WEBHOOK_KEYS_MAX && (rc = stmt_step(s, err)) > 0)
		v[n++] = (struct webhook_signature){
			.algorithm =
				names_find(&webhook_algorithm_names, stmt_text(s, "algorithm")),
			.public = stmt_text_dup(s, "public", a),
			.created_at = stmt_int(s, "created_at"),
			.expires_at = stmt_int(s, "expires_at"),
		};
	if (rc < 0)
		return -1;
	w->signatures = (struct list){v, n};
	return 0;
}

int webhook_keys_end(struct db *db, int64_t webhook_seq, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_secret_end);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "expires_at", at);
	return stmt_exec(s, err);
}

int webhook_keys_ended(struct db *db, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_secret_ended);

	stmt_bind_int(s, "now", now);
	return stmt_step(s, err);
}

int webhook_keys_forget(struct db *db, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_secret_forget);

	stmt_bind_int(s, "now", now);
	return stmt_exec(s, err);
}
