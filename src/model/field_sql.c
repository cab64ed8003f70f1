/* SPDX-License-Identifier: Apache-2.0
 *
 * Between structs and SQL by field tables: parameters and columns that carry the name of a scalar
 * field are bound and loaded; all others are the statement's own business. Absent is NULL.
 */
#include "model/field.h"

#include <math.h>
#include <string.h>

#include "db/db.h"

static const struct field *find_scalar(const struct field_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (strcmp(f->name, name))
			continue;
		switch (f->type) {
		case FIELD_STRING:
		case FIELD_INT:
		case FIELD_REAL:
		case FIELD_BOOL:
		case FIELD_TIME:
		case FIELD_ENUM:
		case FIELD_JSON:
			return f;
		default:
			return NULL;
		}
	}
	return NULL;
}

static void bind_member(struct stmt *s, const struct field *f, const void *member)
{
	switch (f->type) {
	case FIELD_INT:
		if (!(f->flags & FIELD_ZERO) && *(const int64_t *)member == -1)
			stmt_bind_null(s, f->name);
		else
			stmt_bind_int(s, f->name, *(const int64_t *)member);
		break;
	case FIELD_TIME:
		if (*(const int64_t *)member)
			stmt_bind_int(s, f->name, *(const int64_t *)member);
		else
			stmt_bind_null(s, f->name);
		break;
	case FIELD_REAL:
		stmt_bind_real(s, f->name, *(const double *)member);
		break;
	case FIELD_BOOL:
		if (*(const int *)member >= 0)
			stmt_bind_int(s, f->name, *(const int *)member > 0);
		else
			stmt_bind_null(s, f->name);
		break;
	case FIELD_ENUM:
		stmt_bind_text(s, f->name, names_of(f->names, *(const int *)member));
		break;
	default:
		stmt_bind_text(s, f->name, *(const char *const *)member);
	}
}

void stmt_bind_fields(struct stmt *s, const struct field_table *t, const void *obj)
{
	for (size_t i = 0; i < stmt_params(s); i++) {
		const struct field *f = find_scalar(t, stmt_param_name(s, i));
		if (f)
			bind_member(s, f, field_member(f, obj));
	}
}

static void load_member(struct stmt *s, const struct field *f, struct arena *a, void *member)
{
	bool null = stmt_is_null(s, f->name);

	switch (f->type) {
	case FIELD_INT:
		*(int64_t *)member = null ? (f->flags & FIELD_ZERO ? 0 : -1) : stmt_int(s, f->name);
		break;
	case FIELD_TIME:
		*(int64_t *)member = stmt_int(s, f->name);
		break;
	case FIELD_REAL:
		*(double *)member = stmt_real(s, f->name);
		break;
	case FIELD_BOOL:
		*(int *)member = null ? -1 : stmt_int(s, f->name) != 0;
		break;
	case FIELD_ENUM:
		*(int *)member = null ? -1 : names_find(f->names, stmt_text(s, f->name));
		break;
	default:
		*(const char **)member = stmt_text_dup(s, f->name, a);
	}
}

void stmt_load_fields(struct stmt *s, const struct field_table *t, struct arena *a, void *obj)
{
	for (size_t i = 0; i < stmt_columns(s); i++) {
		const struct field *f = find_scalar(t, stmt_column_name(s, i));
		if (f)
			load_member(s, f, a, field_member(f, obj));
	}
}
