/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of metrics: made fit for a manifest, and what their words say (metric_names.def). Says nothing
 * of names that it does not know.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/hex.h"
#include "base/strbuf.h"
#include "model/harvest_parts.h"

enum { KEY_MAX = 64, DIGEST_TAIL = 12, NAME_MAX_LOOKED_AT = 256 };

static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-';
}

/* What is no letter, digit, dot or dash becomes one _; none stands at an end. */
static void add_part(struct strbuf *out, const char *part)
{
	bool gap = false, begun = false;

	for (const char *s = part; *s; s++) {
		const char *word = *s == '@' ? "_at_" : NULL;

		if (!word && !is_plain(*s)) {
			gap = true;
			continue;
		}
		if (gap && begun && !word && out->buf[out->len - 1] != '_')
			strbuf_addch(out, '_');
		gap = false;
		begun = true;
		if (!word)
			strbuf_addch(out, *s);
		else
			strbuf_addstr(
				out, out->len && out->buf[out->len - 1] == '_' ? word + 1 : word);
	}
}

const char *harvest_key(struct arena *a, const char *prefix, const char *stem)
{
	STRBUF_AUTO key = STRBUF_INIT(HARVEST_FILE_MAX);
	unsigned char hash[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	if (prefix && *prefix)
		add_part(&key, prefix);
	if (key.len && stem && *stem)
		strbuf_addch(&key, '.');
	if (stem && *stem)
		add_part(&key, stem);
	if (!key.len)
		return "unnamed";
	if (key.len <= KEY_MAX)
		return arena_strndup(a, key.buf, key.len);
	sha256(key.buf, key.len, hash);
	hex_encode(hash, sizeof(hash), hex);
	return arena_printf(a, "%.*s-%.*s", KEY_MAX - DIGEST_TAIL - 1, key.buf, DIGEST_TAIL, hex);
}

static const struct word_row {
	const char *word;
	int higher;
	enum metric_scale scale;
} rows[] = {
#define X(word, higher, scale) {word, higher, scale},
#include "model/metric_names.def"
#undef X
};

static const struct word_row *row_of(const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].word) == n && !memcmp(rows[i].word, word, n))
			return &rows[i];
	return NULL;
}

/* Lower case, words apart by _ : "logLoss", "F1 macro" and "pass@1" alike. */
static size_t split_words(const char *stem, char out[NAME_MAX_LOOKED_AT])
{
	size_t n = 0;

	for (const char *s = stem; *s && n + 2 < NAME_MAX_LOOKED_AT; s++) {
		unsigned char c = (unsigned char)*s;
		bool hump = s > stem && isupper(c) && islower((unsigned char)s[-1]);

		if (!isalnum(c) || hump)
			if (n && out[n - 1] != '_')
				out[n++] = '_';
		if (isalnum(c))
			out[n++] = (char)tolower(c);
	}
	while (n && out[n - 1] == '_')
		n--;
	out[n] = '\0';
	return n;
}

/* The row of the two words at `s`, else of the first; *ret_n is how many bytes it took. */
static const struct word_row *row_at(const char *s, size_t *ret_n)
{
	size_t one = strcspn(s, "_");
	size_t two = s[one] ? one + 1 + strcspn(s + one + 1, "_") : one;
	const struct word_row *row = row_of(s, two);

	*ret_n = row ? two : one;
	return row ? row : row_of(s, one);
}

int metric_name_direction(const char *stem, enum metric_scale *ret_scale)
{
	char text[NAME_MAX_LOOKED_AT];
	const struct word_row *found = row_of(text, split_words(stem, text));
	bool agree = true;

	for (size_t i = 0, n; !found && text[i]; i += n + (text[i + n] == '_')) {
		const struct word_row *row = row_at(text + i, &n);

		for (size_t k = i + n + (text[i + n] == '_'), m; row && text[k];
			k += m + (text[k + m] == '_')) {
			const struct word_row *other = row_at(text + k, &m);
			agree = agree && (!other || other->higher == row->higher);
		}
		found = row;
	}
	*ret_scale = found && agree ? found->scale : SCALE_FREE;
	return found && agree ? found->higher : -1;
}

bool metric_name_has(const char *stem, const char *word)
{
	char text[NAME_MAX_LOOKED_AT];

	split_words(stem, text);
	for (size_t i = 0, n; text[i]; i += n + (text[i + n] == '_')) {
		n = strcspn(text + i, "_");
		if (strlen(word) == n && !memcmp(text + i, word, n))
			return true;
	}
	return false;
}

int metric_name_quantile(const char *stem, bool *ret_ms)
{
	char text[NAME_MAX_LOOKED_AT];
	int quantile = 0;

	split_words(stem, text);
	for (size_t i = 0, n; text[i]; i += n + (text[i + n] == '_')) {
		n = strcspn(text + i, "_");
		if (text[i] == 'p' && n > 1 && n < 4 && strspn(text + i + 1, "0123456789") == n - 1)
			quantile = (int)strtol(text + i + 1, NULL, 10);
	}
	*ret_ms = metric_name_has(stem, "ms");
	return quantile;
}
