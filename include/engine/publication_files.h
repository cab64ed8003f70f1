/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of a published release and of the channel, as text: the documents byte for byte as they are
 * served, the record from which a registry is rebuilt, the model card and the changelog. What was
 * promoted once makes the same files always, but for the channel's, which show what is now.
 */
#ifndef ENGINE_PUBLICATION_FILES_H
#define ENGINE_PUBLICATION_FILES_H

#include "engine/engine.h"
#include "model/publication.h"
#include "provider/repository.h"

struct publication_files {
	struct repository_file v[PUBLISHED_PATHS];
	size_t n;
	size_t n_release; /* of these, the first: the release's */
	int64_t serial;	  /* of the channel that they show */
	const char *
		seal; /* canonical: what is to be signed of them, and of those that stay as they were left */
};

/* The channel's files, and, with a version, the release's too. `url` is where the repository is looked
 * at, for the card. In the arena; any thread, from its reader, which has no transaction: all of it is of
 * one state of the registry. */
int publication_files(struct db *db, const char *version, const char *url, struct arena *a,
	struct publication_files *ret, struct err *err);

#endif
