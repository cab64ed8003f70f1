/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the contract comparison share; no one else includes it. contract_check reads a
 * document's schemas, contract_openapi_check the rest of a description; contract_view makes of a
 * schema with its $refs and allOfs one flat list; contract_schema, contract_scalar,
 * contract_object and contract_array compare two such lists; contract_operation and contract_openapi compare
 * descriptions; contract_change keeps what was found.
 */
#ifndef POLICY_CONTRACT_PARTS_H
#define POLICY_CONTRACT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/schema_tree.h"
#include "policy/contract.h"

struct contract {
	const struct json_value *document;
	size_t values;
	bool openapi;
	const char *name, *version;
	const struct json_value **target; /* by id: where the $ref of this object points */
};

/* ---- keywords ---- */

enum keyword_shape {
	SHAPE_ANY,
	SHAPE_BOOL,
	SHAPE_STRING,
	SHAPE_NUMBER,
	SHAPE_POSITIVE,
	SHAPE_COUNT,
	SHAPE_TYPE,
	SHAPE_VALUES,
	SHAPE_NAMES,
	SHAPE_NAMES_MAP,
	SHAPE_SCHEMA,
	SHAPE_SCHEMA_LIST,
	SHAPE_SCHEMA_MAP,
};
enum keyword_rule { RULE_RULED, RULE_NOTE, RULE_OPAQUE, RULE_HOLDER, RULE_REFUSED };
struct keyword {
	const char *name;
	enum keyword_shape shape;
	enum keyword_rule rule;
};
const struct keyword *keyword_find(const char *name); /* NULL: not listed */
enum keyword_rule keyword_rule(const char *name);

/* ---- checking ---- */

/* One value may be referred to as several things, and has to be right as each of them. */
enum {
	SEEN_SCHEMA = 1,
	SEEN_PATH_ITEM = 2,
	SEEN_CALLBACK = 4,
	SEEN_PARAMETER = 8,
	SEEN_HEADER = 16,
	SEEN_BODY = 32,
	SEEN_RESPONSE = 64,
};
struct checker {
	struct contract *contract;
	struct arena *arena;
	struct faults *faults;
	unsigned char *seen; /* by id: as what it is on the list or done, SEEN_... */
	const struct json_value **todo;
	unsigned char *nesting; /* by id */
	size_t n_todo;
};
/* Put a schema on the list, and work the list off. Faults are added as found. */
void check_want_schema(struct checker *ck, const struct json_value *schema);
void check_schemas(struct checker *ck);
/* Follow the object's $ref (none: the object itself) to its end and keep each step in `target`; NULL
 * with a fault when it leads nowhere. */
const struct json_value *check_ref(struct checker *ck, const struct json_value *v);
int check_fault(struct checker *ck, const struct json_value *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_openapi(struct checker *ck);

/* ---- the comparison ---- */

/* What a change does to the set of values that are valid. */
enum effect {
	EFFECT_NOTE,	 /* nothing: words */
	EFFECT_ADDITIVE, /* compatible whoever sends */
	EFFECT_WIDER,	 /* more values: breaks a response */
	EFFECT_NARROWER, /* fewer values: breaks a request */
	EFFECT_EITHER,	 /* breaks whoever sends */
	EFFECT_UNKNOWN,	 /* can't be decided: taken as breaking */
};

struct view;
/* The schemas around an alternative, a `then`, ...: they speak of the same value. */
struct scope {
	const struct view *old;
	const struct scope *up;
};
struct where {
	enum contract_direction direction;
	bool flipped; /* below an odd number of `not` */
	unsigned depth;
	const struct scope *scope;
};

enum { OLD, NEW };

struct found; /* a list of changes */
struct memo_entry;
struct comparison {
	const struct contract *side[2];
	struct arena *arena;
	struct found *found;
	struct memo_entry **memo;	/* NULL until the first */
	const struct comparison *outer; /* its memo counts too; NULL: none */
	size_t *work;			/* done, in parts of a step */
};

struct found *found_new(struct arena *a);
enum contract_level found_level(const struct found *f);
void found_finish(struct found *f, struct contract_diff *ret);

/* Add a change at `new`, or at `old` when `new` is NULL. `fmt` is the sentence. */
void changed(struct comparison *c, const struct where *w, enum effect effect,
	enum contract_kind kind, const struct json_value *old, const struct json_value *new,
	const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* A comparison beside *c, with memory of its own, whose changes count only for trial_end(), which
 * says what they would force. TRIAL_REPLACES asks whether one schema can take another's place: what
 * *c compares already is not compared again. TRIAL_DIFFERS asks whether anything is different, so
 * that only an enclosing trial's pairs, which count there, are left out. */
enum trial { TRIAL_REPLACES, TRIAL_DIFFERS };
void trial_start(const struct comparison *c, enum trial what, struct comparison *ret);
enum contract_level trial_end(struct comparison *trial);
/* One step; false when there were too many, which is then a change. */
bool step(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new);

/* Work that grows with the lists compared: so many comparisons of two values. */
enum { STEP_COMPARISONS = 64 };
void charge(struct comparison *c, size_t comparisons);
bool out_of_steps(const struct comparison *c);

const char *value_text(const struct json_value *v, struct arena *a);

/* ---- views: a schema, its $refs followed and its allOfs taken apart ---- */

enum {
	TYPE_NULL = 1,
	TYPE_BOOL = 2,
	TYPE_INTEGER = 4,
	TYPE_FRACTION = 8,
	TYPE_STRING = 16,
	TYPE_ARRAY = 32,
	TYPE_OBJECT = 64,
	TYPE_ALL = 127,
	TYPE_NUMBER = TYPE_INTEGER | TYPE_FRACTION,
};

enum { VIEW_PARTS_MAX = 32 };
struct view {
	const struct json_value *site;	      /* as written; NULL: absent */
	const struct json_value *const *part; /* objects, all of which must hold */
	size_t n;
	bool never;    /* nothing is valid */
	bool overfull; /* more than VIEW_PARTS_MAX parts: not all are here */
};

/* Collects the parts of one view from several schemas. */
struct view_builder {
	const struct contract *side;
	const struct json_value *part[VIEW_PARTS_MAX];
	struct view view;
};
void view_start(struct view_builder *b, const struct contract *side);
void view_add(struct view_builder *b, const struct json_value *schema);
struct view view_done(struct view_builder *b, struct arena *a);
struct view view_of(const struct contract *side, const struct json_value *schema, struct arena *a);

/* Made of the same parts. */
bool view_same(const struct view *x, const struct view *y);
/* Where a change of the view as a whole is reported; NULL when it is absent. */
const struct json_value *view_place(const struct view *v);
/* Both places of a keyword's change, for changed(): the keyword itself, in the new view when it is
 * there, else in the old one; the views' places when neither has it. */
struct places {
	const struct json_value *old, *new;
};
struct places view_places(const struct view *old, const struct view *new, const char *keyword);
/* What a sentence calls it: `property "x"`, "each item", ... */
const char *view_subject(const struct view *old, const struct view *new, struct arena *a);

/* The first part's value of a keyword, or NULL. */
const struct json_value *view_first(const struct view *v, const char *keyword);

/* Anything is valid. */
bool view_is_open(const struct view *v);

unsigned view_types(const struct view *v);
const char *types_text(unsigned types, struct arena *a);

enum truth { NO, YES, MAYBE };
/* Is the value valid? MAYBE for what this does not look into, and when the steps are used up. */
enum truth view_admits(struct comparison *c, const struct view *v, const struct json_value *value);
/* The values that a view with enum, const or only finite types takes; false when it has none of
 * these. *ret_exact: no other keyword could take one away. */
struct values {
	const struct json_value **v;
	size_t n;
	bool exact;
};
bool view_values(struct comparison *c, const struct view *v, struct values *ret);
/* Certainly no value is valid in both. */
bool view_disjoint(struct comparison *c, int side, const struct view *x, const struct view *y);
bool view_requires(const struct view *v, const char *name);

/* Numeric bounds of a view, exclusive ones included. */
struct bound {
	double at; /* infinite: none */
	bool exclusive;
	const struct json_value *said; /* NULL: none */
};
struct bound view_lower(const struct view *v, bool integers);
struct bound view_upper(const struct view *v, bool integers);
/* The strictest of a count keyword; NULL when no part has it. */
const struct json_value *view_count(const struct view *v, const char *keyword, bool lower);

/* ---- comparing ---- */

/* Two schemas, NULL for absent (anything is valid). */
void compare_schemas(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new);
void compare_views(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new);
/* Of numbers and strings, as far as both take such: `common`, of TYPE_.... */
void compare_scalars(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, unsigned common);
void compare_objects(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new);
void compare_arrays(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new);
/* anyOf, oneOf, not and if. */
void compare_choices(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new);
/* One view is nothing but an anyOf or oneOf and the other has none: compare it as a choice of one.
 * false: it is not so. */
bool compare_as_choice(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new);
/* Is anything different but words? */
bool schema_differs(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new);
struct where below(const struct where *w);  /* another schema of the same value */
struct where inside(const struct where *w); /* a value within the value */
/* A count keyword: a higher minimum or a lower maximum is narrower. */
struct count_rule {
	const char *keyword;
	bool lower;
	enum contract_kind narrowed, widened;
};
void compare_count(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, const struct count_rule *rule);
void compare_openapi(struct comparison *c);

/* ---- OpenAPI ---- */

/* v, or where its $ref leads in the end. */
const struct json_value *deref(const struct contract *side, const struct json_value *v);

enum { CALLBACKS_MAX = 8 }; /* callbacks of operations of callbacks */
/* One path item under its template; `direction` is that of what its callers send. */
struct path {
	const char *template;
	const struct json_value *item;
};
void compare_path_item(struct comparison *c, enum contract_direction direction,
	const struct path *old, const struct path *new, unsigned callbacks);
/* All of a map of path items (NULL: none). */
void compare_paths(struct comparison *c, enum contract_direction direction,
	const struct json_value *old, const struct json_value *new, unsigned callbacks);
extern const char *const path_methods[]; /* ended by NULL */

#endif
