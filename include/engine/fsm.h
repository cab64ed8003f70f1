/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the state machines (*_fsm.def). States and events are those of the machine.
 */
#ifndef ENGINE_FSM_H
#define ENGINE_FSM_H

#include <stddef.h>

#include "engine/event.h"

struct fsm_step {
	int from, event, to;
	enum event_type type; /* of the history entry */
};

/* The row of this pair, or NULL: not possible. */
static inline const struct fsm_step *fsm_find(
	const struct fsm_step *steps, size_t n, int from, int event)
{
	for (size_t i = 0; i < n; i++)
		if (steps[i].from == from && steps[i].event == event)
			return &steps[i];
	return NULL;
}

#endif
