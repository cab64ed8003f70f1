/* SPDX-License-Identifier: Apache-2.0
 *
 * The field-table engine: a resource declares its fields once, and from that table come strict
 * parsing (every fault with its JSON pointer), emitting, the JSON Schema in the OpenAPI document,
 * and binding to and loading from SQL. Objects are plain structs; a table says where each member is.
 *
 * How a JSON value maps to a member, by type; "absent" is what the member holds when the key is
 * missing (and what is not emitted):
 *
 *	STRING   const char *        absent NULL
 *	INT      int64_t             absent -1 (or 0 with FIELD_ZERO, which is always emitted)
 *	REAL     double              absent NAN
 *	REALS    const double *, size_t   array of numbers; the count is the next member; absent n = 0
 *	INTS     const int64_t *, size_t  the same with integers from 0
 *	PAIR     double[2]           [lo, hi], two members in a row; absent both NAN
 *	BOOL     int                 absent -1; 0, 1
 *	TIME     int64_t usec        absent 0; RFC 3339 in JSON, integer in SQL
 *	ENUM     int                 absent -1; its name in JSON and SQL
 *	STRINGS  struct strings      absent n = 0
 *	OBJECT   struct x *          absent NULL
 *	LIST     struct list         array of objects; absent n = 0
 *	MAP      struct list         object of objects; each element's first member is
 *	                             `const char *name`, its key; in the document's order. Keys
 *	                             are 1 to 64 bytes of [A-Za-z0-9_.-] unless `format` says more
 *	JSON     const char *        any value, kept as canonical text; absent NULL
 *
 * null is a wrong type (but for FIELD_TAKE_NULL): leave the key out instead. A member whose value was at fault stays
 * absent. All memory comes from the arena.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/json_writer.h"

struct stmt;

enum field_type {
	FIELD_STRING,
	FIELD_INT,
	FIELD_REAL,
	FIELD_REALS,
	FIELD_INTS,
	FIELD_PAIR,
	FIELD_BOOL,
	FIELD_TIME,
	FIELD_ENUM,
	FIELD_STRINGS,
	FIELD_OBJECT,
	FIELD_LIST,
	FIELD_MAP,
	FIELD_JSON,
};

enum field_flag {
	FIELD_REQUIRED = 1 << 0,
	FIELD_READ_ONLY = 1 << 1,  /* emitted and loaded; refused in a body */
	FIELD_ZERO = 1 << 2,	   /* an absent INT is 0 */
	FIELD_EMIT_EMPTY = 1 << 3, /* an empty STRINGS, LIST or MAP is emitted */
	FIELD_EMIT_NULL = 1 << 4,  /* an absent value is emitted as null */
	FIELD_EXCLUSIVE = 1 << 5,  /* INT, REAL: the bounds themselves are out of range */
	FIELD_TAKE_NULL = 1 << 6,  /* null in a body is "absent"; goes with FIELD_EMIT_NULL */
};

struct strings {
	const char **v;
	size_t n;
};

struct list {
	void *v; /* n elements of the table's size */
	size_t n;
};
#define LIST_AT(list_, type, i) (&((type *)(list_)->v)[i])

/* An enum's names, once: `names[value]`, ended by NULL. */
struct field_names {
	const char *title;
	const char *const *names;
};
int names_find(const struct field_names *names, const char *s);	  /* -1: none */
const char *names_of(const struct field_names *names, int value); /* NULL out of range */

/* What a string must look like. `check` returns true when it does. */
struct field_format {
	const char *title; /* in faults: "is not a <title>, e.g. <example>" */
	const char *example;
	const char *pattern;	 /* ECMA 262, for the schema; NULL for none */
	const char *json_format; /* "date-time", "uri", or NULL */
	bool (*check)(const char *s);
};

struct field_table;

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	unsigned flags;
	/* INT, REAL: value bounds (an infinite one is none); STRING: length in bytes; what has
	 * elements: their number (an element of STRINGS has 1 to 1024 bytes). Both 0: the type's
	 * default (INT 0 to 2^53 - 1, because absent is -1; REAL any finite number; STRING 1 to 1024
	 * bytes; 0 to 256 elements). */
	double min, max;
	const struct field_table *table;   /* OBJECT, LIST, MAP */
	const struct field_names *names;   /* ENUM */
	const struct field_format *format; /* STRING, STRINGS */
	const char *help;		   /* one line, for the schema */
};

struct field_table {
	const char *name; /* the schema's name, e.g. "Artifact" */
	const char *help;
	size_t size;
	const struct field *fields;
	size_t n_fields;
	/* A bare value stands for an object with just this field ({"value": 0.8} as 0.8), which is an
	 * INT, REAL, STRING or STRINGS; NULL: no. */
	const char *scalar;
	/* Members it does not know are passed over: for what others answer, never for a body. */
	bool open;
	/* Rules over one whole object, after its fields were read; adds to the same list of faults.
	 * May fill in derived members. Not called when one of the object's own fields was at fault;
	 * called when only something deeper was. NULL for none. */
	void (*check)(void *obj, const char *pointer, struct arena *a, struct faults *faults);
	/* The sentence for a field the table does not know, or NULL for the usual one. `elements`
	 * is the length of the array it holds, 0 when it holds none. NULL for none. */
	const char *(*unknown)(const char *key, size_t elements);
};

#define FIELD_TABLE(name_, help_, type_, fields_, ...)                                        \
	{                                                                                     \
		.name = (name_), .help = (help_), .size = sizeof(type_), .fields = (fields_), \
		.n_fields = sizeof(fields_) / sizeof((fields_)[0]), __VA_ARGS__               \
	}

/* The bounds that hold for the field, defaults filled in; an infinite one is none. */
void field_limits(const struct field *f, double *ret_min, double *ret_max);

/* The member, for the few that walk a table themselves. */
static inline void *field_member(const struct field *f, const void *obj)
{
	return (char *)obj + f->offset;
}

/* Set every member that the table knows to "absent", others to zero. */
void fields_init(const struct field_table *t, void *obj);

/* Parse strictly into *obj (of t->size). Returns 0, or -1 with at least one fault added; *obj is
 * then half filled and must not be used. `pointer` is where `json` stands in the body ("" = root). */
int fields_parse(const struct field_table *t, const json_t *json, const char *pointer,
	struct arena *a, void *obj, struct faults *faults);

/* The same from text: jcs_load first; text that is no JSON is an error, not a fault. Returns 0; -1
 * with faults->n > 0; or -1 with *err set. */
int fields_parse_text(const struct field_table *t, const char *text, size_t len, struct arena *a,
	void *obj, struct faults *faults, struct err *err);

/* The same, and the RFC 8785 form of the whole document as sent, made from the same tree. */
int fields_parse_canonical(const struct field_table *t, const char *text, size_t len,
	struct arena *a, void *obj, const char **ret_canonical, size_t *ret_len,
	struct faults *faults, struct err *err);

/* Parse a document of ours, wherever it comes from: what only we may set, and the nulls that we emit,
 * are taken. As fields_parse_text otherwise. */
int fields_take_text(const struct field_table *t, const char *text, size_t len, struct arena *a,
	void *obj, struct faults *faults, struct err *err);

/* Parse text that we stored ourselves: any fault is ERR_STORAGE; what only we may set, and the nulls
 * that we emit, are taken. */
int fields_load_text(
	const struct field_table *t, const char *text, struct arena *a, void *obj, struct err *err);

/* Write the object, or just its members into an object that is open already. */
void fields_emit(const struct field_table *t, const void *obj, struct json_writer *w);
void fields_emit_members(const struct field_table *t, const void *obj, struct json_writer *w);

/* The canonical form (RFC 8785) of the object, in the arena, and its length (NULL: not wanted). */
char *fields_canonical(
	const struct field_table *t, const void *obj, struct arena *a, size_t *ret_len);

/* The canonical form of a parsed document: `text` in, canonical text in the arena out. */
int json_canonical(const char *text, size_t len, struct arena *a, char **ret, size_t *ret_len,
	struct err *err);

/* JSON Schema 2020-12 of the table as the next value; nested tables become
 * {"$ref": "#/components/schemas/<name>"}. */
void fields_schema(const struct field_table *t, struct json_writer *w);

/* Call fn once for the table and once for each table it reaches. */
void fields_visit(
	const struct field_table *t, void (*fn)(const struct field_table *, void *), void *arg);

/* Bind every parameter of the statement whose name is a scalar field of the table. */
void stmt_bind_fields(struct stmt *s, const struct field_table *t, const void *obj);
/* Load every column of the present row whose name is a scalar field of the table. */
void stmt_load_fields(struct stmt *s, const struct field_table *t, struct arena *a, void *obj);

#endif
