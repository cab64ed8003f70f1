/* SPDX-License-Identifier: Apache-2.0
 *
 * Releases, their states, the activations and the channel. Who may change a state is not decided
 * here: engine/release.c is the only caller of release_state_set.
 */
#ifndef STORE_RELEASE_H
#define STORE_RELEASE_H

#include "model/field.h"
#include "store/body.h"
#include "store/merge.h"
#include "store/page.h"

#define CHANNEL_STABLE "stable"

struct release_row {
	int64_t seq;
	const char *version, *merge_version, *previous, *body, *digest, *actor, *reason;
	size_t body_len;
	int64_t created_at;
	const char *state;
	int64_t last_serial, last_active_at, updated_at;
};

int release_find(struct db *db, const char *version, struct arena *a, struct release_row *ret,
	struct err *err);
/* Most recently active first. */
int release_in_state(struct db *db, const char *state, int64_t limit, struct arena *a,
	struct release_row **ret, size_t *ret_n, struct err *err);
int release_page(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct release_row **ret, size_t *ret_n, struct err *err);
/* The version made last, which is the highest ever made. */
int release_newest(struct db *db, struct arena *a, const char **ret_version, struct err *err);
/* Versions that were promoted in a registry that this one was restored from, and are not here: at most
 * RELEASES_LOST_MAX. */
enum { RELEASES_LOST_MAX = 10000 };
int release_lost_insert(struct db *db, const char *version, int64_t at, struct err *err);
int release_lost_list(struct db *db, struct arena *a, struct strings *ret, struct err *err);

/* The oldest one that is active or was at `since` or later, breached ones aside: its version, and the
 * instant at which it was left (0: it is active). 1, 0, -1. */
int release_anchor(struct db *db, int64_t since, struct arena *a, const char **ret_version,
	int64_t *ret_left_at, struct err *err);

int release_insert(struct db *db, struct release_row *r, struct err *err); /* sets r->seq */
int release_unit_insert(
	struct db *db, const char *version, const struct unit_row *u, struct err *err);
int release_units(struct db *db, const char *version, struct arena *a, struct unit_row **ret,
	size_t *ret_n, struct err *err);
int release_state_insert(struct db *db, const struct release_row *r, const struct body *body,
	int64_t render, struct err *err);
/* Compare and set on the old state: 1, 0, -1. */
int release_state_set(struct db *db, const struct release_row *r, const char *old_state,
	const struct body *body, int64_t render, struct err *err);

int release_state_render(
	struct db *db, int64_t seq, const struct body *body, int64_t render, struct err *err);

/* The summary, as lists show it. */
int release_summary(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err);

/* The immutable document, byte for byte. */
int release_body(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err);
/* Bodies are summaries; state may be NULL. */
int release_list(struct db *db, const char *state, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

struct activation_row {
	int64_t serial;
	const char *channel, *release_version, *previous, *cause, *actor, *reason;
	int64_t at;
};
int activation_insert(struct db *db, const struct activation_row *r, struct err *err);
/* serial, release_version and at. */
int activation_by_serial(struct db *db, int64_t serial, struct arena *a, struct activation_row *ret,
	struct err *err);
int activation_newest_of(struct db *db, const char *version, struct arena *a,
	struct activation_row *ret, struct err *err);
/* The activation that goes on with this serial: the serial may have risen since only because the warm
 * releases changed. */
int activation_begun(struct db *db, int64_t serial, struct arena *a, struct activation_row *ret,
	struct err *err);
/* The one that ended it; 0: it goes on. */
int activation_next(struct db *db, int64_t serial, struct arena *a, struct activation_row *ret,
	struct err *err);

struct channel_row {
	const char *name;
	int64_t serial;
	const char *release_version;
	struct body body;
	int64_t updated_at;
};
int channel_find(
	struct db *db, const char *name, struct arena *a, struct channel_row *ret, struct err *err);
/* old_serial 0: the first. Compare and set: 1, 0, -1. */
int channel_set(struct db *db, const struct channel_row *c, int64_t old_serial, int64_t render,
	struct err *err);

#endif
