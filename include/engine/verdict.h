/* SPDX-License-Identifier: Apache-2.0
 *
 * A verdict on one unit in the form in which it is stored: judged against a snapshot, with the
 * digests of all that it was computed from. Pure but for the snapshot it reads. Any thread.
 */
#ifndef ENGINE_VERDICT_H
#define ENGINE_VERDICT_H

#include "engine/snapshot.h"
#include "engine/tx.h"
#include "model/gate.h"
#include "store/artifact.h"

struct verdict_record {
	struct judgement judgement;
	const char *body; /* judgement_table */
	size_t body_len;
	char digest[DIGEST_STRLEN];
	const char *inputs;
	char inputs_digest[DIGEST_STRLEN];
	int64_t policy_version;
	const char *gates; /* in short */
};

/* The index of a slot in policy.slots, -1: none of that name. */
int slot_index(const struct policy *p, const char *slot);

/* Digest of what candidates of a slot are judged against: its baseline and the policy. */
void verdict_context(const struct snapshot *s, int slot, char ret[DIGEST_STRLEN]);

void verdict_make(const struct unit *u, const struct snapshot *s, int slot, struct arena *a,
	struct verdict_record *ret);

/* In apply: store the judgement of a row, and the event that tells of it unless the row was in that
 * phase before (`old_phase`, NULL: it is new); sets row->judgement_seq. */
int verdict_store(struct tx *tx, struct artifact_row *row, const struct verdict_record *v,
	const char *old_phase, struct err *err);

#endif
