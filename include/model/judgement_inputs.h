/* SPDX-License-Identifier: Apache-2.0
 *
 * All that a judgement was made from, by digest: with the registry it can be made again, byte for
 * byte. Kept in canonical form, so that equal inputs have equal digests.
 */
#ifndef MODEL_JUDGEMENT_INPUTS_H
#define MODEL_JUDGEMENT_INPUTS_H

#include "model/field.h"

/* Rises when the gates say something else of the same inputs. */
enum { JUDGE_VERSION = 8 };

struct input_suite {
	const char *name, *version;
	const char *content; /* digest of its canonical text */
};

struct input_waiver {
	int gate; /* enum gate */
	const char *id;
};

struct judgement_inputs {
	int64_t judge;		 /* JUDGE_VERSION; -1 before there was one */
	const char *artifact;	 /* content digests, here and below */
	struct strings evidence; /* about it, sorted */
	const char *baseline;
	struct strings baseline_evidence;
	const char *anchor;
	struct strings anchor_evidence;
	const char *policy;
	struct input_suite *suite; /* the current one; NULL: none is declared */
	/* Of the documents that were compared; NULL: not needed, or not known then. */
	const char *contract, *baseline_contract;
	struct list waivers; /* struct input_waiver: in force for the candidate */
	int64_t look, contenders;
};
extern const struct field_table judgement_inputs_table;

#endif
