/* SPDX-License-Identifier: Apache-2.0
 *
 * Artifacts: the immutable row, the row that says where it stands now, and every judgement it got.
 */
#ifndef STORE_ARTIFACT_H
#define STORE_ARTIFACT_H

#include "store/body.h"
#include "store/page.h"

/* Row and state together, as the engine works on them. */
struct artifact_row {
	int64_t seq;
	const char *provider, *id, *ns, *family;
	int64_t number;
	const char *branch, *role, *subject;
	const char *digest, *content; /* of the unit: its identity and canonical text */
	const char *manifest_digest;
	int64_t manifest_seq; /* for artifact_insert() alone */
	int64_t late, received_at;
	/* state */
	const char *slot, *phase;
	int64_t judgement_seq; /* 0: none */
	const char *judgement; /* its body, or NULL */
	const char *gates;     /* the same in short; never loaded: gates_load() */
	const char *context;
	double score;
	const char *held_by;
	int64_t withdrawn_at, updated_at;
};

struct artifact_list {
	struct artifact_row *v;
	size_t n;
};

int artifact_find(struct db *db, const char *provider, const char *id, struct arena *a,
	struct artifact_row *ret, struct err *err);
int artifact_by_seq(
	struct db *db, int64_t seq, struct arena *a, struct artifact_row *ret, struct err *err);

/* Only what a submission of the same id must know: seq, role, digest, manifest_digest, late,
 * received_at, phase, judgement. */
int artifact_known(struct db *db, const char *provider, const char *id, struct arena *a,
	struct artifact_row *ret, struct err *err);

/* The highest number of the family. */
int artifact_family_newest(struct db *db, const char *provider, const char *ns, const char *family,
	int64_t *ret_number, struct err *err);

/* Candidates of the slot; all but `baseline_seq` (0: none) and withdrawn ones, at most `limit`. */
int artifact_stale(struct db *db, const char *slot, const char *context, int64_t baseline_seq,
	int64_t limit, struct arena *a, struct artifact_list *ret, struct err *err);
/* The newest of those, and of them only the number. */
int artifact_stale_newest(struct db *db, const char *slot, const char *context,
	int64_t baseline_seq, int64_t limit, struct arena *a, int64_t **ret_seqs, size_t *ret_n,
	struct err *err);
int artifact_best(struct db *db, const char *slot, int64_t baseline_seq, int64_t limit,
	struct arena *a, struct artifact_list *ret, struct err *err);
int artifact_contenders(struct db *db, const char *slot, const char *phase, int64_t baseline_seq,
	int64_t limit, struct arena *a, struct artifact_list *ret, struct err *err);
/* How many artifact_best() would list without a limit. */
int artifact_passing(
	struct db *db, const char *slot, int64_t baseline_seq, int64_t *ret_n, struct err *err);
/* How many are Inconclusive, not held, and came at `since` or later. */
int artifact_undecided(struct db *db, const char *slot, int64_t baseline_seq, int64_t since,
	int64_t *ret_n, struct err *err);
/* All, from the oldest. */
int artifact_page(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct artifact_list *ret, struct err *err);
/* Those a breached release holds. */
int artifact_held(struct db *db, const char *held_by, struct arena *a, int64_t **ret_seqs,
	size_t *ret_n, struct err *err);

/* What a lost release held, and is not here: it is held when it comes. */
int held_awaited_insert(
	struct db *db, const char *provider, const char *id, const char *held_by, struct err *err);
int held_awaited_find(struct db *db, const char *provider, const char *id, struct arena *a,
	const char **ret_held_by, struct err *err);

/* Both rows; sets a->seq. `body` is what lists and GET show; a body that shows the seq is not
 * needed. */
int artifact_insert(struct db *db, struct artifact_row *row, struct err *err);
int artifact_state_insert(struct db *db, const struct artifact_row *row, const struct body *body,
	int64_t render, struct err *err);

/* Compare and set: only while context, phase and held_by are as in `old`, and it is not withdrawn. 1
 * set, 0 not, -1. */
int artifact_state_set(struct db *db, const struct artifact_row *old,
	const struct artifact_row *row, const struct body *body, int64_t render, struct err *err);
int artifact_state_render(
	struct db *db, int64_t seq, const struct body *body, int64_t render, struct err *err);
/* Is there a unit of this provider and role in another slot? */
int artifact_misplaced(
	struct db *db, const char *provider, const char *role, const char *slot, struct err *err);
/* Give units of this provider and role their slot, at most `limit`. */
int artifact_state_reslot(struct db *db, const char *provider, const char *role, const char *slot,
	int64_t limit, struct err *err);

int artifact_body(struct db *db, const char *provider, const char *id, struct arena *a,
	struct body *ret, struct err *err);

struct artifact_filter {
	const char *provider, *role, *phase; /* NULL: any */
};
int artifact_list_page(struct db *db, const struct artifact_filter *f, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err);

struct judgement_row {
	int64_t seq, artifact_seq, at, policy_version;
	const char *digest, *inputs_digest, *inputs, *phase, *body;
	size_t body_len;
};
int judgement_insert(struct db *db, struct judgement_row *j, struct err *err); /* sets j->seq */
int judgement_find(
	struct db *db, int64_t seq, struct arena *a, struct judgement_row *ret, struct err *err);
/* The oldest with this digest; walks the table. */
int judgement_by_digest(struct db *db, const char *digest, struct arena *a,
	struct judgement_row *ret, struct err *err);
/* Only seq and digest. */
int judgement_page(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct judgement_row **ret, size_t *ret_n, struct err *err);

/* A candidate that was judged and not withdrawn, newest first; `after` 0: from the newest. */
struct candidate_row {
	int64_t seq, judgement_seq;
	const char *provider, *id, *slot;
};
int candidate_page(struct db *db, int64_t after, int64_t since, int64_t limit, struct arena *a,
	struct candidate_row **ret, size_t *ret_n, struct err *err);

int candidate_slot(struct db *db, const char *role, const char *slot, int64_t limit,
	struct arena *a, struct candidate_row **ret, size_t *ret_n, struct err *err);

/* Numbers of the newest rows, which are their counts: nothing is ever deleted. */
int registry_counts(struct db *db, int64_t *ret_manifests, int64_t *ret_artifacts,
	int64_t *ret_judgements, struct err *err);

#endif
