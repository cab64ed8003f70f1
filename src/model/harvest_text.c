/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts that tools write, as the JSON that base/jcs takes: Python's NaN and Infinity, huge numbers, a
 * byte order mark, the front matter of a model card, JSON Lines. Mends spelling only; what is cut off
 * or malformed stays refused.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_parts.h"

enum { NUMBER_MAX = 64 };

static size_t skip_literal(const char *s, size_t n, size_t i)
{
	for (i++; i < n && s[i] != '"'; i++)
		if (s[i] == '\\')
			i++;
	return i < n ? i + 1 : n;
}

static bool is_number_byte(char c)
{
	return (c >= '0' && c <= '9') || (c && strchr("+-.eE", c));
}

/* Beyond what a double counts one by one; jcs_load would refuse the whole document for it. */
static bool is_huge(const char *s, size_t n)
{
	char text[NUMBER_MAX];

	if (n >= sizeof(text))
		return strcspn(s, ".eE") > 15;
	memcpy(text, s, n);
	text[n] = '\0';
	double v = fabs(strtod(text, NULL));
	bool is_whole = strcspn(text, ".eE") == n;
	return v > 9007199254740991.0 && (is_whole || v < 1e21 || isinf(v));
}

/* The bare word of Python's json at s, or 0. */
static size_t bare_word(const char *s, size_t n)
{
	static const char *const words[] = {"NaN", "Infinity", "-Infinity"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);
		if (len <= n && !memcmp(s, words[i], len))
			return len;
	}
	return 0;
}

const char *harvest_strict(const char *text, size_t len, struct arena *a, size_t *ret_len)
{
	STRBUF_AUTO out = STRBUF_INIT(3 * (size_t)HARVEST_FILE_MAX);
	size_t kept = 0, n;

	if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3))
		kept = 3;
	for (size_t i = kept; i < len; i += n) {
		bool quote = (n = bare_word(text + i, len - i)) > 0;

		if (!quote && text[i] == '"') {
			n = skip_literal(text, len, i) - i;
		} else if (!quote && is_number_byte(text[i])) {
			for (n = 1; i + n < len && is_number_byte(text[i + n]);)
				n++;
			quote = is_huge(text + i, n);
		} else if (!quote) {
			n = 1;
		}
		if (!quote)
			continue;
		strbuf_add(&out, text + kept, i - kept);
		strbuf_addch(&out, '"');
		strbuf_add(&out, text + i, n);
		strbuf_addch(&out, '"');
		kept = i + n;
	}
	strbuf_add(&out, text + kept, len - kept);
	*ret_len = out.len;
	return arena_strndup(a, out.buf, out.len);
}

/* ---- Front matter ---- */

static size_t line_end(const char *text, size_t len, size_t at)
{
	const char *end = memchr(text + at, '\n', len - at);

	return end ? (size_t)(end - text) + 1 : len;
}

static bool is_fence(const char *text, size_t from, size_t to)
{
	while (to > from && strchr("\r\n \t", text[to - 1]))
		to--;
	return to - from == 3 && !memcmp(text + from, "---", 3);
}

int harvest_front_matter(const char *text, size_t len, struct arena *a, const char **ret,
	size_t *ret_len, struct err *err)
{
	STRBUF_AUTO json = STRBUF_INIT(HARVEST_FILE_MAX);
	size_t begin = len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
	size_t start = line_end(text, len, begin), at = start, end = at;

	if (!is_fence(text, begin, start))
		return 1;
	for (; at < len; at = end) {
		end = line_end(text, len, at);
		if (is_fence(text, at, end))
			break;
	}
	if (at >= len)
		return err_set(err, ERR_INVALID_BODY,
			"the front matter has no end: put a line of --- behind it");
	if (yaml_to_json(text + start, at - start, &json, err))
		return -1;
	*ret = arena_strndup(a, json.buf, json.len);
	*ret_len = json.len;
	return 0;
}

/* ---- JSON Lines ---- */

enum harvest_outcome harvest_lines(struct harvest *h, const struct harvest_file *f,
	enum harvest_outcome (*fn)(struct harvest *h, const struct json_value *line, size_t number,
		void *arg, struct err *err),
	void *arg, struct err *err)
{
	ARENA_AUTO scratch = arena_new();
	size_t number = 0;

	for (size_t at = 0, end; at < f->len; at = end) {
		const struct json_value *line;
		size_t values, n, blank = strspn(f->text + at, " \t\r");
		struct err why = {0};

		end = line_end(f->text, f->len, at);
		number++;
		if (at + blank >= f->len || f->text[at + blank] == '\n')
			continue;
		arena_reset(scratch);
		const char *text = harvest_strict(f->text + at, end - at, scratch, &n);
		if (json_tree(text, n, HARVEST_VALUES_MAX, scratch, &line, &values, &why))
			return harvest_refuse(h, NULL, err,
				"line %zu is no JSON (%s); was the file cut off?", number, why.msg);
		const struct json_value *dry = harvest_dry_run(line);
		if (dry)
			return harvest_refuse(h, NULL, err,
				"line %zu, %s: says that it was a dry run or a simulation, so that "
				"nothing was "
				"measured",
				number, json_pointer(dry, scratch));
		enum harvest_outcome outcome = fn(h, line, number, arg, err);
		if (outcome != HARVEST_READ)
			return outcome;
	}
	return HARVEST_READ;
}
