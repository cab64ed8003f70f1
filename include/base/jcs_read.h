/* SPDX-License-Identifier: Apache-2.0
 *
 * The short way of jcs_load(): reads plain JSON without jansson's lexer, which costs most of it. It takes
 * nothing that jcs_load() refuses, and leaves what is rare (a \u escape, numbers beyond 2^53) or wrong
 * to the long way, which words the fault. The thread must be in the C locale.
 */
#ifndef BASE_JCS_READ_H
#define BASE_JCS_READ_H

#include <jansson.h>
#include <stddef.h>

/* A new reference to the same tree that jansson would make; NULL: it is not plain. */
json_t *jcs_read(const char *text, size_t len);

#endif
