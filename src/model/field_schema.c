/* SPDX-License-Identifier: Apache-2.0
 *
 * From field tables to JSON Schema 2020-12: every limit that parsing enforces by a table is in the
 * schema made from it, so that the OpenAPI document can't promise more than the parser takes.
 */
#include "model/field.h"

#include <math.h>
#include <string.h>

#include "base/jcs.h"

enum { VISIT_MAX = 128 };

static void write_bound(struct json_writer *w, const char *key, double v)
{
	if (isfinite(v))
		jw_knumber(w, key, v);
}

static void write_type(struct json_writer *w, const char *type, unsigned flags)
{
	jw_key(w, "type");
	if (flags & FIELD_EMIT_NULL) {
		jw_array(w);
		jw_string(w, type);
		jw_string(w, "null");
		jw_end(w);
	} else {
		jw_string(w, type);
	}
}

static void write_format(struct json_writer *w, const struct field_format *format)
{
	if (!format)
		return;
	if (format->pattern)
		jw_kstring(w, "pattern", format->pattern);
	if (format->json_format)
		jw_kstring(w, "format", format->json_format);
	jw_key(w, "examples");
	jw_array(w);
	jw_string(w, format->example);
	jw_end(w);
}

static void write_ref(struct json_writer *w, const struct field_table *t)
{
	char ref[128];

	snprintf(ref, sizeof(ref), "#/components/schemas/%s", t->name);
	jw_kstring(w, "$ref", ref);
}

static void write_number(struct json_writer *w, const char *type, const struct field *f)
{
	double min, max;
	bool exclusive = f->flags & FIELD_EXCLUSIVE;

	field_limits(f, &min, &max);
	write_type(w, type, f->flags);
	write_bound(w, exclusive ? "exclusiveMinimum" : "minimum", min);
	write_bound(w, exclusive ? "exclusiveMaximum" : "maximum", max);
}

static void write_enum(struct json_writer *w, const struct field *f)
{
	write_type(w, "string", f->flags);
	jw_key(w, "enum");
	jw_array(w);
	for (int i = 0; f->names->names[i]; i++)
		jw_string(w, f->names->names[i]);
	if (f->flags & FIELD_EMIT_NULL)
		jw_null(w);
	jw_end(w);
}

static void write_text(struct json_writer *w, const struct field *f)
{
	double min, max;

	field_limits(f, &min, &max);
	write_type(w, "string", f->flags);
	jw_knumber(w, "minLength", min);
	jw_knumber(w, "maxLength", max);
	write_format(w, f->format);
}

/* What stands in the array: `items`. */
static void write_items(struct json_writer *w, const struct field *f)
{
	jw_key(w, "items");
	jw_object(w);
	if (f->type == FIELD_LIST) {
		write_ref(w, f->table);
	} else if (f->type == FIELD_STRINGS) {
		jw_kstring(w, "type", "string");
		jw_kint(w, "minLength", 1);
		jw_kint(w, "maxLength", 1024);
		write_format(w, f->format);
	} else if (f->type == FIELD_INTS) {
		jw_kstring(w, "type", "integer");
		jw_kint(w, "minimum", 0);
	} else {
		jw_kstring(w, "type", "number");
	}
	jw_end(w);
}

static void write_array(struct json_writer *w, const struct field *f)
{
	double min, max;

	field_limits(f, &min, &max);
	if (f->type == FIELD_PAIR)
		min = max = 2;
	jw_kstring(w, "type", "array");
	write_items(w, f);
	jw_knumber(w, "minItems", min);
	jw_knumber(w, "maxItems", max);
}

static void write_map(struct json_writer *w, const struct field *f)
{
	double min, max;

	field_limits(f, &min, &max);
	jw_kstring(w, "type", "object");
	jw_key(w, "propertyNames");
	jw_object(w);
	jw_kint(w, "maxLength", 64);
	jw_kstring(w, "pattern",
		f->format && f->format->pattern ? f->format->pattern : "^[A-Za-z0-9_.-]+$");
	jw_end(w);
	jw_key(w, "additionalProperties");
	jw_object(w);
	write_ref(w, f->table);
	jw_end(w);
	jw_knumber(w, "minProperties", min);
	jw_knumber(w, "maxProperties", max);
}

static void write_object_ref(struct json_writer *w, const struct field *f)
{
	if (!(f->flags & FIELD_EMIT_NULL)) {
		write_ref(w, f->table);
		return;
	}
	jw_key(w, "anyOf");
	jw_array(w);
	jw_object(w);
	write_ref(w, f->table);
	jw_end(w);
	jw_object(w);
	jw_kstring(w, "type", "null");
	jw_end(w);
	jw_end(w);
}

static void write_field(struct json_writer *w, const struct field *f)
{
	jw_object(w);
	switch (f->type) {
	case FIELD_STRING:
		write_text(w, f);
		break;
	case FIELD_INT:
		write_number(w, "integer", f);
		break;
	case FIELD_REAL:
		write_number(w, "number", f);
		break;
	case FIELD_BOOL:
		write_type(w, "boolean", f->flags);
		break;
	case FIELD_TIME:
		write_type(w, "string", f->flags);
		jw_kstring(w, "format", "date-time");
		break;
	case FIELD_ENUM:
		write_enum(w, f);
		break;
	case FIELD_STRINGS:
	case FIELD_REALS:
	case FIELD_INTS:
	case FIELD_PAIR:
	case FIELD_LIST:
		write_array(w, f);
		break;
	case FIELD_OBJECT:
		write_object_ref(w, f);
		break;
	case FIELD_MAP:
		write_map(w, f);
		break;
	case FIELD_JSON:
		break;
	}
	if (f->help)
		jw_kstring(w, "description", f->help);
	if (f->flags & FIELD_READ_ONLY)
		jw_kbool(w, "readOnly", true);
	jw_end(w);
}

static void write_required(struct json_writer *w, const struct field_table *t)
{
	bool open = false;

	for (size_t i = 0; i < t->n_fields; i++) {
		if (!(t->fields[i].flags & FIELD_REQUIRED))
			continue;
		if (!open) {
			jw_key(w, "required");
			jw_array(w);
			open = true;
		}
		jw_string(w, t->fields[i].name);
	}
	if (open)
		jw_end(w);
}

static void write_object(struct json_writer *w, const struct field_table *t)
{
	jw_kstring(w, "type", "object");
	jw_key(w, "properties");
	jw_object(w);
	for (size_t i = 0; i < t->n_fields; i++) {
		jw_key(w, t->fields[i].name);
		write_field(w, &t->fields[i]);
	}
	jw_end(w);
	write_required(w, t);
	jw_kbool(w, "additionalProperties", t->open);
}

void fields_schema(const struct field_table *t, struct json_writer *w)
{
	jw_object(w);
	if (t->help)
		jw_kstring(w, "description", t->help);
	if (!t->scalar) {
		write_object(w, t);
	} else {
		jw_key(w, "oneOf");
		jw_array(w);
		for (size_t i = 0; i < t->n_fields; i++)
			if (!strcmp(t->fields[i].name, t->scalar))
				write_field(w, &t->fields[i]);
		jw_object(w);
		write_object(w, t);
		jw_end(w);
		jw_end(w);
	}
	jw_end(w);
}

struct visit {
	const struct field_table *seen[VISIT_MAX];
	size_t n;
};

static void visit(struct visit *v, const struct field_table *t,
	void (*fn)(const struct field_table *, void *), void *arg)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->seen[i] == t)
			return;
	if (v->n == VISIT_MAX)
		return;
	v->seen[v->n++] = t;
	fn(t, arg);
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].table)
			visit(v, t->fields[i].table, fn, arg);
}

void fields_visit(
	const struct field_table *t, void (*fn)(const struct field_table *, void *), void *arg)
{
	struct visit v = {.n = 0};

	visit(&v, t, fn, arg);
}
