/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of one submission that cannot all be true. Asked of what is submitted only, not of what the
 * registry holds already: a rule that is new must not make old manifests unreadable.
 */
#ifndef MODEL_CONTRADICTION_H
#define MODEL_CONTRADICTION_H

#include "base/fault.h"
#include "model/artifact.h"

/* Adds a fault for each; `pointer` is the artifact's. Takes what parsing refused in part, too. */
void artifact_contradictions(const struct artifact *o, const char *pointer, struct faults *faults);

#endif
