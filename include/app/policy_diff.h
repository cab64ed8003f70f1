/* SPDX-License-Identifier: Apache-2.0
 *
 * Names what differs between two policies, for a person. Pure.
 */
#ifndef APP_POLICY_DIFF_H
#define APP_POLICY_DIFF_H

#include "base/arena.h"

/* Two canonical JSON documents. "/gates/latency/p95_ms 250 -> 200; +/slots/x ..." in the arena, at
 * most `most` differences and then how many more; "" when they are equal. */
const char *policy_diff(const char *from, const char *to, int most, struct arena *a);

#endif
