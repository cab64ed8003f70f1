/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of everything wrong with one body: shape faults and rule faults together, in the order
 * found, at most FAULTS_MAX (further ones are counted, not kept). Parsing goes on after a fault, so
 * that a person mends all of them at once.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stddef.h>

#include "base/err.h"

enum { FAULTS_MAX = 20 };

struct fault {
	char pointer[160]; /* RFC 6901 */
	char detail[240];  /* one sentence */
};

struct faults {
	struct fault list[FAULTS_MAX];
	size_t n;     /* kept */
	size_t total; /* found */
};

void faults_init(struct faults *f);

/* Add a fault at `pointer`. Always returns -1, for `return fault_add(...)`. */
int fault_add(struct faults *f, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The first of them, which there must be, as an error. Always returns -1. */
int faults_refuse(const struct faults *f, enum err_code code, struct err *err);

/* RFC 6901: write base + "/" + escaped token ("~" -> "~0", "/" -> "~1") into buf; cut at its size. */
void pointer_join(char *buf, size_t size, const char *base, const char *token);
void pointer_index(char *buf, size_t size, const char *base, size_t index);

#endif
