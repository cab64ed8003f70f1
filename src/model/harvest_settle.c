/* SPDX-License-Identifier: Apache-2.0
 *
 * Many files, one artifact: which of several numbers of one name counts, whether they all speak of the
 * same model, and which of the policy's names a number goes by. Refuses what would have to be guessed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/words.h"
#include "model/format.h"
#include "model/harvest_parts.h"

/* Cards round to four digits; further apart two numbers are two measurements. */
#define SAME_TO 5e-5

enum { NEAR_MAX = 1000 };

int harvest_map_parse(const char *text, struct arena *a, struct harvest_maps *ret, struct err *err)
{
	size_t room = 1;

	for (const char *s = text; *s; s++)
		room += *s == ',' || *s == ' ';
	struct harvest_map *v = ARENA_ARRAY(a, room, struct harvest_map);
	size_t n = 0;
	struct word w;

	for (const char *at = text; words_next(&at, &w);) {
		char *pair = arena_strndup(a, w.s, w.n), *equals = strchr(pair, '=');
		char *slash = equals ? strrchr(equals, '/') : NULL;

		if (!equals || equals == pair || !equals[1] || slash == equals + 1)
			return err_set(err, ERR_INVALID_PARAMETER,
				"\"%s\" is not of the form NAME=FOUND, NAME=FOUND/100 or "
				"NAME=FOUND/1",
				pair);
		*equals = '\0';
		v[n] = (struct harvest_map){.as = pair, .found = equals + 1};
		if (slash) {
			*slash = '\0';
			v[n].divisor = !strcmp(slash + 1, "100") ? 100
				       : !strcmp(slash + 1, "1") ? 1
								 : -1;
			if (v[n].divisor < 0)
				return err_set(err, ERR_INVALID_PARAMETER,
					"\"/%s\" behind %s is neither /100 nor /1", slash + 1,
					v[n].found);
		}
		if (!format_name.check(pair))
			return err_set(err, ERR_INVALID_PARAMETER, "\"%s\" is not %s", pair,
				format_name.title);
		for (size_t i = 0; i < n; i++)
			if (!strcmp(v[i].as, pair))
				return err_set(
					err, ERR_INVALID_PARAMETER, "%s is given twice", pair);
		n++;
	}
	*ret = (struct harvest_maps){v, n};
	return 0;
}

/* ---- One model ---- */

static const char *last_part(const char *name)
{
	size_t n = strlen(name);

	while (n && name[n - 1] == '/')
		n--;
	while (n && name[n - 1] != '/')
		n--;
	return name + n;
}

static bool is_known_as(const struct harvest_target *t, const char *name)
{
	if (t->id && (!strcmp(t->id, name) || !strcasecmp(last_part(t->id), last_part(name))))
		return true;
	return t->known_as && words_have(t->known_as, name);
}

static bool same_model(const char *a, const char *b)
{
	return !strcasecmp(last_part(a), last_part(b));
}

static void note_other_name(struct harvest *h, const struct harvest_target *t, const struct said *m)
{
	if (t->subject && same_model(t->subject, m->text))
		return;
	for (const struct said *before = h->models; before < m; before++)
		if (same_model(before->text, m->text))
			return;
	h->file = m->file;
	harvest_note(h, NULL,
		"measured %.120s, and the manifest is about %.120s: when the two are one, say so "
		"with --known-as %.120s",
		m->text, t->id, m->text);
}

static int check_models(struct harvest *h, const struct harvest_target *t, struct err *err)
{
	const struct said *first = NULL;

	for (size_t i = 0; i < h->n_models; i++) {
		const struct said *m = &h->models[i];
		if (is_known_as(t, m->text))
			continue;
		if (!first)
			first = m;
		if (!same_model(first->text, m->text))
			return err_set(err, ERR_INVALID_BODY,
				"%s measured %s and %s measured %s: one artifact is one model; "
				"leave "
				"one out, or say with --known-as %s,%s that both are this one",
				first->file, first->text, m->file, m->text, first->text, m->text);
		if (t->id)
			note_other_name(h, t, m);
	}
	return 0;
}

/* ---- One number for each name ---- */

static bool same_value(double a, double b)
{
	return fabs(a - b) <= SAME_TO * fmax(1, fmax(fabs(a), fabs(b)));
}

static int evidence_of(const struct finding *f)
{
	return (f->metric.n > 0) + 2 * !isnan(f->metric.stderr_) + (f->metric.successes >= 0);
}

static int settle_pair(struct harvest *h, struct finding *a, struct finding *b, struct err *err)
{
	bool same = same_value(a->metric.value, b->metric.value);
	bool first = a->rank != b->rank ? a->rank > b->rank : evidence_of(a) >= evidence_of(b);
	struct finding *keep = first ? a : b, *drop = first ? b : a;

	if (!same && a->rank == b->rank)
		return err_set(err, ERR_INVALID_BODY,
			"%s is %.6g in %s (%s) and %.6g in %s (%s): which of them is it? Leave one "
			"file out",
			a->name, a->metric.value, a->file, a->pointer, b->metric.value, b->file,
			b->pointer);
	harvest_unfit(drop, arena_printf(h->arena, same ? "says the same as %s" : "gives way to %s",
				    keep->file));
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct finding *f = *(struct finding *const *)a, *g = *(struct finding *const *)b;
	int order = strcmp(f->name, g->name);

	return order ? order : f < g ? -1 : f > g;
}

static int settle_names(struct harvest *h, struct err *err)
{
	struct finding **v = ARENA_ARRAY(h->arena, h->n_findings + 1, struct finding *);
	size_t n = 0;

	for (size_t i = 0; i < h->n_findings; i++)
		if (h->findings[i].use == FOUND_TAKEN)
			v[n++] = &h->findings[i];
	qsort(v, n, sizeof(struct finding *), by_name);
	for (size_t i = 1, kept = 0; i < n; i++) {
		if (strcmp(v[kept]->name, v[i]->name) != 0) {
			kept = i;
			continue;
		}
		if (settle_pair(h, v[kept], v[i], err))
			return -1;
		if (v[kept]->use != FOUND_TAKEN)
			kept = i;
	}
	for (size_t i = 0; i < h->n_suites; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(h->suites[i].suite.name, h->suites[k].suite.name))
				return err_set(err, ERR_INVALID_BODY,
					"%s and %s both hold the suite %s: give one of them, or "
					"make a manifest of each",
					h->suites[k].file, h->suites[i].file,
					h->suites[i].suite.name);
	return 0;
}

/* ---- The map ---- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static struct finding *find_finding(const struct harvest *h, const char *name)
{
	struct finding *best = NULL;

	for (size_t i = 0; i < h->n_findings; i++) {
		struct finding *f = &h->findings[i];
		if (!strcmp(f->name, name) && (!best || f->use < best->use))
			best = f;
	}
	return best;
}

static struct found_suite *find_suite(const struct harvest *h, const char *name)
{
	for (size_t i = 0; i < h->n_suites; i++)
		if (!strcmp(h->suites[i].suite.name, name))
			return &h->suites[i];
	return NULL;
}

static int no_such_name(const struct harvest *h, const char *name, struct err *err)
{
	const char **names = ARENA_ARRAY(h->arena, NEAR_MAX, const char *);
	size_t n = 0;

	for (size_t i = 0; i < h->n_findings && n < NEAR_MAX; i++)
		names[n++] = h->findings[i].name;
	for (size_t i = 0; i < h->n_suites && n < NEAR_MAX; i++)
		names[n++] = h->suites[i].suite.name;
	const char *near = suggest_name(name, names, n);
	if (near)
		return err_set(err, ERR_INVALID_PARAMETER,
			"the files hold nothing called %s; did you mean %s?", name, near);
	return err_set(err, ERR_INVALID_PARAMETER,
		"the files hold nothing called %s; --explain lists what they hold", name);
}

static int set_divisor(struct finding *f, const struct harvest_map *m, struct err *err)
{
	f->is_told = m->divisor > 0;
	if (f->is_scaled && !m->divisor)
		return err_set(err, ERR_INVALID_PARAMETER, "%s (%s, %.6g) %s", f->name, f->file,
			f->metric.value, f->why);
	if (f->is_divided && m->divisor == 1)
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s is a share, and %.6g in %s is more than the whole: it is on a scale to "
			"100, not to 1",
			f->name, f->metric.value * 100, f->file);
	if (m->divisor == 100 && f->is_ms)
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s (%s, %.6g) is a duration, and none is a percentage", f->name, f->file,
			f->metric.value);
	if (m->divisor == 100 && !f->is_divided) {
		f->metric.value /= 100;
		f->metric.stderr_ /= 100;
		f->is_divided = true;
	}
	return 0;
}

static int check_meaning(const struct finding *f, const char *as, struct err *err)
{
	const char *wrong = NULL;

	if (f->use == FOUND_UNFIT)
		return err_set(err, ERR_INVALID_PARAMETER, "%s (%s at %s) %s", f->name, f->file,
			f->pointer, f->why);
	if (f->is_train)
		wrong = "was measured on what it was trained with";
	else if (ends_with(as, "_p95") && f->quantile != 95)
		wrong = f->quantile ? "is another percentile, and none is ever taken for a p95"
				    : "is no 95th percentile";
	else if (strstr(as, "_ms") && !f->is_ms)
		wrong = "does not say that it is in milliseconds";
	else if (!strstr(as, "_ms") && f->is_ms)
		wrong = "is a duration in milliseconds";
	if (wrong)
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s (%s at %s) %s: it cannot stand for %s", f->name, f->file, f->pointer,
			wrong, as);
	return 0;
}

static int apply(struct harvest *h, const struct harvest_map *m, struct err *err)
{
	struct finding *f = find_finding(h, m->found);
	struct found_suite *s = find_suite(h, m->found);

	if (!f && !s)
		return no_such_name(h, m->found, err);
	if (s && !m->divisor && (!f || f->use == FOUND_UNFIT)) {
		if (s->use == FOUND_UNFIT)
			return err_set(err, ERR_INVALID_PARAMETER, "suite %s (%s) %s", m->found,
				s->file, s->why);
		s->use = FOUND_TAKEN;
		s->as = m->as;
		return 0;
	}
	if (f->as)
		return err_set(err, ERR_INVALID_PARAMETER, "%s cannot be both %s and %s", f->name,
			f->as, m->as);
	if (check_meaning(f, m->as, err) || set_divisor(f, m, err))
		return -1;
	f->use = FOUND_TAKEN;
	f->as = m->as;
	return 0;
}

/* A map's name is the map's: what bears it already gives way. */
static void make_way(struct harvest *h, const struct harvest_maps *maps)
{
	for (size_t k = 0; k < maps->n; k++) {
		const char *why = arena_printf(h->arena, "gives way to %s, which the map calls %s",
			maps->v[k].found, maps->v[k].as);
		for (size_t i = 0; i < h->n_findings; i++) {
			struct finding *f = &h->findings[i];
			if (f->use == FOUND_TAKEN && !f->as && !strcmp(f->name, maps->v[k].as))
				harvest_unfit(f, why);
		}
	}
}

/* With more numbers than a manifest takes the map says which are meant. */
static void keep_few(struct harvest *h, const struct harvest_maps *maps)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_findings; i++)
		n += h->findings[i].use == FOUND_TAKEN;
	if (n <= HARVEST_METRICS_MAX || !maps->n)
		return;
	for (size_t i = 0; i < h->n_findings; i++)
		if (h->findings[i].use == FOUND_TAKEN && !h->findings[i].as)
			harvest_on_call(&h->findings[i],
				"is one of too many: only what the map names is taken");
}

static int add_cost(struct harvest *h, const struct harvest_target *t, struct err *err)
{
	if (isnan(t->cost_per_hour))
		return 0;
	if (isnan(h->tokens_per_s))
		return err_set(err, ERR_INVALID_PARAMETER,
			"--cost-per-hour wants a serving benchmark that says how many tokens went "
			"through in a second");
	h->file = h->tokens_file;
	struct finding *f = harvest_find_number(h, NULL,
		t->cost_per_hour / 3600 / h->tokens_per_s * 1000, NULL, "cost_per_1k_tokens");
	f->pointer = "(--cost-per-hour by its tokens per second)";
	return 0;
}

int harvest_settle(struct harvest *h, const struct harvest_target *t, struct err *err)
{
	if (check_models(h, t, err) || add_cost(h, t, err) || settle_names(h, err))
		return -1;
	for (size_t i = 0; i < t->map.n; i++)
		if (apply(h, &t->map.v[i], err))
			return -1;
	make_way(h, &t->map);
	keep_few(h, &t->map);
	return harvest_check_bounds(h, t, err);
}
