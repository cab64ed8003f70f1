/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of answers that the engine renders without a field table of their own. They are here for the
 * document only: nothing is parsed or emitted by them.
 */
#ifndef API_SCHEMAS_H
#define API_SCHEMAS_H

#include "model/field.h"

extern const struct field_table receipt_table, manifest_record_table, artifact_record_table,
	judgement_record_table, channel_move_table, observation_receipt_table,
	acknowledgement_table, node_answer_table, event_table, policy_record_table, token_table,
	problem_table, health_table;

#endif
