/* SPDX-License-Identifier: Apache-2.0
 *
 * "Did you mean": the legal name nearest to one that is not. Pure.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* The nearest of n names, or NULL when none is near: more than a third of the letters differ. */
const char *suggest_name(const char *wrong, const char *const *names, size_t n);

#endif
