/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the configuration. It refuses names it does not know, values out of bounds, an option that is
 * set twice in one file, and auth = off where strangers could connect.
 */
#include "app/config_parts.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/place.h"
#include "base/suggest.h"
#include "base/text.h"
#include "net/listener.h"

static const struct option_info option_table[OPTIONS] = {
#define X(name, type, unit, least, most, default_text, reload, help)          \
	{#name, OPTION_##type, unit, least, most, default_text, reload, help, \
		offsetof(struct config, name)},
#include "app/options.def"
#undef X
};

const struct option_info *option_info(size_t i)
{
	return &option_table[i];
}

int config_refuse(struct err *err, const char *where, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(err, ERR_CONFIG, "%s: %s", where, msg);
}

const struct option_info *option_find(option_at *at, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(at(i)->name, name))
			return at(i);
	return NULL;
}

const char *option_near(option_at *at, size_t n, const char *name)
{
	const char *names[OPTIONS_MAX];

	for (size_t i = 0; i < n; i++)
		names[i] = at(i)->name;
	return suggest_name(name, names, n);
}

static int unknown(const char *where, const char *name, struct err *err)
{
	const char *near = option_near(option_info, OPTIONS, name);

	return near ? config_refuse(
			      err, where, "no option is called %s; did you mean %s?", name, near)
		    : config_refuse(err, where,
			      "no option is called %s; spiralfedd --help lists them", name);
}

static int choice_find(const char *words, const char *value)
{
	size_t len = strlen(value);
	int i = 0;

	for (; *words; i++) {
		size_t n = strcspn(words, "|");
		if (n == len && !memcmp(words, value, n))
			return i;
		words += n + (words[n] == '|');
	}
	return -1;
}

static int integer(const struct option_info *o, const char *text, const char *where, int64_t *ret,
	struct err *err)
{
	char *end;

	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno || *end || end == text || strspn(text, "-0123456789") != strlen(text) ||
		v < o->least || v > o->most)
		return config_refuse(err, where,
			"%s = %s: not a whole number of %s from %lld to %lld", o->name, text,
			o->unit, (long long)o->least, (long long)o->most);
	*ret = v;
	return 0;
}

int option_store(const struct option_info *o, void *base, const char *text, const char *where,
	struct arena *a, struct err *err)
{
	void *member = (char *)base + o->offset;
	int64_t number = 0;
	int choice = 0;

	switch (o->type) {
	case OPTION_TEXT:
		*(const char **)member = arena_strdup(a, text);
		break;
	case OPTION_INT:
	case OPTION_SECONDS:
		if (integer(o, text, where, &number, err) < 0)
			return -1;
		*(int64_t *)member = o->type == OPTION_SECONDS ? number * USEC_PER_SEC : number;
		break;
	case OPTION_CHOICE:
		choice = choice_find(o->unit, text);
		if (choice < 0)
			return config_refuse(
				err, where, "%s = %s: not one of %s", o->name, text, o->unit);
		*(int *)member = choice;
		break;
	}
	return 0;
}

/* Check the value and store it with its place. */
static int assign(struct config *c, const struct option_info *o, const char *text,
	const char *where, struct arena *a, struct err *err)
{
	if (option_store(o, c, text, where, a, err) < 0)
		return -1;
	c->where[o - option_table] = where;
	c->text[o - option_table] = arena_strdup(a, text);
	return 0;
}

/* ---- the file --------------------------------------------------------------------------------- */

struct reading {
	struct config *config;
	const char *file;
	FILE *stream;
	struct arena *arena;
	int line;
	struct err err; /* the first */
	int err_line;
};

static int file_error(struct reading *r, const char *what)
{
	if (!r->err_line) {
		r->err_line = r->line;
		config_refuse(
			&r->err, arena_printf(r->arena, "%s:%d", r->file, r->line), "%s", what);
	}
	return 0;
}

static const char *place_of(const struct reading *r)
{
	return arena_printf(r->arena, "%s:%d", r->file, r->line);
}

/* The error of a line, unless one before it has one. */
static void keep_error(struct reading *r, const struct err *err)
{
	if (err->code == ERR_NONE || r->err_line)
		return;
	r->err = *err;
	r->err_line = r->line;
}

/* A section is told to the handler only with the first option in it, if any. */
static void check_section(struct reading *r, const char *line)
{
	int n = (int)strcspn(line + 1, "]");
	struct err err = {0};

	if (line[0] != '[' || line[1 + n] != ']' || r->err_line)
		return;
	const char *name = arena_strndup(r->arena, line + 1, (size_t)n);
	if (config_is_provider(name))
		config_provider_begin(r->config, name, place_of(r), r->arena, &err);
	else if (strcmp(name, "spiralfedd") != 0 && strcmp(name, "slo.prometheus") != 0)
		file_error(r, arena_printf(r->arena,
				      "no section is called [%s]; there is [spiralfedd], "
				      "[slo.prometheus], and [provider.NAME] for each provider "
				      "that is pulled from",
				      name));
	keep_error(r, &err);
}

/* inih does not tell its handler the line, so it is counted where the lines come in. An indented line
 * would be taken as more of the value above: indentation is dropped. */
static char *next_line(char *buf, int size, void *arg)
{
	struct reading *r = arg;

	if (!fgets(buf, size, r->stream))
		return NULL;
	r->line++;
	size_t len = strlen(buf);
	if (len == (size_t)size - 1 && buf[len - 1] != '\n') {
		file_error(r, arena_printf(r->arena,
				      "the line is longer than %d bytes, which is the "
				      "most that can be read; give it as -o NAME=VALUE",
				      size - 2));
		for (int ch = fgetc(r->stream); ch != EOF && ch != '\n'; ch = fgetc(r->stream))
			continue;
		buf[0] = '\0';
		return buf;
	}
	size_t indent = strspn(buf, " \t");
	memmove(buf, buf + indent, len - indent + 1);
	check_section(r, buf);
	return buf;
}

static int take_pair(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	const struct option_info *o = option_find(option_info, OPTIONS, name);
	const char *where = place_of(r);
	struct err err = {0};

	if (r->err_line)
		return 1;
	if (config_is_provider(section))
		config_provider_set(r->config, section, name, value, where, false, r->arena, &err);
	else if (config_is_prometheus(section))
		config_prometheus_set(r->config, name, value, where, false, r->arena, &err);
	else if (!o)
		unknown(where, name, &err);
	else if (r->config->where[o - option_table])
		config_refuse(&err, where, "%s is set already at %s", name,
			r->config->where[o - option_table]);
	else
		assign(r->config, o, value, where, r->arena, &err);
	keep_error(r, &err);
	return 1;
}

static void file_closep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static int read_file(const char *path, struct config *c, struct arena *a, struct err *err)
{
	__attribute__((cleanup(file_closep))) FILE *stream = fopen(path, "re");
	struct reading r = {.config = c, .file = path, .stream = stream, .arena = a};

	if (!stream)
		return config_refuse(err, path, "%s", strerror(errno));
	int bad = ini_parse_stream(next_line, &r, take_pair, &r);
	if (ferror(stream))
		return config_refuse(err, path, "cannot be read");
	if (bad > 0 && (!r.err_line || bad < r.err_line)) {
		r.line = bad;
		r.err_line = 0;
		file_error(&r, "is not `name = value`");
	}
	if (r.err_line) {
		*err = r.err;
		return -1;
	}
	return bad < 0 ? config_refuse(err, path, "cannot be read") : 0;
}

/* ---- -o, and the whole ------------------------------------------------------------------------- */

static int read_assignment(const char *text, struct config *c, struct arena *a, struct err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return config_refuse(err, "-o", "%s is not name=value", text);
	const char *name = arena_strndup(a, text, (size_t)(equals - text));
	const struct option_info *o = option_find(option_info, OPTIONS, name);
	if (config_is_provider(name))
		return config_provider_assign(c, name, equals + 1, a, err);
	if (config_is_prometheus(name))
		return config_prometheus_assign(c, name, equals + 1, a, err);
	return o ? assign(c, o, equals + 1, "-o", a, err) : unknown("-o", name, err);
}

static const char *place(const struct config *c, enum option_id id)
{
	return c->where[id] ? c->where[id] : "default";
}

/* As a browser writes it in Origin, which is compared byte for byte: scheme://host[:port]. */
static bool is_origin(const char *s, size_t len)
{
	size_t scheme = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	if (len == 1 && *s == '*')
		return true;
	if (scheme == 0 || scheme + 3 >= len || !text_starts(s + scheme, "://"))
		return false;
	for (size_t i = scheme + 3; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("/?#@\\\"", s[i]) ||
			(s[i] >= 'A' && s[i] <= 'Z'))
			return false;
	return true;
}

static int check_origins(const struct config *c, struct err *err)
{
	const char *where = place(c, OPTION_ID_cors_origins);

	for (const char *at = c->cors_origins + strspn(c->cors_origins, ", "); *at;) {
		size_t len = strcspn(at, ", ");

		if (!is_origin(at, len))
			return config_refuse(err, where,
				"cors_origins: %.*s is no origin; a browser sends "
				"scheme://host[:port] in "
				"lower case, e.g. https://ops.example.org",
				(int)len, at);
		if (!c->auth && *at == '*')
			return config_refuse(err, where,
				"cors_origins = * with auth = off lets every web page in; name the "
				"origins, or set auth = on");
		at += len;
		at += strspn(at, ", ");
	}
	return 0;
}

static int check(struct config *c, struct arena *a, struct err *err)
{
	if (!*c->state) {
		c->state = place_state(a);
		if (!c->state)
			return config_refuse(err, "state",
				"is not set, and neither is STATE_DIRECTORY nor HOME; give -o "
				"state=FOLDER");
	}
	if (listeners_parse(c->listen, a, &c->listeners, &c->n_listeners, err) < 0)
		return err_wrap(err, "%s", place(c, OPTION_ID_listen));
	for (size_t i = 0; !c->auth && i < c->n_listeners; i++)
		if (!listener_is_local(&c->listeners[i]))
			return config_refuse(err, place(c, OPTION_ID_auth),
				"auth = off, but %s can be reached from other machines; listen on "
				"127.0.0.1, [::1] or a Unix socket, or set auth = on",
				c->listeners[i].text);
	if (check_origins(c, err) < 0)
		return -1;
	if (config_prometheus_check(c, a, err) < 0)
		return -1;
	return config_providers_check(c, a, err);
}

int config_load(
	const struct config_source *source, struct arena *a, struct config *ret, struct err *err)
{
	struct config c = {0};

	if (source->file && read_file(source->file, &c, a, err) < 0)
		return -1;
	for (size_t i = 0; i < source->n_assignments; i++)
		if (read_assignment(source->assignments[i], &c, a, err) < 0)
			return -1;
	for (size_t i = 0; i < OPTIONS; i++)
		if (!c.where[i]) {
			if (assign(&c, &option_table[i], option_table[i].default_text, "default", a,
				    err) < 0)
				return -1;
			c.where[i] = NULL;
		}
	if (check(&c, a, err) < 0)
		return -1;
	*ret = c;
	return 0;
}

size_t config_changed(const struct config *old, const struct config *fresh)
{
	size_t n = 0;

	for (size_t i = 0; i < OPTIONS; i++)
		n += option_table[i].reload && strcmp(old->text[i], fresh->text[i]) != 0;
	return n;
}

const char *config_waits(const struct config *old, const struct config *fresh)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (!option_table[i].reload && strcmp(old->text[i], fresh->text[i]) != 0)
			return option_table[i].name;
	if (!config_prometheus_same(old, fresh))
		return "slo.prometheus";
	return config_providers_same(old, fresh) ? NULL : "provider";
}
