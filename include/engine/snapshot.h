/* SPDX-License-Identifier: Apache-2.0
 *
 * What decisions and hot answers read without touching the registry: the policy, the channel, the
 * active release and its units, the current evaluation suite, and the bodies that are served from
 * memory. Immutable; made anew by the writer after each commit that moves one of these, and counted,
 * so that a reader keeps the one it took. Any thread.
 */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include <stdatomic.h>

#include "model/canonical_suite.h"
#include "model/policy.h"
#include "model/release.h"
#include "store/body.h"

struct engine;

struct snapshot {
	atomic_int refs;
	struct arena *arena;
	uint64_t generation; /* rises with each snapshot of this process */
	struct policy policy;
	const char *policy_text; /* canonical */
	bool has_release;
	struct channel channel;	  /* when has_release */
	struct release release;	  /* the active one, when has_release */
	struct body channel_body; /* GET /v1/channels/stable */
	struct body release_body; /* GET /v1/releases/{active} */
	/* For slot i of policy.slots: the active release's unit, or NULL. Parsed, content_digest set. */
	const struct unit **baselines;
	const char **baseline_ids;
	int64_t *baseline_seqs;
	bool has_suite;
	struct canonical_suite suite; /* the current one, when has_suite */
	struct body suite_body;	      /* GET /v1/suites/current */
	int64_t suite_serial;	      /* rises with each suite that becomes current; 0: none yet */
};

/* The present one, to be given back. */
struct snapshot *snapshot_get(struct engine *e);
void snapshot_put(struct snapshot *s); /* NULL is allowed */
static inline void snapshot_putp(struct snapshot **s)
{
	snapshot_put(*s);
}
#define SNAPSHOT_AUTO __attribute__((cleanup(snapshot_putp))) struct snapshot *

#endif
