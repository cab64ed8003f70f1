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

int distillation_settled(struct db *db, struct arena *a, struct distillation *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_settled);
	int rc = stmt_step(s, err);

	if (rc > 0)
		load(s, a, ret);
	return rc;
}

int distillation_update(struct db *db, const struct distillation *d, int was, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_update);

	stmt_bind_fields(s, &distillation_table, d);
	stmt_bind_text(s, "was", names_of(&phase_names, was));
	return stmt_cas(s, err);
}

int distillation_acknowledged(struct db *db, int64_t id, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_distillation_acknowledge);

	stmt_bind_int(s, "id", id);
	stmt_bind_int(s, "acknowledged_at", at);
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

/* ---- What may have come of it ---- */

struct named_run {
	const char *id;
};
struct named {
	struct named_run *run;
};
static const struct field run_fields[] = {
	{"id", FIELD_STRING, offsetof(struct named_run, id), 0, .max = 4096},
};
static const struct field_table run_part =
	FIELD_TABLE("NamedRun", NULL, struct named_run, run_fields, .open = true);
static const struct field named_fields[] = {
	{"run", FIELD_OBJECT, offsetof(struct named, run), 0, .table = &run_part},
};
static const struct field_table named_part =
	FIELD_TABLE("Named", NULL, struct named, named_fields, .open = true);

enum { DERIVED_MAX = 64 };

/* NULL: it names none. -1: it can't be read, which no manifest that was taken is. */
static int run_of(const char *manifest, struct arena *a, const char **ret)
{
	struct named n = {0};
	struct err ignored;

	if (fields_load_text(&named_part, manifest, a, &n, &ignored) < 0)
		return -1;
	*ret = n.run ? n.run->id : NULL;
	return 0;
}

int distillation_derived(struct db *db, const struct distillation *d, struct arena *a,
	struct distilled **ret, size_t *ret_n, struct err *err)
{
	struct distilled *v = ARENA_ARRAY(a, DERIVED_MAX, struct distilled);
	STMT_AUTO s = db_stmt(db, SQL_derived_since);
	size_t n = 0;
	int rc = 0;

	stmt_bind_text(s, "parent", d->teacher ? d->teacher : "");
	stmt_bind_text(s, "provider", d->provider);
	stmt_bind_int(s, "since", d->due_at);
	stmt_bind_int(s, "limit", DERIVED_MAX);
	while (n < DERIVED_MAX && (rc = stmt_step(s, err)) > 0) {
		ARENA_AUTO scratch = arena_new();
		const char *run;

		if (run_of(stmt_text(s, "canonical"), scratch, &run) < 0)
			continue;
		v[n++] = (struct distilled){
			.id = stmt_text_dup(s, "id", a),
			.ns = stmt_text_dup(s, "namespace", a),
			.family = stmt_text_dup(s, "family", a),
			.run = run ? arena_strdup(a, run) : NULL,
			.received_at = stmt_int(s, "received_at"),
		};
	}
	if (rc < 0)
		return -1;
	*ret = v;
	*ret_n = n;
	return 0;
}
