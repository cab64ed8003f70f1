/* SPDX-License-Identifier: Apache-2.0
 *
 * One file of a harvest: opened as JSON, JSON Lines or a card, recognised, read. Owns what every reader
 * has in common: what is a number, which scale it is on, and that a dry run is none.
 */
#include "model/harvest.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/harvest_parts.h"

static const struct harvest_format formats[] = {
#define X(id, title) {title, harvest_is_##id, harvest_read_##id},
#include "model/harvest_formats.def"
#undef X
};

enum { ROOM_FIRST = 16, DRY_RUN_DEPTH = 4, FLAG_MAX = 16 };

/* What floating point makes of a whole, and no percentage. */
#define OVERSHOOT 1e-6

void harvest_init(struct harvest *h, struct arena *a)
{
	*h = (struct harvest){.arena = a, .tokens_per_s = NAN};
}

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

static const char *pointer_of(const struct harvest *h, const struct json_value *v)
{
	return v ? json_pointer(v, h->arena) : "";
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
	if (!json_is(v, JSON_KIND_NUMBER) || v->number < 0 || v->number > 9007199254740991.0 ||
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
	if (h->n_findings == HARVEST_FINDINGS_MAX)
		return ARENA_NEW(h->arena, struct finding);
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

/* A share is kept from 0 to 1. What may be on either scale waits for harvest_close(). */
static void set_scale(struct finding *f, enum metric_scale scale)
{
	double v = f->metric.value;

	if (scale == SCALE_FREE || f->use == FOUND_UNFIT)
		return;
	if (v < (scale == SCALE_SIGNED ? -100 : 0) || v > (scale == SCALE_ERRORS ? 10000 : 100)) {
		harvest_unfit(f, "is no share: neither on a scale to 1 nor to 100");
	} else if (fabs(v) > 1 && fabs(v) <= 1 + OVERSHOOT) {
		f->metric.value = copysign(1, v);
	} else if (scale == SCALE_OPEN && v > 0 && v <= 1) {
		f->is_scaled = true;
		harvest_on_call(f, "is a share by one tool and a percentage by another; say which "
				   "with /1 or /100 behind it in --map");
	} else if (scale == SCALE_ERRORS && v > 1 && v <= 3) {
		f->is_scaled = true;
		harvest_on_call(f, "is either a rate of more than one or a small one in percent; "
				   "say which with /1 or /100 behind it in --map");
	} else if (fabs(v) > 1) {
		f->metric.value = v / 100;
		f->is_divided = true;
	}
}

static bool is_spread(const char *stem)
{
	static const char *const words[] = {"std", "stddev", "stdev", "stderr", "deviation"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (metric_name_has(stem, words[i]))
			return true;
	return false;
}

struct finding *harvest_find_number(struct harvest *h, const struct json_value *at, double number,
	const char *prefix, const char *stem)
{
	struct finding *f = add_finding(h, at);
	enum metric_scale scale;

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
	set_scale(f, scale);
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

/* ---- One file ---- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcasecmp(s + n - m, end);
}

/* As a script would take it: whatever does not say no. */
static bool means_true(const struct json_value *v)
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
static const struct json_value *find_dry_run(const struct json_value *v, int depth)
{
	const struct json_value *found = NULL;

	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		if (is_dry_run(v->sub[i].key) && means_true(&v->sub[i]))
			return &v->sub[i];
	if (depth < DRY_RUN_DEPTH && (json_is(v, JSON_KIND_OBJECT) || json_is(v, JSON_KIND_ARRAY)))
		for (size_t i = 0; !found && i < v->n; i++)
			found = find_dry_run(&v->sub[i], depth + 1);
	return found;
}

static size_t first_line(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end ? (size_t)(end - text) : len;
}

static int yaml_text(const char *bytes, size_t len, struct arena *a, const char **ret,
	size_t *ret_len, struct err *err)
{
	STRBUF_AUTO json = STRBUF_INIT(HARVEST_FILE_MAX);

	if (yaml_to_json(bytes, len, &json, err))
		return -1;
	*ret = arena_strndup(a, json.buf, json.len);
	*ret_len = json.len;
	return 0;
}

/* Fill in what of the file the recognisers look at. */
static enum harvest_outcome open_file(
	struct harvest *h, const char *bytes, size_t len, struct harvest_file *f, struct err *err)
{
	size_t n = len, values;
	const char *text = bytes;
	struct err why = {0};
	int rc;

	f->is_card = ends_with(f->name, ".md");
	f->is_lines = ends_with(f->name, ".jsonl");
	f->text = bytes;
	f->len = len;
	if (f->is_card) {
		rc = harvest_front_matter(bytes, len, h->arena, &text, &n, &why);
		if (rc > 0)
			return harvest_empty(h, NULL, err,
				"has no front matter, and numbers in prose are no evidence: put "
				"them into model-index");
		if (rc)
			return harvest_refuse(h, NULL, err, "%s", why.msg);
	} else if (ends_with(f->name, ".yaml") || ends_with(f->name, ".yml")) {
		if (yaml_text(bytes, len, h->arena, &text, &n, &why))
			return harvest_refuse(h, NULL, err, "%s", why.msg);
	} else if (f->is_lines) {
		n = first_line(bytes, len);
	}
	text = harvest_strict(text, n, h->arena, &n);
	if (strspn(text, " \t\r\n") == n)
		return harvest_refuse(h, NULL, err, "is empty");
	if (json_tree(text, n, HARVEST_VALUES_MAX, h->arena, &f->root, &values, &why))
		return harvest_refuse(h, NULL, err, "is no JSON: %s", why.msg);
	return HARVEST_READ;
}

static bool is_share(enum metric_scale scale)
{
	return scale == SCALE_SHARE || scale == SCALE_SIGNED;
}

/* The same metric of another task, or another share of the same task. */
static bool is_of_one_scale(const struct finding *a, const struct finding *b)
{
	enum metric_scale of_a, of_b;

	if (!strcmp(a->stem, b->stem))
		return true;
	metric_name_direction(a->stem, &of_a);
	metric_name_direction(b->stem, &of_b);
	return is_share(of_a) && is_share(of_b) &&
	       !strcmp(a->prefix ? a->prefix : "", b->prefix ? b->prefix : "");
}

/* What is on a scale to 100 in one place of a file is hardly on the other in the next. */
static void close_scales(struct harvest *h, size_t from)
{
	for (size_t i = from; i < h->n_findings; i++) {
		struct finding *f = &h->findings[i];
		enum metric_scale scale;

		metric_name_direction(f->stem, &scale);
		if (f->is_divided || f->is_scaled || f->use == FOUND_UNFIT || scale == SCALE_FREE ||
			f->metric.value == 0)
			continue;
		for (size_t k = from; k < h->n_findings; k++) {
			const struct finding *other = &h->findings[k];
			if (!other->is_divided || !is_of_one_scale(other, f))
				continue;
			f->is_scaled = true;
			harvest_on_call(
				f, arena_printf(h->arena,
					   "stands beside %s, which is on a scale to 100; say "
					   "which this is with /1 or /100 behind it in --map",
					   other->name));
			break;
		}
	}
}

static enum harvest_outcome read_file(
	struct harvest *h, const char *bytes, size_t len, struct err *err)
{
	const char *slash = strrchr(h->file, '/');
	struct harvest_file f = {.path = h->file, .name = slash ? slash + 1 : h->file};
	size_t findings = h->n_findings, suites = h->n_suites;

	if (len > HARVEST_FILE_MAX)
		return harvest_refuse(h, NULL, err, "has more than %d MiB", HARVEST_FILE_MAX >> 20);
	enum harvest_outcome outcome = open_file(h, bytes, len, &f, err);
	if (outcome != HARVEST_READ)
		return outcome;
	const struct json_value *dry = find_dry_run(f.root, 0);
	if (dry)
		return harvest_refuse(
			h, dry, err, "says that it was a dry run, so that nothing was measured");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!formats[i].recognise(&f))
			continue;
		h->format = formats[i].title;
		outcome = formats[i].read(h, &f, err);
		if (outcome == HARVEST_READ && h->n_findings == HARVEST_FINDINGS_MAX)
			return harvest_refuse(
				h, NULL, err, "has more than %d numbers", HARVEST_FINDINGS_MAX);
		if (outcome == HARVEST_READ)
			close_scales(h, findings);
		if (outcome == HARVEST_READ && h->n_findings == findings && h->n_suites == suites)
			return harvest_empty(h, NULL, err, "(%s) holds no number", h->format);
		return outcome;
	}
	h->format = NULL;
	harvest_empty(h, NULL, err,
		"is in no format that is read here; write its numbers into a manifest by hand, or "
		"into the model-index of a card");
	return HARVEST_UNKNOWN;
}

enum harvest_outcome harvest_read(
	struct harvest *h, const char *file, const char *bytes, size_t len, struct err *err)
{
	struct harvest before = *h;
	const char *format;
	struct err why = {0};

	h->file = arena_strdup(h->arena, file);
	h->format = NULL;
	enum harvest_outcome outcome = read_file(h, bytes, len, &why);
	file = h->file;
	format = h->format;
	size_t n_found = h->n_findings - before.n_findings + h->n_suites - before.n_suites;
	if (outcome == HARVEST_REFUSED || outcome == HARVEST_UNKNOWN)
		*h = before;
	GROW(h, sources, n_sources, room_sources);
	h->sources[h->n_sources++] = (struct harvest_source){.file = file,
		.format = format,
		.outcome = outcome,
		.why = outcome == HARVEST_READ ? NULL : arena_strdup(h->arena, why.msg),
		.n_found = n_found};
	if (outcome != HARVEST_READ) {
		*err = why;
		err_wrap(err, "%s", file);
	}
	return outcome;
}
