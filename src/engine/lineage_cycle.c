/* SPDX-License-Identifier: Apache-2.0
 *
 * Refuses manifests that would make an artifact its own ancestor: weights that go round between clouds
 * for ever. A new artifact can only do so when something names it as its parent already, so most cost
 * one look into an index.
 */
#include <stdio.h>
#include <string.h>

#include "engine/lineage.h"
#include "store/lineage.h"

struct step {
	const char *id, *provider; /* provider of the artifact that has this id; NULL: not known */
	size_t from;		   /* the step that named it */
};

struct search {
	struct db *db;
	struct arena *arena;
	const struct unit *const *units; /* new ones */
	size_t n_units;
	struct step *v;
	size_t n;
	bool cut;
};

static void visit(struct search *s, const char *id, const char *provider, size_t from)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].id, id) == 0)
			return;
	if (s->n == LINEAGE_MAX) {
		s->cut = true;
		return;
	}
	s->v[s->n++] = (struct step){id, provider, from};
}

/* The parents of all that has this id, here and in the registry. */
static int expand(struct search *s, size_t at, struct err *err)
{
	const char *id = s->v[at].id;
	struct lineage_row *rows;
	size_t n;

	for (size_t i = 0; i < s->n_units; i++) {
		const struct unit *u = s->units[i];

		if (strcmp(u->artifact->id, id) != 0)
			continue;
		s->v[at].provider = u->provider;
		for (size_t k = 0; k < u->artifact->derived_from.n; k++)
			visit(s, u->artifact->derived_from.v[k], NULL, at);
	}
	if (lineage_artifacts(s->db, id, s->arena, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct unit u;

		if (fields_load_text(&unit_table, rows[i].content, s->arena, &u, err) < 0)
			return err_wrap(err, "stored content of %s", id);
		s->v[at].provider = rows[i].provider;
		for (size_t k = 0; k < u.artifact->derived_from.n; k++)
			visit(s, u.artifact->derived_from.v[k], NULL, at);
	}
	return 0;
}

static bool named_here(const struct search *s, const char *id)
{
	for (size_t i = 0; i < s->n_units; i++) {
		const struct strings *d = &s->units[i]->artifact->derived_from;

		for (size_t k = 0; k < d->n; k++)
			if (strcmp(d->v[k], id) == 0)
				return true;
	}
	return false;
}

/* "A (hf) from B (gcp) from A". The steps lead from the parent to the artifact itself. */
static const char *way_text(const struct search *s, const struct unit *u, size_t last)
{
	const char *text = u->artifact->id;

	for (size_t i = s->v[last].from; i != SIZE_MAX; i = s->v[i].from)
		text = arena_printf(s->arena, "%s (%s) from %s", s->v[i].id,
			s->v[i].provider ? s->v[i].provider : "unknown", text);
	return arena_printf(s->arena, "%s (%s) from %s", u->artifact->id, u->provider, text);
}

static int check_parent(struct search *s, const struct unit *u, const char *parent,
	const char *pointer, struct faults *faults, struct err *err)
{
	s->n = 0;
	s->cut = false;
	visit(s, parent, NULL, SIZE_MAX);
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].id, u->artifact->id) == 0) {
			fault_add(faults, pointer, "makes a cycle: %s", way_text(s, u, i));
			return 0;
		}
		if (expand(s, i, err) < 0)
			return -1;
	}
	if (s->cut)
		fault_add(faults, pointer, "has more than %d ancestors, which is the limit",
			LINEAGE_MAX);
	return 0;
}

int lineage_check(struct db *db, const struct unit *const *units, const size_t *positions, size_t n,
	struct arena *a, struct faults *faults, struct err *err)
{
	struct search s = {.db = db, .arena = a, .units = units, .n_units = n};

	for (size_t i = 0; i < n; i++) {
		const struct artifact *o = units[i]->artifact;
		struct lineage_row *rows;
		size_t n_rows = 0;

		if (!o->derived_from.n)
			continue;
		if (lineage_children(db, o->id, 1, a, &rows, &n_rows, err) < 0)
			return -1;
		if (!n_rows && !named_here(&s, o->id))
			continue;
		if (!s.v)
			s.v = ARENA_ARRAY(a, LINEAGE_MAX, struct step);
		for (size_t k = 0; k < o->derived_from.n; k++) {
			char pointer[160];

			snprintf(pointer, sizeof(pointer), "/artifacts/%zu/derived_from/%zu",
				positions[i], k);
			if (check_parent(&s, units[i], o->derived_from.v[k], pointer, faults, err) <
				0)
				return -1;
		}
	}
	return 0;
}
