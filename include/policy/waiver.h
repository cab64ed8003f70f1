/* SPDX-License-Identifier: Apache-2.0
 *
 * What a waiver is worth at an instant. It begins to count when it is approved and ends, whatever
 * comes first, at its expiry or when it is revoked: from then on, not after it. Pure.
 */
#ifndef POLICY_WAIVER_H
#define POLICY_WAIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/phase.h"
#include "model/waiver.h"

/* Its state at `at`, an instant that is not before it was requested. */
enum waiver_state waiver_state_at(const struct waiver *w, int64_t at);

/* Does it excuse this gate of this candidate at `at`? One that names another gate or candidate, or
 * that requester and approver are one and the same principal of, never does. */
bool waiver_in_force(
	const struct waiver *w, enum gate gate, const char *provider, const char *id, int64_t at);

/* Adds a fault unless the expiry is after `now` and at most WAIVER_MAX_DAYS ahead. */
void waiver_check_expiry(int64_t expires_at, int64_t now, struct faults *faults);

#endif
