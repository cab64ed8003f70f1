/* SPDX-License-Identifier: Apache-2.0
 *
 * What a repository of releases shows beside what was left there: what differs, and what is to be done
 * next. Nothing that somebody else wrote is ever written over. Pure.
 */
#ifndef POLICY_PUBLICATION_H
#define POLICY_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/publication.h"

/* A release, in the order of their making. */
struct publication_release {
	const char *version, *digest;
	const char *commit; /* NULL: not published yet */
};
struct publication_tag {
	const char *name, *commit;
};
/* A file at the head of the main branch: digests. */
struct publication_file {
	const char *path;
	const char *left;  /* as we left it, or sealed it at a commit of ours; NULL: not ours */
	const char *found; /* NULL: it is not there */
};

/* A commit of ours whose answer never came, by its seal. */
enum publication_own {
	PUBLICATION_OWN_NONE,
	PUBLICATION_OWN_RELEASE, /* of the first release that is not published */
	PUBLICATION_OWN_CHANNEL
};

struct publication_view {
	bool exists; /* the repository */
	const char *head;
	const char *left_at; /* the commit at which all was as we left it; NULL or "": none */
	const struct publication_tag *tags;
	size_t n_tags;
	const struct publication_release *releases;
	size_t n_releases;
	const struct publication_file *files;
	size_t n_files;
	enum publication_own head_is;
	const char *head_fault; /* it looks like one of ours, and its seal does not hold: why */
	/* The first release that is not published has a tag; NULL: its commit holds it, by its seal. */
	const char *tag_fault;
	bool has_channel;
	int64_t serial, recorded; /* of the channel: now, and as the file shows it */
	bool unsealed;		  /* what is left there is from before there were seals */
};

/* Everything that is not as it was left, in *ret: struct publication_drift, worst first. */
void publication_drift(const struct publication_view *v, struct arena *a, struct list *ret);

enum publication_step {
	PUBLICATION_NOTHING,
	PUBLICATION_CREATE,
	PUBLICATION_COMMIT,	    /* the release's files */
	PUBLICATION_TAG,	    /* they are at `commit`, whose answer was lost */
	PUBLICATION_RECORD,	    /* the tag is on `commit`, too */
	PUBLICATION_CHANNEL,	    /* the channel's files */
	PUBLICATION_RECORD_CHANNEL, /* they are at the head */
};
struct publication_next {
	enum publication_step step;
	const char *version, *commit;
};
/* When nothing drifted. */
struct publication_next publication_next(const struct publication_view *v);

/* vX.Y.Z, the tag of a release, in the arena. */
const char *publication_tag(const char *version, struct arena *a);

#endif
