/* SPDX-License-Identifier: Apache-2.0
 *
 * The usual state folder.
 */
#include "base/place.h"

#include <stdlib.h>
#include <string.h>

const char *place_state(struct arena *a)
{
	const char *dir = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	/* systemd gives a colon-separated list when a unit names several. */
	if (dir && *dir)
		return arena_strndup(a, dir, strcspn(dir, ":"));
	if (xdg && *xdg == '/')
		return arena_printf(a, "%s/spiralfed", xdg);
	return home && *home == '/' ? arena_printf(a, "%s/.local/state/spiralfed", home) : NULL;
}
