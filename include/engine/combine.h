/* SPDX-License-Identifier: Apache-2.0
 *
 * The units that a merge puts together, judged as one.
 */
#ifndef ENGINE_COMBINE_H
#define ENGINE_COMBINE_H

#include "engine/fuse.h"

/* Make f->combined of the filled slots. Any thread with a reader of its own. 0, -1. */
int fuse_combine(struct db *reader, const struct snapshot *s, struct fuse *f, struct arena *a,
	struct err *err);

/* Add its checks to a gate of the merge; the gate is as bad as the worst of them. */
void fuse_combine_gate(const struct fuse *f, struct arena *a, struct gate_result *gate);

#endif
