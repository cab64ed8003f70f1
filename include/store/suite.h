/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation suites, immutable, and which one is current.
 */
#ifndef STORE_SUITE_H
#define STORE_SUITE_H

#include "model/canonical_suite.h"
#include "store/body.h"
#include "store/page.h"

struct suite_row {
	int64_t seq;
	const char *name, *version, *digest, *content;
	struct body body;
	const char *actor;
	int64_t created_at;
	int64_t serial; /* of the activation that made it current; only suite_current() */
};

int suite_find(struct db *db, const char *name, const char *version, struct arena *a,
	struct suite_row *ret, struct err *err);
/* The one that is current now. */
int suite_current(struct db *db, struct arena *a, struct suite_row *ret, struct err *err);
int suite_insert(struct db *db, struct suite_row *s, struct err *err); /* sets s->seq */
/* `serial` is one more than the present one's. */
int suite_activation_insert(struct db *db, int64_t serial, int64_t suite_seq, const char *actor,
	const char *reason, int64_t at, struct err *err);
/* name may be NULL. */
int suite_list(struct db *db, const char *name, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

/* The definition of a row. */
int suite_load(
	const struct suite_row *row, struct arena *a, struct canonical_suite *ret, struct err *err);

#endif
