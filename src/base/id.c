/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes and names. No generator of its own: each call asks the kernel.
 */
#include "base/id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *buf, size_t n)
{
	unsigned char *p = buf;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			fputs("the kernel gives no random bytes\n", stderr);
			abort();
		}
		p += got;
		n -= (size_t)got;
	}
}

void id_random(char *buf, size_t len)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

	random_bytes(buf, len);
	for (size_t i = 0; i < len; i++)
		buf[i] = alphabet[(unsigned char)buf[i] % 32];
	buf[len] = '\0';
}
