/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict parsing by field tables: the only place where a document's JSON tree is walked. It refuses
 * what the table does not declare, and goes on after a fault, so that one answer names them all. What
 * is emitted from the same tables is field_emit.c, field_schema.c and field_sql.c.
 */
#include "model/field.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "model/format.h"

enum { POINTER_MAX = 160, FIELDS_MAX = 64, KEY_MAX = 64, SHOWN_MAX = 40, CANONICAL_MAX = 64 << 20 };

struct parse {
	struct arena *arena;
	struct faults *faults;
	bool stored; /* our own text: read-only fields and emitted nulls are welcome */
};

/* Where a value stands; its pointer is only written out when there is a fault to report. */
struct place {
	const char *base;
	const char *token; /* NULL: at `index` */
	size_t index;
};

static void place_pointer(const struct place *p, char buf[POINTER_MAX])
{
	if (p->token)
		pointer_join(buf, POINTER_MAX, p->base, p->token);
	else
		pointer_index(buf, POINTER_MAX, p->base, p->index);
}

#define FAULT(ctx, place, ...)                                   \
	do {                                                     \
		char pointer_[POINTER_MAX];                      \
		place_pointer((place), pointer_);                \
		fault_add((ctx)->faults, pointer_, __VA_ARGS__); \
	} while (0)

static const char *kind_of(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	default:
		return "null";
	}
}

static int wrong_type(
	const struct parse *ctx, const struct place *at, const char *want, const json_t *v)
{
	if (json_is_null(v))
		FAULT(ctx, at, "must not be null: leave the key out instead");
	else
		FAULT(ctx, at, "must be %s, not %s", want, kind_of(v));
	return -1;
}

/* What a client sent, fit for a sentence: short, one line, whole characters. */
static const char *shown(const struct parse *ctx, const char *s)
{
	size_t n = strlen(s);
	bool cut = n > SHOWN_MAX;

	if (cut)
		n = utf8_cut(s, SHOWN_MAX);
	char *out = arena_printf(ctx->arena, "%.*s%s", (int)n, s, cut ? "..." : "");
	bool plain = format_line.check(out);
	for (char *p = out; *p && !plain; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return out;
}

/* ---- Scalars ---- */

static int out_of_range(const struct parse *ctx, const struct place *at, const struct field *f,
	const char *noun, double min, double max, double v)
{
	char lo[JCS_NUMBER_STRLEN], hi[JCS_NUMBER_STRLEN], got[JCS_NUMBER_STRLEN];
	bool exclusive = f->flags & FIELD_EXCLUSIVE;

	jcs_number(v, got);
	if (isfinite(min))
		jcs_number(min, lo);
	if (isfinite(max))
		jcs_number(max, hi);
	if (isfinite(min) && isfinite(max) && !exclusive)
		FAULT(ctx, at, "must be %s from %s to %s, not %s", noun, lo, hi, got);
	else if (isfinite(min) && isfinite(max))
		FAULT(ctx, at, "must be %s between %s and %s, not %s", noun, lo, hi, got);
	else if (isfinite(min))
		FAULT(ctx, at, "must be %s %s %s, not %s", noun,
			exclusive ? "greater than" : "of at least", lo, got);
	else
		FAULT(ctx, at, "must be %s %s %s, not %s", noun,
			exclusive ? "less than" : "of at most", hi, got);
	return -1;
}

static bool in_range(const struct field *f, double min, double max, double v)
{
	if (f->flags & FIELD_EXCLUSIVE)
		return v > min && v < max;
	return v >= min && v <= max;
}

static int parse_integer(
	const struct parse *ctx, const struct place *at, const json_t *v, int64_t *ret)
{
	if (json_is_integer(v)) {
		*ret = json_integer_value(v);
		return 0;
	}
	/* 1.0 and 1 are the same number, and have the same canonical form. */
	double real = json_real_value(v);
	if (!json_is_real(v))
		return wrong_type(ctx, at, "an integer", v);
	if (real != trunc(real) || fabs(real) > 9007199254740991.0) {
		FAULT(ctx, at, "must be an integer, not a fraction");
		return -1;
	}
	*ret = (int64_t)real;
	return 0;
}

static int parse_int(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, int64_t *member)
{
	double min, max;
	int64_t n = 0;

	field_limits(f, &min, &max);
	if (parse_integer(ctx, at, v, &n))
		return -1;
	if (!in_range(f, min, max, (double)n))
		return out_of_range(ctx, at, f, "an integer", min, max, (double)n);
	*member = n;
	return 0;
}

static int parse_real(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, double *member)
{
	double min, max;

	field_limits(f, &min, &max);
	if (!json_is_number(v))
		return wrong_type(ctx, at, "a number", v);
	double n = json_number_value(v);
	if (!in_range(f, min, max, n))
		return out_of_range(ctx, at, f, "a number", min, max, n);
	*member = n;
	return 0;
}

static int check_text(const struct parse *ctx, const struct place *at,
	const struct field_format *format, double min, double max, const json_t *v,
	const char **member)
{
	if (!json_is_string(v))
		return wrong_type(ctx, at, "a string", v);

	const char *s = json_string_value(v);
	size_t n = json_string_length(v);
	if (n < min && n == 0)
		FAULT(ctx, at, "must not be empty");
	else if (n < min)
		FAULT(ctx, at, "must be at least %.0f bytes long, not %zu", min, n);
	else if (n > max)
		FAULT(ctx, at, "must be at most %.0f bytes long, not %zu", max, n);
	else if (strlen(s) != n)
		FAULT(ctx, at, "must not hold a NUL character");
	else if (format && !format->check(s))
		FAULT(ctx, at, "\"%s\" is not %s, e.g. %s", shown(ctx, s), format->title,
			format->example);
	else {
		*member = arena_strndup(ctx->arena, s, n);
		return 0;
	}
	return -1;
}

static int parse_time(
	const struct parse *ctx, const struct place *at, const json_t *v, int64_t *member)
{
	int64_t usec;

	if (!json_is_string(v))
		return wrong_type(ctx, at, "a string with an RFC 3339 time", v);
	/* 0 stands for "no time". */
	if (time_parse(json_string_value(v), &usec) || usec <= 0) {
		FAULT(ctx, at,
			"\"%s\" is not an RFC 3339 time after 1970, e.g. 2026-11-24T06:00:00Z",
			shown(ctx, json_string_value(v)));
		return -1;
	}
	*member = usec;
	return 0;
}

static int parse_enum(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, int *member)
{
	if (!json_is_string(v))
		return wrong_type(ctx, at, "a string", v);
	int n = names_find(f->names, json_string_value(v));
	if (n < 0) {
		const char *list = "";
		for (int i = 0; f->names->names[i]; i++)
			list = arena_printf(
				ctx->arena, "%s%s%s", list, i ? ", " : "", f->names->names[i]);
		FAULT(ctx, at, "\"%s\" is no %s; legal are %s", shown(ctx, json_string_value(v)),
			f->names->title, list);
		return -1;
	}
	*member = n;
	return 0;
}

/* ---- Arrays and objects ---- */

static int parse_object(const struct parse *ctx, const struct field_table *t, const json_t *v,
	const struct place *at, void *obj);

/* The array, when it is one of a length the field allows. */
static const json_t *parse_length(const struct parse *ctx, const struct field *f,
	const struct place *at, const json_t *v, bool is_object, size_t *ret_n)
{
	double min, max;
	size_t n = is_object ? json_object_size(v) : json_array_size(v);

	field_limits(f, &min, &max);
	if (is_object ? !json_is_object(v) : !json_is_array(v))
		wrong_type(ctx, at, is_object ? "an object" : "an array", v);
	else if (n < min && n == 0)
		FAULT(ctx, at, "must not be empty");
	else if (n < min)
		FAULT(ctx, at, "must have at least %.0f elements, not %zu", min, n);
	else if (n > max)
		FAULT(ctx, at, "must have at most %.0f elements, not %zu", max, n);
	else {
		*ret_n = n;
		return v;
	}
	return NULL;
}

/* A copy of the place as the pointer that the elements' pointers begin with. */
static const char *inside(const struct parse *ctx, const struct place *at)
{
	char buf[POINTER_MAX];

	place_pointer(at, buf);
	return arena_strdup(ctx->arena, buf);
}

static int parse_strings(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, struct strings *member)
{
	size_t n, bad = 0;

	if (!parse_length(ctx, f, at, v, false, &n))
		return -1;
	const char **list = ARENA_ARRAY(ctx->arena, n + 1, const char *);
	const char *base = inside(ctx, at);
	for (size_t i = 0; i < n; i++) {
		struct place here = {.base = base, .index = i};
		if (check_text(ctx, &here, f->format, 1, 1024, json_array_get(v, i), &list[i]))
			bad++;
	}
	if (bad)
		return -1;
	*member = (struct strings){list, n};
	return 0;
}

static int parse_numbers(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, struct list *member)
{
	size_t n, bad = 0;

	if (!parse_length(ctx, f, at, v, false, &n))
		return -1;
	double *reals = ARENA_ARRAY(ctx->arena, n + 1, double);
	int64_t *ints = ARENA_ARRAY(ctx->arena, n + 1, int64_t);
	const char *base = inside(ctx, at);
	for (size_t i = 0; i < n; i++) {
		struct place here = {.base = base, .index = i};
		const json_t *e = json_array_get(v, i);
		if (f->type == FIELD_INTS)
			bad += parse_int(ctx, &(struct field){.type = FIELD_INT}, &here, e,
				       &ints[i]) != 0;
		else if (json_is_number(e))
			reals[i] = json_number_value(e);
		else
			bad += wrong_type(ctx, &here, "a number", e) != 0;
	}
	if (bad)
		return -1;
	member->v = f->type == FIELD_INTS ? (void *)ints : (void *)reals;
	member->n = n;
	return 0;
}

static int parse_pair(
	const struct parse *ctx, const struct place *at, const json_t *v, double member[2])
{
	if (!json_is_array(v) || json_array_size(v) != 2 || !json_is_number(json_array_get(v, 0)) ||
		!json_is_number(json_array_get(v, 1))) {
		if (!json_is_array(v))
			return wrong_type(ctx, at, "an array [low, high]", v);
		FAULT(ctx, at, "must be an array of two numbers, [low, high]");
		return -1;
	}
	member[0] = json_number_value(json_array_get(v, 0));
	member[1] = json_number_value(json_array_get(v, 1));
	return 0;
}

static int parse_list(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, struct list *member)
{
	size_t n;

	if (!parse_length(ctx, f, at, v, false, &n))
		return -1;
	char *list = arena_calloc(ctx->arena, n + 1, f->table->size);
	const char *base = inside(ctx, at);
	for (size_t i = 0; i < n; i++) {
		struct place here = {.base = base, .index = i};
		parse_object(ctx, f->table, json_array_get(v, i), &here, list + i * f->table->size);
	}
	*member = (struct list){list, n};
	return 0;
}

static bool key_valid(const char *key)
{
	size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n >= 1 && n <= KEY_MAX && !key[n];
}

static int parse_map(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, struct list *member)
{
	const char *key;
	json_t *value;
	size_t n, i = 0;

	if (!parse_length(ctx, f, at, v, true, &n))
		return -1;
	char *list = arena_calloc(ctx->arena, n + 1, f->table->size);
	const char *base = inside(ctx, at);
	json_object_foreach((json_t *)v, key, value)
	{
		struct place here = {.base = base, .token = key};
		char *element = list + i++ * f->table->size;
		const char *name = arena_strdup(ctx->arena, key);
		if (!key_valid(key))
			FAULT(ctx, &here, "\"%s\" is not a name: 1 to %d of A-Z a-z 0-9 _ . -",
				shown(ctx, key), KEY_MAX);
		else if (f->format && !f->format->check(key))
			FAULT(ctx, &here, "\"%s\" is not %s, e.g. %s", shown(ctx, key),
				f->format->title, f->format->example);
		/* First, because the rules of the element may speak of it. */
		*(const char **)element = name;
		parse_object(ctx, f->table, value, &here, element);
	}
	*member = (struct list){list, n};
	return 0;
}

static int parse_json(
	const struct parse *ctx, const struct place *at, const json_t *v, const char **member)
{
	STRBUF_AUTO out = STRBUF_INIT(CANONICAL_MAX);
	struct err err;

	if (jcs_render(v, &out, &err)) {
		FAULT(ctx, at, "%s", err.msg);
		return -1;
	}
	*member = arena_strndup(ctx->arena, out.buf, out.len);
	return 0;
}

/* -1 when this value is at fault; what is wrong deeper inside an object is not its own fault. */
static int parse_member(const struct parse *ctx, const struct field *f, const struct place *at,
	const json_t *v, void *member)
{
	switch (f->type) {
	case FIELD_STRING: {
		double min, max;
		field_limits(f, &min, &max);
		return check_text(ctx, at, f->format, min, max, v, member);
	}
	case FIELD_INT:
		return parse_int(ctx, f, at, v, member);
	case FIELD_REAL:
		return parse_real(ctx, f, at, v, member);
	case FIELD_REALS:
	case FIELD_INTS:
		return parse_numbers(ctx, f, at, v, member);
	case FIELD_PAIR:
		return parse_pair(ctx, at, v, member);
	case FIELD_BOOL:
		if (!json_is_boolean(v))
			return wrong_type(ctx, at, "true or false", v);
		*(int *)member = json_is_true(v);
		return 0;
	case FIELD_TIME:
		return parse_time(ctx, at, v, member);
	case FIELD_ENUM:
		return parse_enum(ctx, f, at, v, member);
	case FIELD_STRINGS:
		return parse_strings(ctx, f, at, v, member);
	case FIELD_OBJECT:
		*(void **)member = arena_alloc(ctx->arena, f->table->size);
		if (!parse_object(ctx, f->table, v, at, *(void **)member))
			return 0;
		*(void **)member = NULL;
		return -1;
	case FIELD_LIST:
		return parse_list(ctx, f, at, v, member);
	case FIELD_MAP:
		return parse_map(ctx, f, at, v, member);
	case FIELD_JSON:
		return parse_json(ctx, at, v, member);
	}
	return -1;
}

/* ---- One object ---- */

static const char *suggestion(const struct field_table *t, const char *key)
{
	const char *names[FIELDS_MAX];

	for (size_t i = 0; i < t->n_fields; i++)
		names[i] = t->fields[i].name;
	return suggest_name(key, names, t->n_fields);
}

static void unknown_field(const struct parse *ctx, const struct field_table *t, const char *key,
	const json_t *v, const struct place *at)
{
	const char *own = t->unknown ? t->unknown(key, json_array_size(v)) : NULL;
	/* Beyond the last one kept nobody reads the sentence. */
	const char *near = ctx->faults->n < FAULTS_MAX ? suggestion(t, key) : NULL;

	if (own)
		FAULT(ctx, at, "%s", own);
	else if (near)
		FAULT(ctx, at, "unknown field; did you mean \"%s\"?", near);
	else
		FAULT(ctx, at, "unknown field");
}

static int parse_field(const struct parse *ctx, const struct field *f, const json_t *v,
	const struct place *at, void *obj)
{
	unsigned nullable = FIELD_TAKE_NULL | (ctx->stored ? FIELD_EMIT_NULL : 0);

	if (json_is_null(v) && (f->flags & nullable))
		return 0;
	if (!ctx->stored && (f->flags & FIELD_READ_ONLY)) {
		FAULT(ctx, at, "is set by the daemon: leave it out");
		return -1;
	}
	return parse_member(ctx, f, at, v, field_member(f, obj));
}

static const struct field *find_field(const struct field_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (!strcmp(t->fields[i].name, name))
			return &t->fields[i];
	return NULL;
}

/* Members of an object whose members are absent so far. Returns how many fields were at fault. */
static size_t parse_members(const struct parse *ctx, const struct field_table *t, const json_t *v,
	const char *pointer, void *obj)
{
	const char *key;
	json_t *value;
	uint64_t seen = 0;
	size_t bad = 0;

	assert(t->n_fields <= FIELDS_MAX);
	json_object_foreach((json_t *)v, key, value)
	{
		struct place at = {.base = pointer, .token = key};
		const struct field *f = find_field(t, key);
		if (!f) {
			if (!t->open)
				unknown_field(ctx, t, key, value, &at);
			continue;
		}
		seen |= UINT64_C(1) << (f - t->fields);
		if (parse_field(ctx, f, value, &at, obj))
			bad++;
	}
	for (size_t i = 0; i < t->n_fields; i++) {
		struct place at = {.base = pointer, .token = t->fields[i].name};
		if (!(t->fields[i].flags & FIELD_REQUIRED) || (seen >> i & 1))
			continue;
		if (!ctx->stored && (t->fields[i].flags & FIELD_READ_ONLY))
			continue;
		FAULT(ctx, &at, "is required");
		bad++;
	}
	return bad;
}

/* A map's elements come with their name set; it is kept. */
static void init_keeping_name(const struct field_table *t, void *obj)
{
	const char *name = *(const char **)obj;

	fields_init(t, obj);
	if (name)
		*(const char **)obj = name;
}

/* May `v` stand for an object in which only `f` is set? */
static bool is_scalar(const struct field *f, const json_t *v)
{
	switch (f->type) {
	case FIELD_INT:
	case FIELD_REAL:
		return json_is_number(v);
	case FIELD_STRING:
		return json_is_string(v);
	default:
		return json_is_array(v);
	}
}

static const char *wanted(const struct field *scalar)
{
	if (!scalar)
		return "an object";
	return scalar->type == FIELD_STRING    ? "a string or an object"
	       : scalar->type == FIELD_STRINGS ? "an array or an object"
					       : "a number or an object";
}

/* -1 when it is no object at all. */
static int parse_object(const struct parse *ctx, const struct field_table *t, const json_t *v,
	const struct place *at, void *obj)
{
	const struct field *scalar = t->scalar ? find_field(t, t->scalar) : NULL;

	init_keeping_name(t, obj);
	if (scalar && is_scalar(scalar, v)) {
		if (parse_field(ctx, scalar, v, at, obj))
			return 0;
	} else if (!json_is_object(v)) {
		return wrong_type(ctx, at, wanted(scalar), v);
	} else if (parse_members(ctx, t, v, inside(ctx, at), obj)) {
		return 0;
	}
	if (t->check)
		t->check(obj, inside(ctx, at), ctx->arena, ctx->faults);
	return 0;
}

/* ---- Whole documents ---- */

static int parse_root(const struct parse *ctx, const struct field_table *t, const json_t *json,
	const char *pointer, void *obj)
{
	size_t before = ctx->faults->total;

	fields_init(t, obj);
	if (!json_is_object(json))
		fault_add(ctx->faults, pointer, "must be an object, not %s", kind_of(json));
	else if (!parse_members(ctx, t, json, pointer, obj) && t->check)
		t->check(obj, pointer, ctx->arena, ctx->faults);
	return ctx->faults->total == before ? 0 : -1;
}

int fields_parse(const struct field_table *t, const json_t *json, const char *pointer,
	struct arena *a, void *obj, struct faults *faults)
{
	struct parse ctx = {.arena = a, .faults = faults};

	return parse_root(&ctx, t, json, pointer, obj);
}

static int render(
	const json_t *json, struct arena *a, const char **ret, size_t *ret_len, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(CANONICAL_MAX);

	if (jcs_render(json, &out, err))
		return -1;
	*ret = arena_strndup(a, out.buf, out.len);
	if (ret_len)
		*ret_len = out.len;
	return 0;
}

int fields_parse_canonical(const struct field_table *t, const char *text, size_t len,
	struct arena *a, void *obj, const char **ret_canonical, size_t *ret_len,
	struct faults *faults, struct err *err)
{
	ARENA_AUTO tree = arena_new();
	JCS_ARENA_SCOPE(tree);
	json_auto_t *json = NULL;

	if (jcs_load(text, len, &json, err) || fields_parse(t, json, "", a, obj, faults))
		return -1;
	return render(json, a, ret_canonical, ret_len, err);
}

int fields_parse_text(const struct field_table *t, const char *text, size_t len, struct arena *a,
	void *obj, struct faults *faults, struct err *err)
{
	ARENA_AUTO tree = arena_new();
	JCS_ARENA_SCOPE(tree);
	json_auto_t *json = NULL;

	if (jcs_load(text, len, &json, err))
		return -1;
	return fields_parse(t, json, "", a, obj, faults);
}

int fields_take_text(const struct field_table *t, const char *text, size_t len, struct arena *a,
	void *obj, struct faults *faults, struct err *err)
{
	ARENA_AUTO tree = arena_new();
	JCS_ARENA_SCOPE(tree);
	json_auto_t *json = NULL;
	struct parse ctx = {.arena = a, .faults = faults, .stored = true};

	if (jcs_load_upto(text, len, JCS_VALUES_TRUSTED, &json, err))
		return -1;
	return parse_root(&ctx, t, json, "", obj);
}

int fields_load_text(
	const struct field_table *t, const char *text, struct arena *a, void *obj, struct err *err)
{
	struct faults faults;

	faults_init(&faults);
	if (fields_take_text(t, text, strlen(text), a, obj, &faults, NULL) == 0)
		return 0;
	if (!faults.n)
		return err_set(
			err, ERR_STORAGE, "the registry holds a %s that is no JSON", t->name);
	return err_set(err, ERR_STORAGE, "the registry holds a faulty %s: %s %s", t->name,
		faults.list[0].pointer, faults.list[0].detail);
}

int json_canonical(
	const char *text, size_t len, struct arena *a, char **ret, size_t *ret_len, struct err *err)
{
	json_auto_t *json = NULL;
	const char *out;

	if (jcs_load(text, len, &json, err) || render(json, a, &out, ret_len, err))
		return -1;
	*ret = (char *)out;
	return 0;
}
