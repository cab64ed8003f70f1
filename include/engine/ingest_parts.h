/* SPDX-License-Identifier: Apache-2.0
 *
 * What ingest.c and ingest_prepare.c share of one manifest on its way in. It lives in the command's arena.
 */
#ifndef ENGINE_INGEST_PARTS_H
#define ENGINE_INGEST_PARTS_H

#include "engine/evidence.h"
#include "engine/internal.h"
#include "engine/look.h"
#include "engine/verdict.h"
#include "model/format.h"
#include "model/manifest.h"

struct ingest_item {
	const struct unit *unit;
	struct artifact_name name;
	bool shared;		       /* an earlier manifest brought it already */
	struct artifact_row row;       /* when shared: as artifact_known() gives it */
	int slot;		       /* -1: evidence */
	struct evidence known;	       /* about it in the registry; with a slot, unless shared */
	struct twin_keys keys;	       /* likewise */
	struct twin twin;	       /* likewise: the stored unit whose looks it goes on with */
	struct verdict_record verdict; /* likewise */
	const char *metrics;
};

struct ingest {
	const char *text;
	size_t len;
	struct parsed_manifest parsed;
	struct ingest_item *items;
	size_t n;
	const char *only; /* whose it has to be; NULL: anyone's */
	bool repeated;	  /* the manifest is there already */
};

/* Against the registry as it is, before and again within the transaction: which artifacts are there already,
 * and does none contradict what is? 0; -1, with faults in the command when it is of an artifact. */
int ingest_check(struct db *db, struct command *c, struct ingest *in, struct err *err);
/* Is there room for what item `index` says about its subject, beside what is there and what comes
 * before it in its manifest? */
int ingest_check_subject(struct db *db, const struct command *c, const struct ingest *in,
	size_t index, struct err *err);

/* Parse, compare and judge: fills in all but what the writer's transaction sets. On the thread that
 * submits; with faults in the command. */
int ingest_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err);

#endif
