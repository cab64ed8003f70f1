/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparing two versions of a contract, the fusion API that nodes speak, by structure. Pure: no I/O,
 * no clock, the same two texts give the same answer. docs/contracts.md is the full statement of the
 * rules; this header says what a caller must know.
 *
 * A contract is one of two documents.
 *
 * 1. The plain form, JSON Schema 2020-12 for one request and its response:
 *	{"name": "nodal-fusion", "version": "1.2.0", "request": SCHEMA, "response": SCHEMA,
 *	 "$defs": {NAME: SCHEMA}}
 *    name (1 to 64 of [A-Za-z0-9._-]) and version (X.Y.Z) are required, and at least one of request
 *    and response. `title`, `description`, `$schema` (2020-12 only), `$id`, `$comment` and `x-...`
 *    may stand beside them; anything else is refused.
 * 2. An OpenAPI 3.1 description: `openapi` "3.1.x", `info`, and at least one of paths, webhooks and
 *    components. Parameters and request bodies are requests, responses and their headers are
 *    responses; in webhooks and callbacks it is the other way round. Only what an operation reaches
 *    is compared, in each direction in which it is reached; when there is neither a path nor a
 *    webhook, the schemas under components are the contract and are compared in both directions.
 *
 * A request may come to accept more, a response may come to promise more: both are additive. The
 * reverse breaks. What can't be decided counts as breaking and is marked `undecided`: a changed
 * pattern, a rewritten `if`, an unknown keyword, comparisons past the bounds below.
 *
 * Nothing in a document makes this slow or deep: bytes (by the caller), values, nesting, steps of the
 * comparison and the list of changes are all capped.
 */
#ifndef POLICY_CONTRACT_H
#define POLICY_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fault.h"

enum {
	CONTRACT_VALUES_MAX = 50000, /* JSON values in one document; more are refused */
	CONTRACT_NESTING_MAX = 24,   /* schemas written inside schemas; more are refused */
	CONTRACT_REF_CHAIN_MAX = 32, /* $ref to $ref to ...; more are refused */
	CONTRACT_LIST_MAX = 1000,    /* entries of enum, required, anyOf, ...; more are refused */
	CONTRACT_STEPS_MAX = 100000, /* schemas looked at in one comparison; more are undecided */
	CONTRACT_DEPTH_MAX = 96,     /* schemas below schemas, through $ref; more are undecided */
	CONTRACT_CHANGES_MAX = 200,  /* changes listed, breaking ones first; all are counted */
	CONTRACT_SENTENCE_MAX = 400, /* bytes of one sentence */
};

struct contract; /* one parsed document; lives in its arena */

/* Parse and check one document. On -1 either faults->n > 0 (pointers into the document), or *err is
 * set (no JSON, or too many values). */
int contract_parse(const char *text, size_t len, struct arena *a, const struct contract **ret,
	struct faults *faults, struct err *err);

/* As the document says. The name of an OpenAPI description is info["x-contract-name"], or NULL. */
const char *contract_name(const struct contract *c);
const char *contract_version(const struct contract *c);

enum contract_relation {
	CONTRACT_IDENTICAL, /* nothing differs but the version label */
	CONTRACT_COMPATIBLE,
	CONTRACT_BREAKING,
};

enum contract_direction {
	CONTRACT_REQUEST,
	CONTRACT_RESPONSE,
	CONTRACT_DOCUMENT, /* the document itself, e.g. its name */
};

/* The least version step that the change forces: words of the docs (patch), additions (minor),
 * breaking (major). */
enum contract_level { CONTRACT_NONE, CONTRACT_PATCH, CONTRACT_MINOR, CONTRACT_MAJOR };

enum contract_kind {
#define X(id, word, help) CONTRACT_##id,
#include "policy/contract_kinds.def"
#undef X
	CONTRACT_KINDS
};

struct contract_change {
	const char *pointer; /* RFC 6901, into the new document, or into the old one when */
	bool in_old;	     /* what it points to is gone; $refs are followed */
	enum contract_direction direction;
	enum contract_kind kind;
	enum contract_level level;
	bool breaking;	      /* level is major */
	bool undecided;	      /* breaking because the comparison can't tell */
	const char *sentence; /* English, with a full stop */
};

struct contract_diff {
	enum contract_relation relation;
	enum contract_level level;	      /* the highest of the changes */
	const struct contract_change *change; /* breaking first, then by pointer */
	size_t n;			      /* listed */
	size_t total, breaking;		      /* found, listed or not */
};

/* Never fails: what passes a bound is an undecided change. Everything in *ret is the arena's. */
void contract_compare(const struct contract *old, const struct contract *new, struct arena *a,
	struct contract_diff *ret);

/* The same from two canonical texts; faults in the old document have their pointer after "old:",
 * those in the new one after "new:". */
int contract_compare_texts(const char *old, size_t old_len, const char *new, size_t new_len,
	struct arena *a, struct contract_diff *ret, struct faults *faults, struct err *err);

/* Of n contracts the first that all of them serve, so that a node that speaks it is understood by each:
 * every other one is a compatible change of it. Fills in its index; or says in *ret_why, for the first
 * of them, which other breaks it and how. 0, or -1 when there is none such. n > 0. */
struct contract_common {
	size_t index;
	size_t other;			      /* -1 only: breaks the first */
	const struct contract_change *change; /* -1 only: the first breaking one */
};
int contract_common(
	const struct contract *const *c, size_t n, struct arena *a, struct contract_common *ret);

/* Stable words, for answers and tables. */
const char *contract_relation_name(enum contract_relation relation); /* identical, ... */
const char *contract_direction_name(enum contract_direction direction);
const char *contract_level_name(enum contract_level level); /* none, patch, minor, major */
const char *contract_kind_name(enum contract_kind kind);

#endif
