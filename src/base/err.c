/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling and wrapping errors. Text is first made aside and then copied, so that a message may quote
 * the error that it replaces. Reports nothing: that is the edge's.
 */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct err_info infos[ERR_CODES] = {
#define X(id, code_, status_, retryable_, title_, hint_) \
	[ERR_##id] = {.code = (code_),                   \
		.status = (status_),                     \
		.retryable = (retryable_),               \
		.title = (title_),                       \
		.hint = (hint_)},
#include "base/err_codes.def"
#undef X
};

const struct err_info *err_info(enum err_code code)
{
	assert(code > ERR_NONE && code < ERR_CODES);
	return &infos[code];
}

static void copy_cut(char *buf, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		len = utf8_cut(text, size - 1);
	memmove(buf, text, len);
	buf[len] = '\0';
}

static void __attribute__((format(printf, 4, 0)))
fill(struct err *err, enum err_code code, const char *pointer, const char *fmt, va_list ap)
{
	char msg[sizeof(err->msg) + 4];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	err->code = code;
	copy_cut(err->pointer, sizeof(err->pointer), pointer);
	copy_cut(err->msg, sizeof(err->msg), msg);
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	fill(err, code, "", fmt, ap);
	va_end(ap);
	return -1;
}

int err_set_at(struct err *err, enum err_code code, const char *pointer, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	fill(err, code, pointer, fmt, ap);
	va_end(ap);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char msg[2 * sizeof(err->msg) + 8];
	char context[sizeof(err->msg)];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	context[utf8_cut(context, strlen(context))] = '\0';
	snprintf(msg, sizeof(msg), "%s: %s", context, err->msg);
	copy_cut(err->msg, sizeof(err->msg), msg);
	return -1;
}
