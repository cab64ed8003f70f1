/* SPDX-License-Identifier: Apache-2.0
 *
 * A verdict on one unit in the form in which it is stored: judged against a snapshot, with the
 * digests of all that it was computed from (model/judgement_inputs.h). What a look is stands in
 * engine/look.h.
 */
#ifndef ENGINE_VERDICT_H
#define ENGINE_VERDICT_H

#include "engine/evidence.h"
#include "engine/snapshot.h"
#include "engine/tx.h"
#include "model/gate.h"
#include "model/judgement_inputs.h"
#include "store/artifact.h"

/* One candidate with what is its own. */
struct verdict_case {
	const struct unit *unit;
	struct evidence evidence;
	const struct input_waiver *waivers; /* in force */
	size_t n_waivers;
	const char *contract_text; /* when it is to be compared and known */
	bool contract_unknown;	   /* it is to be compared and not known */
	int64_t look, contenders;
};

struct verdict_record {
	struct judgement judgement;
	const char *body; /* judgement_table */
	size_t body_len;
	char digest[DIGEST_STRLEN];
	const char *inputs;
	char inputs_digest[DIGEST_STRLEN];
	int64_t policy_version;
	const char *gates;	      /* in short */
	const char *contract_awaited; /* digest of the document it lacked, or NULL */
};

/* The index of a slot in policy.slots, -1: none of that name. */
int slot_index(const struct policy *p, const char *slot);

/* A unit that is new: no waiver can name it, and this is its first look. Fills in all but `evidence`. */
int verdict_case_new(struct db *db, const struct unit *u, const struct snapshot *s, int slot,
	struct arena *a, struct verdict_case *ret, struct err *err);
/* One that is stored: its evidence, waivers at `now`, and the look that this is. `u` is its unit. */
int verdict_case_load(struct db *db, const struct artifact_row *row, const struct unit *u,
	const struct snapshot *s, int slot, int64_t now, struct arena *a, struct verdict_case *ret,
	struct err *err);

/* Judge it, and what of that is stored. Pure; in the arena. */
void verdict_make(const struct verdict_case *k, const struct snapshot *s, int slot, struct arena *a,
	struct verdict_record *ret);
/* The stored form of a judgement: judgement_table. */
const char *judgement_text(const struct judgement *j, struct arena *a, size_t *ret_len);

/* In apply: store the judgement of a row, and the event that tells of it unless the row was in that
 * phase before (`old_phase`, NULL: it is new); sets row->judgement_seq. 0, -1, or COMMAND_STALE: what
 * it lacked is there meanwhile. */
int verdict_store(struct tx *tx, struct artifact_row *row, const struct verdict_record *v,
	const char *old_phase, struct err *err);
/* The same of a verdict for one occasion, a merge: the row's own stays what it was. */
int verdict_record(struct tx *tx, int64_t artifact_seq, const struct verdict_record *v,
	int64_t *ret_seq, struct err *err);

#endif
