/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks that go out, for those who watch and test them.
 */
#ifndef ENGINE_WEBHOOK_H
#define ENGINE_WEBHOOK_H

#include "engine/engine.h"

/* Of this process. */
struct webhook_stats {
	uint64_t taken, refused, unanswered; /* attempts */
	uint64_t given_up;		     /* deliveries */
	uint64_t disabled;		     /* webhooks, not on request */
};
void webhook_stats(const struct engine *e, struct webhook_stats *ret);

#endif
