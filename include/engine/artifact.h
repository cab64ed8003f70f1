/* SPDX-License-Identifier: Apache-2.0
 *
 * What others do to an artifact's state. Only in apply.
 */
#ifndef ENGINE_ARTIFACT_H
#define ENGINE_ARTIFACT_H

#include "engine/tx.h"
#include "store/artifact.h"

/* Write what differs from `old`, with the body made anew. ERR_STATE_CONFLICT when it is not as in
 * `old` any more. */
int artifact_write(struct tx *tx, const struct artifact_row *old, struct artifact_row *row,
	struct body *ret_body, struct err *err);

/* Quarantine: it was new in the breached release. One that is held or withdrawn already stays so. */
int artifact_hold(struct tx *tx, int64_t seq, const char *release, struct err *err);
/* Lift the quarantine. */
int artifact_free(struct tx *tx, int64_t seq, const char *reason, struct err *err);

#endif
