/* SPDX-License-Identifier: Apache-2.0
 *
 * From structs to JSON by field tables: in the table's order for people, sorted for the canonical
 * form. What is absent is left out. No JSON tree is built.
 */
#include "model/field.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { FIELDS_MAX = 64, CANONICAL_MAX = 64 << 20 };

int names_find(const struct field_names *names, const char *s)
{
	for (int i = 0; names->names[i]; i++)
		if (!strcmp(names->names[i], s))
			return i;
	return -1;
}

const char *names_of(const struct field_names *names, int value)
{
	for (int i = 0; names->names[i]; i++)
		if (i == value)
			return names->names[i];
	return NULL;
}

void field_limits(const struct field *f, double *ret_min, double *ret_max)
{
	bool given = f->min != 0 || f->max != 0;

	*ret_min = f->min;
	*ret_max = f->max;
	if (given)
		return;
	switch (f->type) {
	case FIELD_INT:
		*ret_max = 9007199254740991.0;
		return;
	case FIELD_REAL:
		*ret_min = -INFINITY;
		*ret_max = INFINITY;
		return;
	case FIELD_STRING:
		*ret_min = 1;
		*ret_max = 1024;
		return;
	default:
		*ret_max = 256;
	}
}

void fields_init(const struct field_table *t, void *obj)
{
	memset(obj, 0, t->size);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		void *member = field_member(f, obj);
		switch (f->type) {
		case FIELD_INT:
			*(int64_t *)member = f->flags & FIELD_ZERO ? 0 : -1;
			break;
		case FIELD_PAIR:
			((double *)member)[1] = NAN;
			*(double *)member = NAN;
			break;
		case FIELD_REAL:
			*(double *)member = NAN;
			break;
		case FIELD_BOOL:
		case FIELD_ENUM:
			*(int *)member = -1;
			break;
		default:
			break;
		}
	}
}

static bool absent(const struct field *f, const void *obj)
{
	const void *member = field_member(f, obj);

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_JSON:
	case FIELD_OBJECT:
		return !*(void *const *)member;
	case FIELD_INT:
		return !(f->flags & FIELD_ZERO) && *(const int64_t *)member == -1;
	case FIELD_REAL:
	case FIELD_PAIR:
		return isnan(*(const double *)member);
	case FIELD_BOOL:
		return *(const int *)member < 0;
	case FIELD_ENUM:
		return !names_of(f->names, *(const int *)member);
	case FIELD_TIME:
		return *(const int64_t *)member == 0;
	case FIELD_STRINGS:
	case FIELD_REALS:
	case FIELD_INTS:
	case FIELD_LIST:
	case FIELD_MAP:
		return ((const struct list *)member)->n == 0 && !(f->flags & FIELD_EMIT_EMPTY);
	}
	return true;
}

struct emit {
	struct json_writer *w;
	bool sorted;
};

static void emit_object(const struct emit *e, const struct field_table *t, const void *obj);

/* Indexes of what to emit, in order. Tables are small: insertion. */
static size_t order_fields(const struct emit *e, const struct field_table *t, const void *obj,
	size_t order[FIELDS_MAX])
{
	size_t n = 0;

	assert(t->n_fields <= FIELDS_MAX);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (absent(f, obj) && !(f->flags & FIELD_EMIT_NULL))
			continue;
		size_t at = n++;
		while (e->sorted && at > 0 && strcmp(f->name, t->fields[order[at - 1]].name) < 0) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
	return n;
}

static int compare_elements(const void *a, const void *b)
{
	return strcmp(**(const char *const *const *)a, **(const char *const *const *)b);
}

static void emit_map(const struct emit *e, const struct field_table *t, const struct list *list)
{
	FREE_AUTO const void **order = xcalloc(list->n + 1, sizeof(*order));

	for (size_t i = 0; i < list->n; i++)
		order[i] = (const char *)list->v + i * t->size;
	if (e->sorted)
		qsort(order, list->n, sizeof(*order), compare_elements);
	jw_object(e->w);
	for (size_t i = 0; i < list->n; i++) {
		jw_key(e->w, *(const char *const *)order[i]);
		emit_object(e, t, order[i]);
	}
	jw_end(e->w);
}

static void emit_array(const struct emit *e, const struct field *f, const struct list *list)
{
	jw_array(e->w);
	for (size_t i = 0; i < list->n; i++) {
		if (f->type == FIELD_STRINGS)
			jw_string(e->w, ((const char **)list->v)[i]);
		else if (f->type == FIELD_REALS)
			jw_number(e->w, ((const double *)list->v)[i]);
		else if (f->type == FIELD_INTS)
			jw_int(e->w, ((const int64_t *)list->v)[i]);
		else
			emit_object(e, f->table, (const char *)list->v + i * f->table->size);
	}
	jw_end(e->w);
}

static void emit_value(const struct emit *e, const struct field *f, const void *obj)
{
	const void *member = field_member(f, obj);

	if (absent(f, obj)) {
		jw_null(e->w);
		return;
	}
	switch (f->type) {
	case FIELD_STRING:
		jw_string(e->w, *(const char *const *)member);
		break;
	case FIELD_INT:
		jw_int(e->w, *(const int64_t *)member);
		break;
	case FIELD_REAL:
		jw_number(e->w, *(const double *)member);
		break;
	case FIELD_PAIR:
		jw_array(e->w);
		jw_number(e->w, ((const double *)member)[0]);
		jw_number(e->w, ((const double *)member)[1]);
		jw_end(e->w);
		break;
	case FIELD_BOOL:
		jw_bool(e->w, *(const int *)member > 0);
		break;
	case FIELD_TIME:
		jw_time(e->w, *(const int64_t *)member);
		break;
	case FIELD_ENUM:
		jw_string(e->w, names_of(f->names, *(const int *)member));
		break;
	case FIELD_OBJECT:
		emit_object(e, f->table, *(void *const *)member);
		break;
	case FIELD_STRINGS:
	case FIELD_REALS:
	case FIELD_INTS:
	case FIELD_LIST:
		/* All of them are a pointer and a count. */
		emit_array(e, f, member);
		break;
	case FIELD_MAP:
		emit_map(e, f->table, member);
		break;
	case FIELD_JSON:
		jw_raw(e->w, *(const char *const *)member, strlen(*(const char *const *)member));
		break;
	}
}

static void emit_members(const struct emit *e, const struct field_table *t, const void *obj)
{
	size_t order[FIELDS_MAX], n = order_fields(e, t, obj, order);

	for (size_t i = 0; i < n; i++) {
		jw_key(e->w, t->fields[order[i]].name);
		emit_value(e, &t->fields[order[i]], obj);
	}
}

/* An object of which only the scalar is there is written as the bare value it may be given as. */
static void emit_object(const struct emit *e, const struct field_table *t, const void *obj)
{
	size_t order[FIELDS_MAX];

	if (t->scalar && order_fields(e, t, obj, order) == 1 &&
		!strcmp(t->fields[order[0]].name, t->scalar)) {
		emit_value(e, &t->fields[order[0]], obj);
		return;
	}
	jw_object(e->w);
	emit_members(e, t, obj);
	jw_end(e->w);
}

void fields_emit(const struct field_table *t, const void *obj, struct json_writer *w)
{
	emit_object(&(struct emit){.w = w}, t, obj);
}

void fields_emit_members(const struct field_table *t, const void *obj, struct json_writer *w)
{
	emit_members(&(struct emit){.w = w}, t, obj);
}

char *fields_canonical(
	const struct field_table *t, const void *obj, struct arena *a, size_t *ret_len)
{
	STRBUF_AUTO out = STRBUF_INIT(CANONICAL_MAX);
	struct json_writer w;

	json_writer_init(&w, &out);
	emit_object(&(struct emit){.w = &w, .sorted = true}, t, obj);
	assert(json_writer_done(&w));
	if (ret_len)
		*ret_len = out.len;
	return arena_strndup(a, out.buf, out.len);
}
