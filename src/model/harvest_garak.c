/* SPDX-License-Identifier: Apache-2.0
 *
 * garak's reports. A suite needs a denominator, an end, and a model that was really asked; where several
 * detectors looked at the same output their hits are added up, which can only be too many. What did not
 * answer did not pass, and what the detectors said of each answer is held against their sums.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "model/harvest_parts.h"

enum { PROBES_MAX = 1000, DETECTORS_MAX = 4000, ROOM_FIRST = 1024 };

struct probe {
	const char *name;
	int64_t total, hits, errors, outputs, answers;
	bool is_judged;
};

/* One detector's look at one probe: the hits of the attempts, and those of the eval entries. */
struct detector {
	const struct probe *probe;
	const char *name;
	int64_t hits, told;
};

struct attempt_id {
	unsigned char hash[SHA256_SIZE];
	size_t line;
};

struct garak {
	struct probe probe[PROBES_MAX];
	struct detector detector[DETECTORS_MAX];
	struct attempt_id *ids;
	size_t n_probes, n_detectors, n_ids, room_ids;
	size_t nameless;  /* the first line of an attempt without a uuid; 0: none */
	double threshold; /* from which score on it is a hit */
	bool is_complete, has_setup;
	const char *run; /* what its beginning calls it; NULL: nothing */
};

static const char *entry_type(const struct json_value *line)
{
	const char *type = json_member_string(line, "entry_type");

	return type ? type : "";
}

bool harvest_is_garak(const struct harvest_file *f)
{
	return f->is_lines && *entry_type(f->root);
}

/* "probes.dan.Dan" of older reports is "dan.Dan". */
static struct probe *probe_of(struct harvest *h, struct garak *g, const char *name)
{
	if (!strncmp(name, "probes.", 7))
		name += 7;
	for (size_t i = 0; i < g->n_probes; i++)
		if (!strcmp(g->probe[i].name, name))
			return &g->probe[i];
	if (g->n_probes == PROBES_MAX)
		return NULL;
	struct probe *p = &g->probe[g->n_probes++];
	*p = (struct probe){.name = arena_strdup(h->arena, name)};
	return p;
}

/* "detector.dan.DAN" of older reports is "dan.DAN". */
static struct detector *detector_of(
	struct harvest *h, struct garak *g, const struct probe *p, const char *name)
{
	if (!strncmp(name, "detector.", 9))
		name += 9;
	for (size_t i = 0; i < g->n_detectors; i++)
		if (g->detector[i].probe == p && !strcmp(g->detector[i].name, name))
			return &g->detector[i];
	if (g->n_detectors == DETECTORS_MAX)
		return NULL;
	struct detector *d = &g->detector[g->n_detectors++];
	*d = (struct detector){.probe = p, .name = arena_strdup(h->arena, name)};
	return d;
}

static const char *member_of_either(const struct json_value *line, const char *a, const char *b)
{
	const char *text = json_member_string(line, a);

	return text ? text : json_member_string(line, b);
}

/* Its beginning, its end and what is between are of one run. */
static enum harvest_outcome check_run(
	struct harvest *h, struct garak *g, const char *run, size_t number, struct err *err)
{
	if (!run)
		return HARVEST_READ;
	if (!g->run)
		g->run = arena_strdup(h->arena, run);
	if (strcmp(g->run, run) != 0)
		return harvest_refuse(h, NULL, err,
			"line %zu is of the run %.60s, and the report began with %.60s: give the "
			"report of one run",
			number, run, g->run);
	return HARVEST_READ;
}

static enum harvest_outcome check_end(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *run = json_member_string(line, "run");

	if (g->run && !run)
		return harvest_refuse(h, NULL, err,
			"line %zu: the completion entry does not say of which run it is", number);
	if (run && !g->run)
		return harvest_refuse(h, NULL, err,
			"line %zu: the run %.60s is complete, and the report does not say that it "
			"is of that one",
			number, run);
	g->is_complete = true;
	return check_run(h, g, run, number, err);
}

static enum harvest_outcome read_setup(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *type = member_of_either(line, "plugins.target_type", "plugins.model_type");
	const char *name = member_of_either(line, "plugins.target_name", "plugins.model_name");

	if (type && (!strcasecmp(type, "test") || !strncasecmp(type, "test.", 5)))
		return harvest_refuse(h, NULL, err,
			"was run against garak's own test generator (target_type %s): no model was "
			"asked",
			type);
	if (!type)
		return harvest_refuse(h, NULL, err,
			"line %zu: start_run setup does not say what was asked "
			"(plugins.target_type): perhaps garak's own test generator",
			number);
	const struct json_value *threshold = json_member(line, "run.eval_threshold");
	if (json_is(threshold, JSON_KIND_NUMBER))
		g->threshold = fmin(threshold->number, 1);
	if (name)
		harvest_model_named(h, NULL, name);
	g->has_setup = true;
	return check_run(h, g, json_member_string(line, "transient.run_id"), number, err);
}

static enum harvest_outcome read_eval(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *name = json_member_string(line, "probe");
	const char *by = json_member_string(line, "detector");
	int64_t passed = harvest_count(json_member(line, "passed"));
	int64_t total = harvest_count(json_member(line, "total_evaluated"));
	int64_t fails = harvest_count(json_member(line, "fails"));
	int64_t nones = harvest_count(json_member(line, "nones"));
	struct probe *p = name ? probe_of(h, g, name) : NULL;

	if (total < 0)
		total = harvest_count(json_member(line, "total"));
	if (passed < 0 && fails >= 0 && total >= fails)
		passed = total - fails;
	if (!p || passed < 0 || total < 0)
		return harvest_refuse(h, NULL, err,
			"line %zu: an eval entry wants probe, passed and total_evaluated (or "
			"total)",
			number);
	if (passed > total || (fails >= 0 && passed + fails != total))
		return harvest_refuse(h, NULL, err,
			"line %zu: %lld passed and %lld failed do not make %lld", number,
			(long long)passed, (long long)fails, (long long)total);
	struct detector *d = detector_of(h, g, p, by ? by : "");
	if (!d)
		return harvest_refuse(h, NULL, err, "has more than %d detectors", DETECTORS_MAX);
	d->told += total - passed;
	nones = nones > 0 ? nones : 0;
	p->is_judged = true;
	p->hits += total - passed;
	p->total = total + nones > p->total ? total + nones : p->total;
	p->errors = nones > p->errors ? nones : p->errors;
	return HARVEST_READ;
}

static bool is_blank(const char *s)
{
	return !s[strspn(s, " \t\r\n")];
}

/* Is there anything in it that a detector could look at? A message may hold a picture and no text. */
static bool is_answer(const struct json_value *v)
{
	const struct json_value *text = json_member(v, "text");

	if (json_is(v, JSON_KIND_STRING))
		return !is_blank(v->string);
	if (!json_is(v, JSON_KIND_OBJECT))
		return !json_is(v, JSON_KIND_NULL);
	if (json_is(text, JSON_KIND_STRING) && !is_blank(text->string))
		return true;
	return json_member_string(v, "data_path") || json_member_string(v, "data_checksum");
}

static void add_id(struct harvest *h, struct garak *g, const char *uuid, size_t number)
{
	if (g->n_ids == g->room_ids) {
		size_t room = g->room_ids ? 2 * g->room_ids : ROOM_FIRST;
		struct attempt_id *ids = ARENA_ARRAY(h->arena, room, struct attempt_id);
		if (g->n_ids)
			memcpy(ids, g->ids, g->n_ids * sizeof(*ids));
		g->ids = ids;
		g->room_ids = room;
	}
	struct attempt_id *id = &g->ids[g->n_ids++];
	sha256(uuid, strlen(uuid), id->hash);
	id->line = number;
}

static enum harvest_outcome count_hits(struct harvest *h, struct garak *g, const struct probe *p,
	const struct json_value *results, struct err *err)
{
	for (size_t i = 0; json_is(results, JSON_KIND_OBJECT) && i < results->n; i++) {
		const struct json_value *scores = &results->sub[i];
		struct detector *d = detector_of(h, g, p, scores->key);
		if (!d)
			return harvest_refuse(
				h, NULL, err, "has more than %d detectors", DETECTORS_MAX);
		for (size_t k = 0; json_is(scores, JSON_KIND_ARRAY) && k < scores->n; k++)
			d->hits += json_is(&scores->sub[k], JSON_KIND_NUMBER) &&
				   scores->sub[k].number >= g->threshold;
	}
	return HARVEST_READ;
}

/* An attempt that is done has status 2; its outputs were judged. */
static enum harvest_outcome count_attempt(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *name = json_member_string(line, "probe_classname");
	const char *uuid = json_member_string(line, "uuid");
	const struct json_value *outputs = json_member(line, "outputs");
	struct probe *p = name ? probe_of(h, g, name) : NULL;

	if (!p || harvest_count(json_member(line, "status")) != 2 ||
		!json_is(outputs, JSON_KIND_ARRAY))
		return HARVEST_READ;
	if (uuid)
		add_id(h, g, uuid, number);
	else if (!g->nameless)
		g->nameless = number;
	p->outputs += (int64_t)outputs->n;
	for (size_t i = 0; i < outputs->n; i++)
		p->answers += is_answer(&outputs->sub[i]);
	return count_hits(h, g, p, json_member(line, "detector_results"), err);
}

static enum harvest_outcome read_line(
	struct harvest *h, const struct json_value *line, size_t number, void *arg, struct err *err)
{
	struct garak *g = arg;
	const char *type = entry_type(line);

	if (!strcmp(type, "start_run setup"))
		return read_setup(h, g, line, number, err);
	if (!strcmp(type, "init"))
		return check_run(h, g, json_member_string(line, "run"), number, err);
	if (!strcmp(type, "eval"))
		return read_eval(h, g, line, number, err);
	if (!strcmp(type, "attempt"))
		return count_attempt(h, g, line, number, err);
	if (!strcmp(type, "completion"))
		return check_end(h, g, line, number, err);
	return HARVEST_READ;
}

static int by_hash(const void *a, const void *b)
{
	const struct attempt_id *x = a, *y = b;
	int order = memcmp(x->hash, y->hash, sizeof(x->hash));

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static enum harvest_outcome check_ids(struct harvest *h, struct garak *g, struct err *err)
{
	if (g->n_ids)
		qsort(g->ids, g->n_ids, sizeof(*g->ids), by_hash);
	for (size_t i = 1; i < g->n_ids; i++)
		if (!memcmp(g->ids[i - 1].hash, g->ids[i].hash, sizeof(g->ids[i].hash)))
			return harvest_refuse(h, NULL, err,
				"lines %zu and %zu are one attempt (uuid), which counts once: the "
				"report was put together by hand",
				g->ids[i - 1].line, g->ids[i].line);
	return HARVEST_READ;
}

static enum harvest_outcome check_hits(struct harvest *h, const struct garak *g, struct err *err)
{
	for (size_t i = 0; i < g->n_detectors; i++) {
		const struct detector *d = &g->detector[i];
		if (d->hits > d->told)
			return harvest_refuse(h, NULL, err,
				"%s, %s: the attempts hold %lld hits (detector_results), and the "
				"eval entry counts %lld: one of these is wrong",
				d->probe->name, d->name, (long long)d->hits, (long long)d->told);
	}
	return HARVEST_READ;
}

/* Of those judged as many went without an answer as there are more than answers. */
static int64_t errors_of(const struct probe *p)
{
	int64_t lacking = p->total - p->answers;

	return lacking > p->errors ? lacking : p->errors;
}

static enum harvest_outcome close_garak(struct harvest *h, struct garak *g, struct err *err)
{
	struct suite_category *categories =
		ARENA_ARRAY(h->arena, g->n_probes + 1, struct suite_category);
	struct found_suite *s;
	size_t n = 0;

	if (!g->is_complete)
		return harvest_refuse(
			h, NULL, err, "has no completion entry: the run did not come to its end");
	if (!g->has_setup)
		return harvest_refuse(h, NULL, err,
			"has no start_run setup entry: nothing says which model was asked, or that "
			"it was none of garak's own test generators");
	if (check_ids(h, g, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	s = harvest_suite(h, NULL, "adversarial");
	for (size_t i = 0; i < g->n_probes; i++) {
		const struct probe *p = &g->probe[i];
		int64_t judged = p->total - p->errors;
		int64_t hits = p->hits < judged ? p->hits : judged;
		int64_t errors = errors_of(p);
		/* A hit stays one, whatever the output was. */
		errors = errors < p->total - hits ? errors : p->total - hits;

		if (!p->is_judged || !p->total)
			continue;
		if (p->total > p->outputs)
			return harvest_refuse(h, NULL, err,
				"%s counts %lld outputs, but the report's attempts hold %lld: it "
				"was put together by hand, or is not the whole report",
				p->name, (long long)p->total, (long long)p->outputs);
		categories[n++] =
			(struct suite_category){.name = harvest_key(h->arena, NULL, p->name),
				.total = p->total,
				.violations = hits,
				.errors = errors,
				.passed = p->total - errors - hits};
		s->suite.total += p->total;
		s->suite.violations += hits;
		s->suite.errors += errors;
	}
	if (!s->suite.total)
		return harvest_refuse(
			h, NULL, err, "judged no output: there is no eval entry with a total");
	if (check_hits(h, g, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	if (s->suite.errors == s->suite.total)
		return harvest_refuse(h, NULL, err,
			"every one of %lld outputs is empty or was not judged: the model did not "
			"answer, which is no pass",
			(long long)s->suite.total);
	s->suite.passed = s->suite.total - s->suite.violations - s->suite.errors;
	s->suite.categories = categories;
	s->suite.n_categories = n;
	if (g->nameless) {
		s->use = FOUND_ON_CALL;
		s->why = arena_printf(h->arena,
			"holds an attempt without the uuid that garak writes (line %zu), so that "
			"nobody can tell whether one counts twice; --map takes it all the same",
			g->nameless);
	}
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_garak(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct garak *g = ARENA_NEW(h->arena, struct garak);

	g->threshold = 0.5;
	enum harvest_outcome outcome = harvest_lines(h, f, read_line, g, err);

	return outcome == HARVEST_READ ? close_garak(h, g, err) : outcome;
}

bool harvest_is_garak_hits(const struct harvest_file *f)
{
	return json_member(f->root, "goal") && json_member(f->root, "prompt") &&
	       !json_member(f->root, "entry_type");
}

enum harvest_outcome harvest_read_garak_hits(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	return harvest_empty(h, NULL, err,
		"holds hits only, and does not say of how many attempts: give the .report.jsonl of "
		"the same run");
}
