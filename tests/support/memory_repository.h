/* SPDX-License-Identifier: Apache-2.0
 *
 * A repository of releases in memory, as a connector: commits, tags, and faults on demand.
 */
#ifndef SUPPORT_MEMORY_REPOSITORY_H
#define SUPPORT_MEMORY_REPOSITORY_H

#include "engine/engine.h"
#include "provider/repository.h"

enum { MEMORY_COMMITS = 64, MEMORY_FILES = 16 };

struct memory_repository {
	bool exists, hidden; /* hidden: it is there, and refs do not show it */
	struct memory_commit {
		char id[16];
		char summary[64];
		char *paths[MEMORY_FILES], *texts[MEMORY_FILES];
		size_t n;
	} commits[MEMORY_COMMITS];
	size_t n_commits;
	struct memory_tag {
		char name[32], commit[16];
	} tags[MEMORY_COMMITS];
	size_t n_tags;
	/* How many times from now on: refs fails; a commit is made, and its answer is lost; somebody
	 * commits first; a tag fails. */
	int down, lost, raced, tagless;
	int requests; /* refs and reads */
	/* As much as the arena of a read held already. */
	size_t kept;
};
extern struct memory_repository memory;
/* For [provider.hf]; the interval is an hour. */
extern const struct engine_source memory_source;

/* Forget all. */
void memory_clear(void);
/* Somebody else's commit on top: this file has this text (NULL: it is gone). */
void memory_edit(const char *path, const char *text);
/* NULL: it is not there. */
const char *memory_read(const char *commit, const char *path);
/* It never was there. */
void memory_forget(const char *path);
const char *memory_head(void); /* "" when there is none */
const char *memory_tag(const char *name);
void memory_untag(const char *name);
void memory_retag(const char *name, const char *commit);

#endif
