/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests that look at single items of a checklist.
 */
#ifndef SUPPORT_CHECKLIST_H
#define SUPPORT_CHECKLIST_H

#include <string.h>

#include "policy/checklist.h"

/* The item of that name, or NULL. */
static inline const struct checklist_item *checklist_find(
	const struct checklist *c, const char *item)
{
	for (size_t k = 0; k < c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&c->items, struct checklist_item, k);

		if (strcmp(i->item, item) == 0)
			return i;
	}
	return NULL;
}

#endif
