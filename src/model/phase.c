/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of phases, verdicts, gates and states, and which phase is the worse of two.
 */
#include "model/phase.h"

const struct field_names phase_names = {"phase", (const char *const[]){
							 [PHASE_SUCCEEDED] = "Succeeded",
							 [PHASE_RUNNING] = "Running",
							 [PHASE_PENDING] = "Pending",
							 [PHASE_INCONCLUSIVE] = "Inconclusive",
							 [PHASE_ERROR] = "Error",
							 [PHASE_FAILED] = "Failed",
							 [PHASE_ABORTED] = "Aborted",
							 NULL,
						 }};

const struct field_names verdict_names = {
	"verdict", (const char *const[]){
			   [VERDICT_PASS] = "pass",
			   [VERDICT_FAIL] = "fail",
			   [VERDICT_INCONCLUSIVE] = "inconclusive",
			   [VERDICT_PENDING] = "pending",
			   NULL,
		   }};

const struct field_names gate_names = {"gate", (const char *const[]){
						       [GATE_QUALITY] = "quality",
						       [GATE_LATENCY] = "latency",
						       [GATE_SAFETY] = "safety",
						       [GATE_COMPATIBILITY] = "compatibility",
						       NULL,
					       }};

const struct field_names release_state_names = {
	"release state", (const char *const[]){
				 [RELEASE_ACTIVE] = "active",
				 [RELEASE_WARM] = "warm",
				 [RELEASE_RETIRED] = "retired",
				 [RELEASE_BREACHED] = "breached",
				 NULL,
			 }};

const struct field_names merge_state_names = {
	"merge state", (const char *const[]){
			       [MERGE_OPEN] = "open",
			       [MERGE_SUPERSEDED] = "superseded",
			       [MERGE_PROMOTED] = "promoted",
			       NULL,
		       }};

enum phase verdict_phase(enum verdict v)
{
	switch (v) {
	case VERDICT_PASS:
		return PHASE_SUCCEEDED;
	case VERDICT_FAIL:
		return PHASE_FAILED;
	case VERDICT_PENDING:
		return PHASE_PENDING;
	case VERDICT_INCONCLUSIVE:
		break;
	}
	return PHASE_INCONCLUSIVE;
}

enum phase phase_worst(enum phase a, enum phase b)
{
	return a > b ? a : b;
}
