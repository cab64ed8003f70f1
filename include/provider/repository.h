/* SPDX-License-Identifier: Apache-2.0
 *
 * A repository of files with a history, where releases are published: the Hub's. Protocol and nothing
 * else: what is written when, and what to do when somebody else was there first, the engine decides.
 *
 * A connector with a repository has it as connector_kind.repository; its calls follow the rules of
 * provider/provider.h, and are made by one thread at a time, which is not the one of its ingests.
 */
#ifndef PROVIDER_REPOSITORY_H
#define PROVIDER_REPOSITORY_H

#include "provider/provider.h"

enum { REPOSITORY_TAGS_MAX = 10000, REPOSITORY_FILES_MAX = 1000 };

struct repository_tag {
	const char *name, *commit;
};
struct repository_refs {
	const char *head; /* the commit of the main branch */
	struct repository_tag *tags;
	size_t n_tags;
};

struct repository_file {
	const char *path, *text;
	size_t len;
};
struct repository_commit {
	const char *parent; /* the commit that it must follow on; NULL: the first */
	const char *summary, *description;
	const struct repository_file *files; /* written anew; the others stay */
	size_t n_files;
};

struct repository_kind {
	/* Is a repository named in the options? */
	bool (*named)(const struct connector *c);
	/* What it is called and where people look at it, for answers and hints. */
	const char *(*url)(const struct connector *c);
	/* 1; 0: there is no such repository; -1. */
	int (*refs)(struct connector *c, const struct provider_call *call,
		struct repository_refs *ret, struct err *err);
	/* A file at a commit: 1; 0: it is not there; -1, ERR_IO when it has more than `cap` bytes. */
	int (*read)(struct connector *c, const struct provider_call *call, const char *commit,
		const char *path, size_t cap, struct source_document *ret, struct err *err);
	/* Make it, private. 0 also when it was there. */
	int (*create)(struct connector *c, const struct provider_call *call, struct err *err);
	/* 1; 0: the branch has moved beyond `parent`, nothing was written; -1: also when nobody knows
	 * whether it was written: read again before another try. */
	int (*commit)(struct connector *c, const struct provider_call *call,
		const struct repository_commit *what, const char **ret_commit, struct err *err);
	/* 1; 0: a tag of that name is there; -1. */
	int (*tag)(struct connector *c, const struct provider_call *call, const char *name,
		const char *commit, const char *message, struct err *err);
};

#endif
