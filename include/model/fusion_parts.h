/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the fusion block share.
 */
#ifndef MODEL_FUSION_PARTS_H
#define MODEL_FUSION_PARTS_H

#include "model/fusion.h"

enum { FUSION_POINTER_MAX = 160 };

/* A fault at a member of what `pointer` points to. */
void fusion_fault(struct faults *faults, const char *pointer, const char *key, const char *what);

/* The rules over the whole block. */
void fusion_check(void *obj, const char *pointer, struct arena *a, struct faults *faults);

#endif
