/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds a line aside and hands it over in one write(2), so that lines of different threads never
 * mix. A line that can't be written is lost: logging never fails its caller and never blocks on
 * anything but the descriptor. Keeps errno.
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "base/strbuf.h"
#include "base/utf8.h"

enum { VALUE_MAX = 2048, LINE_MAX_BYTES = 256 * 1024 };

static _Atomic int log_level = LOG_LEVEL_INFO;
static _Atomic int log_format = LOG_FORMAT_LOGFMT;
static _Atomic int log_fd = STDERR_FILENO;
static _Thread_local const char *thread_id;

void log_setup(enum log_level level, enum log_format format, int fd)
{
	log_level = (int)level;
	log_format = (int)format;
	if (fd >= 0)
		log_fd = fd;
}

bool log_enabled(enum log_level level)
{
	return (int)level <= log_level;
}

void log_set_id(const char *id)
{
	thread_id = id;
}

/* What could end a line, hide in it or steer a terminal. */
static bool needs_escape(uint32_t point)
{
	return utf8_steers(point) || point == '"' || point == '\\';
}

static void add_escaped(struct strbuf *line, uint32_t point)
{
	switch (point) {
	case '"':
	case '\\':
		strbuf_addf(line, "\\%c", (char)point);
		break;
	case '\n':
		strbuf_addstr(line, "\\n");
		break;
	case '\t':
		strbuf_addstr(line, "\\t");
		break;
	case '\r':
		strbuf_addstr(line, "\\r");
		break;
	default:
		strbuf_addf(line, "\\u%04x", (unsigned int)point);
	}
}

static void add_quoted(struct strbuf *line, const char *s)
{
	size_t len = strlen(s), end = len > VALUE_MAX ? utf8_cut(s, VALUE_MAX) : len;

	strbuf_addch(line, '"');
	for (size_t i = 0; i < end;) {
		uint32_t point = 0xFFFD;
		size_t n = utf8_take(s + i, end - i, &point);

		if (!n || needs_escape(point))
			add_escaped(line, point);
		else
			strbuf_add(line, s + i, n);
		i += n ? n : 1;
	}
	if (end < len)
		strbuf_addstr(line, "...");
	strbuf_addch(line, '"');
}

/* A logfmt value that needs no quotes. */
static bool is_bare(const char *s)
{
	size_t len = 0;

	for (; s[len]; len++)
		if (s[len] <= ' ' || s[len] > '~' || strchr("\"\\=", s[len]) || len == VALUE_MAX)
			return false;
	return len > 0;
}

static void add_key(struct strbuf *line, enum log_format format, const char *key)
{
	if (format == LOG_FORMAT_JSON) {
		strbuf_addch(line, line->len ? ',' : '{');
		add_quoted(line, key);
		strbuf_addch(line, ':');
	} else {
		if (line->len)
			strbuf_addch(line, ' ');
		strbuf_addstr(line, key);
		strbuf_addch(line, '=');
	}
}

static void add_str(struct strbuf *line, enum log_format format, const char *key, const char *s)
{
	add_key(line, format, key);
	if (!s)
		strbuf_addstr(line, "null");
	else if (format == LOG_FORMAT_LOGFMT && is_bare(s))
		strbuf_addstr(line, s);
	else
		add_quoted(line, s);
}

static void add_double(struct strbuf *line, double v)
{
	char text[JCS_NUMBER_STRLEN];

	if (isfinite(v))
		strbuf_add(line, text, jcs_number(v, text));
	else
		strbuf_addstr(line, "null");
}

static void add_field(struct strbuf *line, enum log_format format, const struct log_field *field)
{
	switch (field->type) {
	case LOG_F_STR:
		add_str(line, format, field->key, field->str);
		break;
	case LOG_F_INT:
		add_key(line, format, field->key);
		strbuf_addf(line, "%lld", (long long)field->i);
		break;
	case LOG_F_DOUBLE:
		add_key(line, format, field->key);
		add_double(line, field->d);
		break;
	case LOG_F_BOOL:
		add_key(line, format, field->key);
		strbuf_addstr(line, field->i ? "true" : "false");
		break;
	}
}

void log_write(enum log_level level, const char *tag, const struct log_field *fields)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	STRBUF_AUTO line = STRBUF_INIT(LINE_MAX_BYTES);
	enum log_format format = (enum log_format)log_format;
	char ts[TIME_STRLEN];
	int saved = errno;

	assert(level <= LOG_LEVEL_DEBUG);
	if (!log_enabled(level))
		return;
	add_str(&line, format, "ts", time_format_micro(clock_now(clock_system()), ts));
	add_str(&line, format, "level", names[level]);
	add_str(&line, format, "tag", tag);
	if (thread_id)
		add_str(&line, format, "id", thread_id);
	for (; fields->key; fields++)
		add_field(&line, format, fields);
	if (format == LOG_FORMAT_JSON)
		strbuf_addch(&line, '}');
	strbuf_addch(&line, '\n');

	while (write(log_fd, line.buf, line.len) < 0 && errno == EINTR)
		;
	errno = saved;
}
