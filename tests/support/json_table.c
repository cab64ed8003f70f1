/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of tests/tables/json.eval. Its columns are documented there.
 */
#include "support/json_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 1 << 20 };

static void malformed(const char *line)
{
	fprintf(stderr, "json.eval: malformed row: %s\n", line);
	abort();
}

/* One byte of the escaped form; moves *at behind it. */
static char take_byte(const char **at)
{
	const char *s = *at;
	if (s[0] != '\\') {
		*at = s + 1;
		return s[0];
	}
	if (s[1] == '\\') {
		*at = s + 2;
		return '\\';
	}
	unsigned value;
	if (sscanf(s, "\\x%2x", &value) != 1)
		malformed(s);
	*at = s + 4;
	return (char)value;
}

static void take_repeat(const char **at, struct strbuf *body)
{
	char *open, *unit_end;
	long n = strtol(*at + 1, &open, 10);
	if (n < 1 || *open != '{' || !(unit_end = strchr(open + 1, '}')))
		malformed(*at);
	for (long i = 0; i < n; i++)
		for (const char *s = open + 1; s < unit_end;)
			strbuf_addch(body, take_byte(&s));
	*at = unit_end + 1;
}

static void unescape(const char *s, struct strbuf *body)
{
	strbuf_reset(body);
	while (*s) {
		if (*s == '*')
			take_repeat(&s, body);
		else
			strbuf_addch(body, take_byte(&s));
	}
	if (body->overflow)
		malformed(s);
}

static enum json_verdict verdict_of(const char *word)
{
	if (!strcmp(word, "json"))
		return JSON_IS;
	if (!strcmp(word, "not-json"))
		return JSON_IS_NOT;
	if (strcmp(word, "either") != 0)
		malformed(word);
	return JSON_EITHER;
}

size_t json_table_each(void (*fn)(enum json_verdict verdict, const char *name,
			       const struct strbuf *body, void *arg),
	void *arg)
{
	char path[512], line[1024];
	size_t rows = 0;
	STRBUF_AUTO body = STRBUF_INIT(BODY_MAX);
	const char *tree = getenv("SRC");
	snprintf(path, sizeof(path), "%s/tests/tables/json.eval", tree ? tree : ".");
	FILE *f = fopen(path, "re");
	if (!f)
		malformed(path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		char *name = strchr(line, '\t'), *text = name ? strchr(name + 1, '\t') : NULL;
		if (!text)
			malformed(line);
		*name++ = *text++ = '\0';
		unescape(text, &body);
		fn(verdict_of(line), name, &body, arg);
		rows++;
	}
	fclose(f);
	return rows;
}
