/* SPDX-License-Identifier: Apache-2.0
 *
 * Distillations that fell due. None is ever deleted; one that is settled does not change.
 */
#ifndef STORE_DISTILLATION_H
#define STORE_DISTILLATION_H

#include "policy/distillation.h"
#include "store/page.h"

/* Sets its id. */
int distillation_insert(struct db *db, struct distillation *d, struct err *err);
/* 1, 0, -1 */
int distillation_find(
	struct db *db, int64_t id, struct arena *a, struct distillation *ret, struct err *err);
/* Those that are not settled, the oldest first. */
int distillation_open(struct db *db, int64_t limit, struct arena *a, struct distillation **ret,
	size_t *ret_n, struct err *err);
/* The newest that is settled, and was run: 1, 0, -1. */
int distillation_settled(struct db *db, struct arena *a, struct distillation *ret, struct err *err);
/* All that may change, unless its phase is another one than `was` by now or it is settled: 1, 0, -1. */
int distillation_update(struct db *db, const struct distillation *d, int was, struct err *err);
/* Somebody knows that it failed: 1; 0, it did not fail, or somebody knew before; -1. */
int distillation_acknowledged(struct db *db, int64_t id, int64_t at, struct err *err);
int distillation_list(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

/* Units of its provider that are derived from its teacher and came since it fell due, the newest first; none
 * that another distillation has. */
int distillation_derived(struct db *db, const struct distillation *d, struct arena *a,
	struct distilled **ret, size_t *ret_n, struct err *err);

#endif
