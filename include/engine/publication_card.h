/* SPDX-License-Identifier: Apache-2.0
 *
 * What people read in the repository of releases: the model card, whose front matter gives the metrics
 * of the units as a `model-index` (Hugging Face's model card specification), and the changelog.
 */
#ifndef ENGINE_PUBLICATION_CARD_H
#define ENGINE_PUBLICATION_CARD_H

#include "engine/engine.h"
#include "store/release.h"

/* Markdown in the arena, or NULL with an error. */
const char *publication_card(
	const struct release_row *row, const char *url, struct arena *a, struct err *err);
/* The releases up to this one, newest first, CHANGELOG_MAX at most. */
enum { CHANGELOG_MAX = 500 };
const char *publication_changelog(
	struct db *db, const struct release_row *row, struct arena *a, struct err *err);

#endif
