/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build/vectors FILE...: runs reference cases in the formats of vectors/README.md. One line
 * for each failed case, a count last; exits 1 when a case failed and 2 when a file was unreadable,
 * which counts as one that failed.
 */
#include "vectors.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-9
#define NAMELESS  "case without a name"

enum { LISTS_MAX = 5 };

/* Answers of Prometheus are a bare list. Any other file says its format, or is known by a list of it:
 * no two formats have one of the same name. */
static const struct format {
	const char *format;
	const char *lists[LISTS_MAX];
	void (*run)(struct vectors *run, const json_t *root);
} formats[] = {
	{"spiralfedd-gate-vectors/1",
		{"cases", "metric_verdicts", "safety_verdicts", "quality_gates"}, vectors_gates},
	{"spiralfedd-burnrate/1", {"timelines"}, vectors_burnrate},
	{"spiralfedd-fusion/1", {"routing", "votes", "split_buckets"}, vectors_fusion},
	{"wycheproof", {"testGroups"}, vectors_wycheproof},
	{"spiralfedd-schedule/1", {"occurrences", "windows", "catch_up"}, vectors_schedule},
};

double vectors_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

int64_t vectors_count(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return -1;
	double number = json_is_number(value) ? json_number_value(value) : NAN;

	if (!(number >= 0.0 && number <= 0x1p53) || number != floor(number))
		return INT64_MIN;
	return (int64_t)number;
}

const char *vectors_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *vectors_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static bool agree(const json_t *expected, const json_t *computed, double tolerance)
{
	if (json_is_integer(expected) && json_is_integer(computed))
		return json_integer_value(expected) == json_integer_value(computed);
	if (json_is_number(expected) && json_is_number(computed))
		return fabs(json_number_value(expected) - json_number_value(computed)) <= tolerance;
	if (json_is_array(expected) && json_is_array(computed)) {
		if (json_array_size(expected) != json_array_size(computed))
			return false;
		for (size_t i = 0; i < json_array_size(expected); i++) {
			if (!agree(json_array_get(expected, i), json_array_get(computed, i),
				    tolerance))
				return false;
		}
		return true;
	}
	if (json_is_object(expected) && json_is_object(computed)) {
		const char *key;
		json_t *member;

		json_object_foreach((json_t *)expected, key, member)
		{
			if (!agree(member, json_object_get(computed, key), tolerance))
				return false;
		}
		return true;
	}
	return computed && json_equal(expected, computed);
}

static void print_value(const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	fputs(text ? text : "nothing", stdout);
	free(text);
}

void vectors_case(struct vectors *run, const char *name, const json_t *expected, json_t *computed)
{
	unsigned differences = 0;
	const char *key;
	json_t *member;

	if (!json_object_size(expected) || !computed) {
		vectors_unreadable(
			run, name, computed ? "nothing is expected of it" : "nothing came of it");
		json_decref(computed);
		return;
	}
	json_object_foreach((json_t *)expected, key, member)
	{
		const json_t *answer = json_object_get(computed, key);

		if (agree(member, answer, run->tolerance))
			continue;
		if (differences++)
			fputs("; ", stdout);
		else
			printf("%s: %s: ", run->file, name ? name : NAMELESS);
		printf("%s: expected ", key);
		print_value(member);
		fputs(", got ", stdout);
		print_value(answer);
	}
	if (differences && run->note)
		printf(" (%s)", run->note);
	if (differences)
		putchar('\n');
	*(differences ? &run->failed : &run->passed) += 1;
	json_decref(computed);
}

void vectors_unreadable(struct vectors *run, const char *name, const char *why)
{
	printf("%s: %s: %s\n", run->file, name ? name : NAMELESS, why);
	run->failed++;
}

/*
 * Writers that follow IEEE 754 rather than RFC 8259 have bare words for what is no number. As an
 * empty list, no number either, they reach the judge, which has to refuse them, and the rest of the
 * file stays readable.
 */
static void blank_non_numbers(char *text)
{
	static const char *const words[] = {"-Infinity", "Infinity", "NaN"};
	bool in_string = false;

	for (char *at = text; *at; at++) {
		if (in_string && *at == '\\' && at[1])
			at++;
		else if (*at == '"')
			in_string = !in_string;
		for (size_t i = 0; !in_string && i < sizeof words / sizeof words[0]; i++) {
			size_t length = strlen(words[i]);

			if (strncmp(at, words[i], length) == 0) {
				memset(at, ' ', length);
				memcpy(at, "[]", 2);
			}
		}
	}
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t length = file ? getdelim(&text, &size, '\0', file) : -1;

	if (file)
		fclose(file);
	if (length >= 0)
		return text;
	free(text);
	return NULL;
}

static bool has_list(const struct format *f, const char *name)
{
	for (size_t i = 0; i < LISTS_MAX && f->lists[i]; i++)
		if (strcmp(f->lists[i], name) == 0)
			return true;
	return false;
}

static const struct format *find_format(const json_t *root)
{
	const char *said = vectors_string(root, "format"), *key;
	json_t *value;

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (said && strcmp(said, formats[i].format) == 0)
			return &formats[i];
		json_object_foreach((json_t *)root, key, value)
		{
			if (!said && has_list(&formats[i], key))
				return &formats[i];
		}
	}
	return NULL;
}

/* Cases of a kind that the format does not have are not passed over. */
static void find_unknown_lists(struct vectors *run, const json_t *root, const struct format *f)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)root, key, value)
	{
		if (has_list(f, key)) {
			if (!json_is_array(value))
				vectors_unreadable(run, key, "is not a list");
		} else if (json_object_get(json_array_get(value, 0), "expect") ||
			   json_object_get(json_array_get(value, 0), "out")) {
			vectors_unreadable(
				run, key, "a list of cases that the format does not have");
		}
	}
}

/* false: it is of no known format. */
static bool run_root(struct vectors *run, const json_t *root)
{
	const unsigned before = run->passed + run->failed;
	const struct format *f = NULL;
	const char *said = vectors_string(root, "format");

	if (json_is_array(root)) {
		vectors_prometheus(run, root);
	} else if ((f = find_format(root))) {
		f->run(run, root);
		find_unknown_lists(run, root, f);
	} else {
		vectors_unreadable(run, said ? said : "no format", "none of the known formats");
		return false;
	}
	if (run->passed + run->failed == before)
		vectors_unreadable(run, f ? f->format : "a list", "holds no case");
	return true;
}

static bool run_file(struct vectors *run, const char *path)
{
	const char *slash = strrchr(path, '/');
	json_error_t error = {.line = 0, .text = "cannot be read"};
	char *text = read_text(path);

	run->file = slash ? slash + 1 : path;
	if (text)
		blank_non_numbers(text);
	json_t *root = text ? json_loads(text, 0, &error) : NULL;

	free(text);
	if (!root) {
		printf("%s:%d: %s\n", path, error.line, error.text);
		run->failed++;
		return false;
	}
	bool is_known = run_root(run, root);

	json_decref(root);
	return is_known;
}

int main(int argc, char **argv)
{
	struct vectors run = {.tolerance = TOLERANCE};
	bool all_read = argc > 1;

	if (argc < 2)
		fputs("usage: vectors FILE...\n", stderr);
	for (int i = 1; i < argc; i++) {
		if (!run_file(&run, argv[i]))
			all_read = false;
	}
	printf("%u passed, %u failed\n", run.passed, run.failed);
	if (!all_read)
		return 2;
	return run.failed ? 1 : 0;
}
