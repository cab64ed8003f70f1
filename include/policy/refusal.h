/* SPDX-License-Identifier: Apache-2.0
 *
 * When an entry that was refused, and has not changed since, is asked for again: for a while, since what
 * was refused may have been a server's error that looked like a document. Pure.
 */
#ifndef POLICY_REFUSAL_H
#define POLICY_REFUSAL_H

#include <stdint.h>

struct refusal {
	int64_t first, last; /* refused; wall clock */
	int64_t tries;	     /* after the first */
};

/* From when on; INT64_MAX: not by itself any more. */
int64_t refusal_again_at(const struct refusal *r);

#endif
