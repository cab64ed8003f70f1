/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on the history and the outbox, and the check of the whole hash chain.
 */
#include "store/event.h"

#include <string.h>

#include "base/digest.h"

enum { VERIFY_PAGE = 500 };

int event_head(struct db *db, int64_t *ret_seq, unsigned char *ret_hash, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_event_head);
	size_t n;
	int rc = stmt_step(s, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		*ret_seq = 0;
		memset(ret_hash, 0, SHA256_SIZE);
		return 0;
	}
	*ret_seq = stmt_int(s, "seq");
	memcpy(ret_hash, stmt_blob(s, "hash", &n), SHA256_SIZE);
	return 1;
}

int event_after(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct event_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_event_after);
	struct event_row *rows = ARENA_ARRAY(a, (size_t)limit, struct event_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "after", after);
	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0) {
		rows[n].seq = stmt_int(s, "seq");
		rows[n].type = stmt_text_dup(s, "type", a);
		rows[n].subject = stmt_text_dup(s, "subject", a);
		rows[n].entry = stmt_text_dup(s, "entry", a);
		rows[n].entry_len = strlen(rows[n].entry);
		n++;
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int event_insert(struct db *db, const struct event_row *e, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_event_insert);

	stmt_bind_int(s, "seq", e->seq);
	stmt_bind_int(s, "at", e->at);
	stmt_bind_text(s, "type", e->type);
	stmt_bind_text(s, "subject", e->subject);
	stmt_bind_text(s, "actor", e->actor);
	stmt_bind_textn(s, "entry", e->entry, e->entry_len);
	stmt_bind_blob(s, "prev_hash", e->prev_hash, SHA256_SIZE);
	stmt_bind_blob(s, "hash", e->hash, SHA256_SIZE);
	return stmt_exec(s, err);
}

int event_seen(struct db *db, const char *type, const char *subject, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_event_seen);

	stmt_bind_text(s, "type", type);
	stmt_bind_text(s, "subject", subject);
	return stmt_step(s, err);
}

int event_list(struct db *db, const char *type, const char *subject, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, subject ? SQL_event_list_subject
				  : type  ? SQL_event_list_type
					  : SQL_event_list);

	if (subject)
		stmt_bind_text(s, "subject", subject);
	if (subject || type)
		stmt_bind_text(s, "type", type);
	return page_load(s, after, limit, a, ret, err);
}

struct chain {
	int64_t seq;
	unsigned char hash[SHA256_SIZE];
};

/* Does the present row of the statement come next in the chain? Moves on when it does. */
static bool chain_follows(struct chain *c, struct stmt *s)
{
	unsigned char hash[SHA256_SIZE];
	size_t n_entry, n_prev, n_hash;
	const char *entry = stmt_textn(s, "entry", &n_entry);
	const void *prev = stmt_blob(s, "prev_hash", &n_prev);
	const void *stored = stmt_blob(s, "hash", &n_hash);

	if (stmt_int(s, "seq") != c->seq + 1 || n_prev != SHA256_SIZE || n_hash != SHA256_SIZE ||
		memcmp(prev, c->hash, SHA256_SIZE) != 0)
		return false;
	chain_hash(c->hash, entry, n_entry, hash);
	if (memcmp(stored, hash, SHA256_SIZE) != 0)
		return false;
	c->seq++;
	memcpy(c->hash, hash, SHA256_SIZE);
	return true;
}

int event_verify(struct db *db, int64_t *ret_bad_seq, struct err *err)
{
	struct chain chain = {0};

	for (;;) {
		STMT_AUTO s = db_stmt(db, SQL_event_chain);
		int64_t begin = chain.seq;
		int rc;

		stmt_bind_int(s, "after", chain.seq);
		stmt_bind_int(s, "limit", VERIFY_PAGE);
		while ((rc = stmt_step(s, err)) > 0)
			if (!chain_follows(&chain, s)) {
				*ret_bad_seq = chain.seq + 1;
				return 1;
			}
		if (rc < 0)
			return -1;
		if (chain.seq == begin)
			return 0;
	}
}

int outbox_insert(struct db *db, int64_t event_seq, const char *kind, const char *payload,
	int64_t due_at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_outbox_insert);

	stmt_bind_int(s, "event_seq", event_seq);
	stmt_bind_text(s, "kind", kind);
	stmt_bind_text(s, "payload", payload);
	stmt_bind_int(s, "due_at", due_at);
	return stmt_exec(s, err);
}

int outbox_due(struct db *db, int64_t now, int64_t limit, struct arena *a, struct outbox_row **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_outbox_due);
	struct outbox_row *rows = ARENA_ARRAY(a, (size_t)limit, struct outbox_row);
	size_t n = 0;
	int rc;

	stmt_bind_int(s, "now", now);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		rows[n++] = (struct outbox_row){
			.id = stmt_int(s, "id"),
			.kind = stmt_text_dup(s, "kind", a),
			.payload = stmt_text_dup(s, "payload", a),
		};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int outbox_open(struct db *db, const char *kind, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_outbox_open);

	stmt_bind_text(s, "kind", kind);
	return stmt_step(s, err);
}

int outbox_done(struct db *db, int64_t id, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_outbox_done);

	stmt_bind_int(s, "id", id);
	stmt_bind_int(s, "now", now);
	return stmt_cas(s, err);
}

int outbox_retry(struct db *db, int64_t id, int64_t due_at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_outbox_retry);

	stmt_bind_int(s, "id", id);
	stmt_bind_int(s, "due_at", due_at);
	return stmt_cas(s, err);
}
