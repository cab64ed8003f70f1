/* SPDX-License-Identifier: Apache-2.0
 *
 * libspiralfed: what a node that follows a channel has to check, and how it routes and votes by what it
 * then holds. The node fetches; this library does no input or output, keeps nothing, starts nothing.
 * It takes no memory of its own: results are plain structs of the caller's, a fusion block lives in
 * memory that the caller hands in, and what GnuTLS takes for a signature it has given back when a call
 * returns. At most 40 KiB of stack. Any thread; no function changes anything but what it returns.
 *
 * An update: note the time once; fetch the pointer; spiralfed_pointer_verify(); when it says
 * SPIRALFED_MOVED fetch the release and its envelope; spiralfed_release_verify(); load what it names;
 * only then keep the state, durably. A node that got SPIRALFED_FROZEN, or whose state has expired
 * (spiralfed_frozen()), goes on with what it has and says so aloud: it is being kept from news.
 */
#ifndef SPIRALFED_NODE_H
#define SPIRALFED_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	SPIRALFED_KEYS_MAX = 16,
	SPIRALFED_WARM_MAX = 64,
	SPIRALFED_PAYLOAD_MAX = 16384,	/* bytes that are signed */
	SPIRALFED_ENVELOPE_MAX = 32768, /* bound a download by it */
	SPIRALFED_RELEASE_MAX = 4194304,
	SPIRALFED_STATE_MAX = 1024
};

enum spiralfed_status {
	SPIRALFED_OK = 0,
	SPIRALFED_MOVED,	 /* a pointer with a higher serial: follow it */
	SPIRALFED_RENEWED,	 /* the same pointer, issued again: nothing to load */
	SPIRALFED_UNCHANGED,	 /* what the state holds already */
	SPIRALFED_MALFORMED,	 /* not what it should be, whoever made it */
	SPIRALFED_BAD_SIGNATURE, /* no trusted key signed it, or one of its signatures is false */
	SPIRALFED_WRONG_CHANNEL,
	SPIRALFED_ROLLBACK,	/* older than what the state holds: a replay */
	SPIRALFED_EQUIVOCATION, /* the same serial with other content */
	SPIRALFED_FROZEN,	/* expired: nothing newer comes through */
	SPIRALFED_MISMATCH,	/* not the release that the pointer names */
	SPIRALFED_TOO_LARGE,	/* beyond a bound of above, or the memory is too small */
	SPIRALFED_ABSENT,	/* the release has no such part */
	SPIRALFED_NO_PLAN,	/* without this provider nothing serves */
	SPIRALFED_STATUSES
};
/* "moved", "bad_signature"...; NULL out of range. */
const char *spiralfed_status_name(enum spiralfed_status status);
/* A sentence's end for people. */
const char *spiralfed_status_text(enum spiralfed_status status);

/* ---- Keys ---- */

struct spiralfed_key {
	unsigned char bytes[32];
	char keyid[65]; /* hex, SHA-256 of its SubjectPublicKeyInfo */
};
/* From PEM ("PUBLIC KEY", Ed25519). MALFORMED: none, or one of small order. */
enum spiralfed_status spiralfed_key_pem(const char *pem, size_t len, struct spiralfed_key *ret);

/* ---- The pointer ---- */

struct spiralfed_release {
	char version[64], digest[72]; /* "sha256:" and 64 hex digits */
};
/* Instants are microseconds since 1970 (UTC). */
struct spiralfed_pointer {
	char channel[32];
	int64_t serial, issued, expires;
	struct spiralfed_release release;
	struct spiralfed_release warm[SPIRALFED_WARM_MAX];
	size_t n_warm;
};
/* What a node keeps between updates. All zero: it has seen nothing yet. */
struct spiralfed_state {
	int64_t serial, issued, expires;
	char content[72]; /* digest of all that may not change within the serial */
	struct spiralfed_release release;
};

/* `now` is the time at which the update began. With MOVED, RENEWED and UNCHANGED the pointer is in
 * *ret and *state is as it should be kept; with every other status neither is touched. */
enum spiralfed_status spiralfed_pointer_verify(const struct spiralfed_key *keys, size_t n_keys,
	const char *channel, const char *envelope, size_t len, int64_t now,
	struct spiralfed_state *state, struct spiralfed_pointer *ret);

/* Has what the state holds expired? One without a pointer has not. */
bool spiralfed_frozen(const struct spiralfed_state *state, int64_t now);

/* The state as text, one line, and back. The length, 0 when `size` is too small; OK or MALFORMED. */
size_t spiralfed_state_write(const struct spiralfed_state *state, char *buf, size_t size);
enum spiralfed_status spiralfed_state_read(
	const char *text, size_t len, struct spiralfed_state *ret);

/* ---- The release ---- */

/* Is `body` the release that a trusted key signed and (unless NULL) `wanted` names? OK, with what it
 * is in *ret (NULL: not wanted). */
enum spiralfed_status spiralfed_release_verify(const struct spiralfed_key *keys, size_t n_keys,
	const char *envelope, size_t len, const char *body, size_t body_len,
	const struct spiralfed_release *wanted, struct spiralfed_release *ret);
/* By digest and version alone: as good, when `wanted` stood in a verified pointer. OK or MISMATCH. */
enum spiralfed_status spiralfed_release_matches(
	const char *body, size_t len, const struct spiralfed_release *wanted);

/* ---- The fusion block of a verified release ---- */

struct spiralfed_fusion;
/* Read it into `memory` (aligned as malloc's; three times the body is enough), which it needs from then on;
 * the body may go. OK, ABSENT (the release has none), MALFORMED, TOO_LARGE. */
enum spiralfed_status spiralfed_fusion_load(const char *body, size_t len, void *memory, size_t size,
	const struct spiralfed_fusion **ret);

/* The same of the plan for the loss of a provider ("gcp"), as the release holds it: OK with the block that
 * takes over, which is the release's own when no model is of that provider; NO_PLAN; ABSENT: no unit of the
 * release is of that provider. Load it beforehand: when a provider is lost the daemon may be, too. */
enum spiralfed_status spiralfed_plan_load(const char *body, size_t len, const char *provider,
	void *memory, size_t size, const struct spiralfed_fusion **ret);

enum spiralfed_type { SPIRALFED_STRING, SPIRALFED_NUMBER, SPIRALFED_BOOL };
/* One property of a request, e.g. prompt_type. */
struct spiralfed_field {
	const char *name;
	enum spiralfed_type type;
	const char *string;
	double number;
	bool boolean;
};
struct spiralfed_choice {
	const char *route;  /* its name; "default" */
	const char *target; /* "model:NAME", "ensemble:NAME" or "split:NAME" */
	const char *const *fallback;
	size_t n_fallback;
};
enum spiralfed_status spiralfed_route(const struct spiralfed_fusion *f,
	const struct spiralfed_field *fields, size_t n, struct spiralfed_choice *ret);
/* The branch of a split: a target. ABSENT: no split of this name. */
enum spiralfed_status spiralfed_split(const struct spiralfed_fusion *f, const char *split,
	const struct spiralfed_field *fields, size_t n, const char **ret_target);

struct spiralfed_ballot {
	const char *label;
	const char *reason; /* quorum, tie, no_quorum, min_votes, veto */
	const char *then;   /* the target that the label opens; NULL: the label is the answer */
	int64_t votes;	    /* valid ones */
};
/* The models that an ensemble asks, in the order of the votes. */
enum spiralfed_status spiralfed_members(const struct spiralfed_fusion *f, const char *ensemble,
	const char **ret_names, size_t size, size_t *ret_n, int64_t *ret_timeout_ms);
/* votes[i] is what member i said; NULL: an error, or nothing in time. */
enum spiralfed_status spiralfed_vote(const struct spiralfed_fusion *f, const char *ensemble,
	const char *const *votes, size_t n, struct spiralfed_ballot *ret);

/* What a model is made of: digests, adapter NULL for none. */
enum spiralfed_status spiralfed_model(const struct spiralfed_fusion *f, const char *name,
	const char **ret_artifact, const char **ret_adapter);

#ifdef __cplusplus
}
#endif

#endif
