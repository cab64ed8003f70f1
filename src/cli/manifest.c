/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed manifest`: files that training left behind in, one manifest out, without a daemon. What the
 * gates would say of it is said, too; a manifest that no gate would pass is written all the same, one
 * that the daemon would refuse is not.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/suggest.h"
#include "cli/manifest.h"
#include "cli/output.h"
#include "cli/policy.h"
#include "model/manifest.h"

enum { MANIFEST_MAX = 1 << 20, HINTS = 6, NAMES_MAX = 512 };

struct making {
	struct cli *cli;
	struct policy policy;
	struct harvest harvest;
	struct harvest_target target;
	struct parsed_manifest manifest;
};

static int read_target(struct making *m)
{
	struct cli *cli = m->cli;
	const char *const *option = cli->option;
	const char *cost = option[CLI_OPTION_COST_PER_HOUR];
	const char *repo = option[CLI_OPTION_PUSH];
	struct err err = {0};
	char *end;

	/* Before anything is written. */
	if (repo && !strchr(repo, '/'))
		return cli_misuse(cli, "--push %s: not of the form namespace/name", repo);
	m->target = (struct harvest_target){.provider = option[CLI_OPTION_PROVIDER],
		.role = option[CLI_OPTION_ROLE],
		.id = option[CLI_OPTION_ID],
		.uri = option[CLI_OPTION_URI],
		.subject = option[CLI_OPTION_SUBJECT],
		.base_model = option[CLI_OPTION_BASE_MODEL],
		.license = option[CLI_OPTION_LICENSE],
		.known_as = option[CLI_OPTION_KNOWN_AS],
		.cost_per_hour = NAN};
	if (option[CLI_OPTION_MAP] &&
		harvest_map_parse(option[CLI_OPTION_MAP], cli->arena, &m->target.map, &err))
		return cli_misuse(cli, "--map: %s", err.msg);
	if (!cost)
		return 0;
	errno = 0;
	m->target.cost_per_hour = strtod(cost, &end);
	if (errno || *end || end == cost || strspn(cost, "0123456789.eE+-") != strlen(cost) ||
		!(m->target.cost_per_hour > 0))
		return cli_misuse(cli, "--cost-per-hour is \"%s\": not a number more than 0", cost);
	return 0;
}

/* ---- The map's names ---- */

/* What the policy's gates look for, by name. */
static size_t policy_names(const struct policy_gates *gates, const char **ret)
{
	static const char *const always[] = {"safety", "latency_ms_p95", "cost_per_1k_tokens"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		ret[n++] = always[i];
	for (size_t i = 0; i < gates->quality->metrics.n && n < NAMES_MAX; i++)
		ret[n++] = LIST_AT(&gates->quality->metrics, struct policy_metric, i)->name;
	for (size_t i = 0; i < gates->safety->suites.n && n < NAMES_MAX; i++)
		ret[n++] = LIST_AT(&gates->safety->suites, struct policy_suite, i)->name;
	return n;
}

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Before anything is read. */
static int check_provider(struct making *m)
{
	const struct list *providers = &m->policy.providers;
	const char *known = "";

	if (policy_provider(&m->policy, m->target.provider))
		return 0;
	for (size_t i = 0; i < providers->n; i++)
		known = arena_printf(m->cli->arena, "%s%s%s", known, i ? ", " : "",
			LIST_AT(providers, struct policy_provider, i)->name);
	return cli_misuse(m->cli, "--provider %s: no provider of the policy, which knows %s",
		m->target.provider, known);
}

/* A slip of the pen would leave the gate without its number, and nobody would see why. A name that
 * is kept only gets its scale. */
static int check_map(struct making *m)
{
	const char *names[NAMES_MAX];
	size_t n = policy_names(m->policy.gates, names);

	for (size_t i = 0; i < m->target.map.n; i++) {
		const struct harvest_map *map = &m->target.map.v[i];
		if (is_one_of(map->as, names, n) || !strcmp(map->as, map->found))
			continue;
		const char *near = suggest_name(map->as, names, n);
		if (near)
			return cli_misuse(m->cli,
				"--map: no gate of the policy looks for %s; did you mean %s?",
				map->as, near);
		fprintf(m->cli->errors,
			"--map: no gate of the policy looks for %s; it is carried along\n",
			map->as);
	}
	return 0;
}

/* ---- What the gates would say ---- */

static bool is_number_for(const struct policy_metric *rule, const struct finding *f)
{
	if (f->as || f->is_train || f->is_ms)
		return false;
	if (f->metric.higher_is_better >= 0 &&
		f->metric.higher_is_better != (rule->direction == DIRECTION_HIGHER))
		return false;
	return f->metric.value <= 1 || (rule->kind != KIND_PROPORTION && !(rule->floor <= 1));
}

static bool applies(const struct policy_metric *rule, const char *role)
{
	for (size_t i = 0; i < rule->unit_roles.n; i++)
		if (!strcmp(rule->unit_roles.v[i], role))
			return true;
	return !rule->unit_roles.n;
}

/* The numbers that might be meant by a metric of the policy that the manifest lacks; those that only wait
 * for a call when there are no others. */
static bool hint_metric(struct making *m, const struct policy_metric *rule, enum finding_use use)
{
	FILE *out = m->cli->errors;
	size_t n = 0;

	for (size_t i = 0; i < m->harvest.n_findings; i++) {
		const struct finding *f = &m->harvest.findings[i];
		if (f->use != use || !is_number_for(rule, f))
			continue;
		if (++n > HINTS)
			continue;
		if (n == 1)
			fprintf(out, "%s may be one of these: --map %s=%s", rule->name, rule->name,
				f->name);
		else
			fprintf(out, ", %s", f->name);
	}
	if (n > HINTS)
		fprintf(out, " and %zu more", n - HINTS);
	fputs(n ? "\n" : "", out);
	return n > 0;
}

static void hint_metrics(struct making *m)
{
	const struct list *metrics = &m->policy.gates->quality->metrics;

	for (size_t i = 0; i < metrics->n; i++) {
		const struct policy_metric *rule = LIST_AT(metrics, struct policy_metric, i);
		if (applies(rule, m->target.role) &&
			!artifact_metric(m->manifest.units[0].artifact, rule->name) &&
			!hint_metric(m, rule, FOUND_TAKEN))
			hint_metric(m, rule, FOUND_ON_CALL);
	}
}

static void say_gates(struct making *m)
{
	const struct unit *u = &m->manifest.units[0];
	struct cli said = *m->cli;
	struct judgement j;

	said.out = m->cli->errors;
	said.colour = false;
	if (!policy_slot_for(&m->policy, u->provider, u->artifact->role)) {
		fprintf(said.out, "%s is evidence: it counts in the gates of %s\n", u->artifact->id,
			u->artifact->subject ? u->artifact->subject
					     : "nothing, until --subject says of what");
		return;
	}
	judge_unit(u, NULL, &m->policy, m->cli->arena, &j);
	print_judgement(&said, u, NULL, &j);
	hint_metrics(m);
	manifest_say_next(m->cli, &j, u->artifact->id);
}

/* ---- Out ---- */

static int write_out(struct making *m, const struct strbuf *compact)
{
	struct cli *cli = m->cli;
	const char *path = cli->option[CLI_OPTION_OUTPUT];
	STRBUF_AUTO text = STRBUF_INIT(4 * MANIFEST_MAX);
	struct err err = {0};
	bool through = true;

	json_pretty(&text, compact->buf, compact->len);
	if (text.overflow)
		return cli_fail(cli, CLI_REFUSED, "the manifest is larger than 1 MiB");
	if (output_write(cli, path ? path : "-", text.buf, text.len, &through, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	const char *id = m->manifest.units[0].artifact->id;
	if (!through)
		fprintf(cli->out, "%s  %s  %s\n", path, id, m->manifest.digest);
	if (!cli->option[CLI_OPTION_PUSH])
		return CLI_DONE;
	int rc = manifest_push(cli, text.buf, text.len, id, m->manifest.digest);
	if (rc && !through)
		fprintf(cli->errors, "%s is written all the same\n", path);
	return rc;
}

static int check_manifest(struct making *m, const struct strbuf *compact)
{
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	if (!manifest_parse(compact->buf, compact->len, &m->policy, m->cli->arena, &m->manifest,
		    &faults, &err))
		return CLI_DONE;
	cli_fail(m->cli, CLI_REFUSED, "the manifest that comes of it would be refused:%s%s",
		err.msg[0] ? " " : "", err.msg);
	cli_print_faults(m->cli, &faults);
	return CLI_REFUSED;
}

static int make(struct making *m)
{
	STRBUF_AUTO compact = STRBUF_INIT(MANIFEST_MAX);
	struct err err = {0};

	m->target.gates = m->policy.gates;
	bool bad = harvest_make(&m->harvest, &m->target, &compact, &err) < 0;
	int rc = bad ? CLI_REFUSED : check_manifest(m, &compact);

	manifest_explain(m->cli, &m->harvest);
	if (bad)
		return cli_fail(m->cli, CLI_REFUSED, "%s", err.msg);
	if (rc)
		return rc;
	say_gates(m);
	return write_out(m, &compact);
}

int cli_manifest(struct cli *cli)
{
	struct making m = {.cli = cli};
	const char *canonical;
	int rc = read_target(&m);

	if (!rc)
		rc = cli_read_policy(cli, cli->option[CLI_OPTION_POLICY], &m.policy, &canonical);
	if (!rc)
		rc = check_provider(&m);
	if (!rc)
		rc = check_map(&m);
	harvest_init(&m.harvest, cli->arena);
	if (!rc)
		rc = manifest_gather(cli, &m.harvest);
	return rc ? rc : make(&m);
}
