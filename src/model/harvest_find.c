/* SPDX-License-Identifier: Apache-2.0
 *
 * What every reader of a harvest has in common: the sentences of a refusal, what is a number, the findings
 * and suites that it makes, and what a file says about the artifact. Refuses to take text for a number.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "model/harvest_parts.h"

/* Of two that differ by the whole. */
#define MOST_STDERR 0.5

enum { ROOM_FIRST = 16 };

/* Room for one more in an array of the arena. */
static void *grown(struct arena *a, void *v, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return v;
	size_t larger = *room ? 2 * *room : ROOM_FIRST;
	char *copy = arena_calloc(a, larger, size);
	if (n)
		memcpy(copy, v, n * size);
	*room = larger;
	return copy;
}
#define GROW(h, list, n, room) \
	((h)->list = grown((h)->arena, (h)->list, (h)->n, &(h)->room, sizeof(*(h)->list)))

/* Of one number each; a long name stands before many. */
static bool is_full(const struct harvest *h)
{
	return h->n_findings == HARVEST_FINDINGS_MAX || h->n_text > HARVEST_TEXT_MAX;
}

static const char *pointer_of(struct harvest *h, const struct json_value *v)
{
	const char *pointer = v && h->n_text <= HARVEST_TEXT_MAX ? json_pointer(v, h->arena) : "";

	h->n_text += strlen(pointer);
	return pointer;
}

static void __attribute__((format(printf, 4, 0)))
say(struct harvest *h, const struct json_value *v, struct err *err, const char *fmt, va_list ap)
{
	STRBUF_AUTO text = STRBUF_INIT(sizeof(err->msg));
	const char *at = pointer_of(h, v);

	strbuf_vaddf(&text, fmt, ap);
	err_set_at(err, ERR_INVALID_BODY, at, "%s%s%s", at, *at ? ": " : "", text.buf);
}

enum harvest_outcome harvest_refuse(
	struct harvest *h, const struct json_value *v, struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(h, v, err, fmt, ap);
	va_end(ap);
	return HARVEST_REFUSED;
}

enum harvest_outcome harvest_empty(
	struct harvest *h, const struct json_value *v, struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(h, v, err, fmt, ap);
	va_end(ap);
	return HARVEST_EMPTY;
}

void harvest_note(struct harvest *h, const struct json_value *v, const char *fmt, ...)
{
	STRBUF_AUTO text = STRBUF_INIT(sizeof(((struct err *)NULL)->msg));
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	GROW(h, notes, n_notes, room_notes);
	h->notes[h->n_notes++] =
		(struct said){arena_strdup(h->arena, text.buf), h->file, pointer_of(h, v)};
}

/* ---- Numbers ---- */

bool harvest_number(
	const struct harvest *h, const struct json_value *v, double *ret, const char **ret_why)
{
	static const char *const kinds[] = {[JSON_KIND_NULL] = "null",
		[JSON_KIND_BOOL] = "a truth value",
		[JSON_KIND_ARRAY] = "a list",
		[JSON_KIND_OBJECT] = "an object"};

	if (json_is(v, JSON_KIND_NUMBER)) {
		*ret = v->number;
		return true;
	}
	if (json_is(v, JSON_KIND_STRING))
		*ret_why = arena_printf(h->arena, "is the text \"%.40s\", not a number", v->string);
	else
		*ret_why = v ? arena_printf(h->arena, "is %s, not a number", kinds[v->kind])
			     : "is missing";
	return false;
}

int64_t harvest_count(const struct json_value *v)
{
	if (!json_is(v, JSON_KIND_NUMBER) || v->number < 0 || v->number > HARVEST_COUNT_MAX ||
		v->number != floor(v->number))
		return -1;
	return (int64_t)v->number;
}

void harvest_unfit(struct finding *f, const char *why)
{
	f->use = FOUND_UNFIT;
	f->why = why;
}

void harvest_on_call(struct finding *f, const char *why)
{
	if (f->use == FOUND_UNFIT)
		return;
	f->use = FOUND_ON_CALL;
	f->why = why;
}

static struct finding *add_finding(struct harvest *h, const struct json_value *at)
{
	GROW(h, findings, n_findings, room_findings);
	struct finding *f = &h->findings[h->n_findings++];
	*f = (struct finding){.metric = {.value = NAN,
				      .n = -1,
				      .successes = -1,
				      .stderr_ = NAN,
				      .ci_lo = NAN,
				      .ci_hi = NAN,
				      .ci_level = NAN,
				      .clusters = -1,
				      .higher_is_better = -1},
		.file = h->file,
		.pointer = pointer_of(h, at)};
	return f;
}

static bool has_one_of(const char *stem, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (metric_name_has(stem, words[i]))
			return true;
	return false;
}
#define HAS_ONE_OF(stem, words) has_one_of(stem, words, sizeof(words) / sizeof((words)[0]))

static bool is_spread(const char *stem)
{
	static const char *const words[] = {"std", "stddev", "stdev", "stderr", "deviation"};

	return HAS_ONE_OF(stem, words);
}

static bool is_wanted(const char *stem)
{
	static const char *const words[] = {"baseline", "goal", "target", "threshold"};

	return HAS_ONE_OF(stem, words);
}

static bool is_of_a_token(const char *stem)
{
	static const char *const words[] = {"itl", "tpot", "token", "tokens"};

	return HAS_ONE_OF(stem, words);
}

static void may_be_seconds(struct finding *f)
{
	f->is_scaled = true;
	harvest_on_call(f,
		"is less than a millisecond: perhaps it is in seconds, and then the file "
		"has to be put right; when it is in milliseconds, say so with /1 behind "
		"it in --map");
}

struct finding *harvest_find_number(struct harvest *h, const struct json_value *at, double number,
	const char *prefix, const char *stem)
{
	struct finding *f;
	enum metric_scale scale;

	if (is_full(h)) {
		f = ARENA_NEW(h->arena, struct finding);
		f->name = f->stem = "";
		return f;
	}
	f = add_finding(h, at);
	h->n_text += (prefix ? strlen(prefix) : 0) + strlen(stem);
	f->name = f->metric.name = harvest_key(h->arena, prefix, stem);
	f->prefix = prefix ? arena_strdup(h->arena, prefix) : NULL;
	f->stem = arena_strdup(h->arena, stem);
	f->metric.value = number;
	f->metric.higher_is_better = metric_name_direction(stem, &scale);
	f->quantile = metric_name_quantile(stem, &f->is_ms);
	if (!isfinite(number))
		harvest_unfit(f, "is not finite");
	else if (is_spread(stem))
		harvest_unfit(f, "is how far the values lie apart, and no measurement of its own");
	else if (number <= 0 && f->is_ms)
		harvest_unfit(f, "is not more than 0: no request takes no time");
	else if (number <= 0 && metric_name_has(stem, "cost"))
		harvest_unfit(f, "is not more than 0: what costs nothing was not counted");
	else if (f->is_ms && number < 1 && !is_of_a_token(stem))
		may_be_seconds(f);
	else if (is_wanted(stem))
		harvest_on_call(f, "is by its name what was wanted, or what another did; --map "
				   "takes it when it was measured");
	harvest_set_scale(f, scale);
	return f;
}

struct finding *harvest_find(
	struct harvest *h, const struct json_value *v, const char *prefix, const char *stem)
{
	double number = NAN;
	const char *why = NULL;
	bool is_number = harvest_number(h, v, &number, &why);
	struct finding *f = harvest_find_number(h, v, number, prefix, stem);

	if (!is_number)
		harvest_unfit(f, why);
	return f;
}

void harvest_stderr(struct harvest *h, struct finding *f, const struct json_value *v)
{
	double number;
	const char *why = NULL;
	enum metric_scale scale;

	metric_name_direction(f->stem, &scale);
	if (!v || f->use == FOUND_UNFIT)
		return;
	if (!harvest_number(h, v, &number, &why))
		harvest_note(h, v, "%s: without a standard error", why);
	else if (number < 0)
		harvest_note(h, v, "is negative: without a standard error");
	else if (number == 0)
		harvest_note(h, v, "a standard error of 0 says nothing: left out");
	else
		f->metric.stderr_ = f->is_divided ? number / 100 : number;
	if (scale == SCALE_SHARE && f->metric.stderr_ > MOST_STDERR)
		harvest_unfit(
			f, arena_printf(h->arena,
				   "has a standard error of %.6g, and that of a share is never "
				   "more than 0.5: perhaps it is a standard deviation, or in "
				   "percent",
				   f->metric.stderr_));
}

struct found_suite *harvest_suite(struct harvest *h, const struct json_value *at, const char *name)
{
	GROW(h, suites, n_suites, room_suites);
	struct found_suite *s = &h->suites[h->n_suites++];
	*s = (struct found_suite){.suite = {.name = harvest_key(h->arena, NULL, name),
					  .total = 0,
					  .violations = 0,
					  .errors = 0,
					  .passed = 0},
		.file = h->file,
		.pointer = pointer_of(h, at)};
	return s;
}

/* ---- What a file says about the artifact ---- */

void harvest_model_named(struct harvest *h, const struct json_value *at, const char *name)
{
	if (!name || !*name)
		return;
	GROW(h, models, n_models, room_models);
	h->models[h->n_models++] =
		(struct said){arena_strdup(h->arena, name), h->file, pointer_of(h, at)};
}

void harvest_model(struct harvest *h, const struct json_value *v)
{
	if (json_is(v, JSON_KIND_STRING))
		harvest_model_named(h, v, v->string);
}

void harvest_about(struct harvest *h, struct said *ret, const struct json_value *v)
{
	if (json_is(v, JSON_KIND_STRING) && *v->string && !ret->text)
		*ret = (struct said){v->string, h->file, pointer_of(h, v)};
}

void harvest_base(struct harvest *h, const struct json_value *at, const char *name)
{
	if (!name || !*name || h->base_model.text)
		return;
	if (strchr("/.~", *name) || strchr(name, '\\')) {
		harvest_note(h, at,
			"\"%.120s\" is a path of one machine, which names no base model: say it "
			"with --base-model",
			name);
		return;
	}
	h->base_model = (struct said){arena_strdup(h->arena, name), h->file, pointer_of(h, at)};
}

void harvest_add_source(struct harvest *h, const struct harvest_source *source)
{
	GROW(h, sources, n_sources, room_sources);
	h->sources[h->n_sources++] = *source;
}
