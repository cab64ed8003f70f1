/* SPDX-License-Identifier: Apache-2.0
 *
 * The states of waivers, for their test.
 */
#ifndef ENGINE_WAIVER_H
#define ENGINE_WAIVER_H

#include "engine/fsm.h"
#include "model/waiver.h"

enum waiver_event { WAIVER_APPROVE, WAIVER_REVOKE, WAIVER_EXPIRE, WAIVER_EVENTS };

/* One row of waiver_fsm.def, or NULL: not possible. */
const struct fsm_step *waiver_step(int from, enum waiver_event event);

#endif
