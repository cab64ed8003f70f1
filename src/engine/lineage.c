/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks back along derived_from, and counts what that moves from one cloud to another.
 */
#include "engine/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "store/artifact.h"
#include "store/lineage.h"

enum { WALK_NODES_MAX = LINEAGE_MAX + 64, WALK_EDGES_MAX = 64 * LINEAGE_MAX };

/* ---- The walk ---- */

struct walk {
	struct db *db;
	struct arena *arena;
	struct lineage *to;
	size_t edges_room;
};

static void walk_begin(struct walk *w, struct db *db, struct arena *a, struct lineage *to)
{
	fields_init(&lineage_table, to);
	to->nodes.v = ARENA_ARRAY(a, WALK_NODES_MAX, struct lineage_node);
	*w = (struct walk){.db = db, .arena = a, .to = to};
}

static struct lineage_node *node_at(const struct lineage *l, size_t i)
{
	return LIST_AT(&l->nodes, struct lineage_node, i);
}

static bool has_node(const struct lineage *l, const char *provider, const char *id)
{
	for (size_t i = 0; i < l->nodes.n; i++)
		if (text_equal(node_at(l, i)->provider, provider) &&
			strcmp(node_at(l, i)->id, id) == 0)
			return true;
	return false;
}

static void node_of(const struct unit *u, struct lineage_node *ret)
{
	*ret = (struct lineage_node){
		.id = u->artifact->id,
		.provider = u->provider,
		.role = u->artifact->role,
		.uri = u->artifact->uri,
		.size_bytes = u->artifact->size_bytes,
		.known = 1,
		.derived_from = u->artifact->derived_from,
	};
}

/* Once; past the limit it is only said that there is more. */
static void add_node(struct walk *w, const struct lineage_node *node, size_t max)
{
	if (has_node(w->to, node->provider, node->id))
		return;
	if (w->to->nodes.n >= max) {
		w->to->truncated = 1;
		return;
	}
	*node_at(w->to, w->to->nodes.n++) = *node;
}

static void add_root(struct walk *w, const struct unit *u)
{
	struct lineage_node node;

	node_of(u, &node);
	add_node(w, &node, WALK_NODES_MAX);
}

static void add_edge(
	struct walk *w, const struct lineage_node *parent, const struct lineage_node *child)
{
	struct list *edges = &w->to->edges;

	if (edges->n == WALK_EDGES_MAX) {
		w->to->truncated = 1;
		return;
	}
	if (edges->n == w->edges_room) {
		size_t room = w->edges_room ? 2 * w->edges_room : 16;
		struct lineage_edge *more = ARENA_ARRAY(w->arena, room, struct lineage_edge);

		if (edges->n)
			memcpy(more, edges->v, edges->n * sizeof(*more));
		edges->v = more;
		w->edges_room = room;
	}
	*LIST_AT(edges, struct lineage_edge, edges->n++) = (struct lineage_edge){
		.from = parent->id,
		.to = child->id,
		.from_provider = parent->provider,
		.to_provider = child->provider,
		.crosses = parent->provider ? strcmp(parent->provider, child->provider) != 0 : -1,
	};
}

static int row_unit(
	const struct lineage_row *row, struct arena *a, struct unit *ret, struct err *err)
{
	if (fields_load_text(&unit_table, row->content, a, ret, err) < 0)
		return err_wrap(err, "stored content of %s", row->id);
	return 0;
}

/* `child` is a copy: nodes do not move, but their list grows. */
static int add_parents(
	struct walk *w, const struct lineage_node *child, const char *id, struct err *err)
{
	struct lineage_node parent = {.id = id, .size_bytes = -1, .known = 0};
	struct lineage_row *rows;
	size_t n;

	if (lineage_artifacts(w->db, id, w->arena, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct unit u;

		if (row_unit(&rows[i], w->arena, &u, err) < 0)
			return -1;
		node_of(&u, &parent);
		add_node(w, &parent, LINEAGE_MAX);
		add_edge(w, &parent, child);
	}
	if (n)
		return 0;
	add_node(w, &parent, LINEAGE_MAX);
	add_edge(w, &parent, child);
	return 0;
}

/* From the roots, which are there already. */
static int walk_back(struct walk *w, struct err *err)
{
	for (size_t i = 0; i < w->to->nodes.n; i++) {
		const struct lineage_node *child = node_at(w->to, i);

		for (size_t k = 0; k < child->derived_from.n; k++)
			if (add_parents(w, child, child->derived_from.v[k], err) < 0)
				return -1;
	}
	return 0;
}

/* ---- Egress ---- */

static void egress_begin(struct egress *e, struct arena *a)
{
	fields_init(&egress_table, e);
	e->moves.v = ARENA_ARRAY(a, EGRESS_MOVES_MAX, struct egress_move);
}

/* The same artifact goes to a cloud once. */
static void add_move(struct egress *e, const struct egress_move *m)
{
	for (size_t i = 0; i < e->moves.n; i++) {
		const struct egress_move *o = LIST_AT(&e->moves, struct egress_move, i);

		if (strcmp(o->id, m->id) == 0 && strcmp(o->from, m->from) == 0 &&
			strcmp(o->to, m->to) == 0)
			return;
	}
	if (m->bytes >= 0)
		e->bytes += m->bytes;
	else
		e->unknown++;
	if (e->moves.n < EGRESS_MOVES_MAX)
		*LIST_AT(&e->moves, struct egress_move, e->moves.n++) = *m;
	else
		e->left_out = e->left_out > 0 ? e->left_out + 1 : 1;
}

static const struct lineage_node *find_node(
	const struct lineage *l, const char *provider, const char *id)
{
	for (size_t i = 0; i < l->nodes.n; i++)
		if (text_equal(node_at(l, i)->provider, provider) &&
			strcmp(node_at(l, i)->id, id) == 0)
			return node_at(l, i);
	return NULL;
}

static int compare_crossings(const void *x, const void *y)
{
	const struct lineage_edge *a = *(const struct lineage_edge *const *)x,
				  *b = *(const struct lineage_edge *const *)y;
	int order = strcmp(a->from, b->from);

	if (!order)
		order = strcmp(a->from_provider, b->from_provider);
	return order ? order : strcmp(a->to_provider, b->to_provider);
}

/* What went from one cloud to another, in order. */
struct crossings {
	const struct lineage_edge **v;
	size_t n;
};

static struct crossings crossings_of(const struct lineage *l, struct arena *a)
{
	struct crossings c = {ARENA_ARRAY(a, l->edges.n + 1, const struct lineage_edge *), 0};

	for (size_t i = 0; i < l->edges.n; i++) {
		const struct lineage_edge *e = LIST_AT(&l->edges, struct lineage_edge, i);

		if (e->crosses == 1)
			c.v[c.n++] = e;
	}
	qsort(c.v, c.n, sizeof(*c.v), compare_crossings);
	return c;
}

static bool went_before(const struct crossings *before, const struct lineage_edge *e)
{
	return before && before->n &&
	       bsearch(&e, before->v, before->n, sizeof(*before->v), compare_crossings);
}

static void add_crossings(const struct lineage *l, const struct crossings *before, struct egress *e)
{
	for (size_t i = 0; i < l->edges.n; i++) {
		const struct lineage_edge *edge = LIST_AT(&l->edges, struct lineage_edge, i);
		const struct lineage_node *parent;

		if (edge->crosses != 1 || went_before(before, edge))
			continue;
		parent = find_node(l, edge->from_provider, edge->from);
		add_move(e, &(struct egress_move){.id = edge->from,
				    .from = edge->from_provider,
				    .to = edge->to_provider,
				    .bytes = parent ? parent->size_bytes : -1,
				    .why = "derived_from",
				    .of = edge->to});
	}
}

static bool is_live(const struct egress_case *c, const struct unit *u)
{
	for (size_t i = 0; i < c->n_live; i++)
		if (text_equal(c->live[i]->content_digest, u->content_digest))
			return true;
	return false;
}

static const struct unit *unit_of_digest(const struct egress_case *c, const char *digest)
{
	for (size_t i = 0; digest && i < c->n; i++)
		if (text_equal(c->units[i]->artifact->digest, digest) ||
			text_equal(c->units[i]->content_digest, digest))
			return c->units[i];
	return NULL;
}

/* An adapter goes to where the weights beneath it are served. */
static void add_adapters(const struct egress_case *c, struct egress *e)
{
	for (size_t i = 0; c->fusion && i < c->fusion->models.n; i++) {
		const struct fusion_model *m = LIST_AT(&c->fusion->models, struct fusion_model, i);
		const struct unit *base = unit_of_digest(c, m->artifact);
		const struct unit *adapter = unit_of_digest(c, m->adapter);

		if (!base || !adapter || strcmp(base->provider, adapter->provider) == 0 ||
			(is_live(c, base) && is_live(c, adapter)))
			continue;
		add_move(e, &(struct egress_move){.id = adapter->artifact->id,
				    .from = adapter->provider,
				    .to = base->provider,
				    .bytes = adapter->artifact->size_bytes,
				    .why = "adapter",
				    .of = m->name});
	}
}

int egress_make(struct db *db, const struct egress_case *c, struct arena *a, struct egress *ret,
	struct err *err)
{
	struct lineage before, after;
	struct crossings went;
	struct egress e;
	struct walk w;

	walk_begin(&w, db, a, &before);
	for (size_t i = 0; i < c->n_live; i++)
		add_root(&w, c->live[i]);
	if (walk_back(&w, err) < 0)
		return -1;
	walk_begin(&w, db, a, &after);
	for (size_t i = 0; i < c->n; i++)
		if (!is_live(c, c->units[i]))
			add_root(&w, c->units[i]);
	if (walk_back(&w, err) < 0)
		return -1;
	egress_begin(&e, a);
	went = crossings_of(&before, a);
	add_crossings(&after, &went, &e);
	add_adapters(c, &e);
	*ret = e;
	return 0;
}

/* ---- What is shown ---- */

static void show(struct walk *w, struct lineage *l)
{
	l->egress = ARENA_NEW(w->arena, struct egress);
	egress_begin(l->egress, w->arena);
	add_crossings(l, NULL, l->egress);
}

static int load_children(struct walk *w, const char *id, struct lineage *l, struct err *err)
{
	struct lineage_row *rows;
	size_t n;

	if (lineage_children(w->db, id, LINEAGE_ROWS_MAX, w->arena, &rows, &n, err) < 0)
		return -1;
	l->children.v = ARENA_ARRAY(w->arena, n + 1, struct lineage_node);
	for (l->children.n = 0; l->children.n < n; l->children.n++) {
		struct unit u;

		if (row_unit(&rows[l->children.n], w->arena, &u, err) < 0)
			return -1;
		node_of(&u, LIST_AT(&l->children, struct lineage_node, l->children.n));
	}
	if (n == LINEAGE_ROWS_MAX)
		l->truncated = 1;
	return 0;
}

int artifact_lineage(struct db *db, const char *provider, const char *id, struct arena *a,
	struct lineage *ret, struct err *err)
{
	struct artifact_row row;
	struct lineage l;
	struct walk w;
	struct unit u;
	int rc = artifact_find(db, provider, id, a, &row, err);

	if (rc <= 0)
		return rc;
	if (unit_load(&row, a, &u, err) < 0)
		return -1;
	walk_begin(&w, db, a, &l);
	add_root(&w, &u);
	l.roots.v = ARENA_ARRAY(a, 1, const char *);
	l.roots.v[l.roots.n++] = row.id;
	if (walk_back(&w, err) < 0 || load_children(&w, row.id, &l, err) < 0)
		return -1;
	show(&w, &l);
	*ret = l;
	return 1;
}

int release_lineage(struct db *db, const struct release *r, struct arena *a, struct lineage *ret,
	struct err *err)
{
	struct lineage l;
	struct walk w;

	walk_begin(&w, db, a, &l);
	l.roots.v = ARENA_ARRAY(a, r->slots.n + 1, const char *);
	for (size_t i = 0; i < r->slots.n; i++) {
		const struct fused_unit *slot = LIST_AT(&r->slots, struct fused_unit, i);
		struct artifact_row row;
		struct unit u;

		l.roots.v[l.roots.n++] = slot->id;
		if (artifact_find(db, slot->provider, slot->id, a, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "unit %s of release %s is missing",
				slot->id, r->version);
		if (unit_load(&row, a, &u, err) < 0)
			return -1;
		add_root(&w, &u);
	}
	if (walk_back(&w, err) < 0)
		return -1;
	show(&w, &l);
	*ret = l;
	return 1;
}
