/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints a history as a calendar, week by week, and its figures.
 */
#include <string.h>

#include "base/text.h"
#include "cli/print.h"
#include "cli/sim_report.h"

enum { REASON_MAX = 110, DATE_LEN = 10, MINUTE_LEN = 16 };

/* What a person wants to read of, and under which word. */
static const struct {
	const char *type, *word;
	enum { SHOW_REASON, SHOW_MERGE, SHOW_MOVE, SHOW_PERIOD } how;
} lines[] = {
	{"policy.changed", "policy", SHOW_REASON},
	{"merge.created", "merge", SHOW_REASON},
	{"promotion.succeeded", "promotion", SHOW_MERGE},
	{"promotion.window_closed", "no release", SHOW_REASON},
	{"rollback.completed", "rollback", SHOW_MOVE},
	{"rollback.held", "held", SHOW_REASON},
	{"rollback.impossible", "no way back", SHOW_REASON},
	{"job.missed", "missed", SHOW_REASON},
	{"job.suppressed", "not run", SHOW_REASON},
	{"freeze.created", "freeze", SHOW_PERIOD},
	{"freeze.ended", "freeze ends", SHOW_PERIOD},
	{"provider.missed_ingest", "no delivery", SHOW_REASON},
	{"release.unquarantined", "cleared", SHOW_REASON},
	{"slo.acknowledged", "seen", SHOW_REASON},
};

/* Without the names of freezes, which are drawn anew in each run: the same seed says the same. */
static const char *without_names(const struct sim_history *h, const char *reason)
{
	for (size_t i = 0; i < h->n_freezes; i++) {
		const char *id = h->freezes[i].id, *at = strstr(reason, id);
		if (at)
			return arena_printf(h->arena, "%.*s%s", (int)(at - reason), reason,
				at + strlen(id) + (at[strlen(id)] == ' '));
	}
	return reason;
}

static void print_reason(struct cli *cli, const struct sim_history *h, const char *reason)
{
	size_t len;

	if (!reason || !strcmp(reason, "the schedule"))
		return;
	reason = without_names(h, reason);
	len = strlen(reason);
	if (len > REASON_MAX) {
		len = REASON_MAX;
		while (len && (reason[len] & 0xc0) == 0x80)
			len--;
	}
	fprintf(cli->out, ": %.*s%s", (int)len, reason, reason[len] ? "..." : "");
}

static void print_line(
	struct cli *cli, const struct sim_history *h, const struct sim_event *e, size_t line)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	struct civil c;

	civil_from_time(e->at, &c);
	fprintf(cli->out, "  %s %02d-%02d %02d:%02d  %-12s %s", days[c.weekday], c.month, c.day,
		c.hour, c.minute, lines[line].word,
		lines[line].how == SHOW_PERIOD ? "of jobs" : e->subject);
	switch (lines[line].how) {
	case SHOW_REASON:
		print_reason(cli, h, e->reason);
		break;
	case SHOW_MERGE:
		fprintf(cli->out, " from %s%s", e->data->merge ? e->data->merge : "",
			e->data->override == 1 ? ", by override" : "");
		break;
	case SHOW_PERIOD:
		if (e->data->from && e->data->to)
			fprintf(cli->out, " from %.*s to %.*s", MINUTE_LEN, e->data->from,
				MINUTE_LEN, e->data->to);
		print_reason(cli, h, e->reason);
		break;
	case SHOW_MOVE:
		fprintf(cli->out, " to %s", e->data->to ? e->data->to : "");
		print_reason(cli, h, e->reason);
		break;
	}
	fputc('\n', cli->out);
}

struct week {
	int64_t manifests, passed, failed, undecided;
};

static void count(struct week *w, const struct sim_event *e)
{
	bool first = !text_starts(e->actor, "controller:engine");

	w->manifests += !strcmp(e->type, "manifest.submitted");
	w->passed += first && !strcmp(e->type, "candidate.passed");
	w->failed += first && !strcmp(e->type, "candidate.failed");
	w->undecided += first && !strcmp(e->type, "candidate.inconclusive");
}

static void print_week(struct cli *cli, int64_t number, int64_t from, const struct week *w)
{
	char at[TIME_STRLEN];

	fprintf(cli->out,
		"week %lld, from %.*s: %lld manifests, %lld pass, %lld fail, %lld undecided\n",
		(long long)number + 1, DATE_LEN, time_format(from, at), (long long)w->manifests,
		(long long)w->passed, (long long)w->failed, (long long)w->undecided);
}

/* Up to where the events of a week go, by the order of the history. */
static size_t week_end(const struct sim_history *h, size_t i, int64_t until, struct week *ret)
{
	*ret = (struct week){0};
	for (; i < h->n_events && h->events[i].at < until; i++)
		count(ret, &h->events[i]);
	return i;
}

void sim_print_calendar(struct cli *cli, const struct sim_history *h, int64_t start)
{
	size_t i = 0;

	while (i < h->n_events && h->events[i].at < start)
		i++;
	while (i < h->n_events) {
		int64_t number = (h->events[i].at - start) / SIM_WEEK;
		int64_t from = start + number * SIM_WEEK;
		struct week w;
		size_t end = week_end(h, i, from + SIM_WEEK, &w);

		print_week(cli, number, from, &w);
		for (; i < end; i++)
			for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++)
				if (!strcmp(h->events[i].type, lines[k].type))
					print_line(cli, h, &h->events[i], k);
	}
}

/* ---- The figures ---- */

static void print_gates_of(struct cli *cli, const struct sim_summary *s)
{
	fprintf(cli->out, "refusals    ");
	for (int g = 0; g < GATES; g++)
		fprintf(cli->out, "%s%s %lld failed, %lld undecided", g ? "; " : "",
			names_of(&gate_names, g), (long long)s->failed_by[g],
			(long long)s->undecided_by[g]);
	fputc('\n', cli->out);
}

static void print_faults(struct cli *cli, const struct sim_counts *n)
{
	fprintf(cli->out,
		"faults      %lld crashes, %lld outages, %lld suspensions, clock set forward %lld "
		"and back %lld times\n",
		(long long)n->crashes, (long long)n->outages, (long long)n->suspensions,
		(long long)n->steps_forward, (long long)n->steps_back);
}

void sim_print_summary(struct cli *cli, const struct sim *s, const struct sim_history *h,
	const struct sim_summary *sum)
{
	const struct sim_counts *n = &s->counts;
	char from[TIME_STRLEN], to[TIME_STRLEN];
	int64_t end = s->options.start + s->options.weeks * SIM_WEEK;

	fprintf(cli->out, "%lld weeks     %.*s to %.*s, seed %llu\n", (long long)s->options.weeks,
		DATE_LEN, time_format(s->options.start, from), DATE_LEN, time_format(end, to),
		(unsigned long long)s->options.seed);
	fprintf(cli->out, "manifests   %lld taken, %lld refused\n", (long long)sum->manifests,
		(long long)(n->invalid + n->conflicts + n->other + sum->refused));
	fprintf(cli->out, "candidates  %lld pass, %lld fail, %lld undecided, %lld wait\n",
		(long long)sum->passed, (long long)sum->failed, (long long)sum->undecided,
		(long long)sum->waiting);
	print_gates_of(cli, sum);
	fprintf(cli->out, "merges      %lld, and %lld times nothing to merge\n",
		(long long)sum->merges, (long long)sum->merges_none);
	fprintf(cli->out,
		"promotions  %lld (%lld by override) in %lld windows, of which %lld were held and "
		"%lld missed\n",
		(long long)sum->promotions, (long long)sum->overridden, (long long)sum->windows,
		(long long)sum->windows_held, (long long)sum->windows_missed);
	fprintf(cli->out,
		"rollbacks   %lld (%lld by hand); %lld breaches, %lld without a way back\n",
		(long long)sum->rollbacks, (long long)sum->rollbacks_by_hand,
		(long long)sum->breaches, (long long)sum->impossible);
	fprintf(cli->out, "runs        %lld, %lld missed, %lld suppressed, %lld failed\n",
		(long long)sum->runs, (long long)sum->missed, (long long)sum->suppressed,
		(long long)sum->failed_runs);
	fprintf(cli->out,
		"fresh       %lld of %lld days without a release of the last %lld days, %lld in a "
		"row\n",
		(long long)sum->stale_days, (long long)sum->days,
		(long long)(sum->period / SIM_DAY), (long long)sum->longest_stale);
	if (s->options.faults)
		print_faults(cli, n);
}
