/* SPDX-License-Identifier: Apache-2.0
 *
 * A fusion block as a KServe InferenceGraph (serving.kserve.io/v1alpha1): routes become a Switch,
 * fallbacks a Sequence, members an Ensemble. Votes are taken by a service at BASE/vote/NAME, models
 * stand at BASE/NAME. Pure.
 */
#ifndef POLICY_KSERVE_H
#define POLICY_KSERVE_H

#include "base/json_writer.h"
#include "model/fusion.h"

struct kserve_target {
	const char *name; /* of the graph */
	const char *base; /* URL without a slash at its end */
	int64_t client_timeout_s;
};

/* Writes the graph as the next value. *ret_lossy: what does not map exactly, a sentence each. -1 with
 * ERR_STATE_CONFLICT when two parts of the block would become one node. */
int kserve_write(const struct fusion *f, const struct kserve_target *target, struct arena *a,
	struct json_writer *w, struct strings *ret_lossy, struct err *err);

#endif
