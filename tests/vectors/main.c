/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build/vectors FILE...: runs reference cases in the formats of tests/vectors/README.md. One line
 * for each failed case, a count last; exits 1 when a case failed and 2 when a file was unreadable.
 */
#include "vectors.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-9

/* Answers of Prometheus are a bare list. Any other file says its format; one that does not is known by a list that no other format has. */
static const struct {
	const char *format;
	const char *list;
	void (*run)(struct vectors *run, const json_t *root);
} formats[] = {
	{"spiralfedd-gate-vectors/1", "metric_verdicts", vectors_gates},
	{"spiralfedd-burnrate/1", "timelines", vectors_burnrate},
	{"spiralfedd-fusion/1", "routing", vectors_fusion},
	{"spiralfedd-schedule/1", "occurrences", vectors_schedule},
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

	if (!json_is_object(expected) || !computed) {
		vectors_unreadable(run, name, computed ? "nothing expected" : "unknown function");
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
			printf("%s: %s: ", run->file, name);
		printf("%s: expected ", key);
		print_value(member);
		fputs(", got ", stdout);
		print_value(answer);
	}
	if (differences)
		putchar('\n');
	*(differences ? &run->failed : &run->passed) += 1;
	json_decref(computed);
}

void vectors_unreadable(struct vectors *run, const char *name, const char *why)
{
	printf("%s: %s: %s\n", run->file, name ? name : "case without a name", why);
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
		fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
		return false;
	}
	const char *format = vectors_string(root, "format");
	bool is_known = false;

	if (json_is_array(root)) {
		is_known = true;
		vectors_prometheus(run, root);
	}
	for (size_t i = 0; i < sizeof formats / sizeof formats[0] && !is_known; i++) {
		is_known = format ? strcmp(format, formats[i].format) == 0
				  : json_object_get(root, formats[i].list) != NULL;
		if (is_known)
			formats[i].run(run, root);
	}
	if (!is_known)
		fprintf(stderr, "%s: none of the known formats\n", path);
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
