/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups as a graph: a group may be in many others, and in itself. Owns the bound on what one file may cost:
 * no walk enters a group twice, and all walks of a file together end at WORK_MAX steps.
 */
#include "model/harvest_groups.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORK_MAX = 2000000 };
#define NO_NAME SIZE_MAX

struct node {
	const char *name;
	const size_t *members; /* NO_NAME: of one that is no text */
	size_t n;
	bool counts;
	const char *above; /* the group with numbers that holds it */
	const char *label; /* what its members are counted in; NULL: nothing */
	size_t seen;	   /* in which walk */
};

struct harvest_groups {
	struct node *v; /* by name */
	size_t n, walks, work;
	size_t *stack, *leaves; /* room for all edges, for all nodes */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- The graph ---- */

static size_t add_keys(const struct json_value *v, const char **names, size_t n)
{
	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		names[n++] = v->sub[i].key;
	return n;
}

static size_t n_members(const struct json_value *groups)
{
	size_t n = 0;

	for (size_t i = 0; json_is(groups, JSON_KIND_OBJECT) && i < groups->n; i++)
		if (json_is(&groups->sub[i], JSON_KIND_ARRAY))
			n += groups->sub[i].n;
	return n;
}

static size_t add_members(const struct json_value *groups, const char **names, size_t n)
{
	for (size_t i = 0; json_is(groups, JSON_KIND_OBJECT) && i < groups->n; i++) {
		const struct json_value *members = &groups->sub[i];

		for (size_t k = 0; json_is(members, JSON_KIND_ARRAY) && k < members->n; k++)
			if (json_is(&members->sub[k], JSON_KIND_STRING))
				names[n++] = members->sub[k].string;
	}
	return n;
}

static void name_nodes(struct harvest_groups *g, const char **names, size_t n)
{
	if (n)
		qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			g->v[g->n++].name = names[i];
}

static void join(struct harvest_groups *g, const struct json_value *members, struct arena *a)
{
	struct node *node = &g->v[harvest_groups_id(g, members->key)];
	size_t *ids;

	if (!json_is(members, JSON_KIND_ARRAY) || !members->n)
		return;
	ids = ARENA_ARRAY(a, members->n, size_t);
	for (size_t i = 0; i < members->n; i++)
		ids[i] = json_is(&members->sub[i], JSON_KIND_STRING)
				 ? harvest_groups_id(g, members->sub[i].string)
				 : NO_NAME;
	node->members = ids;
	node->n = members->n;
}

/* Outwards from all groups that count, so that each group is entered once. */
static void mark(struct harvest_groups *g)
{
	size_t *queue = g->stack, n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].n && g->v[i].counts) {
			g->v[i].label = g->v[i].name;
			queue[n++] = i;
		}
	for (size_t at = 0; at < n; at++) {
		const struct node *group = &g->v[queue[at]];

		for (size_t i = 0; i < group->n; i++) {
			struct node *m =
				group->members[i] == NO_NAME ? NULL : &g->v[group->members[i]];
			if (!m || m == group)
				continue;
			if (!m->above)
				m->above = group->label;
			if (m->n && !m->label) {
				m->label = group->label;
				queue[n++] = group->members[i];
			}
		}
	}
}

struct harvest_groups *harvest_groups_new(const struct json_value *groups,
	const struct json_value *results, bool (*counts)(const struct json_value *result),
	struct arena *a)
{
	struct harvest_groups *g = ARENA_NEW(a, struct harvest_groups);
	bool any = json_is(groups, JSON_KIND_OBJECT);
	size_t edges = n_members(groups), most = results->n + (any ? groups->n : 0) + edges;
	const char **names = ARENA_ARRAY(a, most, const char *);
	size_t n = add_members(groups, names, add_keys(groups, names, add_keys(results, names, 0)));

	g->v = ARENA_ARRAY(a, n, struct node);
	name_nodes(g, names, n);
	g->stack = ARENA_ARRAY(a, n + 1, size_t);
	g->leaves = ARENA_ARRAY(a, g->n, size_t);
	for (size_t i = 0; i < g->n; i++)
		g->v[i].counts = counts(json_member(results, g->v[i].name));
	for (size_t i = 0; any && i < groups->n; i++)
		join(g, &groups->sub[i], a);
	mark(g);
	return g;
}

/* ---- Asking ---- */

size_t harvest_groups_n(const struct harvest_groups *g)
{
	return g->n;
}

const char *harvest_groups_name(const struct harvest_groups *g, size_t id)
{
	return g->v[id].name;
}

size_t harvest_groups_id(const struct harvest_groups *g, const char *name)
{
	const struct node *at = bsearch(&name, g->v, g->n, sizeof(*g->v), by_text);

	return at ? (size_t)(at - g->v) : NO_NAME;
}

const char *harvest_group_above(const struct harvest_groups *g, size_t id)
{
	return g->v[id].above;
}

/* Its members on the stack, the first on top. */
static size_t push(struct harvest_groups *g, const struct node *group, size_t top, bool *is_all)
{
	for (size_t i = group->n; i-- > 0;) {
		size_t id = group->members[i];

		if (id == NO_NAME)
			*is_all = false;
		else if (g->v[id].seen != g->walks)
			g->stack[top++] = id;
	}
	g->work += group->n + 1;
	return top;
}

int harvest_group_leaves(struct harvest_groups *g, size_t id, struct harvest_leaves *ret)
{
	struct harvest_leaves out = {.id = g->leaves, .is_all = true};
	size_t top = 0;

	g->walks++;
	g->stack[top++] = id;
	while (top && g->work < WORK_MAX) {
		struct node *x = &g->v[id = g->stack[--top]];

		if (x->seen == g->walks)
			continue;
		x->seen = g->walks;
		if (x->n)
			top = push(g, x, top, &out.is_all);
		else
			g->leaves[out.n++] = id;
		g->work++;
	}
	if (top)
		return -1;
	*ret = out;
	return 0;
}
