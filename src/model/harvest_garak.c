/* SPDX-License-Identifier: Apache-2.0
 *
 * garak's reports. A suite needs a denominator, an end, and a model that was really asked; where several
 * detectors looked at the same output their hits are added up, which can only be too many.
 */
#include <string.h>

#include "model/harvest_parts.h"

enum { PROBES_MAX = 1000 };

struct probe {
	const char *name;
	int64_t total, hits, errors, outputs;
	bool is_judged;
};

struct garak {
	struct probe probe[PROBES_MAX];
	size_t n_probes;
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
	if (name)
		harvest_model_named(h, NULL, name);
	g->has_setup = true;
	return check_run(h, g, json_member_string(line, "transient.run_id"), number, err);
}

static enum harvest_outcome read_eval(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *name = json_member_string(line, "probe");
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
	nones = nones > 0 ? nones : 0;
	p->is_judged = true;
	p->hits += total - passed;
	p->total = total + nones > p->total ? total + nones : p->total;
	p->errors = nones > p->errors ? nones : p->errors;
	return HARVEST_READ;
}

/* An attempt that is done has status 2; its outputs were judged. */
static void count_attempt(struct harvest *h, struct garak *g, const struct json_value *line)
{
	const char *name = json_member_string(line, "probe_classname");
	const struct json_value *outputs = json_member(line, "outputs");
	struct probe *p = name ? probe_of(h, g, name) : NULL;

	if (p && harvest_count(json_member(line, "status")) == 2 &&
		json_is(outputs, JSON_KIND_ARRAY))
		p->outputs += (int64_t)outputs->n;
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
		count_attempt(h, g, line);
	if (!strcmp(type, "completion"))
		return check_end(h, g, line, number, err);
	return HARVEST_READ;
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
	s = harvest_suite(h, NULL, "adversarial");
	for (size_t i = 0; i < g->n_probes; i++) {
		const struct probe *p = &g->probe[i];
		int64_t judged = p->total - p->errors;
		int64_t hits = p->hits < judged ? p->hits : judged;

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
				.errors = p->errors,
				.passed = judged - hits};
		s->suite.total += p->total;
		s->suite.violations += hits;
		s->suite.errors += p->errors;
	}
	if (!s->suite.total)
		return harvest_refuse(
			h, NULL, err, "judged no output: there is no eval entry with a total");
	s->suite.passed = s->suite.total - s->suite.violations - s->suite.errors;
	s->suite.categories = categories;
	s->suite.n_categories = n;
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_garak(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct garak *g = ARENA_NEW(h->arena, struct garak);
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
