/* SPDX-License-Identifier: Apache-2.0
 *
 * One line for each event, on standard error: a stable dotted tag and key=value pairs, as logfmt or
 * as JSON. Levels say what the operator does about it: error = act now, warn = look soon, info =
 * history, debug = for engineers. Control characters, U+0080-U+009F and U+2028/9 are escaped, so
 * that no input can forge a line. A line is written by one write(2). Secrets are never logged; wrap
 * what may be one in LOG_SECRET. Any thread.
 *
 *	log_info("channel.moved", LOG_STR("version", v), LOG_INT("serial", n));
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_field {
	const char *key; /* NULL ends the list */
	enum { LOG_F_STR, LOG_F_INT, LOG_F_DOUBLE, LOG_F_BOOL } type;
	union {
		const char *str;
		int64_t i;
		double d;
	};
};

#define LOG_STR(k, v)	 ((struct log_field){.key = (k), .type = LOG_F_STR, .str = (v)})
#define LOG_INT(k, v)	 ((struct log_field){.key = (k), .type = LOG_F_INT, .i = (v)})
#define LOG_DOUBLE(k, v) ((struct log_field){.key = (k), .type = LOG_F_DOUBLE, .d = (v)})
#define LOG_BOOL(k, v)	 ((struct log_field){.key = (k), .type = LOG_F_BOOL, .i = (v)})
/* Shows only that there is one. */
#define LOG_SECRET(k, v) LOG_STR(k, (v) && *(v) ? "***" : "")
/* code and message of an error */
#define LOG_ERR(e) LOG_STR("code", err_info((e)->code)->code), LOG_STR("error", (e)->msg)

#define log_at(level, tag, ...)   \
	log_write((level), (tag), \
		(const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = (const char *)0}})
#define log_error(tag, ...) log_at(LOG_LEVEL_ERROR, tag, __VA_ARGS__)
#define log_warn(tag, ...)  log_at(LOG_LEVEL_WARN, tag, __VA_ARGS__)
#define log_info(tag, ...)  log_at(LOG_LEVEL_INFO, tag, __VA_ARGS__)
#define log_debug(tag, ...) log_at(LOG_LEVEL_DEBUG, tag, __VA_ARGS__)

void log_write(enum log_level level, const char *tag, const struct log_field *fields);

/* Process-wide; call again on reload. `fd` -1 keeps the present one (2 at first). */
void log_setup(enum log_level level, enum log_format format, int fd);
bool log_enabled(enum log_level level);

/* The id of the request or job that this thread works on, shown as `id=` in each of its lines; NULL
 * for none. Not copied: it lives as long as it is set. */
void log_set_id(const char *id);

#endif
