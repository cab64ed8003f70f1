/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed policy test, plan, diff`: a policy tried on files, without a daemon. It decides with the
 * daemon's own parsing and gates, reads files and writes nothing. `policy simulate` asks the daemon.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/policy.h"
#include "cli/print.h"
#include "model/document_diff.h"
#include "model/manifest.h"
#include "policy/cadence.h"
#include "policy/judge.h"
#include "policy/plan.h"

enum { INPUT_MAX = 1 << 20, EVIDENCE_MAX = 512, COMPETING_MAX = 1000000 };

static int refuse(struct cli *cli, const char *path, const struct faults *faults, struct err *err)
{
	if (!faults->n)
		return cli_fail(cli, CLI_REFUSED, "%s: %s", path, err->msg);
	cli_fail(cli, CLI_REFUSED, "%s is refused:", path);
	cli_print_faults(cli, faults);
	return CLI_REFUSED;
}

int cli_read_policy(
	struct cli *cli, const char *path, struct policy *ret, const char **ret_canonical)
{
	const char *text = embed_policy_json;
	size_t len = embed_policy_json_len;
	struct faults faults;
	struct err err = {0};
	char *given;

	faults_init(&faults);
	if (path && file_read(path, INPUT_MAX, cli->arena, &given, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (policy_accept(
		    path ? given : text, len, 0, cli->arena, ret, ret_canonical, &faults, &err) < 0)
		return refuse(cli, path ? path : "the built-in policy", &faults, &err);
	return CLI_DONE;
}

static int read_manifest(
	struct cli *cli, const char *path, const struct policy *p, struct parsed_manifest *ret)
{
	struct faults faults;
	struct err err = {0};
	char *text;
	size_t len;

	faults_init(&faults);
	if (file_read(path, INPUT_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (manifest_parse(text, len, p, cli->arena, ret, &faults, &err) < 0)
		return refuse(cli, path, &faults, &err);
	return CLI_DONE;
}

/* ---- test ---- */

/* What two manifests say about a unit. */
static struct judge_side side_of(
	struct cli *cli, const struct unit *u, const struct parsed_manifest *const *m, size_t n)
{
	const struct unit **v = ARENA_ARRAY(cli->arena, EVIDENCE_MAX, const struct unit *);
	size_t found = 0;

	for (size_t i = 0; u && i < n; i++)
		for (size_t k = 0; k < m[i]->manifest.artifacts.n && found < EVIDENCE_MAX; k++) {
			const char *subject = m[i]->units[k].artifact->subject;

			if (subject && strcmp(subject, u->artifact->id) == 0)
				v[found++] = &m[i]->units[k];
		}
	units_sort(v, found);
	return (struct judge_side){u, v, found};
}

/* The unit of the other manifest that stands in the same slot. */
static const struct unit *rival(
	const struct unit *u, const struct parsed_manifest *baseline, const struct policy *p)
{
	const struct policy_slot *slot = policy_slot_for(p, u->provider, u->artifact->role);

	for (size_t i = 0; baseline && i < baseline->manifest.artifacts.n; i++) {
		const struct unit *b = &baseline->units[i];

		if (policy_slot_for(p, b->provider, b->artifact->role) == slot &&
			strcmp(b->content_digest, u->content_digest) != 0)
			return b;
	}
	return NULL;
}

void print_judgement(
	struct cli *cli, const struct unit *u, const struct unit *b, const struct judgement *j)
{
	struct answer_gate *gates = ARENA_ARRAY(cli->arena, GATES, struct answer_gate);
	struct list list = {gates, j->gates.n};

	for (size_t i = 0; i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);

		gates[i] = (struct answer_gate){names_of(&gate_names, g->gate),
			names_of(&verdict_names, g->verdict), g->reason, g->detail};
	}
	fprintf(cli->out, "%s/%s against %s: ", u->provider, u->artifact->id,
		b ? b->artifact->id : "nothing");
	print_verdict(cli, names_of(&phase_names, j->phase), 0);
	fputc('\n', cli->out);
	print_gates(cli, &list, "  ");
}

static int policy_test(struct cli *cli)
{
	const char *candidate_path = cli->option[CLI_OPTION_CANDIDATE];
	const char *baseline_path = cli->option[CLI_OPTION_BASELINE], *canonical;
	struct parsed_manifest candidate, baseline;
	const struct parsed_manifest *all[] = {&candidate, &baseline};
	bool failed = false, judged = false;
	struct policy policy;
	int rc;

	if (!candidate_path)
		return cli_misuse(cli, "policy test needs --candidate FILE");
	rc = cli_read_policy(cli, cli->option[CLI_OPTION_POLICY], &policy, &canonical);
	if (!rc)
		rc = read_manifest(cli, candidate_path, &policy, &candidate);
	if (!rc && baseline_path)
		rc = read_manifest(cli, baseline_path, &policy, &baseline);
	for (size_t i = 0; !rc && i < candidate.manifest.artifacts.n; i++) {
		const struct unit *u = &candidate.units[i], *b;
		size_t n = baseline_path ? 2 : 1;
		struct judgement j;

		if (!policy_slot_for(&policy, u->provider, u->artifact->role))
			continue;
		b = rival(u, baseline_path ? &baseline : NULL, &policy);
		judge(&(struct judge_input){.candidate = side_of(cli, u, all, n),
			      .baseline = side_of(cli, b, all, n),
			      .policy = &policy,
			      .look = 1,
			      .contenders = 1},
			cli->arena, &j);
		print_judgement(cli, u, b, &j);
		judged = true;
		failed = failed || j.phase != PHASE_SUCCEEDED;
	}
	if (!rc && !judged)
		return cli_fail(cli, CLI_REFUSED, "%s holds no unit of a slot", candidate_path);
	return rc ? rc : failed ? CLI_REFUSED : CLI_DONE;
}

/* ---- plan ---- */

/* A number from `low` to `high`; NAN when the option is not given. */
static int number(struct cli *cli, enum cli_option_id id, double low, double high, double *ret)
{
	const char *text = cli->option[id];
	char *end;

	*ret = NAN;
	if (!text)
		return CLI_DONE;
	errno = 0;
	*ret = strtod(text, &end);
	if (errno || end == text || *end || !isfinite(*ret))
		return cli_misuse(cli, "--%s is \"%s\": not a number", cli_options[id].name, text);
	if (*ret < low && isinf(high))
		return cli_misuse(
			cli, "--%s is %s: not at least %g", cli_options[id].name, text, low);
	if (*ret < low || *ret > high)
		return cli_misuse(cli, "--%s is %s: not from %.9g to %.9g", cli_options[id].name,
			text, low, high);
	return CLI_DONE;
}

static int read_assumptions(struct cli *cli, struct plan_assumptions *ret)
{
	double competing;
	int rc;

	if ((rc = number(cli, CLI_OPTION_VALUE, -HUGE_VAL, HUGE_VAL, &ret->value)) ||
		(rc = number(cli, CLI_OPTION_GAIN, 0, HUGE_VAL, &ret->gain)) ||
		(rc = number(cli, CLI_OPTION_SD, 0, HUGE_VAL, &ret->sd)) ||
		(rc = number(cli, CLI_OPTION_DIFFER, 0, 1, &ret->discordant)) ||
		(rc = number(cli, CLI_OPTION_SLOW, 0, 1, &ret->slow)) ||
		(rc = number(cli, CLI_OPTION_COMPETING, 1, COMPETING_MAX, &competing)))
		return rc;
	ret->contenders = isnan(competing) ? 1 : (int64_t)competing;
	return CLI_DONE;
}

static void print_subject(struct cli *cli, const struct plan_subject *s, double alpha)
{
	fprintf(cli->out, "\n%s (%s%s%s)\n", s->name, s->kind, *s->assumed ? "; " : "", s->assumed);
	if (s->alpha != alpha)
		fprintf(cli->out, "  no worse at an alpha of its own, %.4g\n", s->alpha);
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct plan_row *row = LIST_AT(&s->rows, struct plan_row, i);

		if (row->n < 0)
			fprintf(cli->out, "  %-64s  no number does\n", row->what);
		else
			fprintf(cli->out, "  %-64s  %lld\n", row->what, (long long)row->n);
	}
}

static int policy_plan_file(struct cli *cli)
{
	const char *only = cli->option[CLI_OPTION_METRIC], *canonical;
	struct plan_assumptions x;
	struct policy policy;
	struct list subjects;
	double alpha;
	int rc = cli_read_policy(cli, cli->option[CLI_OPTION_POLICY], &policy, &canonical);

	if (rc || (rc = read_assumptions(cli, &x)))
		return rc;
	policy_plan(&policy, &x, only, cli->arena, &subjects);
	if (!subjects.n)
		return cli_fail(
			cli, CLI_REFUSED, "the policy has no metric, limit or suite %s", only);
	alpha = plan_alpha(policy.gates->alpha, policy.gates, x.contenders);
	fprintf(cli->out, "Samples, at alpha %.4g (%.4g over %lld looks", alpha,
		policy.gates->alpha, (long long)policy.gates->max_looks);
	if (x.contenders > 1)
		fprintf(cli->out, " and %lld that compete", (long long)x.contenders);
	fprintf(cli->out, ") and power %g:\n", plan_power());
	for (size_t i = 0; i < subjects.n; i++)
		print_subject(cli, LIST_AT(&subjects, struct plan_subject, i), alpha);
	return CLI_DONE;
}

/* ---- diff ---- */

static int policy_diff_files(struct cli *cli)
{
	struct document_change *changes;
	struct policy from, to;
	const char *old, *new;
	size_t n;
	int rc;

	if (cli->n_args != 3)
		return cli_misuse(cli, "policy diff needs two files");
	rc = cli_read_policy(cli, cli->args[1], &from, &old);
	if (!rc)
		rc = cli_read_policy(cli, cli->args[2], &to, &new);
	if (rc)
		return rc;
	n = document_diff(old, new, cli->arena, &changes);
	for (size_t i = 0; i < n; i++)
		fprintf(cli->out, "%s: %s -> %s\n", changes[i].pointer,
			changes[i].old ? changes[i].old : "(none)",
			changes[i].new ? changes[i].new : "(none)");
	return CLI_DONE;
}

int cli_policy(struct cli *cli)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *cli);
	} verbs[] = {{"test", policy_test}, {"plan", policy_plan_file},
		{"simulate", cli_policy_simulate}, {"diff", policy_diff_files}};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(cli->args[0], verbs[i].name))
			return verbs[i].run != policy_diff_files && cli->n_args > 1
				       ? cli_misuse(cli, "policy %s takes no argument: %s",
						 verbs[i].name, cli->args[1])
				       : verbs[i].run(cli);
	return cli_misuse(cli, "policy test, plan, simulate or diff, not %s", cli->args[0]);
}
