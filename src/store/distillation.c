/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on distillations.
 */
#include "store/distillation.h"

#include "model/phase.h"

static void load(struct stmt *s, struct arena *a, struct distillation *ret)
{
	fields_init(&distillation_table, ret);
	stmt_load_fields(s, &distillation_table, a, ret);
}

int distillation_insert(struct db *db, struct distillation *d, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_insert);

	stmt_bind_fields(s, &distillation_table, d);
	if (stmt_exec(s, err) < 0)
		return -1;
	d->id = db_last_id(db);
	return 0;
}

int distillation_find(
	struct db *db, int64_t id, struct arena *a, struct distillation *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_find);
	int rc;

	stmt_bind_int(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		load(s, a, ret);
	return rc;
}

int distillation_open(struct db *db, int64_t limit, struct arena *a, struct distillation **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_open);
	struct distillation *v = ARENA_ARRAY(a, (size_t)limit, struct distillation);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		load(s, a, &v[n++]);
	if (rc < 0)
		return -1;
	*ret = v;
	*ret_n = n;
	return 0;
}

int distillation_update(struct db *db, const struct distillation *d, int was, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_update);

	stmt_bind_fields(s, &distillation_table, d);
	stmt_bind_text(s, "was", names_of(&phase_names, was));
	return stmt_cas(s, err);
}

int distillation_list(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_page);
	struct page page = {0};
	int64_t last = 0;
	int rc;

	limit = limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : limit;
	stmt_bind_int(s, "after", after > 0 ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit + 1);
	page.bodies = ARENA_ARRAY(a, (size_t)limit, const char *);
	while ((rc = stmt_step(s, err)) > 0) {
		struct distillation d;

		if (page.n == (size_t)limit) {
			page.next = last;
			break;
		}
		load(s, a, &d);
		last = d.id;
		page.bodies[page.n++] = fields_canonical(&distillation_table, &d, a, NULL);
	}
	if (rc < 0)
		return -1;
	*ret = page;
	return 0;
}

int derived_since(struct db *db, const char *parent, const char *provider, int64_t since,
	struct arena *a, const char **ret_id, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_derived_since);
	int rc;

	stmt_bind_text(s, "parent", parent);
	stmt_bind_text(s, "provider", provider);
	stmt_bind_int(s, "since", since);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_id = stmt_text_dup(s, "id", a);
	return rc;
}
