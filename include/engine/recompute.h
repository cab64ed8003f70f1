/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes judgements again from what they were made from, and asks what they would have been under
 * another policy. Reads only; any thread, on a reader of its own.
 */
#ifndef ENGINE_RECOMPUTE_H
#define ENGINE_RECOMPUTE_H

#include "model/judgement_inputs.h"
#include "policy/judge.h"
#include "store/artifact.h"

/* The inputs of a stored judgement, found by their digests. `policy` NULL: the one it was judged by.
 * ERR_NOT_FOUND when it was made by another version of the rules, ERR_STORAGE when something that it
 * names is missing or not what it was. */
int inputs_resolve(struct db *db, const struct judgement_row *stored, const struct policy *policy,
	struct arena *a, struct judge_input *ret, struct err *err);

/* The judgement once more: its stored form, to be compared with stored->body. */
int judgement_recompute(struct db *db, const struct judgement_row *stored, struct arena *a,
	const char **ret, size_t *ret_len, struct err *err);

#endif
