/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the daemon keeps its state when nobody says, so that the command line looks in the same place.
 * Reads the environment: not beside a thread that changes it.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include "base/arena.h"

#define PLACE_SYSTEM_STATE "/var/lib/spiralfed" /* as StateDirectory= of the unit has it */
#define PLACE_REGISTRY	   "registry.sqlite"	/* in the state folder */

/* $STATE_DIRECTORY, else $XDG_STATE_HOME/spiralfed, else ~/.local/state/spiralfed; NULL: none is set. */
const char *place_state(struct arena *a);

#endif
