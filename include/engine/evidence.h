/* SPDX-License-Identifier: Apache-2.0
 *
 * Evidence: an artifact with a `subject`, the id of the unit that it speaks about. It counts in the
 * gates of every provider's unit of that id, from whichever provider it comes itself; mostly there is
 * one. It may come first: while no provider has an artifact of that id it is held (Pending), and after
 * the policy's time given up (Aborted), from when on it does not count any more. At most EVIDENCE_MAX
 * pieces speak about one subject; more are refused.
 */
#ifndef ENGINE_EVIDENCE_H
#define ENGINE_EVIDENCE_H

#include "engine/snapshot.h"
#include "engine/tx.h"

enum { EVIDENCE_MAX = 256 };

struct evidence {
	const struct unit **v; /* ordered by content digest */
	int64_t *seqs;	       /* in rising order */
	size_t n;
};

/* What is known about the subject. Any thread, on a reader of its own. */
int evidence_load(
	struct db *db, const char *subject, struct arena *a, struct evidence *ret, struct err *err);
/* Add one more, which keeps the order; `seqs` stay as they are. */
void evidence_add(struct evidence *e, const struct unit *u, struct arena *a);

/* ---- Only in apply ---- */

/* Is what the registry holds about the subject what was loaded? 1, 0, -1. */
int evidence_same(struct tx *tx, const char *subject, const struct evidence *e, struct err *err);

/* Evidence about `subject` came or went: candidates of that id fall due, and when it is what others
 * are judged against, all of the slot do. *ret_found: is there such an artifact? The command must have
 * written its event before. */
int evidence_moved(struct tx *tx, const struct snapshot *s, const char *subject, bool *ret_found,
	struct err *err);
/* An artifact of this id came: evidence that was held for it counts from now on. */
int evidence_match(struct tx *tx, const char *id, struct err *err);

/* Have one candidate judged anew, after the command's event. */
int candidate_due(struct tx *tx, int64_t seq, struct err *err);
/* All of every slot fall due because what they are judged against moved. */
int sides_moved(struct tx *tx, struct err *err);

#endif
