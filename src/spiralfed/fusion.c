/* SPDX-License-Identifier: Apache-2.0
 *
 * The fusion block of a release, read into the caller's memory for the same evaluators that the daemon
 * uses. The daemon has validated what it signed; what would make those evaluators reach for something
 * that is not there is refused here as well.
 */
#include <stdalign.h>
#include <string.h>

#include "spiralfed/block.h"
#include "spiralfed/scan.h"

enum { VALUE_MAX = 2048 };

struct reader {
	struct scan s;
	char *at, *end; /* of the caller's memory */
	bool full;
};

static void *take(struct reader *r, size_t n, size_t size)
{
	size_t pad = (size_t)(-(uintptr_t)r->at % alignof(max_align_t));
	char *p = r->at + pad;

	if (r->full || (size_t)(r->end - r->at) < pad || (size_t)(r->end - p) / size < n) {
		r->full = r->s.bad = true;
		return NULL;
	}
	r->at = p + n * size;
	return memset(p, 0, n * size);
}

/* ---- Values ---- */

static const char *copy(struct reader *r, const char *text, size_t len)
{
	char *p = take(r, len + 1, 1);

	if (p)
		memcpy(p, text, len);
	return p;
}

static const char *string(struct reader *r)
{
	char text[VALUE_MAX];
	size_t len = scan_string(&r->s, text, sizeof(text));

	return r->s.bad ? NULL : copy(r, text, len);
}

static const char *string_or_null(struct reader *r)
{
	return scan_null(&r->s) ? NULL : string(r);
}

static int word_of(struct reader *r, const struct field_names *names)
{
	char text[SCAN_KEY_SIZE];

	scan_string(&r->s, text, sizeof(text));
	for (int i = 0; !r->s.bad && names->names[i]; i++)
		if (strcmp(names->names[i], text) == 0)
			return i;
	r->s.bad = true;
	return 0;
}

/* How many values the object or array that comes next holds; the reader stays where it is. */
static size_t count(const struct reader *r)
{
	struct scan s = r->s;
	bool first = true;
	char key[SCAN_KEY_SIZE];
	size_t n = 0;

	if (scan_peek(&s) == '{') {
		for (scan_object(&s); scan_member(&s, &first, key); n++)
			scan_skip(&s);
	} else {
		for (scan_array(&s); scan_element(&s, &first); n++)
			scan_skip(&s);
	}
	return s.bad ? 0 : n;
}

/* A member that comes a second time would be read into what was measured for the first. */
static bool again(struct reader *r, const void *taken)
{
	r->s.bad = r->s.bad || taken;
	return taken;
}

static void strings(struct reader *r, struct strings *ret)
{
	size_t n = count(r);
	bool first = true;

	if (again(r, ret->v))
		return;
	ret->v = take(r, n, sizeof(*ret->v));
	for (scan_array(&r->s); scan_element(&r->s, &first) && ret->n < n;)
		ret->v[ret->n++] = string(r);
}

static void value(struct reader *r, struct fusion_value *ret)
{
	char c = scan_peek(&r->s);

	if (c == '"') {
		ret->type = FUSION_STRING;
		ret->string = string(r);
	} else if (c == 't' || c == 'f') {
		ret->type = FUSION_BOOL;
		ret->boolean = scan_bool(&r->s);
	} else {
		ret->type = FUSION_NUMBER;
		ret->number = scan_number(&r->s);
	}
}

static void values(struct reader *r, struct fusion_condition *c)
{
	bool first = true;
	size_t n = scan_peek(&r->s) == '[' ? count(r) : 1;

	if (again(r, c->values))
		return;
	c->values = take(r, n, sizeof(*c->values));
	if (scan_peek(&r->s) != '[') {
		if (c->values)
			value(r, &c->values[c->n_values++]);
		return;
	}
	for (scan_array(&r->s); scan_element(&r->s, &first) && c->n_values < n;)
		value(r, &c->values[c->n_values++]);
}

/* A list or a map of objects, each read by `one`; of a map, each element's first member is its key. */
static void each(struct reader *r, struct list *ret, size_t size, bool is_map,
	void (*one)(struct reader *r, void *element))
{
	size_t n = count(r);
	char *v, key[SCAN_KEY_SIZE];
	bool first = true;

	if (again(r, ret->v))
		return;
	ret->v = v = take(r, n, size);
	if (is_map)
		scan_object(&r->s);
	else
		scan_array(&r->s);
	while (ret->n < n &&
		(is_map ? scan_member(&r->s, &first, key) : scan_element(&r->s, &first))) {
		void *element = v + ret->n++ * size;

		if (is_map)
			*(const char **)element = copy(r, key, strlen(key));
		one(r, element);
	}
	/* The end that `count` saw. */
	if (n == ret->n && (is_map ? scan_member(&r->s, &first, key) : scan_element(&r->s, &first)))
		r->s.bad = true;
}

#define MEMBERS(r_, key_)                                        \
	for (bool first_ = true, begun_ = scan_object(&(r_)->s); \
		begun_ && scan_member(&(r_)->s, &first_, (key_));)
#define IS(name_) (strcmp(key, (name_)) == 0)

/* ---- Routes ---- */

static void condition_member(struct reader *r, const char *key, struct fusion_condition *c)
{
	if (IS("field"))
		c->field = string(r);
	else if (IS("op"))
		c->op = word_of(r, &fusion_op_names);
	else if (IS("value"))
		values(r, c);
	else
		scan_skip(&r->s);
}

static void check_condition(struct reader *r, const struct fusion_condition *c)
{
	if (!c->field || (c->op != FUSION_EXISTS && c->n_values == 0))
		r->s.bad = true;
}

static void condition(struct reader *r, void *element)
{
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	condition_member(r, key, element);
	check_condition(r, element);
}

static struct fusion_when *when(struct reader *r)
{
	struct fusion_when *w = take(r, 1, sizeof(*w));
	struct fusion_condition *alone = take(r, 1, sizeof(*alone));
	char key[SCAN_KEY_SIZE];

	if (!w || !alone)
		return NULL;
	MEMBERS(r, key)
	{
		w->is_any = w->is_any || IS("any");
		if (IS("all") || IS("any"))
			each(r, &w->conditions, sizeof(*alone), false, condition);
		else
			condition_member(r, key, alone);
	}
	if (w->conditions.n == 0) {
		check_condition(r, alone);
		w->conditions = (struct list){alone, 1};
	}
	return w;
}

static void route(struct reader *r, void *element)
{
	struct fusion_route *route = element;
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	{
		if (IS("name"))
			route->name = string(r);
		else if (IS("when"))
			route->when = when(r);
		else if (IS("to"))
			route->to = string(r);
		else if (IS("fallback"))
			strings(r, &route->fallback);
		else
			scan_skip(&r->s);
	}
	if (!route->name || !route->when || !route->to)
		r->s.bad = true;
}

static struct fusion_default *otherwise(struct reader *r)
{
	struct fusion_default *d = take(r, 1, sizeof(*d));
	char key[SCAN_KEY_SIZE];

	if (!d)
		return NULL;
	MEMBERS(r, key)
	{
		if (IS("to"))
			d->to = string(r);
		else if (IS("fallback"))
			strings(r, &d->fallback);
		else
			scan_skip(&r->s);
	}
	if (!d->to)
		r->s.bad = true;
	return d;
}

/* ---- Models, ensembles, splits ---- */

static void model(struct reader *r, void *element)
{
	struct fusion_model *m = element;
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	{
		if (IS("artifact"))
			m->artifact = string(r);
		else if (IS("adapter"))
			m->adapter = string_or_null(r);
		else
			scan_skip(&r->s);
	}
	if (!m->artifact)
		r->s.bad = true;
}

static void member(struct reader *r, void *element)
{
	struct fusion_member *m = element;
	char key[SCAN_KEY_SIZE];

	m->weight = 1;
	MEMBERS(r, key)
	{
		if (IS("model"))
			m->model = string(r);
		else if (IS("weight"))
			m->weight = scan_number(&r->s);
		else
			scan_skip(&r->s);
	}
	if (!m->model)
		r->s.bad = true;
}

static void then(struct reader *r, void *element)
{
	((struct fusion_then *)element)->to = string(r);
}

static void ensemble_member(struct reader *r, const char *key, struct fusion_ensemble *e)
{
	if (IS("mode"))
		e->mode = word_of(r, &ensemble_mode_names);
	else if (IS("members"))
		each(r, &e->members, sizeof(struct fusion_member), false, member);
	else if (IS("labels"))
		strings(r, &e->labels);
	else if (IS("quorum"))
		e->quorum = scan_number(&r->s);
	else if (IS("min_votes"))
		e->min_votes = scan_integer(&r->s);
	else if (IS("tie"))
		e->tie = string(r);
	else if (IS("no_quorum"))
		e->no_quorum = string(r);
	else if (IS("veto"))
		strings(r, &e->veto);
	else if (IS("abstain_as"))
		e->abstain_as = string_or_null(r);
	else if (IS("timeout_ms"))
		e->timeout_ms = scan_integer(&r->s);
	else if (IS("then"))
		each(r, &e->then, sizeof(struct fusion_then), true, then);
	else
		scan_skip(&r->s);
}

static void ensemble(struct reader *r, void *element)
{
	struct fusion_ensemble *e = element;
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	ensemble_member(r, key, e);
	if (e->labels.n == 0 || e->labels.n > FUSION_LABELS_MAX || !e->tie || !e->no_quorum ||
		e->members.n == 0 || e->members.n > FUSION_MEMBERS_MAX)
		r->s.bad = true;
}

static void branch(struct reader *r, void *element)
{
	struct fusion_branch *b = element;
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	{
		if (IS("to"))
			b->to = string(r);
		else if (IS("weight"))
			b->weight = scan_integer(&r->s);
		else
			scan_skip(&r->s);
	}
	if (!b->to)
		r->s.bad = true;
}

static void split(struct reader *r, void *element)
{
	struct fusion_split *s = element;
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	{
		if (IS("salt"))
			s->salt = string(r);
		else if (IS("key"))
			s->key = string(r);
		else if (IS("branches"))
			each(r, &s->branches, sizeof(struct fusion_branch), false, branch);
		else
			scan_skip(&r->s);
	}
	if (!s->salt || !s->key || s->branches.n == 0)
		r->s.bad = true;
}

/* ---- The block ---- */

static void block(struct reader *r, struct fusion *f)
{
	char key[SCAN_KEY_SIZE];

	MEMBERS(r, key)
	{
		if (IS("models"))
			each(r, &f->models, sizeof(struct fusion_model), true, model);
		else if (IS("routes"))
			each(r, &f->routes, sizeof(struct fusion_route), false, route);
		else if (IS("default"))
			f->otherwise = otherwise(r);
		else if (IS("ensembles"))
			each(r, &f->ensembles, sizeof(struct fusion_ensemble), true, ensemble);
		else if (IS("splits"))
			each(r, &f->splits, sizeof(struct fusion_split), true, split);
		else
			scan_skip(&r->s);
	}
	if (!f->otherwise)
		r->s.bad = true;
}

/* The block at `at`, a place of the body. */
static enum spiralfed_status load(
	const struct scan *at, void *memory, size_t size, const struct spiralfed_fusion **ret)
{
	struct reader r = {.s = *at, .at = memory, .end = (char *)memory + size};
	struct spiralfed_fusion *f = take(&r, 1, sizeof(*f));

	if (f)
		block(&r, &f->f);
	if (r.full)
		return SPIRALFED_TOO_LARGE;
	if (r.s.bad)
		return SPIRALFED_MALFORMED;
	*ret = f;
	return SPIRALFED_OK;
}

enum spiralfed_status spiralfed_fusion_load(const char *body, size_t len, void *memory, size_t size,
	const struct spiralfed_fusion **ret)
{
	struct scan s;

	if (len > SPIRALFED_RELEASE_MAX)
		return SPIRALFED_TOO_LARGE;
	if (!scan_find(&s, body, len, "fusion"))
		return s.bad ? SPIRALFED_MALFORMED : SPIRALFED_ABSENT;
	return load(&s, memory, size, ret);
}

/* ---- Plan B ---- */

struct plan {
	bool listed, holds;
	struct scan fusion;
	bool has_fusion;
};

static void read_plan(struct scan *s, struct plan *p)
{
	char key[SCAN_KEY_SIZE], verdict[SCAN_KEY_SIZE] = "";
	bool first = true;

	scan_object(s);
	while (scan_member(s, &first, key)) {
		if (IS("verdict") && !*verdict) {
			scan_string(s, verdict, sizeof(verdict));
		} else if (IS("fusion") && !p->has_fusion) {
			p->has_fusion = true;
			p->fusion = *s;
			scan_skip(s);
		} else if (IS("verdict") || IS("fusion")) {
			s->bad = true;
		} else {
			scan_skip(s);
		}
	}
	p->holds = strcmp(verdict, "pass") == 0;
}

static bool find_plan(struct scan *s, const char *provider, struct plan *ret)
{
	char key[SCAN_KEY_SIZE];
	bool first = true;

	scan_object(s);
	while (scan_member(s, &first, key)) {
		if (strcmp(key, provider) != 0) {
			scan_skip(s);
		} else if (!ret->listed) {
			ret->listed = true;
			read_plan(s, ret);
		} else {
			s->bad = true;
		}
	}
	return !s->bad;
}

enum spiralfed_status spiralfed_plan_load(const char *body, size_t len, const char *provider,
	void *memory, size_t size, const struct spiralfed_fusion **ret)
{
	struct plan plan = {.listed = false};
	struct scan s;

	if (len > SPIRALFED_RELEASE_MAX)
		return SPIRALFED_TOO_LARGE;
	if (!scan_find(&s, body, len, "plan_b"))
		return s.bad ? SPIRALFED_MALFORMED : SPIRALFED_ABSENT;
	if (!find_plan(&s, provider, &plan))
		return SPIRALFED_MALFORMED;
	if (!plan.listed)
		return SPIRALFED_ABSENT;
	if (!plan.holds)
		return SPIRALFED_NO_PLAN;
	if (plan.has_fusion)
		return load(&plan.fusion, memory, size, ret);
	return spiralfed_fusion_load(body, len, memory, size, ret);
}
