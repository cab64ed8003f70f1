/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator says of a distillation.
 */
#ifndef ENGINE_DISTILLATION_H
#define ENGINE_DISTILLATION_H

#include "engine/command.h"
#include "model/request.h"

/* POST /v1/distillations/{id}/acknowledge: 200 with the distillation; that it failed is known, and no
 * condition any more. 404; 409: it did not fail, or somebody acknowledged it before. */
int distillation_acknowledge(struct engine *e, struct command *c, int64_t id,
	const struct reason_request *r, struct err *err);

#endif
