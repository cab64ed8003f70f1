/* SPDX-License-Identifier: Apache-2.0
 *
 * A rendered JSON document with its digest, which is its ETag. Text lives in the arena it was loaded
 * into.
 *
 * Throughout the store a function that looks for one thing returns 1 when it is there, 0 when not and
 * -1 with an error; it fills its result only with 1. Store functions run statements and nothing else;
 * any thread, on a connection of its own.
 */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "base/arena.h"
#include "base/digest.h"
#include "db/db.h"

struct body {
	const char *text;
	size_t len;
	char digest[DIGEST_STRLEN];
};

/* From text that stays where it is. */
void body_set(struct body *b, const char *text, size_t len);
void body_set_text(struct body *b, const char *text);

/* Run a bound statement with the columns body and body_digest. */
int body_load(struct stmt *s, struct arena *a, struct body *ret, struct err *err);

#endif
