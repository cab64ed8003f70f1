/* SPDX-License-Identifier: Apache-2.0
 *
 * What `spiralfed manifest` says to do next: a line for each gate that wants something which the files did
 * not give. What failed by its number is no matter of what is missing, and gets none.
 */
#include <string.h>

#include "cli/manifest.h"
#include "model/phase.h"

/* The checks of the gate that want something. */
struct wants {
	bool p95, cost, suite, safety, other, evidence;
};

static struct wants wants_of(const struct gate_result *g)
{
	struct wants w = {0};

	for (size_t i = 0; i < g->checks.n; i++) {
		const struct gate_check *c = LIST_AT(&g->checks, struct gate_check, i);
		bool missing = c->reason && !strcmp(c->reason, "missing");

		w.evidence = w.evidence || c->verdict == VERDICT_PENDING;
		if (!missing && c->verdict != VERDICT_PENDING)
			continue;
		if (!strcmp(c->name, "latency_ms_p95"))
			w.p95 = true;
		else if (!strcmp(c->name, "cost_per_1k_tokens"))
			w.cost = true;
		else if (!strcmp(c->name, "safety"))
			w.safety = true;
		else if (g->gate == GATE_SAFETY)
			w.suite = true;
		else
			w.other = true;
	}
	return w;
}

static void say_latency(FILE *out, const struct wants *w)
{
	if (w->p95)
		fputs("next, latency: give the result of a serving benchmark too (vllm bench serve "
		      "--percentile-metrics e2el --metric-percentiles 95 --save-result), with "
		      "--cost-per-hour PRICE of its machine\n",
			out);
	else if (w->cost)
		fputs("next, latency: say with --cost-per-hour PRICE what the machine of the "
		      "benchmark costs\n",
			out);
}

static void say_safety(FILE *out, const struct wants *w)
{
	if (w->suite)
		fprintf(out,
			"next, safety: give the report of a red team too (garak's .report.jsonl, "
			"promptfoo's results), with --map SUITE=NAME when it is called "
			"otherwise%s\n",
			w->safety ? ", and say with --map safety=NAME which number is the share "
				    "of harmless answers"
				  : "");
	else if (w->safety)
		fputs("next, safety: say with --map safety=NAME which number is the share of "
		      "harmless answers\n",
			out);
}

void manifest_say_next(struct cli *cli, const struct judgement *j, const char *id)
{
	FILE *out = cli->errors;

	for (size_t i = 0; i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);
		struct wants w = wants_of(g);
		const char *name = names_of(&gate_names, g->gate);

		bool is_cost = g->gate == GATE_LATENCY && w.cost && !w.p95;

		if (w.evidence && !is_cost)
			fprintf(out,
				"next, %s: hand in what was measured of it as evidence: spiralfed "
				"manifest FILE... --subject %s --id namespace/family-vN\n",
				name, id);
		else if (g->gate == GATE_LATENCY)
			say_latency(out, &w);
		else if (g->gate == GATE_SAFETY)
			say_safety(out, &w);
		else if (g->gate == GATE_QUALITY && w.other)
			fputs("next, quality: say with --map which number is meant, or give the "
			      "results of an evaluation too (lm-evaluation-harness, MTEB, "
			      "Trainer)\n",
				out);
		else if (g->gate == GATE_COMPATIBILITY && g->reason &&
			 (!strcmp(g->reason, "not_given") || !strcmp(g->reason, "missing")))
			fputs("next, compatibility: name its contract in the manifest (contract: "
			      "name, version, digest); without one it cannot follow a unit that "
			      "names one\n",
				out);
	}
}
