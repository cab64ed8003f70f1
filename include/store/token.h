/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens: who may do what. Only the hash of a secret is here.
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "base/digest.h"
#include "store/page.h"

struct token_row {
	const char *id, *name;
	unsigned char hash[SHA256_SIZE];
	const char *scopes; /* space separated */
	const char *created_by;
	int64_t created_at, expires_at, revoked_at; /* 0: not */
	const char *body;
};

int token_find(
	struct db *db, const char *id, struct arena *a, struct token_row *ret, struct err *err);
int token_any(struct db *db, struct err *err); /* 1: there is at least one */
int token_insert(struct db *db, const struct token_row *t, struct err *err);
/* Compare and set: 1 revoked now, 0 it was already or is not there. */
int token_set_revoked(struct db *db, const char *id, int64_t at, const char *body, struct err *err);
int token_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err);

#endif
