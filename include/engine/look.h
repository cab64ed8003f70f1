/* SPDX-License-Identifier: Apache-2.0
 *
 * A look is an evaluation of a candidate on a set of evidence, its own numbers included. The first
 * judgement is look 1; a later one is a look more than the one before it when the evidence is not the
 * same, pieces added or taken away alike, since leaving out what displeases is a new try as well.
 * Another baseline, policy, suite, contract or waiver on the same evidence is no new look. Nor is
 * evidence for which a gate still waited, unless it adds to what was judged on samples meanwhile: or
 * else holding one number back would buy any number of tries at the others.
 *
 * Another id is no new candidate: a unit with the numbers, or the bytes, of an earlier one in its slot
 * counts on from that one's looks, other numbers of the same bytes being one more. That is known only
 * of units with samples, and of those that came since there is this rule.
 */
#ifndef ENGINE_LOOK_H
#define ENGINE_LOOK_H

#include "engine/evidence.h"
#include "model/gate.h"

/* What units that are alike in a slot have in common; NULL: none can be like this one. */
struct twin_keys {
	const char *numbers, *bytes;
};
struct twin_keys twin_keys_of(const struct unit *u, const char *slot, struct arena *a);

/* The unit that a new one counts on from; seq 0: none. */
struct twin {
	int64_t artifact_seq;
	bool same_numbers;
};

/* Any thread with a connection of its own. */
int twin_find(struct db *db, const struct twin_keys *keys, struct twin *ret, struct err *err);
/* In apply: so that others find this one. */
int twin_record(struct db *db, const struct twin_keys *keys, int64_t artifact_seq, struct err *err);

/* The look after a judgement (0: there is none), given the evidence of now. */
int look_after(struct db *db, int64_t judgement_seq, const struct evidence *now, struct arena *a,
	int64_t *ret, struct err *err);
/* The first look of a new unit that goes on from one which is not stored yet, as they come together. */
int64_t look_beside(const struct judgement *before, bool same_numbers, const struct evidence *now);
/* The first look of a new unit. */
int look_first(struct db *db, const struct twin *twin, const struct evidence *now, struct arena *a,
	int64_t *ret, struct err *err);

#endif
