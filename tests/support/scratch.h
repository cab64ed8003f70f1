/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder for one test, for use as a checked fixture: made empty before it, gone after it.
 */
#ifndef SUPPORT_SCRATCH_H
#define SUPPORT_SCRATCH_H

#include <stddef.h>

enum { SCRATCH_PATH = 512 };

void scratch_make(void);
void scratch_remove(void);

/* Path of `name` inside. Returns buf. */
char *scratch_file(char buf[SCRATCH_PATH], const char *name);

/* All of a file; the caller frees. */
char *scratch_read(const char *path, size_t *ret_len);

#endif
