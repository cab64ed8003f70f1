/* SPDX-License-Identifier: Apache-2.0
 *
 * Phases and verdicts, each name once. The numbers are not stored; the names are.
 */
#ifndef MODEL_PHASE_H
#define MODEL_PHASE_H

#include "model/field.h"

/* In the order in which an aggregate takes the worst. Aborted (withdrawn, superseded) is apart: it is
 * never an aggregate of gates. */
enum phase {
	PHASE_SUCCEEDED,
	PHASE_RUNNING,
	PHASE_PENDING,
	PHASE_INCONCLUSIVE,
	PHASE_ERROR,
	PHASE_FAILED,
	PHASE_ABORTED,
};
extern const struct field_names phase_names; /* "Succeeded", ... */

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_INCONCLUSIVE, VERDICT_PENDING };
extern const struct field_names verdict_names; /* "pass", "fail", "inconclusive", "pending" */
enum phase verdict_phase(enum verdict v);
enum phase phase_worst(enum phase a, enum phase b);

enum gate { GATE_QUALITY, GATE_LATENCY, GATE_SAFETY, GATE_COMPATIBILITY, GATES };
extern const struct field_names gate_names; /* "quality", ... */

enum release_state { RELEASE_ACTIVE, RELEASE_WARM, RELEASE_RETIRED, RELEASE_BREACHED };
extern const struct field_names release_state_names;

enum merge_state { MERGE_OPEN, MERGE_SUPERSEDED, MERGE_PROMOTED };
extern const struct field_names merge_state_names;

#endif
