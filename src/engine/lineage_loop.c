/* SPDX-License-Identifier: Apache-2.0
 *
 * Refuses egress loops: an artifact that descends from an earlier one of its own family by way of another
 * cloud. No artifact is its own ancestor then, but its family is, and with each generation the weights
 * would go out and come back. A generation that is made of the one before in the same cloud is none, and
 * what that one descends from was judged when it came. The nearest ancestors are looked at, up to a limit.
 */
#include <stdio.h>
#include <string.h>

#include "engine/lineage.h"
#include "model/format.h"
#include "store/lineage.h"

enum { DESCENDANTS_MAX = 64, POINTER_MAX = 64 };

/* One way to an ancestor's id: whether it left the cloud of the one it begins at. */
struct step {
	const char *id;
	const char *provider; /* of the artifact that has this id; NULL: not known */
	bool left;
	size_t from; /* the step that named it; SIZE_MAX: the beginning */
};

struct search {
	struct db *db;
	struct arena *arena;
	const struct unit *const *units; /* new ones */
	size_t n_units;
	struct step *v;
	size_t n;
};

/* Where a way begins, and the family to which it must not return. */
struct origin {
	const char *provider, *id;
	struct artifact_name name;
};

static int origin_of(
	const struct search *s, const char *provider, const char *id, struct origin *ret)
{
	*ret = (struct origin){.provider = provider, .id = id};
	return artifact_name_parse(id, s->arena, &ret->name);
}

static bool is_family(const struct search *s, const struct origin *o, const char *id)
{
	struct artifact_name name;

	return artifact_name_parse(id, s->arena, &name) == 0 && strcmp(name.ns, o->name.ns) == 0 &&
	       strcmp(name.family, o->name.family) == 0;
}

static void visit(struct search *s, const char *id, bool left, size_t from)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].left == left && strcmp(s->v[i].id, id) == 0)
			return;
	if (s->n < LINEAGE_MAX)
		s->v[s->n++] = (struct step){id, NULL, left, from};
}

/* An artifact with the id of a step: does the way end here, at a loop (true), or go on to `parent`? */
static bool goes_round(struct search *s, const struct origin *o, size_t at, const char *provider,
	const char *parent)
{
	struct step *step = &s->v[at];

	step->provider = provider;
	if (strcmp(provider, o->provider) == 0 && is_family(s, o, step->id))
		return step->left;
	if (parent)
		visit(s, parent, step->left || strcmp(provider, o->provider) != 0, at);
	return false;
}

/* What has the id of a step, here and in the registry. 1: the way goes round; 0; -1. */
static int expand(struct search *s, const struct origin *o, size_t at, struct err *err)
{
	const char *id = s->v[at].id;
	struct lineage_parent_row *rows;
	size_t n;

	for (size_t i = 0; i < s->n_units; i++) {
		const struct unit *u = s->units[i];
		const struct strings *d = &u->artifact->derived_from;

		if (strcmp(u->artifact->id, id) != 0)
			continue;
		if (goes_round(s, o, at, u->provider, NULL))
			return 1;
		for (size_t k = 0; k < d->n; k++)
			goes_round(s, o, at, u->provider, d->v[k]);
	}
	if (lineage_parents(s->db, id, s->arena, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (goes_round(s, o, at, rows[i].provider, rows[i].parent))
			return 1;
	return 0;
}

/* "C (hf) from B (aws) from A (hf)": from the origin back to the step. */
static const char *way_text(const struct search *s, const struct origin *o, size_t last)
{
	const char *text = NULL;

	for (size_t i = last; i != SIZE_MAX; i = s->v[i].from) {
		const char *one = arena_printf(s->arena, "%s (%s)", s->v[i].id, s->v[i].provider);

		text = text ? arena_printf(s->arena, "%s from %s", one, text) : one;
	}
	return arena_printf(s->arena, "%s (%s) from %s", o->id, o->provider, text);
}

/* Does a way from the origin by this parent go round? 1 with its last step, 0, -1. */
static int find_loop(struct search *s, const struct origin *o, const char *parent, size_t *ret_last,
	struct err *err)
{
	s->n = 0;
	visit(s, parent, false, SIZE_MAX);
	for (size_t i = 0; i < s->n; i++) {
		int rc = expand(s, o, i, err);

		if (rc < 0)
			return -1;
		if (rc > 0) {
			*ret_last = i;
			return 1;
		}
	}
	return 0;
}

static void refuse(const struct search *s, const struct origin *o, size_t last, const char *pointer,
	struct faults *faults)
{
	fault_add(faults, pointer, "makes an egress loop between clouds: %s", way_text(s, o, last));
}

static int check_own(struct search *s, const struct unit *u, size_t position, struct faults *faults,
	struct err *err)
{
	const struct strings *d = &u->artifact->derived_from;
	struct origin o;

	if (origin_of(s, u->provider, u->artifact->id, &o) < 0)
		return 0;
	for (size_t k = 0; k < d->n; k++) {
		char pointer[POINTER_MAX];
		size_t last;
		int rc = find_loop(s, &o, d->v[k], &last, err);

		snprintf(pointer, sizeof(pointer), "/artifacts/%zu/derived_from/%zu", position, k);
		if (rc < 0)
			return -1;
		if (rc > 0)
			refuse(s, &o, last, pointer, faults);
	}
	return 0;
}

/* ---- Those that named it before it came ---- */

static bool is_listed(const struct lineage_row *v, size_t n, const struct lineage_row *row)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].seq == row->seq)
			return true;
	return false;
}

/* All that descends from it, the nearest first. */
static int list_descendants(struct search *s, const char *id,
	struct lineage_row ret[DESCENDANTS_MAX], size_t *ret_n, struct err *err)
{
	size_t n = 0;

	for (size_t at = 0;; at++) {
		struct lineage_row *rows;
		size_t n_rows = 0;

		if (lineage_children(s->db, id, DESCENDANTS_MAX, s->arena, &rows, &n_rows, err) < 0)
			return -1;
		for (size_t i = 0; i < n_rows && n < DESCENDANTS_MAX; i++)
			if (!is_listed(ret, n, &rows[i]))
				ret[n++] = rows[i];
		if (at == n)
			break;
		id = ret[at].id;
	}
	*ret_n = n;
	return 0;
}

static bool leads_by(const struct search *s, size_t last, const char *id)
{
	for (size_t i = last; i != SIZE_MAX; i = s->v[i].from)
		if (strcmp(s->v[i].id, id) == 0)
			return true;
	return false;
}

/* One that is there already, and to which this unit is the missing piece of a way round. */
static int check_descendant(struct search *s, const struct unit *u, size_t position,
	const struct lineage_row *row, struct faults *faults, struct err *err)
{
	struct lineage_parent_row *parents;
	struct origin o;
	size_t n;

	if (origin_of(s, row->provider, row->id, &o) < 0)
		return 0;
	if (lineage_parents(s->db, row->id, s->arena, &parents, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char pointer[POINTER_MAX];
		size_t last;
		int rc = 0;

		if (parents[i].parent && strcmp(parents[i].provider, row->provider) == 0)
			rc = find_loop(s, &o, parents[i].parent, &last, err);
		if (rc < 0)
			return -1;
		if (rc == 0 || !leads_by(s, last, u->artifact->id))
			continue;
		snprintf(pointer, sizeof(pointer), "/artifacts/%zu/derived_from", position);
		refuse(s, &o, last, pointer, faults);
		return 0;
	}
	return 0;
}

static int check_descendants(struct search *s, const struct unit *u, size_t position,
	struct faults *faults, struct err *err)
{
	struct lineage_row *rows = ARENA_ARRAY(s->arena, DESCENDANTS_MAX, struct lineage_row);
	size_t n;

	if (list_descendants(s, u->artifact->id, rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && !faults->n; i++)
		if (check_descendant(s, u, position, &rows[i], faults, err) < 0)
			return -1;
	return 0;
}

int lineage_loops(struct db *db, const struct unit *const *units, const size_t *positions, size_t n,
	struct arena *a, struct faults *faults, struct err *err)
{
	struct search s = {.db = db, .arena = a, .units = units, .n_units = n};

	for (size_t i = 0; i < n; i++) {
		if (!units[i]->artifact->derived_from.n)
			continue;
		if (!s.v)
			s.v = ARENA_ARRAY(a, LINEAGE_MAX, struct step);
		if (check_own(&s, units[i], positions[i], faults, err) < 0 ||
			check_descendants(&s, units[i], positions[i], faults, err) < 0)
			return -1;
	}
	return 0;
}
