/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for one string member of a JSON object without parsing the document. Safe for deciding who
 * may submit it: for text that a strict parser accepts, FOUND and ABSENT are what the parser would
 * find. Text that it would refuse may give anything.
 */
#ifndef API_PEEK_H
#define API_PEEK_H

#include <stddef.h>

#include "base/arena.h"

enum peek { PEEK_FOUND, PEEK_ABSENT, PEEK_UNSURE };

/* UNSURE: a key or the value is written with escapes, or the value is no string. */
enum peek peek_string(
	const char *text, size_t len, const char *key, struct arena *a, const char **ret);

#endif
