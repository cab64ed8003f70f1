/* SPDX-License-Identifier: Apache-2.0
 *
 * The node library's inside: a fusion block that was read.
 */
#ifndef SPIRALFED_BLOCK_H
#define SPIRALFED_BLOCK_H

#include "policy/fusion.h"
#include "spiralfed/node.h"

struct spiralfed_fusion {
	struct fusion f;
};

#endif
