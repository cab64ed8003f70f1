/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on lineage.
 */
#include "store/lineage.h"

#include <string.h>

static int load(
	struct stmt *s, struct arena *a, struct lineage_row **ret, size_t *ret_n, struct err *err)
{
	struct lineage_row *v = NULL;
	size_t n = 0, room = 0;
	int rc = 0;

	while (n < LINEAGE_ROWS_MAX && (rc = stmt_step(s, err)) > 0) {
		if (n == room) {
			struct lineage_row *more;

			room = room ? 2 * room : 4;
			more = ARENA_ARRAY(a, room, struct lineage_row);
			if (n)
				memcpy(more, v, n * sizeof(*v));
			v = more;
		}
		v[n++] = (struct lineage_row){
			.seq = stmt_int(s, "seq"),
			.provider = stmt_text_dup(s, "provider", a),
			.id = stmt_text_dup(s, "id", a),
			.content = stmt_text_dup(s, "content", a),
		};
	}
	if (rc < 0)
		return -1;
	*ret = v;
	*ret_n = n;
	return 0;
}

int lineage_insert(struct db *db, int64_t artifact_seq, const char *parent, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_lineage_insert);

	stmt_bind_int(s, "artifact_seq", artifact_seq);
	stmt_bind_text(s, "parent", parent);
	return stmt_exec(s, err);
}

int lineage_artifacts(struct db *db, const char *id, struct arena *a, struct lineage_row **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_lineage_artifacts);

	stmt_bind_text(s, "id", id);
	return load(s, a, ret, ret_n, err);
}

int lineage_parents(struct db *db, const char *id, struct arena *a, struct lineage_parent_row **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_lineage_parents);
	struct lineage_parent_row *v = NULL;
	size_t n = 0, room = 0;
	int rc = 0;

	stmt_bind_text(s, "id", id);
	while (n < LINEAGE_ROWS_MAX && (rc = stmt_step(s, err)) > 0) {
		if (n == room) {
			struct lineage_parent_row *more;

			room = room ? 2 * room : 4;
			more = ARENA_ARRAY(a, room, struct lineage_parent_row);
			if (n)
				memcpy(more, v, n * sizeof(*v));
			v = more;
		}
		v[n++] = (struct lineage_parent_row){
			.provider = stmt_text_dup(s, "provider", a),
			.parent = stmt_is_null(s, "parent") ? NULL : stmt_text_dup(s, "parent", a),
		};
	}
	if (rc < 0)
		return -1;
	*ret = v;
	*ret_n = n;
	return 0;
}

int lineage_children(struct db *db, const char *parent, int64_t limit, struct arena *a,
	struct lineage_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_lineage_children);

	stmt_bind_text(s, "parent", parent);
	stmt_bind_int(s, "limit", limit);
	return load(s, a, ret, ret_n, err);
}
