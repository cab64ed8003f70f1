/* SPDX-License-Identifier: Apache-2.0
 *
 * Collecting faults, and the JSON pointers (RFC 6901) that say where they are. Keeps a bounded list;
 * never decides what is a fault.
 */
#include "base/fault.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void faults_init(struct faults *f)
{
	f->n = 0;
	f->total = 0;
}

int fault_add(struct faults *f, const char *pointer, const char *fmt, ...)
{
	struct fault *fault;
	va_list ap;

	f->total++;
	if (f->n == FAULTS_MAX)
		return -1;
	fault = &f->list[f->n++];

	snprintf(fault->pointer, sizeof(fault->pointer), "%s", pointer);
	fault->pointer[utf8_cut(fault->pointer, strlen(fault->pointer))] = '\0';
	va_start(ap, fmt);
	vsnprintf(fault->detail, sizeof(fault->detail), fmt, ap);
	va_end(ap);
	fault->detail[utf8_cut(fault->detail, strlen(fault->detail))] = '\0';
	return -1;
}

int faults_refuse(const struct faults *f, enum err_code code, struct err *err)
{
	return err_set_at(err, code, f->list[0].pointer, "%s", f->list[0].detail);
}

/* Writes into buf at *len whole or not at all: half an escape would be another pointer. */
static bool put(char *buf, size_t size, size_t *len, const char *text, size_t n)
{
	if (*len + n >= size)
		return false;
	memmove(buf + *len, text, n);
	*len += n;
	buf[*len] = '\0';
	return true;
}

void pointer_join(char *buf, size_t size, const char *base, const char *token)
{
	size_t len = 0, base_len = strlen(base);
	bool fits = true;

	if (base_len >= size)
		base_len = utf8_cut(base, size - 1);
	put(buf, size, &len, base, base_len);
	fits = put(buf, size, &len, "/", 1);
	for (const char *t = token; fits && *t; t++) {
		if (*t == '~')
			fits = put(buf, size, &len, "~0", 2);
		else if (*t == '/')
			fits = put(buf, size, &len, "~1", 2);
		else
			fits = put(buf, size, &len, t, 1);
	}
	buf[utf8_cut(buf, len)] = '\0';
}

void pointer_index(char *buf, size_t size, const char *base, size_t index)
{
	char token[24];

	snprintf(token, sizeof(token), "%zu", index);
	pointer_join(buf, size, base, token);
}
