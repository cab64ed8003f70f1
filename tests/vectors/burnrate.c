/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The burn-rate format: each timeline is played from T = 0 to `until`, an evaluation every eval_s.
 * Stands in for store and engine: keeps what has arrived, ignores what arrives twice, tells the
 * controller of events and writes down what it does.
 */
#include "vectors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rollback_controller.h"

enum { RELEASES_MAX = 64, STATUSES_MAX = BURN_SLOS_MAX * BURN_RULES_MAX };

struct row {
	int64_t arrives, t_end, node;
	size_t order;
	struct observation counts;
};

struct release_rows {
	const char *name;
	struct row *rows; /* by arrival */
	size_t n, taken;
};

struct play {
	struct burn_rules rules;
	struct release_rows releases[RELEASES_MAX]; /* number = place + 1 */
	size_t n_releases;
	struct rollback_controller controller;
	struct burnrate *burn;
	json_t *breaches, *actions;
};

/* ---- Configuration: the defaults, overridden ---- */

static bool wanted(const json_t *only, const char *name)
{
	size_t i;
	json_t *value;

	json_array_foreach((json_t *)only, i, value)
	{
		if (name && json_is_string(value) && !strcmp(json_string_value(value), name))
			return true;
	}
	return !only;
}

static json_t *merge_config(const json_t *defaults, const json_t *config)
{
	json_t *merged = json_deep_copy(defaults);
	json_t *slos = json_array();
	const json_t *only = json_object_get(config, "only");
	const json_t *changes = json_object_get(config, "slo");
	size_t i;
	json_t *slo;

	json_object_update(merged, (json_t *)config);
	json_object_del(merged, "only");
	json_object_del(merged, "slo");
	json_array_foreach(json_object_get(merged, "slos"), i, slo)
	{
		const char *name = vectors_string(slo, "name");
		json_t *change = json_object_get(changes, name ? name : "");

		if (!wanted(only, name))
			continue;
		if (change)
			json_object_update(slo, change);
		json_array_append(slos, slo);
	}
	json_object_set_new(merged, "slos", slos);
	return merged;
}

/* ---- Rows ---- */

static int64_t count_or(const json_t *object, const char *key, int64_t absent)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : absent;
}

static struct observation counters(const json_t *segment)
{
	return (struct observation){.total = count_or(segment, "total", 0),
		.errors = count_or(segment, "errors", 0),
		.slow = count_or(segment, "slow", 0),
		.tokens = count_or(segment, "tokens", 0),
		.cost_micro = count_or(segment, "cost_micro", 0),
		.safety_checked = count_or(segment, "safety_checked", 0),
		.safety_violations = count_or(segment, "safety_violations", 0),
		.safety_critical = count_or(segment, "safety_critical", 0)};
}

static void add_segment(struct release_rows *r, const json_t *segment, int64_t until)
{
	int64_t every = count_or(segment, "every", 60);
	int64_t delay = count_or(segment, "delay", 0);
	int64_t nodes = count_or(segment, "nodes", 1);
	int64_t to = count_or(segment, "to", 0);
	int times = json_is_true(json_object_get(segment, "dup")) || count_or(segment, "dup", 0) > 0
			    ? 2
			    : 1;

	for (int64_t t = count_or(segment, "from", 0) + every;
		every > 0 && t <= to && t + delay <= until; t += every) {
		for (int64_t i = 0; i < nodes * times; i++) {
			if ((r->n & (r->n + 1)) == 0)
				r->rows = realloc(r->rows, 2 * (r->n + 1) * sizeof(*r->rows));
			if (!r->rows)
				abort();
			r->rows[r->n] =
				(struct row){t + delay, t, i % nodes, r->n, counters(segment)};
			r->n++;
		}
	}
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_arrival(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = compare(x->arrives, y->arrives);

	return order ? order : compare((int64_t)x->order, (int64_t)y->order);
}

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = compare(x->t_end, y->t_end);

	order = order ? order : compare(x->node, y->node);
	return order ? order : by_arrival(a, b);
}

/* A node's window counts once, as it came first. */
static void ignore_repeated(struct release_rows *r)
{
	size_t kept = 0;

	if (!r->n)
		return;
	qsort(r->rows, r->n, sizeof(*r->rows), by_key);
	for (size_t i = 1; i < r->n; i++) {
		if (r->rows[i].t_end != r->rows[kept].t_end ||
			r->rows[i].node != r->rows[kept].node)
			r->rows[++kept] = r->rows[i];
	}
	r->n = kept + 1;
	qsort(r->rows, r->n, sizeof(*r->rows), by_arrival);
}

/* ---- Releases ---- */

static int64_t number_of(struct play *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_releases; i++)
		if (!strcmp(p->releases[i].name, name))
			return (int64_t)i + 1;
	if (!name || p->n_releases == RELEASES_MAX)
		return 0;
	p->releases[p->n_releases++].name = name;
	return (int64_t)p->n_releases;
}

static const char *name_of(const struct play *p, int64_t number)
{
	return number > 0 ? p->releases[number - 1].name : NULL;
}

static void read_releases(struct play *p, const json_t *releases, int64_t until)
{
	const char *name;
	json_t *release, *segment;
	size_t i;

	json_object_foreach((json_t *)releases, name, release)
	{
		int64_t number = number_of(p, name);

		if (!number)
			continue;
		json_array_foreach(json_object_get(release, "profile"), i, segment)
		{
			add_segment(&p->releases[number - 1], segment, until);
		}
		ignore_repeated(&p->releases[number - 1]);
	}
}

/* ---- Playing ---- */

static void write_action(struct play *p, int64_t now, struct rollback_do action)
{
	json_t *out = json_pack(
		"{s:I, s:s}", "t", (json_int_t)now, "type", rollback_verb_name(action.verb));

	if (action.verb == ROLLBACK_NOTHING) {
		json_decref(out);
		return;
	}
	if (action.verb == ROLLBACK_MOVE) {
		json_object_set_new(out, "from", json_string(name_of(p, action.release)));
		json_object_set_new(out, "to", json_string(name_of(p, action.to)));
	} else {
		json_object_set_new(out, "release", json_string(name_of(p, action.release)));
		if (action.reason != ROLLBACK_FREE)
			json_object_set_new(
				out, "reason", json_string(rollback_reason_name(action.reason)));
	}
	json_array_append_new(p->actions, out);
}

static void write_breach(struct play *p, int64_t now, const struct burnrate_status *s)
{
	json_array_append_new(
		p->breaches, json_pack("{s:I, s:s, s:s, s:I, s:s}", "t", (json_int_t)now, "release",
				     name_of(p, p->controller.active), "slo", s->slo->name, "rule",
				     (json_int_t)s->rule_index, "action",
				     burn_action_names.names[s->rule->action]));
}

static void start_windows(struct play *p, int64_t now)
{
	burnrate_free(p->burn);
	p->burn = burnrate_new(&p->rules, now, NULL);
	if (p->controller.active)
		p->releases[p->controller.active - 1].taken = 0;
}

static bool take_event(struct play *p, const json_t *event, int64_t now)
{
	const char *type = vectors_string(event, "type");
	int64_t release = number_of(p, vectors_string(event, "release"));
	int64_t warm[RELEASES_MAX];
	size_t n = 0, i;
	json_t *name;

	if (type && !strcmp(type, "activate") && release) {
		json_array_foreach(json_object_get(event, "warm"), i, name)
		{
			if (n < RELEASES_MAX)
				warm[n++] = number_of(p, json_string_value(name));
		}
		rollback_controller_activate(&p->controller, release, warm, n, now);
		start_windows(p, now);
	} else if (type && !strcmp(type, "promote") && release) {
		struct rollback_do done = rollback_controller_promote(&p->controller, release, now);

		write_action(p, now, done);
		if (done.verb == ROLLBACK_PROMOTE)
			start_windows(p, now);
	} else if (type && !strcmp(type, "ack")) {
		rollback_controller_acknowledge(&p->controller);
	} else if (type && !strcmp(type, "unquarantine") && release) {
		rollback_controller_unquarantine(&p->controller, release);
	} else {
		return false;
	}
	return true;
}

static void take_rows(struct play *p, int64_t now)
{
	struct release_rows *r = &p->releases[p->controller.active - 1];

	burnrate_advance(p->burn, now);
	for (; r->taken < r->n && r->rows[r->taken].arrives <= now; r->taken++)
		burnrate_add(p->burn, r->rows[r->taken].t_end, &r->rows[r->taken].counts);
}

static void evaluate(struct play *p, int64_t now)
{
	struct burnrate_status statuses[STATUSES_MAX];
	size_t n = burnrate_rules(p->burn);
	size_t first;
	bool breached;

	burnrate_evaluate(p->burn, now, statuses);
	struct rollback_signal signal = rollback_signal_of(statuses, n, &first);

	for (size_t i = 0; i < n; i++) {
		bool warns = statuses[i].first && statuses[i].rule->action == BURN_WARN;

		if (warns || (i == first && !p->controller.latched))
			write_breach(p, now, &statuses[i]);
	}
	struct rollback_do action =
		rollback_controller_look(&p->controller, signal, now, &breached);

	write_action(p, now, action);
	if (action.verb == ROLLBACK_MOVE)
		start_windows(p, now);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *answer(const struct play *p)
{
	const char *names[RELEASES_MAX];
	json_t *quarantined = json_array();
	size_t n = p->controller.quarantined.n;

	for (size_t i = 0; i < n; i++)
		names[i] = name_of(p, p->controller.quarantined.v[i]);
	qsort(names, n, sizeof(names[0]), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(quarantined, json_string(names[i]));
	return json_pack("{s:O, s:O, s:s?, s:o}", "breaches", p->breaches, "actions", p->actions,
		"active", name_of(p, p->controller.active), "quarantined", quarantined);
}

static void play(struct vectors *run, const json_t *timeline, struct play *p)
{
	const char *id = vectors_string(timeline, "id");
	const json_t *events = json_object_get(timeline, "events");
	int64_t until = count_or(timeline, "until", 0);
	size_t next = 0;

	read_releases(p, json_object_get(timeline, "releases"), until);
	for (int64_t now = 0; now <= until; now += p->rules.eval_s) {
		for (; next < json_array_size(events); next++) {
			const json_t *event = json_array_get(events, next);

			if (count_or(event, "t", 0) > now)
				break;
			if (!take_event(p, event, now)) {
				vectors_unreadable(run, id, "an event of an unknown type");
				return;
			}
		}
		if (!p->burn)
			continue;
		take_rows(p, now);
		evaluate(p, now);
	}
	vectors_case(run, id, json_object_get(timeline, "expect"), answer(p));
}

static void run_timeline(struct vectors *run, const json_t *defaults, const json_t *timeline)
{
	const char *id = vectors_string(timeline, "id");

	if (!defaults || !json_is_integer(json_object_get(timeline, "until"))) {
		vectors_unreadable(run, id, defaults ? "needs until" : "the file has no defaults");
		return;
	}
	ARENA_AUTO arena = arena_new();
	struct faults faults;
	json_t *config = merge_config(defaults, json_object_get(timeline, "config"));
	struct play *p = ARENA_NEW(arena, struct play);
	struct burnrate *probe = NULL;
	struct err err = {0};

	faults_init(&faults);
	if (fields_parse(&burn_rules_table, config, "", arena, &p->rules, &faults)) {
		vectors_unreadable(run, id,
			arena_printf(
				arena, "%s: %s", faults.list[0].pointer, faults.list[0].detail));
	} else if (!(probe = burnrate_new(&p->rules, 0, &err))) {
		vectors_unreadable(run, id, err.msg);
	} else {
		p->breaches = json_array();
		p->actions = json_array();
		rollback_controller_init(&p->controller, &p->rules);
		play(run, timeline, p);
		rollback_controller_clear(&p->controller);
		burnrate_free(p->burn);
		json_decref(p->breaches);
		json_decref(p->actions);
		for (size_t i = 0; i < p->n_releases; i++)
			free(p->releases[i].rows);
	}
	burnrate_free(probe);
	json_decref(config);
}

void vectors_burnrate(struct vectors *run, const json_t *root)
{
	const json_t *defaults = json_object_get(root, "defaults");
	size_t i;
	json_t *timeline;

	json_array_foreach(json_object_get(root, "timelines"), i, timeline)
	{
		run_timeline(run, defaults, timeline);
	}
}
