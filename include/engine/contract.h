/* SPDX-License-Identifier: Apache-2.0
 *
 * What is served about contracts. Each returns 1, 0 when there is no such thing, or -1. Versions are
 * X.Y.Z, with or without v. Any thread, on a reader of its own.
 */
#ifndef ENGINE_CONTRACT_H
#define ENGINE_CONTRACT_H

#include "store/body.h"

/* With the document. */
int contract_body(struct db *reader, const char *name, const char *version, struct arena *a,
	struct body *ret, struct err *err);
/* The oldest version that has this document. */
int contract_body_by_digest(
	struct db *reader, const char *digest, struct arena *a, struct body *ret, struct err *err);

/* What differs from version `against` (NULL: the nearest one below) to `version`. When there is
 * nothing to compare -1 with ERR_NOT_FOUND says what is missing. */
int contract_diff_body(struct db *reader, const char *name, const char *version,
	const char *against, struct arena *a, struct body *ret, struct err *err);

#endif
