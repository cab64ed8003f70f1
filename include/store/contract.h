/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions of contracts, immutable.
 */
#ifndef STORE_CONTRACT_H
#define STORE_CONTRACT_H

#include "policy/version.h"
#include "store/page.h"

struct contract_row {
	int64_t seq;
	const char *name, *version, *digest; /* of the document */
	const char *document, *summary;
	const char *actor;
	int64_t created_at;
};

int contract_find(struct db *db, const char *name, const struct version *v, struct arena *a,
	struct contract_row *ret, struct err *err);
/* The oldest of those that have this document. */
int contract_by_digest(struct db *db, const char *digest, struct arena *a, struct contract_row *ret,
	struct err *err);
/* Only its canonical text: what the compatibility gate compares. */
int contract_text_by_digest(
	struct db *db, const char *digest, struct arena *a, const char **ret, struct err *err);
/* The nearest version below, or above, *v; *v itself is none. */
int contract_below(struct db *db, const char *name, const struct version *v, struct arena *a,
	struct contract_row *ret, struct err *err);
int contract_above(struct db *db, const char *name, const struct version *v, struct arena *a,
	struct contract_row *ret, struct err *err);
int contract_insert(
	struct db *db, const struct contract_row *r, const struct version *v, struct err *err);
/* Bodies are summaries; name may be NULL. */
int contract_list(struct db *db, const char *name, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

#endif
