/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions of releases and merges (semver 2.0.0; X.Y.Z and X.Y.Z-rc.N), and which number comes next.
 * Pure.
 */
#ifndef POLICY_VERSION_H
#define POLICY_VERSION_H

#include <stdbool.h>
#include <stdint.h>

struct version {
	int64_t major, minor, patch;
	int64_t rc; /* 0: a release */
};

enum { VERSION_STRLEN = 96 };

/* "1.2.3", "v1.2.3", "1.2.3-rc.4". -1 when it is none. */
int version_parse(const char *s, struct version *ret);
char *version_format(const struct version *v, char buf[VERSION_STRLEN]); /* without v */
int version_compare(const struct version *a, const struct version *b);	 /* semver precedence */

enum version_level { LEVEL_PATCH, LEVEL_MINOR, LEVEL_MAJOR };
/* The next release after *previous, of which NULL is "none yet": 1.0.0. */
void version_next(const struct version *previous, enum version_level level, struct version *ret);

/* What a change of the fused set asks for (design.md "The fused release"): major when the contract
 * breaks, minor when the contract gains or the set of slots or roles changes, patch for drop-in
 * upgrades. */
struct version_change {
	bool contract_breaks, contract_gains, slots_change, fusion_changes;
};
enum version_level version_level(const struct version_change *c);

#endif
