/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry from what was published: read and checked as a whole first, then written. What a trusted key
 * signed decides (releases, the channel's pointer, and the seal over all files of a commit); the rest must
 * agree with it. Nothing is written over.
 */
#ifndef ENGINE_RESTORE_H
#define ENGINE_RESTORE_H

#include "engine/publication_files.h"
#include "model/dsse.h"
#include "model/publication.h"
#include "model/release.h"
#include "provider/repository.h"
#include "spiralfed/node.h"

#define RESTORE_ACTOR "local:restore"

struct restored_release {
	const char *tag, *commit;
	struct body document;	/* byte for byte */
	struct release release; /* the same, parsed */
	const char *attestation, *statement;
	struct dsse_envelope envelope;
	const char *record_digest;
	bool sealed; /* no: it is from before there were seals */
	struct publication_record record;
};
struct restoration {
	const char *url, *head;
	struct restored_release *v; /* the oldest first */
	size_t n;
	struct channel channel;
	struct publication_states states;
	struct repository_file files[PUBLISHED_PATHS]; /* at the head */
	size_t n_files;
	const struct publication_seal *seal; /* of the head; NULL: it has none */
	int64_t published;		     /* the serial that the files show */
	/* struct state_release: promoted, and not published before all was lost. A breached one must not
	 * come again: what `states.held` has of it is to be known before anybody hands it in. */
	struct list lost;
	struct strings left_out; /* manifests of unsigned records that no signed release names */
	struct strings unsealed; /* "main: spiralfed/states.json": no signature covers it */
	struct strings edited;	 /* the card, the changelog: not as it was signed, or gone */
};

struct restore_source {
	const struct repository_kind *kind;
	struct connector *connector;
	struct provider_call call; /* its deadline is set anew for each file */
	int64_t patience;	   /* usec; for each */
	const struct spiralfed_key *keys;
	size_t n_keys;
	int64_t seen_serial;  /* a channel of a lower one is of before; 0: nobody has seen any */
	bool accept_unsealed; /* what was published before there were seals is taken as it is */
	bool accept_edited;   /* so is a card or a changelog that somebody edited */
	const char *
		stable; /* where the channel goes when a release that it names is lost; NULL: nowhere */
};
/* Read all of it, in the call's arena. -1 names the tag and the file that is missing, does not verify or
 * contradicts another. */
int restore_read(struct restore_source *s, struct restoration *ret, struct err *err);

struct restore_target {
	const char *path;	    /* of the registry's file, which must not be there */
	const char *keys;	    /* folder of the signing keys */
	const char *key_credential; /* the file of the key to sign with; NULL: a new one is made */
	int64_t now;
};
/* Make a registry of it. `ret_keyid` is the key that signs it. On failure nothing is left at `path`. */
int restore_write(const struct restore_target *t, const struct restoration *r, struct arena *a,
	const char **ret_keyid, struct err *err);

#endif
