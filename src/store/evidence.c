/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on evidence and on the marks that make verdicts due.
 */
#include "store/evidence.h"

enum { EVER_MAX = 4096 };

static int load(struct stmt *s, bool with_seq, size_t max, struct arena *a,
	struct evidence_list *ret, struct err *err)
{
	struct evidence_list list = {0};
	size_t room = 0;
	int rc = 0;

	while (list.n < max && (rc = stmt_step(s, err)) > 0) {
		if (list.n == room) {
			struct evidence_row *more;

			room = room ? 2 * room : 8;
			more = ARENA_ARRAY(a, room, struct evidence_row);
			for (size_t i = 0; i < list.n; i++)
				more[i] = list.v[i];
			list.v = more;
		}
		list.v[list.n++] = (struct evidence_row){
			.seq = with_seq ? stmt_int(s, "seq") : 0,
			.digest = stmt_text_dup(s, "digest", a),
			.content = stmt_text_dup(s, "content", a),
		};
	}
	if (rc < 0)
		return -1;
	*ret = list;
	return 0;
}

int evidence_about(struct db *db, const char *subject, int64_t limit, struct arena *a,
	struct evidence_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_evidence_about);

	stmt_bind_text(s, "subject", subject);
	stmt_bind_int(s, "limit", limit);
	return load(s, true, (size_t)limit, a, ret, err);
}

int evidence_ever(struct db *db, const char *subject, struct arena *a, struct evidence_list *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_evidence_content);

	stmt_bind_text(s, "subject", subject);
	return load(s, true, EVER_MAX, a, ret, err);
}

static int load_seqs(struct stmt *s, int64_t limit, struct arena *a, int64_t **ret, size_t *ret_n,
	struct err *err)
{
	int64_t *seqs = ARENA_ARRAY(a, (size_t)limit, int64_t);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		seqs[n++] = stmt_int(s, "seq");
	if (rc < 0)
		return -1;
	*ret = seqs;
	*ret_n = n;
	return 0;
}

int evidence_seqs(struct db *db, const char *subject, int64_t limit, struct arena *a, int64_t **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_evidence_seqs);

	stmt_bind_text(s, "subject", subject);
	return load_seqs(s, limit, a, ret, ret_n, err);
}

int evidence_held(struct db *db, const char *subject, int64_t limit, struct arena *a, int64_t **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_evidence_held);

	stmt_bind_text(s, "subject", subject);
	return load_seqs(s, limit, a, ret, ret_n, err);
}

int evidence_overdue(struct db *db, int64_t before, int64_t limit, struct arena *a, int64_t **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_evidence_overdue);

	stmt_bind_int(s, "before", before);
	return load_seqs(s, limit, a, ret, ret_n, err);
}

int artifact_places(struct db *db, const char *id, struct arena *a, struct artifact_place **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_places);
	struct artifact_place places[PLACES_MAX];
	size_t n = 0;
	int rc = 0;

	stmt_bind_text(s, "id", id);
	while (n < PLACES_MAX && (rc = stmt_step(s, err)) > 0)
		places[n++] = (struct artifact_place){
			.seq = stmt_int(s, "seq"),
			.has_slot = stmt_text(s, "slot") != NULL,
		};
	if (rc < 0)
		return -1;
	*ret = n ? arena_memdup(a, places, n * sizeof(*places)) : NULL;
	*ret_n = n;
	return 0;
}

int artifact_content(struct db *db, const char *id, const char *digest, struct arena *a,
	const char **ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_content);
	int rc;

	stmt_bind_text(s, "id", id);
	stmt_bind_text(s, "digest", digest);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = stmt_text_dup(s, "content", a);
	return rc;
}

int artifact_touch(struct db *db, int64_t seq, const char *mark, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_touch);

	stmt_bind_int(s, "artifact_seq", seq);
	stmt_bind_text(s, "mark", mark);
	return stmt_exec(s, err);
}

int contract_wait(struct db *db, const char *digest, int64_t artifact_seq, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_contract_wait_insert);

	stmt_bind_text(s, "contract_digest", digest);
	stmt_bind_int(s, "artifact_seq", artifact_seq);
	return stmt_exec(s, err);
}

static int wait_touch(struct db *db, const char *digest, const char *mark, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_contract_wait_touch);

	stmt_bind_text(s, "contract_digest", digest);
	stmt_bind_text(s, "mark", mark);
	return stmt_exec(s, err);
}

int contract_wait_over(struct db *db, const char *digest, const char *mark, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_contract_wait_delete);

	if (wait_touch(db, digest, mark, err) < 0)
		return -1;
	stmt_bind_text(s, "contract_digest", digest);
	return stmt_exec(s, err);
}
