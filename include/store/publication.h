/* SPDX-License-Identifier: Apache-2.0
 *
 * What was published to a repository and how it is left there; and what a publication is made of that
 * no other store tells.
 */
#ifndef STORE_PUBLICATION_H
#define STORE_PUBLICATION_H

#include "model/publication.h"
#include "store/release.h"

struct publication_row {
	int64_t seq;
	const char *version, *digest;
	const char *commit; /* NULL: not published yet */
	int64_t created_at, published_at;
};
/* Every release, published or not, in the order of their making. */
int publication_list(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct publication_row **ret, size_t *ret_n, struct err *err);
/* The version of the newest that is published: 1, 0, -1. */
int publication_newest(struct db *db, struct arena *a, const char **ret, struct err *err);
int publication_insert(
	struct db *db, const char *version, const char *commit, int64_t at, struct err *err);

struct published_file {
	const char *path, *digest;
};
int published_files(struct db *db, struct arena *a, struct published_file **ret, size_t *ret_n,
	struct err *err);
/* digest NULL: it is no longer ours. */
int published_file_put(struct db *db, const char *path, const char *digest, struct err *err);

struct published_state {
	int64_t serial;
	const char *head;
	int64_t checked_at;
	const char *drift; /* JSON array */
	int64_t drift_since, failing_since;
	const char *code, *detail; /* NULL: it never failed */
	int64_t failed_at;
};
/* 0: nothing was ever published or looked at; *ret is then empty: head "", drift "[]". */
int published_state_find(
	struct db *db, struct arena *a, struct published_state *ret, struct err *err);
int published_state_put(struct db *db, const struct published_state *s, struct err *err);

/* ---- What it is made of ---- */

/* The newest `limit`, the oldest of those first; how many there are before them. */
int activation_recent(struct db *db, size_t limit, struct arena *a, struct state_activation **ret,
	size_t *ret_n, int64_t *ret_before, struct err *err);
int artifact_held_list(struct db *db, int64_t limit, struct arena *a, struct state_held **ret,
	size_t *ret_n, struct err *err);
/* Who made it, and why. */
int release_maker(struct db *db, const char *version, struct arena *a, const char **ret_actor,
	const char **ret_reason, struct err *err);
int merge_actor(
	struct db *db, const char *version, struct arena *a, const char **ret, struct err *err);
/* Both fill in all of it. */
int policy_arrival(struct db *db, const char *digest, struct arena *a, struct record_policy *ret,
	struct err *err);
int manifest_arrival(struct db *db, const char *digest, struct arena *a,
	struct record_manifest *ret, struct err *err);

#endif
