/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as JSON, by libyaml's events: mappings, sequences and scalars of the core schema. Aliases, tags
 * of applications and keys that are no scalars are refused: no model card needs them, and aliases can
 * make a short text endless.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/json_writer.h"
#include "model/harvest_parts.h"

enum { DEPTH_MAX = JSON_WRITER_DEPTH - 2 };

struct converter {
	struct json_writer w;
	struct {
		bool is_map, key_is_next;
	} level[DEPTH_MAX];
	int depth;
	struct err *err;
};

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

/* [-+]? digits with at most one point [e[-+]digits]; *ret_json: as JSON writes numbers, too. */
static bool is_decimal(const char *s, bool *ret_json)
{
	size_t sign = *s == '-' || *s == '+';
	size_t whole = strspn(s + sign, "0123456789"), at = sign + whole, fraction = 0;
	bool point = s[at] == '.';

	if (point)
		fraction = strspn(s + ++at, "0123456789");
	at += fraction;
	if (!whole && !fraction)
		return false;
	if (s[at] == 'e' || s[at] == 'E') {
		size_t exponent_sign = s[at + 1] == '-' || s[at + 1] == '+';
		size_t digits = strspn(s + at + 1 + exponent_sign, "0123456789");
		if (!digits)
			return false;
		at += 1 + exponent_sign + digits;
	}
	*ret_json = *s != '+' && whole && (whole == 1 || s[sign] != '0') && (!point || fraction);
	return !s[at];
}

static void write_plain(struct json_writer *w, const char *s)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};
	bool is_json;

	if (is_one_of(s, nulls)) {
		jw_null(w);
	} else if (is_one_of(s, yes) || is_one_of(s, no)) {
		jw_bool(w, is_one_of(s, yes));
	} else if (!is_decimal(s, &is_json)) {
		jw_string(w, s);
	} else if (is_json) {
		jw_raw(w, s, strlen(s));
	} else {
		double v = strtod(s, NULL);
		if (isfinite(v))
			jw_number(w, v);
		else
			jw_string(w, s);
	}
}

static int scalar(struct converter *c, const yaml_event_t *event)
{
	const char *s = (const char *)event->data.scalar.value;
	size_t n = event->data.scalar.length;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
	bool is_map = c->depth && c->level[c->depth - 1].is_map;

	if (strlen(s) != n)
		return err_set(c->err, ERR_INVALID_BODY, "line %zu of the front matter holds a NUL",
			event->start_mark.line + 2);
	if (is_map && c->level[c->depth - 1].key_is_next) {
		jw_key(&c->w, s);
		c->level[c->depth - 1].key_is_next = false;
		return 0;
	}
	if (plain)
		write_plain(&c->w, s);
	else
		jw_string(&c->w, s);
	if (is_map)
		c->level[c->depth - 1].key_is_next = true;
	return 0;
}

static int begin(struct converter *c, const yaml_event_t *event, bool is_map)
{
	if (c->depth && c->level[c->depth - 1].is_map && c->level[c->depth - 1].key_is_next)
		return err_set(c->err, ERR_INVALID_BODY,
			"line %zu of the front matter has a key that is no text",
			event->start_mark.line + 2);
	if (c->depth == DEPTH_MAX)
		return err_set(c->err, ERR_INVALID_BODY, "the front matter nests deeper than %d",
			DEPTH_MAX);
	if (is_map)
		jw_object(&c->w);
	else
		jw_array(&c->w);
	c->level[c->depth].is_map = c->level[c->depth].key_is_next = is_map;
	c->depth++;
	return 0;
}

static int end(struct converter *c)
{
	jw_end(&c->w);
	c->depth--;
	if (c->depth && c->level[c->depth - 1].is_map)
		c->level[c->depth - 1].key_is_next = true;
	return 0;
}

static int convert(struct converter *c, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return err_set(c->err, ERR_INVALID_BODY,
			"line %zu of the front matter uses an alias: write the value out",
			event->start_mark.line + 2);
	case YAML_SCALAR_EVENT:
		return scalar(c, event);
	case YAML_SEQUENCE_START_EVENT:
		return begin(c, event, false);
	case YAML_MAPPING_START_EVENT:
		return begin(c, event, true);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(c);
	default:
		return 0;
	}
}

int yaml_to_json(const char *text, size_t len, struct strbuf *out, struct err *err)
{
	struct converter c = {.err = err};
	yaml_parser_t parser;
	yaml_event_t event;
	bool done = false;
	int rc = 0;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	json_writer_init(&c.w, out);
	while (!rc && !done) {
		if (!yaml_parser_parse(&parser, &event)) {
			rc = err_set(err, ERR_INVALID_BODY,
				"line %zu of the front matter is no YAML: %s",
				parser.problem_mark.line + 2, parser.problem);
			break;
		}
		rc = convert(&c, &event);
		done = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (!rc && !out->len)
		strbuf_addstr(out, "{}");
	return rc;
}
