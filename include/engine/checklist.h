/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads what the checklist of a merge is made of (policy/checklist.h makes it). One list: the answer of
 * .../checklist, .../promotability, what a promotion refuses by and what the promote job waits for. It
 * reads and changes nothing; any thread, on a reader of its own.
 */
#ifndef ENGINE_CHECKLIST_H
#define ENGINE_CHECKLIST_H

#include "engine/blockers.h"
#include "policy/checklist.h"

/* The items, and all that stands in the way in the order in which a promotion meets it: for each item
 * that is not go at least one blocker. Fills in m->splits. */
int checklist_load(struct engine *e, struct db *db, const struct snapshot *s, struct merge_case *m,
	int64_t now, struct checklist *ret, struct blocker_list *b, struct err *err);

/* What .../checklist shows: of a promoted merge the list as it was then, of any other that of now. 1, 0
 * (there is no such merge), -1. */
int merge_checklist(struct engine *e, struct db *reader, const struct snapshot *s,
	const char *version, int64_t now, struct arena *a, struct checklist *ret, struct err *err);

/* Take out what `override` passes. Returns what that was, in one line, or NULL: nothing. */
const char *blockers_override(struct blocker_list *b);

/* As one JSON document in canonical form. */
const char *checklist_text(const struct checklist *c, struct arena *a);

/* ---- Sources ---- */

/* What a source is asked about: an item that is not of the merge itself. */
struct checklist_look {
	struct engine *e;
	struct db *db;
	const struct snapshot *s;
	const struct merge_case *m;
	int64_t now;
	struct arena *arena;
};
/* Ask every source of checklist_sources.c, each item's own. */
int checklist_sources_ask(
	const struct checklist_look *l, struct checklist_report ret[CHECK_ITEMS], struct err *err);

#endif
