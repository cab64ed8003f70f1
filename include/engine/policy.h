/* SPDX-License-Identifier: Apache-2.0
 *
 * What is served about the versions of the policy. Each returns 1, 0 when there is no such version,
 * or -1. Any thread, on a reader of its own.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "store/body.h"

/* Its summary with the document. */
int policy_version_body(
	struct db *reader, int64_t version, struct arena *a, struct body *ret, struct err *err);

/* What differs from one version to another, leaf by leaf. When a version is not there -1 with
 * ERR_NOT_FOUND names it. */
int policy_diff_body(struct db *reader, int64_t from, int64_t to, struct arena *a, struct body *ret,
	struct err *err);

#endif
