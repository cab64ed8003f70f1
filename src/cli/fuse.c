/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed fuse`: three manifests in, one fused release out, without a daemon. It decides with the
 * daemon's own parsing, gates and selection, under the built-in policy with the thresholds of the
 * flags; it only reads files and writes the one output, at the very end.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/fused.h"
#include "cli/output.h"
#include "model/format.h"
#include "model/manifest.h"
#include "policy/judge.h"
#include "policy/selection.h"

enum { MANIFEST_MAX = 1 << 20 };

struct fuse {
	struct cli *cli;
	struct policy policy;
	struct gate_limits limits;
	struct fused_file previous, fused;
	struct version version;
	bool has_previous, through;
	struct parsed_manifest manifest[FUSED_UNITS];
};

/* A number of the command line: finite, not negative, at most `max`. */
static int option_number(
	struct cli *cli, enum cli_option_id id, double fallback, double max, double *ret)
{
	const char *text = cli->option[id];
	char *end;

	if (!text) {
		*ret = fallback;
		return 0;
	}
	errno = 0;
	double v = strtod(text, &end);
	if (errno || *end || end == text || strspn(text, "0123456789.eE+-") != strlen(text) ||
		v < 0 || v > max)
		return cli_misuse(cli, "--%s is \"%s\": not a number from 0 to %g",
			cli_options[id].name, text, max);
	*ret = v;
	return 0;
}

static int read_limits(struct fuse *f)
{
	struct gate_limits *l = &f->limits;
	int rc = option_number(f->cli, CLI_OPTION_MIN_QUALITY, 0.75, 1, &l->min_quality);

	if (!rc)
		rc = option_number(f->cli, CLI_OPTION_MIN_SAFETY, 0.95, 1, &l->min_safety);
	if (!rc)
		rc = option_number(
			f->cli, CLI_OPTION_MAX_LATENCY, 250, 1e9, &l->max_latency_ms_p95);
	if (!rc)
		rc = option_number(
			f->cli, CLI_OPTION_MAX_COST, 1.5, 1e9, &l->max_cost_per_1k_tokens);
	return rc;
}

/* The built-in policy with the thresholds of this call. */
static int make_policy(struct fuse *f)
{
	struct faults faults;
	struct err err = {0};
	const char *canonical;

	faults_init(&faults);
	if (policy_parse(embed_policy_json, embed_policy_json_len, f->cli->arena, &f->policy,
		    &canonical, &faults, &err) < 0)
		return cli_fail(f->cli, CLI_REFUSED, "the built-in policy is broken: %s",
			faults.n ? faults.list[0].detail : err.msg);
	struct policy_gates *gates = f->policy.gates;
	for (size_t i = 0; i < gates->quality->metrics.n; i++) {
		struct policy_metric *m =
			LIST_AT(&gates->quality->metrics, struct policy_metric, i);
		if (m->role == METRIC_SUCCESS)
			m->floor = f->limits.min_quality;
	}
	gates->safety->floor = f->limits.min_safety;
	gates->latency->p95_ms = f->limits.max_latency_ms_p95;
	gates->latency->cost_per_1k_tokens->ceiling = f->limits.max_cost_per_1k_tokens;
	return 0;
}

static int refuse_file(
	struct cli *cli, const char *path, const struct faults *faults, const struct err *err)
{
	if (!faults->n)
		return cli_fail(cli, CLI_REFUSED, "%s", err->msg);
	cli_fail(cli, CLI_REFUSED, "%s is refused:", path);
	cli_print_faults(cli, faults);
	return CLI_REFUSED;
}

static int read_manifest(struct fuse *f, int provider, const char *path)
{
	struct cli *cli = f->cli;
	struct faults faults;
	struct err err = {0};
	char *text;
	size_t len;

	faults_init(&faults);
	if (file_read(path, MANIFEST_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (manifest_parse(
		    text, len, &f->policy, cli->arena, &f->manifest[provider], &faults, &err) < 0) {
		if (!faults.n)
			err_wrap(&err, "%s", path);
		return refuse_file(cli, path, &faults, &err);
	}
	const char *given = f->manifest[provider].manifest.provider;
	if (strcmp(given, fused_providers[provider]) != 0)
		return cli_fail(cli, CLI_REFUSED,
			"%s is a manifest of provider %s, but --%s-manifest wants one of %s", path,
			given, fused_providers[provider], fused_providers[provider]);
	return 0;
}

static int read_previous(struct fuse *f)
{
	const char *path = f->cli->option[CLI_OPTION_PREVIOUS];
	struct faults faults;
	struct err err = {0};

	if (!path)
		return 0;
	faults_init(&faults);
	if (fused_read(path, f->cli->arena, &f->previous, &f->version, &faults, &err) < 0)
		return refuse_file(f->cli, path, &faults, &err);
	f->has_previous = true;
	return 0;
}

/* The slot whose unit a provider gives to the release. */
static const struct policy_slot *slot_of(const struct policy *p, const char *provider)
{
	for (size_t i = 0; i < p->slots.n; i++) {
		const struct policy_slot *s = LIST_AT(&p->slots, struct policy_slot, i);
		if (s->required == 1 && !strcmp(s->provider, provider))
			return s;
	}
	return NULL;
}

static void explain_contender(struct cli *cli, const struct contender *c)
{
	for (size_t i = 0; i < c->judgement->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&c->judgement->gates, struct gate_result, i);
		if (g->verdict != VERDICT_PASS)
			fprintf(cli->errors, "  %s: gate %s: %s: %s\n", c->unit->artifact->id,
				names_of(&gate_names, g->gate),
				names_of(&verdict_names, g->verdict),
				g->detail ? g->detail : g->reason);
	}
}

static int nothing_passes(struct cli *cli, const struct policy_slot *slot,
	const struct contender *contenders, size_t n)
{
	cli_fail(cli, CLI_REFUSED, "no artifacts passing promotion gates: provider %s, slot %s",
		slot->provider, slot->name);
	if (!n)
		fprintf(cli->errors, "  the manifest holds no artifact of role %s\n",
			slot->role ? slot->role : slot->name);
	for (size_t i = 0; i < n; i++)
		explain_contender(cli, &contenders[i]);
	return CLI_REFUSED;
}

/* The candidate is the baseline itself: it stays or goes, but is never judged. An id whose content
 * changed is a mistake, because artifacts are immutable. */
static int check_same(struct fuse *f, int provider, const struct artifact *artifact, bool *ret_same)
{
	const struct fused_part *live = f->has_previous ? f->previous.units->part[provider] : NULL;

	*ret_same = live && !strcmp(live->id, artifact->id);
	if (!*ret_same ||
		fused_part_equal(live, fused_part_of(artifact, f->cli->arena), f->cli->arena))
		return 0;
	return cli_fail(f->cli, CLI_REFUSED,
		"%s of provider %s differs from the %s in %s; artifacts are immutable: submit the "
		"changed one under the next number",
		artifact->id, fused_providers[provider], artifact->id,
		f->cli->option[CLI_OPTION_PREVIOUS]);
}

static int choose(struct fuse *f, int provider)
{
	struct arena *a = f->cli->arena;
	const struct parsed_manifest *m = &f->manifest[provider];
	const struct policy_slot *slot = slot_of(&f->policy, fused_providers[provider]);
	const struct unit *baseline =
		f->has_previous ? fused_unit_of(&f->previous, provider, a) : NULL;
	struct contender *contenders = ARENA_ARRAY(a, m->manifest.artifacts.n, struct contender);
	size_t n = 0;

	for (size_t i = 0; i < m->manifest.artifacts.n; i++) {
		const struct unit *unit = &m->units[i];
		struct judgement *judgement = ARENA_NEW(a, struct judgement);
		struct artifact_name name;
		bool same;

		if (policy_slot_for(&f->policy, unit->provider, unit->artifact->role) != slot)
			continue;
		if (check_same(f, provider, unit->artifact, &same))
			return CLI_REFUSED;
		if (same || artifact_name_parse(unit->artifact->id, a, &name) < 0)
			continue;
		judge_unit(unit, baseline, &f->policy, a, judgement);
		contenders[n++] = (struct contender){.unit = unit,
			.id = unit->artifact->id,
			.number = name.number,
			.phase = judgement->phase,
			.score = judgement->score,
			.judgement = judgement,
			.seq = (int64_t)i};
	}
	const struct contender *best = selection_best(contenders, n);
	if (!best && !baseline)
		return nothing_passes(f->cli, slot, contenders, n);
	f->fused.units->part[provider] =
		best ? fused_part_of(best->unit->artifact, a) : f->previous.units->part[provider];
	return 0;
}

static int generated_at(struct cli *cli, int64_t *ret)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;

	*ret = clock_now(cli->clock) / USEC_PER_SEC * USEC_PER_SEC;
	if (!epoch || !*epoch)
		return 0;
	errno = 0;
	long long v = strtoll(epoch, &end, 10);
	if (errno || *end || v < 0 || v > 253402300799)
		return cli_misuse(
			cli, "SOURCE_DATE_EPOCH is \"%s\": not a number of seconds", epoch);
	*ret = v * USEC_PER_SEC;
	return 0;
}

static int write_output(struct fuse *f)
{
	struct cli *cli = f->cli;
	const char *path = cli->option[CLI_OPTION_OUTPUT];
	STRBUF_AUTO compact = STRBUF_INIT(MANIFEST_MAX);
	STRBUF_AUTO text = STRBUF_INIT(4 * MANIFEST_MAX);
	struct json_writer w;
	struct err err = {0};

	json_writer_init(&w, &compact);
	fields_emit(&fused_file_table, &f->fused, &w);
	json_pretty(&text, compact.buf, compact.len);
	if (compact.overflow || text.overflow)
		return cli_fail(cli, CLI_REFUSED, "the fused release is larger than 1 MiB");
	if (output_write(cli, path, text.buf, text.len, &f->through, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	return 0;
}

static void report(const struct fuse *f)
{
	FILE *out = f->through ? f->cli->errors : f->cli->out;

	fprintf(out, "%s -> %s\n", f->fused.fused_model_id, f->cli->option[CLI_OPTION_OUTPUT]);
	for (int i = 0; i < FUSED_UNITS; i++) {
		const struct fused_part *part = f->fused.units->part[i];
		bool kept = f->has_previous && part == f->previous.units->part[i];
		fprintf(out, "  %-4s %-8s %s%s\n", fused_providers[i], part->role, part->id,
			kept ? " (kept: nothing better)" : "");
	}
}

static int assemble(struct fuse *f)
{
	static const char *sorted[] = {"aws", "gcp", "hf"};
	struct arena *a = f->cli->arena;
	char version[VERSION_STRLEN];
	struct version next;

	fields_init(&fused_file_table, &f->fused);
	f->fused.units = ARENA_NEW(a, struct fused_parts);
	f->fused.gates = &f->limits;
	f->fused.providers = (struct strings){.v = sorted, .n = 3};
	version_next(f->has_previous ? &f->version : NULL, LEVEL_PATCH, &next);
	f->fused.fused_model_id =
		arena_printf(a, FUSED_MODEL_PREFIX "%s", version_format(&next, version));
	int rc = generated_at(f->cli, &f->fused.generated_at);
	/* Every provider is looked at, so that one run names all that is missing. */
	for (int i = 0; i < FUSED_UNITS; i++) {
		int one = choose(f, i);
		rc = rc ? rc : one;
	}
	return rc;
}

int cli_fuse(struct cli *cli)
{
	struct fuse f = {.cli = cli};
	const char *paths[FUSED_UNITS] = {cli->option[CLI_OPTION_HF_MANIFEST],
		cli->option[CLI_OPTION_GCP_MANIFEST], cli->option[CLI_OPTION_AWS_MANIFEST]};
	int rc = read_limits(&f);

	if (!rc)
		rc = make_policy(&f);
	if (rc)
		return rc;
	for (int i = 0; i < FUSED_UNITS; i++) {
		int one = read_manifest(&f, i, paths[i]);
		rc = rc ? rc : one;
	}
	if (!rc)
		rc = read_previous(&f);
	if (!rc)
		rc = assemble(&f);
	if (!rc)
		rc = write_output(&f);
	if (!rc)
		report(&f);
	return rc;
}
