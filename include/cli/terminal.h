/* SPDX-License-Identifier: Apache-2.0
 *
 * What a terminal is shown. Words of others (a daemon's, a provider's, a file's) may hold sequences that
 * rename its window, move its cursor over what stands there or answer in the user's name, or turn the order
 * in which they are shown: such characters (utf8_steers) are shown as \x1b or \u202e. What stays are newline, tab and the colours of cli/print.c.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdio.h>

#include "base/strbuf.h"

enum { TERMINAL_HELD_MAX = 8 };

struct terminal {
	int fd;
	char held[TERMINAL_HELD_MAX]; /* of which more has to be seen */
	size_t n;
};

/* Append what of `text` is to be shown. */
void terminal_feed(struct terminal *t, const char *text, size_t len, struct strbuf *out);

/* `f` itself, or when it is a terminal, a stream to it that shows only that. */
FILE *terminal_open(FILE *f);
/* Flush it, and close it when it is another. -1: something could not be written. */
int terminal_close(FILE *f, FILE *opened);

#endif
