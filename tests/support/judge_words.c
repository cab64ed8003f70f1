/* SPDX-License-Identifier: Apache-2.0
 *
 * Units, policies and suites out of the words of tests/tables/gates_full.eval.
 */
#include "support/judge_words.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const char *digest_of(struct arena *a, char c)
{
	char *s = arena_printf(a, "sha256:%064d", 0);

	memset(s + 7, c, 64);
	return s;
}

/* ---- Units out of words ---- */

/* "a;b;c" as "a,b,c" */
static const char *commas(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	for (char *p = out; *p; p++)
		if (*p == ';')
			*p = ',';
	return out;
}

/* "pairs:41/70/1318", "pairs:0.012~0.004/2000", both with "@id" for another baseline. */
static const char *pairs(struct arena *a, char *s)
{
	const char *baseline = "s/b-v1";
	char *at = strchr(s, '@');
	double x, y;
	long long n;

	if (at) {
		*at = '\0';
		baseline = at + 1;
	}
	if (sscanf(s, "%lf~%lf/%lld", &x, &y, &n) == 3)
		return arena_printf(a,
			",\"paired\":{\"baseline\":\"%s\",\"mean_diff\":%.17g,\"stderr_diff\":%."
			"17g,"
			"\"n\":%lld}",
			baseline, x, y, n);
	ck_assert_msg(sscanf(s, "%lf/%lf/%lld", &x, &y, &n) == 3, "pairs %s", s);
	return arena_printf(a, ",\"paired\":{\"baseline\":\"%s\",\"b\":%.0f,\"c\":%.0f,\"n\":%lld}",
		baseline, x, y, n);
}

/* One part of a metric behind the first comma. */
static const char *part(struct arena *a, char *word)
{
	char *value = strchr(word, ':'), *counts;

	ck_assert_msg(value != NULL, "part %s", word);
	*value++ = '\0';
	if (!strcmp(word, "pairs"))
		return pairs(a, value);
	if (!strcmp(word, "data"))
		return arena_printf(a, ",\"dataset_digest\":\"%s\"", digest_of(a, *value));
	if (!strcmp(word, "judge"))
		return arena_printf(a, ",\"judge\":\"%s\"", value);
	if (!strcmp(word, "ci"))
		return arena_printf(a, ",\"ci\":[%s]", commas(a, value));
	if (!strcmp(word, "hist")) {
		counts = strchr(value, ':');
		*counts++ = '\0';
		return arena_printf(a, ",\"histogram\":{\"bounds\":[%s],\"counts\":[%s]}",
			commas(a, value), commas(a, counts));
	}
	return arena_printf(a, ",\"%s\":%s", word, value);
}

/* "0.81", "1138/1318", "0.745~0.0041/3000", each with parts. */
static const char *metric(struct arena *a, char *s)
{
	char *save = NULL, *first = strtok_r(s, ",", &save), *w;
	const char *out;
	double x, y;
	long long k, n;

	if (sscanf(first, "%lf~%lf/%lld", &x, &y, &n) == 3)
		out = arena_printf(a, "\"value\":%.17g,\"stderr\":%.17g,\"n\":%lld", x, y, n);
	else if (sscanf(first, "%lld/%lld", &k, &n) == 2)
		out = arena_printf(a, "\"value\":%.17g,\"successes\":%lld,\"n\":%lld",
			(double)k / (double)n, k, n);
	else
		out = arena_printf(a, "\"value\":%s", first);
	while ((w = strtok_r(NULL, ",", &save)))
		out = arena_printf(a, "%s%s", out, part(a, w));
	return arena_printf(a, "{%s}", out);
}

/* "3998/4000,digest:a,cat:self_harm=1000/1000" */
static const char *suite(struct arena *a, char *s)
{
	char *save = NULL, *first = strtok_r(s, ",", &save), *w, *slash = strchr(first, '/');
	const char *out, *categories = "";

	*slash = '\0';
	out = arena_printf(a, "\"passed\":%s,\"total\":%s", first, slash + 1);
	while ((w = strtok_r(NULL, ",", &save))) {
		char *value = strchr(w, ':') + 1, *name = value, *numbers = strchr(value, '=');
		if (!strncmp(w, "err:", 4)) {
			out = arena_printf(a, "%s,\"errors\":%s", out, value);
			continue;
		}
		if (!strncmp(w, "digest:", 7)) {
			out = arena_printf(a, "%s,\"digest\":\"%s\"", out, digest_of(a, *value));
			continue;
		}
		*numbers++ = '\0';
		slash = strchr(numbers, '/');
		*slash = '\0';
		categories = arena_printf(a, "%s%s\"%s\":{\"passed\":%s,\"total\":%s}", categories,
			*categories ? "," : "", name, numbers, slash + 1);
	}
	return arena_printf(a, "{%s%s%s%s}", out, *categories ? ",\"by_category\":{" : "",
		categories, *categories ? "}" : "");
}

struct unit *words_unit(struct arena *a, const char *id, const char *role, const char *description)
{
	const char *metrics = "", *suites = "", *rest = "";
	char *save = NULL, *words = arena_strdup(a, description);
	struct err err = {0};

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');
		ck_assert_msg(value != NULL, "%s", w);
		*value++ = '\0';
		if (!strncmp(w, "suite:", 6))
			suites = arena_printf(a, "%s%s\"%s\":%s", suites, *suites ? "," : "", w + 6,
				suite(a, value));
		else if (!strcmp(w, "contract") || !strcmp(w, "eval"))
			rest = arena_printf(a, "%s,\"%s\":{\"name\":\"nodal-fusion\"%s}", rest,
				*w == 'c' ? w : "eval_suite",
				*value == '-' ? ""
					      : arena_printf(a, ",\"digest\":\"%s\"",
							digest_of(a, *value)));
		else
			metrics = arena_printf(a, "%s%s\"%s\":%s", metrics, *metrics ? "," : "", w,
				metric(a, value));
	}
	const char *text = arena_printf(a,
		"{\"provider\":\"hf\",\"artifact\":{\"id\":\"%s\",\"role\":\"%s\",\"uri\":\"hf://"
		"x\"%s%s%s%s%s%s}%s}",
		id, role, *metrics ? ",\"metrics\":{" : "", metrics, *metrics ? "}" : "",
		*suites ? ",\"suites\":{" : "", suites, *suites ? "}" : "", rest);
	struct unit *u = ARENA_NEW(a, struct unit);
	ck_assert_msg(!fields_load_text(&unit_table, text, a, u, &err), "%s: %s", err.msg, text);
	char digest[DIGEST_STRLEN];
	u->content_digest = arena_strdup(a, digest_string(text, strlen(text), digest));
	return u;
}

struct policy *words_policy(struct arena *a, const char *text)
{
	struct policy *p = ARENA_NEW(a, struct policy);
	const char *canonical;
	struct faults f;
	struct err err = {0};

	faults_init(&f);
	int rc = policy_parse(text, strlen(text), a, p, &canonical, &f, &err);
	ck_assert_msg(!rc, "%s%s %s in %s", err.msg, f.n ? f.list[0].pointer : "",
		f.n ? f.list[0].detail : "", text);
	return p;
}

struct policy *words_policy_of_gates(struct arena *a, const char *gates)
{
	return words_policy(a,
		arena_printf(a,
			"{\"providers\":{\"hf\":{\"roles\":[\"textgen\",\"embed\",\"runtime\"]}},"
			"\"slots\":{\"textgen\":{\"provider\":\"hf\"}},\"gates\":%s}",
			gates));
}

struct canonical_suite *words_suite(struct arena *a, const char *text)
{
	struct canonical_suite *s = ARENA_NEW(a, struct canonical_suite);
	struct err err = {0};

	ck_assert_msg(!fields_load_text(&canonical_suite_table, text, a, s, &err), "%s: %s",
		err.msg, text);
	return s;
}
