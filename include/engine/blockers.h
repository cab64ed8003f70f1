/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in the way of a merge, once: a promotion refuses by this list, and .../promotability
 * shows it. It reads and changes nothing; any thread, on a reader of its own.
 */
#ifndef ENGINE_BLOCKERS_H
#define ENGINE_BLOCKERS_H

#include "engine/snapshot.h"
#include "engine/verdict.h"
#include "model/promotability.h"
#include "store/merge.h"

/* At most BLOCKERS_MAX; the rest is only counted, and finish says how many there are. */
struct blocker_list {
	struct list list; /* struct blocker */
	size_t left_out;
	struct arena *arena;
};
void blockers_begin(struct blocker_list *b, struct arena *a);
/* The new one, with code and detail, to be filled in. */
struct blocker *blocker_add(struct blocker_list *b, enum err_code problem, const char *detail);
void blockers_finish(struct blocker_list *b);

/* Each check of its gates that did not pass, or the gate itself; `before` (NULL: nothing) begins each
 * sentence. */
void blockers_add_judgement(struct blocker_list *b, const struct judgement *j, const char *before,
	const char *slot, const char *id);
/* Of a unit: withdrawn, held, what the gates said of it last. */
int blockers_add_unit(
	struct db *db, const struct artifact_row *row, struct blocker_list *b, struct err *err);

/* The newest judgement of an artifact that has one. */
int judgement_load(struct db *db, const struct artifact_row *row, struct arena *a,
	struct judgement *ret, struct err *err);

/* A merge with its units. */
struct merge_case {
	struct merge_row row;
	struct merge merge;
	struct unit_row *units;
	size_t n_units;
	/* Parallel to units, made by merge_blockers(): of those that were chosen among others, the
	 * verdict given anew with the share of alpha that they were chosen with. */
	struct merge_split {
		bool made;
		struct verdict_record record;
	} * splits;
};
/* 1, 0 (there is no such merge), -1. */
int merge_case_load(struct db *db, const char *version, struct arena *a, struct merge_case *ret,
	struct err *err);
bool merge_is_open(const struct merge_case *m);

/* All of them, in the order in which a promotion meets them. Of a merge that is not open only that. */
int merge_blockers(struct db *db, const struct snapshot *s, struct merge_case *m, int64_t now,
	struct blocker_list *b, struct err *err);

/* The error of the first one, and all of them as members of the problem. Returns -1. */
int blockers_refuse(const struct blocker_list *b, const char *version, struct arena *a,
	const char **ret_members, struct err *err);

/* The decision of a merge about a slot, or NULL. */
struct decision *merge_decision(const struct merge *m, const char *slot);

#endif
