/* SPDX-License-Identifier: Apache-2.0
 *
 * What load generators print: hey, wrk and wrk2, ApacheBench. Text is read by its tool's own sentences, and
 * what did not answer is counted as it is everywhere. Refuses to take another percentile for the 95th,
 * which wrk never prints.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/harvest_latency.h"

enum { LINE_MAX_LOOKED_AT = 256 };

struct console {
	struct harvest *h;
	size_t line; /* from 1 */
	int64_t answered, good, bad, stated;
	bool in_errors; /* hey's own part of them */
	bool is_over;	/* what follows is wrk2's without its correction */
	bool has_p95;
};

/* The sentences of one tool, one line at a time. */
typedef void console_fn(struct console *c, const char *line);

static bool has_phrase(const struct harvest_file *f, const char *phrase)
{
	return f->is_text && memmem(f->text, f->len, phrase, strlen(phrase));
}

/* What was answered is known at the end: n is filled in then. */
static void add_duration(struct console *c, int quantile, double value, double to_ms)
{
	const struct json_value v = {.kind = JSON_KIND_NUMBER, .number = value};
	struct harvest *h = c->h;

	c->has_p95 = c->has_p95 || quantile == 95;
	harvest_duration(h, &v, harvest_whole_request, quantile, to_ms, c->answered);
	h->findings[h->n_findings - 1].pointer = arena_printf(h->arena, "line %zu", c->line);
}

static void each_line(struct console *c, const struct harvest_file *f, console_fn *fn)
{
	char line[LINE_MAX_LOOKED_AT];

	c->line = 0;
	for (size_t at = 0, n; at < f->len; at += n + 1) {
		const char *end = memchr(f->text + at, '\n', f->len - at);

		n = end ? (size_t)(end - f->text) - at : f->len - at;
		snprintf(line, sizeof(line), "%.*s", (int)n, f->text + at);
		line[strcspn(line, "\r")] = '\0';
		c->line++;
		fn(c, line);
	}
}

/* A count that can be added up, whatever the text says. */
static int64_t tame(long long n)
{
	return n < 0 ? 0 : n > (long long)HARVEST_COUNT_MAX ? (int64_t)HARVEST_COUNT_MAX : n;
}

/* First how many answered, then how fast. */
static enum harvest_outcome read_console(struct harvest *h, const struct harvest_file *f,
	console_fn *count, console_fn *time, struct console *c, struct err *err)
{
	size_t from = h->n_findings;

	c->h = h;
	each_line(c, f, count);
	if (c->good + c->bad == 0 && c->stated < 0)
		return harvest_refuse(h, NULL, err,
			"does not say how many requests were answered: was the output cut off?");
	if (harvest_failures(h, NULL, c->good, c->bad, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	c->answered = c->good;
	each_line(c, f, time);
	return harvest_check_order(h, NULL, from, err);
}

/* ---- hey ---- */

bool harvest_is_hey(const struct harvest_file *f)
{
	return has_phrase(f, "Latency distribution:") && has_phrase(f, "Requests/sec:");
}

static void count_hey(struct console *c, const char *line)
{
	long long n;
	int status;
	char end = 0;

	c->in_errors = c->in_errors || !strncmp(line, "Error distribution:", 19);
	if (!strncmp(line, "Status code distribution:", 25))
		c->stated = 0;
	if (c->in_errors && sscanf(line, " [%lld] %c", &n, &end) == 2 && n > 0)
		c->bad += tame(n);
	else if (!c->in_errors && sscanf(line, " [%d] %lld response%c", &status, &n, &end) == 3 &&
		 n > 0)
		*(status >= 200 && status < 400 ? &c->good : &c->bad) += tame(n);
}

static void time_hey(struct console *c, const char *line)
{
	int quantile;
	double s;

	if (sscanf(line, " Slowest: %lf secs", &s) == 1)
		add_duration(c, QUANTILE_MOST, s, 1000);
	else if (sscanf(line, " Fastest: %lf secs", &s) == 1)
		add_duration(c, QUANTILE_LEAST, s, 1000);
	else if (sscanf(line, " Average: %lf secs", &s) == 1)
		add_duration(c, QUANTILE_MEAN, s, 1000);
	/* The template of some versions doubles the sign. */
	if ((sscanf(line, " %d%% in %lf secs", &quantile, &s) == 2 ||
		    sscanf(line, " %d%%%% in %lf secs", &quantile, &s) == 2) &&
		quantile > 0 && quantile < 100)
		add_duration(c, quantile, s, 1000);
}

enum harvest_outcome harvest_read_hey(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct console c = {.stated = -1};

	return read_console(h, f, count_hey, time_hey, &c, err);
}

/* ---- wrk, wrk2 ---- */

bool harvest_is_wrk(const struct harvest_file *f)
{
	return has_phrase(f, "Thread Stats") && has_phrase(f, " requests in ");
}

static void count_wrk(struct console *c, const char *line)
{
	long long n, v[4];
	char end = 0;

	if (sscanf(line, " %lld requests i%c", &n, &end) == 2 && end == 'n') {
		c->stated = tame(n);
		c->good += tame(n);
	} else if (sscanf(line, " Socket errors: connect %lld, read %lld, write %lld, timeout %lld",
			   &v[0], &v[1], &v[2], &v[3]) == 4) {
		c->bad += tame(v[0]) + tame(v[1]) + tame(v[2]) + tame(v[3]);
	} else if (sscanf(line, " Non-2xx or 3xx responses: %lld", &n) == 1) {
		c->bad += tame(n);
		c->good = c->good > tame(n) ? c->good - tame(n) : 0;
	}
}

static double unit_to_ms(const char *unit)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"us", 1e-3}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].unit))
			return units[i].ms;
	return NAN;
}

static void time_wrk(struct console *c, const char *line)
{
	double q, v, count, rest;
	char unit[8], tail;

	c->is_over = c->is_over || strstr(line, "Uncorrected Latency");
	if (c->is_over)
		return;
	if (sscanf(line, " Latency %lf%7[a-z]", &v, unit) == 2 && !isnan(unit_to_ms(unit)))
		add_duration(c, QUANTILE_MEAN, v, unit_to_ms(unit));
	else if (sscanf(line, " %lf%% %lf%7[a-z] %c", &q, &v, unit, &tail) == 3 && q >= 1 &&
		 q < 100 && q == floor(q) && !isnan(unit_to_ms(unit)))
		add_duration(c, (int)q, v, unit_to_ms(unit));
	/* Of wrk2's spectrum, in milliseconds. */
	else if (sscanf(line, " %lf %lf %lf %lf", &v, &q, &count, &rest) == 4 &&
		 fabs(q - 0.95) < 1e-9)
		add_duration(c, 95, v, 1);
}

enum harvest_outcome harvest_read_wrk(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct console c = {.stated = -1};
	enum harvest_outcome outcome = read_console(h, f, count_wrk, time_wrk, &c, err);

	if (outcome == HARVEST_READ && !c.has_p95)
		harvest_note(h, NULL,
			"wrk prints no 95th percentile, and no other is taken for it: wrk2 with "
			"--latency, hey and oha do");
	return outcome;
}

/* ---- ApacheBench ---- */

bool harvest_is_ab(const struct harvest_file *f)
{
	return has_phrase(f, "Complete requests:") &&
	       has_phrase(f, "Percentage of the requests served within");
}

/* Answers of another length than the first are counted as failed, and are none: a model never says the
 * same twice. */
static void count_ab(struct console *c, const char *line)
{
	long long n, v[4];

	if (sscanf(line, "Complete requests: %lld", &n) == 1) {
		c->stated = tame(n);
		c->good += tame(n);
	} else if (sscanf(line, "Failed requests: %lld", &n) == 1) {
		c->bad += tame(n);
		c->good -= tame(n);
	} else if (sscanf(line, " (Connect: %lld, Receive: %lld, Length: %lld, Exceptions: %lld)",
			   &v[0], &v[1], &v[2], &v[3]) == 4) {
		c->bad -= tame(v[2]);
		c->good += tame(v[2]);
	} else if (sscanf(line, "Non-2xx responses: %lld", &n) == 1) {
		c->bad += tame(n);
		c->good -= tame(n);
	}
	c->good = c->good < 0 ? 0 : c->good;
	c->bad = c->bad < 0 ? 0 : c->bad;
}

static void time_ab(struct console *c, const char *line)
{
	int quantile;
	double ms;

	if (sscanf(line, " %d%% %lf", &quantile, &ms) == 2 && quantile > 0 && quantile < 100)
		add_duration(c, quantile, ms, 1);
}

enum harvest_outcome harvest_read_ab(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct console c = {.stated = -1};

	return read_console(h, f, count_ab, time_ab, &c, err);
}
