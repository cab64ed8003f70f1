/* SPDX-License-Identifier: Apache-2.0
 *
 * The seal over the files of a commit (spiralfed/seal.json): the digest of each, signed. Nobody without a
 * key can add, drop or mix files of several commits. Any thread.
 */
#ifndef ENGINE_PUBLICATION_SEAL_H
#define ENGINE_PUBLICATION_SEAL_H

#include "engine/publication_files.h"
#include "spiralfed/node.h"

/* What is to be signed of them, in f->seal; `version` is that of the release among them (NULL: none, it is the
 * newest that is published). In the transaction in which they were read. */
int publication_seal_text(struct publication_files *f, struct db *db, const char *version,
	struct arena *a, struct err *err);
/* Add the file that signs the others. */
int publication_seal(
	struct engine *e, struct publication_files *f, struct arena *a, struct err *err);

/* What one of these keys signed. -1: ERR_BAD_SIGNATURE, ERR_IO. */
int publication_seal_open(const struct spiralfed_key *keys, size_t n_keys,
	const struct source_document *d, struct arena *a, struct publication_seal *ret,
	struct err *err);
/* The digest that the file has there; NULL: it is not among them. */
const char *publication_sealed(const struct publication_seal *s, const char *path);

#endif
