/* SPDX-License-Identifier: Apache-2.0
 *
 * What a provider keeps in place of a manifest (a card, reports, evaluations), made into one. The same for
 * every provider: what must not count stops it, what is no evidence is passed over, and what is missing then
 * is said.
 */
#ifndef PROVIDER_HARVESTED_H
#define PROVIDER_HARVESTED_H

#include "model/harvest.h"
#include "provider/provider.h"

struct harvested_file {
	const char *name, *text; /* the name is for messages and to tell formats apart */
	size_t len;
};

/* ret_harvest is filled as far as it went, for those who tell what came from where. All memory is the
 * arena's; any thread. -1 with *err when no manifest comes of it; *ret is untouched then. All files
 * together may hold as many values as one document. */
int harvested_document(const struct harvested_file *files, size_t n, const struct harvest_target *t,
	struct arena *a, struct harvest *ret_harvest, struct source_document *ret, struct err *err);

#endif
