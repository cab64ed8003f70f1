/* SPDX-License-Identifier: Apache-2.0
 *
 * What decisions and hot answers read without touching the registry: the policy, the channel, the
 * active release and its units with the evidence about them, the anchor, the current evaluation suite,
 * and the bodies that are served from memory. Immutable; made anew by the writer after each commit that moves one of these, and counted,
 * so that a reader keeps the one it took. Any thread.
 */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include <stdatomic.h>

#include "base/digest.h"
#include "model/canonical_suite.h"
#include "model/policy.h"
#include "model/release.h"
#include "policy/judge.h"
#include "store/signing.h"

struct engine;

/* What the candidates of one slot are judged against. */
struct slot_field {
	struct judge_side baseline;  /* unit NULL: none; its parsed unit, content_digest set */
	struct judge_side anchor;    /* unit NULL: none, or the baseline is the anchor */
	int64_t anchor_seq;	     /* 0: none */
	const char *contract_text;   /* of the baseline's contract; NULL: not known */
	char context[DIGEST_STRLEN]; /* equal contexts, equal verdicts on the same candidate */
};

struct snapshot {
	atomic_int refs;
	struct arena *arena;
	uint64_t generation; /* rises with each snapshot of this process */
	struct policy policy;
	const char *policy_text; /* canonical */
	bool has_release;
	struct channel channel;	    /* when has_release */
	struct release release;	    /* the active one, when has_release */
	struct body channel_body;   /* GET /v1/channels/stable */
	struct pointer_row pointer; /* GET /v1/channels/stable/attestation */
	struct body release_body;   /* GET /v1/releases/{active} */
	/* For slot i of policy.slots: the active release's unit, or NULL. Parsed, content_digest set. */
	const struct unit **baselines;
	const char **baseline_ids;
	int64_t *baseline_seqs;
	struct slot_field *fields; /* for slot i; baselines[i] is its baseline's unit */
	/* The oldest release that was active in the last 90 days, breached ones aside; from this
	 * instant on (0: not by time alone) it is another one. */
	const char *anchor;
	int64_t anchor_until;
	int64_t sides; /* of writer_state, when it was made */
	bool has_suite;
	struct canonical_suite suite;	   /* the current one, when has_suite */
	struct body suite_body;		   /* GET /v1/suites/current */
	char suite_content[DIGEST_STRLEN]; /* digest of its definition, when has_suite */
	int64_t suite_serial; /* rises with each suite that becomes current; 0: none yet */
};

/* The present one, to be given back. */
struct snapshot *snapshot_get(struct engine *e);
struct snapshot *snapshot_ref(struct snapshot *s); /* once more */
void snapshot_put(struct snapshot *s);		   /* NULL is allowed */
static inline void snapshot_putp(struct snapshot **s)
{
	snapshot_put(*s);
}
#define SNAPSHOT_AUTO __attribute__((cleanup(snapshot_putp))) struct snapshot *

#endif
