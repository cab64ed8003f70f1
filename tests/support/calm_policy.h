/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in policy without its cadence: nothing runs by itself, and promotions wait for no window.
 */
#ifndef SUPPORT_CALM_POLICY_H
#define SUPPORT_CALM_POLICY_H

const char *calm_policy(void);

/* The built-in policy with this cadence, a JSON object with ' for "; in the arena. */
struct arena;
const char *policy_with_cadence(const char *cadence, struct arena *a);

#endif
