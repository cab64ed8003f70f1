/* SPDX-License-Identifier: Apache-2.0
 *
 * Random names and secrets from the kernel's generator. Any thread.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stddef.h>

/* n random bytes; aborts when the kernel can't give them (never seen after boot). */
void random_bytes(void *buf, size_t n);

/* `len` characters of lower-case Crockford base32 (5 bits each) and a NUL into buf[len + 1]. */
void id_random(char *buf, size_t len);

/* A request id: 16 characters of id_random(). */
enum { REQUEST_ID_LEN = 16 };

#endif
