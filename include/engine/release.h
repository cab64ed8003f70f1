/* SPDX-License-Identifier: Apache-2.0
 *
 * The one door: states of releases change here and nowhere else, each change checked against
 * release_fsm.def, set by compare-and-set and written into the history in the same transaction. So
 * does the channel. Only in apply.
 */
#ifndef ENGINE_RELEASE_H
#define ENGINE_RELEASE_H

#include "engine/fsm.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "model/policy.h"
#include "store/release.h"

enum release_event {
	RELEASE_PROMOTE,
	RELEASE_REACTIVATE,
	RELEASE_DISPLACE,
	RELEASE_RETIRE,
	RELEASE_REWARM,
	RELEASE_BREACH,
	RELEASE_UNQUARANTINE,
	/* From a publication, into the state that it was in. */
	RELEASE_RESTORE_ACTIVE,
	RELEASE_RESTORE_WARM,
	RELEASE_RESTORE_RETIRED,
	RELEASE_RESTORE_BREACHED,
	RELEASE_EVENTS
};
enum { RELEASE_ABSENT = -1 }; /* beside enum release_state: it has none yet */

/* One row of release_fsm.def, or NULL: not possible. */
const struct fsm_step *release_step(int from, enum release_event event);

/* Change the state of `r`, whose state member says where it is (NULL: ABSENT) and then where it went.
 * `serial` is the activation that makes it active, 0 when it does not become so. A move that is not
 * possible is ERR_STATE_CONFLICT and names state and event. */
int release_move(struct tx *tx, struct release_row *r, enum release_event event, int64_t serial,
	const char *reason, struct err *err);

/* A release that a registry held before comes back as it was: its serial and the instant when it was last
 * active are in `r`. */
int release_restore(struct tx *tx, struct release_row *r, enum release_state state,
	const char *reason, struct err *err);

/* Make exactly the most recently active releases warm that are neither active nor breached: as many
 * as the policy, parsed with its defaults, says. */
int release_settle_warm(struct tx *tx, const struct policy *p, struct err *err);

/* Point the channel at release `to` by a new activation. Sets tx->moved. The new row goes to *ret. */
int channel_activate(struct tx *tx, const struct release_row *to, const char *previous,
	const char *cause, const char *reason, struct channel_row *ret, struct err *err);
/* When the warm releases are others than the channel says: point it anew at the release where it is,
 * by an activation of cause "warm", because nodes take no other content under the same serial. No
 * channel yet is no error. */
int channel_refresh(struct tx *tx, const char *reason, struct err *err);
/* The channel as it was, in a registry that has none: serial, release and updated_at are in `row`, the
 * states are there. The keys of the engine sign all of it. Sets tx->moved. */
int channel_restore(struct tx *tx, struct channel_row *row, const char *digest, struct err *err);
/* The same content in another version of the renderer. */
int channel_render_anew(struct tx *tx, struct err *err);

/* The answer of what moved the channel: {release, fused_model_id, channel}. */
void channel_answer(struct command *c, int status, const struct channel_row *channel);

/* X.Y.Z of a version that may have a leading v; NULL when it is none. `rc` says which kind. */
const char *version_plain(const char *version, bool rc, struct arena *a);

#endif
