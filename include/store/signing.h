/* SPDX-License-Identifier: Apache-2.0
 *
 * The public halves of the keys that sign, the statements about releases with their signatures, and
 * the channel as it was last signed. Secret halves are files and never come here.
 */
#ifndef STORE_SIGNING_H
#define STORE_SIGNING_H

#include "base/sign.h"
#include "store/body.h"

struct signing_key_row {
	int64_t seq;
	struct sign_public public;
	int64_t created_at;
	int64_t retires_at; /* 0: the active one */
};
/* The newest first, 64 at most. */
int signing_key_list(struct db *db, struct arena *a, struct signing_key_row **ret, size_t *ret_n,
	struct err *err);
int signing_key_insert(struct db *db, struct signing_key_row *r, struct err *err); /* sets r->seq */
/* 1: it ends then; 0: there is none of this name, or it ends earlier already; -1. */
int signing_key_retire(struct db *db, const char *keyid, int64_t at, struct err *err);

int release_statement_find(struct db *db, const char *version, struct arena *a,
	const char **ret_statement, struct err *err);
int release_statement_insert(
	struct db *db, const char *version, const char *statement, struct err *err);

struct release_signature_row {
	char keyid[SIGN_KEYID_STRLEN];
	unsigned char signature[SIGN_SIZE];
};
/* Of every key that ever signed it, the newest key's first. */
int release_signature_list(struct db *db, const char *version, struct arena *a,
	struct release_signature_row **ret, size_t *ret_n, struct err *err);
int release_signature_insert(struct db *db, const char *version, int64_t key_seq,
	const unsigned char signature[SIGN_SIZE], struct err *err);

struct unsigned_row {
	int64_t seq;
	const char *version;
};
/* Releases beyond `after` that the key has not signed, in the order of their making. */
int release_unsigned(struct db *db, int64_t key_seq, int64_t after, int64_t limit, struct arena *a,
	struct unsigned_row **ret, size_t *ret_n, struct err *err);

struct bundle_key_row {
	int64_t seq;
	const char *hint, *public_key;
	int64_t created_at;
};
/* The newest first, 64 at most. */
int bundle_key_list(struct db *db, struct arena *a, struct bundle_key_row **ret, size_t *ret_n,
	struct err *err);
int bundle_key_insert(struct db *db, struct bundle_key_row *r, struct err *err); /* sets r->seq */
int release_bundle_find(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err);
int release_bundle_insert(struct db *db, const char *version, int64_t key_seq,
	const struct body *body, struct err *err);
/* As release_unsigned(), of bundles. */
int release_unbundled(struct db *db, int64_t key_seq, int64_t after, int64_t limit, struct arena *a,
	struct unsigned_row **ret, size_t *ret_n, struct err *err);

struct pointer_row {
	const char *channel;
	int64_t serial, issued, expires;
	struct body body; /* the envelope */
};
int channel_pointer_find(struct db *db, const char *channel, struct arena *a,
	struct pointer_row *ret, struct err *err);
int channel_pointer_set(struct db *db, const struct pointer_row *r, struct err *err);

#endif
