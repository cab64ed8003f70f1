/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in a repository beside a published release, so that a registry can hold it again: the
 * record of the release and the states of all. Written by the publisher and read by a restore from the
 * same tables. And how the publishing goes, as GET /v1/hub shows it.
 */
#ifndef MODEL_PUBLICATION_H
#define MODEL_PUBLICATION_H

#include "model/field.h"

#define RECORD_SCHEMA "spiralfed.record/v1"
#define STATES_SCHEMA "spiralfed.states/v1"
#define SEAL_SCHEMA   "spiralfed.seal/v1"

#define SEAL_PAYLOAD_TYPE "application/vnd.spiralfed.seal+json"

/* Where they stand. */
#define PUBLISHED_RELEASE     "spiralfed/release.json"
#define PUBLISHED_ATTESTATION "spiralfed/attestation.json"
#define PUBLISHED_RECORD      "spiralfed/record.json"
#define PUBLISHED_CHANNEL     "spiralfed/channel.json"
#define PUBLISHED_POINTER     "spiralfed/channel.attestation.json"
#define PUBLISHED_STATES      "spiralfed/states.json"
#define PUBLISHED_CARD	      "README.md"
#define PUBLISHED_CHANGELOG   "CHANGELOG.md"
#define PUBLISHED_SEAL	      "spiralfed/seal.json"
enum { PUBLISHED_PATHS = 9 };
extern const char *const published_paths[PUBLISHED_PATHS]; /* all of them */
/* For people alone: nothing is taken from it, so it may be as somebody likes it. */
bool published_is_prose(const char *path);

enum { PUBLISHED_FILE_MAX = 64 << 20, RECORD_MANIFESTS_MAX = 2100, STATES_MAX = 10000 };

struct record_release {
	const char *version, *merge, *previous, *digest, *actor, *reason;
	int64_t created_at;
};
struct record_merge {
	const char *version, *release, *baseline, *policy_digest, *identity, *digest, *actor;
	const char *content; /* JSON; canonical */
	int64_t serial, created_at;
};
struct record_policy {
	const char *digest, *document; /* JSON; canonical */
	const char *actor, *reason;
	int64_t version, created_at;
};
struct record_unit {
	const char *slot, *provider, *id;
	int kept, fresh; /* of the merge, of the release */
};
struct record_manifest {
	const char *digest, *actor, *document; /* JSON; canonical */
	int64_t received_at;
};
struct record_key {
	const char *keyid, *public_key; /* PEM */
	int64_t created_at, retires_at; /* 0: active */
};
struct publication_record {
	const char *schema;
	struct record_release *release;
	struct record_merge *merge;
	struct record_policy *policy;
	struct list units; /* struct record_unit */
	struct list
		manifests; /* struct record_manifest: of the units, in the order in which they came */
	struct list keys; /* struct record_key: those that signed, the newest first */
};
extern const struct field_table publication_record_table;

struct state_release {
	const char *version, *state;
	const char *digest; /* of its document; NULL: published before it stood here */
	int64_t last_serial, last_active_at;
};
struct state_activation {
	const char *version, *previous, *cause, *actor, *reason;
	int64_t serial, at;
};
struct state_held {
	const char *provider, *id, *by;
};
struct publication_states {
	const char *schema;
	struct list releases; /* struct state_release, the oldest first */
	struct list
		activations; /* struct state_activation, the newest STATES_MAX, the oldest first */
	int64_t omitted;     /* activations before those; -1: none */
	struct list held;    /* struct state_held */
	struct strings lost; /* versions that earlier restores did not find */
	struct list keys;    /* struct record_key: all that ever signed, the newest first */
};
extern const struct field_table publication_states_table;

/* What stands at a commit, as it is signed: no other file, and none otherwise. */
struct sealed_file {
	const char *path, *digest;
};
struct publication_seal {
	const char *schema, *version; /* of the newest release that is published */
	int64_t serial;		      /* of the channel */
	struct list files;	      /* struct sealed_file: all but the seal itself */
};
extern const struct field_table publication_seal_table;

/* Something in the repository that is not as it was left. */
struct publication_drift {
	const char *code;    /* tag_moved, ... */
	const char *subject; /* a tag, or a path */
	const char *detail, *needs;
	const char *found; /* of a file that is there: its digest */
};
extern const struct field_table publication_drift_table;

struct publication_error {
	const char *code, *detail;
	int64_t at;
};
/* GET /v1/hub. */
enum publication_state {
	PUBLICATION_OFF,
	PUBLICATION_WAITING,
	PUBLICATION_AGREES,
	PUBLICATION_DRIFTED,
	PUBLICATION_FAILING
};
struct publication_status {
	int state;
	const char *provider, *repository; /* NULL: none is configured */
	const char *head;
	int64_t checked_at, serial;
	int64_t published, pending; /* releases */
	const char *newest;	    /* published version; NULL: none */
	struct list drift;	    /* struct publication_drift */
	int64_t drift_since, failing_since;
	struct publication_error *last_error;
};
extern const struct field_table publication_status_table;

#endif
