/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file says of itself that nothing was run, or that no model was asked: what it holds then is no
 * measurement.
 */
#include <ctype.h>
#include <string.h>

#include "model/harvest_parts.h"

enum { DRY_RUN_DEPTH = 4, FLAG_MAX = 16 };

bool harvest_means_yes(const struct json_value *v)
{
	static const char *const no[] = {
		"", "0", "0.0", "f", "false", "n", "no", "none", "null", "off", "disabled"};

	if (json_is(v, JSON_KIND_STRING)) {
		for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
			if (!strcasecmp(v->string, no[i]))
				return false;
		return true;
	}
	if (json_is(v, JSON_KIND_NUMBER))
		return v->number != 0;
	if (json_is(v, JSON_KIND_ARRAY) || json_is(v, JSON_KIND_OBJECT))
		return v->n > 0;
	return json_is_bool(v, true);
}

/* dry_run, dryRun, "Dry run", --dry-run, is_dry_run */
static bool is_dry_run(const char *key)
{
	char word[FLAG_MAX];
	size_t n = 0;

	if (!key)
		return false;
	for (; *key; key++) {
		if (!isalpha((unsigned char)*key))
			continue;
		if (n == FLAG_MAX - 1)
			return false;
		word[n++] = (char)tolower((unsigned char)*key);
	}
	word[n] = '\0';
	return !strcmp(word, "dryrun") || !strcmp(word, "isdryrun");
}

/* The first member that says that nothing was run. */
static const struct json_value *find(const struct json_value *v, int depth)
{
	const struct json_value *found = NULL;

	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		if (is_dry_run(v->sub[i].key) && harvest_means_yes(&v->sub[i]))
			return &v->sub[i];
	if (depth < DRY_RUN_DEPTH && (json_is(v, JSON_KIND_OBJECT) || json_is(v, JSON_KIND_ARRAY)))
		for (size_t i = 0; !found && i < v->n; i++)
			found = find(&v->sub[i], depth + 1);
	return found;
}

const struct json_value *harvest_dry_run(const struct json_value *v)
{
	return find(v, 0);
}

bool harvest_is_stand_in(const char *name)
{
	static const char *const words[] = {
		"dummy", "echo", "fake", "mock", "mocked", "noop", "no-op", "stub", "stand-in"};
	static const char *const ends[] = {"", "-model", "_model", "-llm", "_llm", "-provider"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
			size_t n = strlen(words[i]);
			if (!strncasecmp(name, words[i], n) && !strcasecmp(name + n, ends[k]))
				return true;
		}
	return false;
}

bool harvest_is_count_name(const char *key)
{
	static const char *const names[] = {"completed", "completed_requests", "evaluated", "n",
		"n_examples", "n_queries", "n_samples", "num_evaluated", "num_examples",
		"num_prompts", "num_queries", "num_requests", "num_samples", "row_count",
		"sample_count", "samples", "successful_requests", "total_evaluated",
		"total_examples", "total_requests", "total_samples"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(key, names[i]))
			return true;
	return false;
}

const struct json_value *harvest_nothing_done(const struct json_value *root)
{
	for (size_t i = 0; json_is(root, JSON_KIND_OBJECT) && i < root->n; i++) {
		const struct json_value *v = &root->sub[i];
		for (size_t k = 0; json_is(v, JSON_KIND_OBJECT) && k < v->n; k++)
			if (harvest_is_count_name(v->sub[k].key) && harvest_count(&v->sub[k]) == 0)
				return &v->sub[k];
		if (harvest_is_count_name(v->key) && harvest_count(v) == 0)
			return v;
	}
	return NULL;
}
