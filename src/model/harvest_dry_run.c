/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file says of itself that nothing was run, that the run failed, or that no model was asked: what
 * it holds then is no measurement.
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

/* The letters of a key alone, in lower case: dry_run, dryRun, "Dry run" and --dry-run are one. */
static void letters_of(const char *key, char out[FLAG_MAX])
{
	size_t n = 0;

	for (; key && *key && n < FLAG_MAX - 1; key++)
		if (isalpha((unsigned char)*key))
			out[n++] = (char)tolower((unsigned char)*key);
	out[n] = '\0';
}

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}
#define IS_ONE_OF(word, words) is_one_of(word, words, sizeof(words) / sizeof((words)[0]))

static bool is_dry_run(const struct json_value *v)
{
	static const char *const dry[] = {"dryrun", "isdryrun"};
	static const char *const mock[] = {
		"mock", "ismock", "mocked", "simulated", "issimulated", "usemock"};
	char word[FLAG_MAX];

	letters_of(v->key, word);
	return IS_ONE_OF(word, dry) ? harvest_means_yes(v)
				    : IS_ONE_OF(word, mock) && json_is_bool(v, true);
}

/* The first member that says that nothing was run. */
static const struct json_value *find(const struct json_value *v, int depth)
{
	const struct json_value *found = NULL;

	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		if (is_dry_run(&v->sub[i]))
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

/* A report of one's own says at its top how it ended. */
const struct json_value *harvest_failed_run(const struct json_value *root)
{
	static const char *const keys[] = {
		"status", "state", "jobstatus", "runstatus", "evalstatus", "outcome"};
	static const char *const ends[] = {"aborted", "cancelled", "canceled", "crashed", "error",
		"errored", "fail", "failed", "failure", "incomplete", "inprogress", "interrupted",
		"killed", "pending", "queued", "running", "skipped", "started", "stopped",
		"timedout", "timeout"};
	static const char *const flags[] = {"success", "succeeded", "completed", "finished"};
	static const char *const errors[] = {"error", "errormessage", "exception", "traceback"};
	char word[FLAG_MAX], text[FLAG_MAX];

	for (size_t i = 0; json_is(root, JSON_KIND_OBJECT) && i < root->n; i++) {
		const struct json_value *v = &root->sub[i];
		bool is_text = json_is(v, JSON_KIND_STRING);

		letters_of(v->key, word);
		letters_of(is_text ? v->string : "", text);
		if ((IS_ONE_OF(word, keys) && IS_ONE_OF(text, ends)) ||
			(IS_ONE_OF(word, flags) && json_is_bool(v, false)) ||
			(IS_ONE_OF(word, errors) && is_text && harvest_means_yes(v)))
			return v;
	}
	return NULL;
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
