/* SPDX-License-Identifier: Apache-2.0
 *
 * Drills of the way back: how long it takes until every live node says that the target is loaded and
 * ready. The channel stays where it is.
 */
#ifndef ENGINE_DRILL_H
#define ENGINE_DRILL_H

#include "engine/tx.h"
#include "model/node.h"

enum { DRILL_DUE_S = 600 };

struct rollback_request;
/* In apply of a rollback that is a drill: begin it for release `target`. */
int drill_begin(
	struct tx *tx, const char *target, const char *reason, struct drill *ret, struct err *err);
/* In apply, after a node's report: is the drill that runs over? */
int drill_check(struct tx *tx, struct err *err);
/* End one that took too long. */
void drill_watch(struct engine *e, struct db *reader);

#endif
