/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading what was published, part by part: what the files of a restore share. Each function refuses with the
 * name of the file, by err_wrap; whoever asks for a release adds its tag.
 */
#ifndef ENGINE_RESTORE_READ_H
#define ENGINE_RESTORE_READ_H

#include "engine/restore.h"

struct reading {
	struct restore_source *s;
	struct restoration *r;
	struct arena *arena;
	struct spiralfed_pointer pointer;
	/* Of the past, by the word of the trusted ones (the head's seal): for the tags alone. */
	struct spiralfed_key *vouched;
	size_t n_vouched;
};

/* ---- restore_read.c ---- */

/* A file: 1, 0 (it is not there), -1. */
int reading_look(struct reading *x, const char *commit, const char *path, size_t cap,
	struct source_document *ret, struct err *err);
/* One that must be there. */
int reading_fetch(struct reading *x, const char *commit, const char *path, size_t cap,
	struct source_document *ret, struct err *err);
/* At the head, where all have been read. */
int reading_head_file(const struct reading *x, const char *path, size_t cap,
	struct source_document *ret, struct err *err);
int reading_parse(const struct field_table *t, const struct source_document *d, struct arena *a,
	void *ret, struct err *err);
int reading_contradicts(struct err *err, const char *what, const char *of); /* -1 */
int reading_status(enum spiralfed_status status, struct err *err);
/* The one with this version; NULL: it has no tag. */
const struct restored_release *reading_release(const struct restoration *r, const char *version);
/* It is from before there were seals: nothing signed says what is in `path` at `where` (a tag, or "main"). */
void reading_unsealed(struct reading *x, const char *where, const char *path);

/* The trusted keys first, then, with each call, some of those that they vouch for. false: that was all. */
struct trusted_keys {
	const struct spiralfed_key *v;
	size_t n, next;
	bool begun;
};
bool reading_more_keys(const struct reading *x, struct trusted_keys *k);

/* ---- restore_record.c ---- */

/* A release by its tag and commit, with its record. */
int reading_take_release(struct reading *x, struct restored_release *r, struct err *err);

/* ---- restore_seal.c ---- */

/* The release's files and this record are those that were signed: 1; 0: it is from before there were seals. */
int reading_check_sealed(struct reading *x, const struct restored_release *r,
	const struct source_document *record, struct err *err);
/* What the head's seal covers names the keys of before. Whatever is wrong there, reading_take_seal() tells. */
void reading_take_vouched(struct reading *x);
/* All that was read at the head is as it was signed. */
int reading_take_seal(struct reading *x, struct err *err);

/* ---- restore_states.c ---- */

/* The channel and the states of all releases. */
int reading_take_states(struct reading *x, struct err *err);

#endif
