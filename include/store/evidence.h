/* SPDX-License-Identifier: Apache-2.0
 *
 * Evidence by its subject: what counts, what is held, and the marks that have a candidate judged
 * anew.
 */
#ifndef STORE_EVIDENCE_H
#define STORE_EVIDENCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "db/db.h"

struct evidence_row {
	int64_t seq;
	const char *digest, *content; /* of the unit */
};
struct evidence_list {
	struct evidence_row *v;
	size_t n;
};

/* What speaks about `subject` and was neither withdrawn nor given up, as it came. */
int evidence_about(struct db *db, const char *subject, int64_t limit, struct arena *a,
	struct evidence_list *ret, struct err *err);
/* The same, only the seqs; and of those only what is held. */
int evidence_seqs(struct db *db, const char *subject, int64_t limit, struct arena *a, int64_t **ret,
	size_t *ret_n, struct err *err);
int evidence_held(struct db *db, const char *subject, int64_t limit, struct arena *a, int64_t **ret,
	size_t *ret_n, struct err *err);
/* Held since `before` or longer. */
int evidence_overdue(struct db *db, int64_t before, int64_t limit, struct arena *a, int64_t **ret,
	size_t *ret_n, struct err *err);
/* With this subject, whatever became of it since: for what is to be computed again. */
int evidence_ever(struct db *db, const char *subject, struct arena *a, struct evidence_list *ret,
	struct err *err);

/* An artifact of some provider that has an id and was not withdrawn. */
struct artifact_place {
	int64_t seq;
	bool has_slot;
};
enum { PLACES_MAX = 64 };
int artifact_places(struct db *db, const char *id, struct arena *a, struct artifact_place **ret,
	size_t *ret_n, struct err *err);

/* The canonical text of the unit with this id and content digest. 1, 0, -1. */
int artifact_content(struct db *db, const char *id, const char *digest, struct arena *a,
	const char **ret, struct err *err);

/* Write `mark` where the context of what it was judged against stands. */
int artifact_touch(struct db *db, int64_t seq, const char *mark, struct err *err);

/* Candidates that wait for the document of a contract; touching them ends the wait. */
int contract_wait(struct db *db, const char *digest, int64_t artifact_seq, struct err *err);
int contract_wait_over(struct db *db, const char *digest, const char *mark, struct err *err);

#endif
