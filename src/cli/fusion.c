/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed route, vote, export`: what a release's fusion block says, decided here by the evaluators
 * that nodes link; `spiralfed lineage`: what its units are made of.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "cli/block.h"
#include "cli/client.h"
#include "policy/kserve.h"
#include "policy/routing.h"

enum { OUTPUT_MAX = 16 << 20, SERVICE_TIMEOUT_S = 60 };

static int print_json(struct cli *cli, const struct strbuf *sb, const struct json_writer *w)
{
	if (!json_writer_done(w))
		return cli_fail(cli, CLI_REFUSED, "the answer would be larger than %d MiB",
			OUTPUT_MAX >> 20);
	fwrite(sb->buf, 1, sb->len, cli->out);
	fputc('\n', cli->out);
	return CLI_DONE;
}

/* ---- route ---- */

static void print_model(struct cli *cli, const struct routed_model *m)
{
	fprintf(cli->out, "  model:%-12s %s", m->name, m->id ? m->id : m->artifact);
	if (m->provider)
		fprintf(cli->out, "  %s", m->provider);
	if (m->adapter)
		fprintf(cli->out, "  with %s", m->adapter_id ? m->adapter_id : m->adapter);
	if (m->adapter && m->adapter_provider)
		fprintf(cli->out, "  %s", m->adapter_provider);
	fputc('\n', cli->out);
}

static int print_routing(struct cli *cli, const struct routing *r)
{
	STRBUF_AUTO sb = STRBUF_INIT(OUTPUT_MAX);
	struct json_writer w;

	if (cli->option[CLI_OPTION_JSON]) {
		json_writer_init(&w, &sb);
		fields_emit(&routing_table, r, &w);
		return print_json(cli, &sb, &w);
	}
	fprintf(cli->out, "route %s  %s", r->route, r->to);
	for (size_t i = 0; i < r->fallback.n; i++)
		fprintf(cli->out, "%s%s", i ? ", " : "  else ", r->fallback.v[i]);
	fputc('\n', cli->out);
	if (r->split)
		fprintf(cli->out, "  split:%s  bucket %lld of %d  %s\n", r->split->name,
			(long long)r->split->bucket, FUSION_SPLIT_BUCKETS, r->split->to);
	for (size_t i = 0; i < r->models.n; i++)
		print_model(cli, LIST_AT(&r->models, struct routed_model, i));
	return CLI_DONE;
}

int cli_route(struct cli *cli)
{
	bool named = cli->n_args && !strchr(cli->args[0], '=');
	struct fusion_entry fields[ROUTING_FIELDS_MAX + 1];
	struct fusion_request request = {.fields = fields};
	struct cli_block block;
	struct routing routing;
	struct err err = {0};
	int rc = cli_block_load(cli, named ? cli->args[0] : NULL, &block);

	if (rc)
		return rc;
	for (size_t i = named; i < cli->n_args; i++) {
		const char *eq = strchr(cli->args[i], '=');

		if (!eq)
			return cli_misuse(
				cli, "%s is no FIELD=VALUE, e.g. prompt_type=code", cli->args[i]);
		if (routing_field(block.fusion,
			    arena_strndup(cli->arena, cli->args[i], (size_t)(eq - cli->args[i])),
			    eq + 1, cli->arena, &fields[request.n++], &err) < 0)
			return cli_misuse(cli, "%s", err.msg);
	}
	routing_make(block.fusion, &block.slots, &request, cli->arena, &routing);
	routing.release = block.version;
	routing.without = cli->option[CLI_OPTION_WITHOUT];
	return print_routing(cli, &routing);
}

/* ---- vote ---- */

static int print_vote(struct cli *cli, const struct fusion_ensemble *e, const struct fusion_vote *v,
	const char *then)
{
	STRBUF_AUTO sb = STRBUF_INIT(OUTPUT_MAX);
	struct json_writer w;

	if (!cli->option[CLI_OPTION_JSON]) {
		fprintf(cli->out, "%s  (%s)%s%s\n", v->label, vote_reason_name(v->reason),
			then ? "  then " : "", then ? then : "");
		for (size_t i = 0; i < e->labels.n; i++)
			fprintf(cli->out, "  %-12s %g\n", e->labels.v[i], v->tally[i]);
		return CLI_DONE;
	}
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "ensemble", e->name);
	jw_kstring(&w, "label", v->label);
	jw_kstring(&w, "reason", vote_reason_name(v->reason));
	jw_kint(&w, "votes", v->votes);
	if (then)
		jw_kstring(&w, "then", then);
	jw_key(&w, "tally");
	jw_object(&w);
	for (size_t i = 0; i < e->labels.n; i++)
		jw_knumber(&w, e->labels.v[i], v->tally[i]);
	jw_end(&w);
	jw_end(&w);
	return print_json(cli, &sb, &w);
}

/* What an ensemble does with a vote for what is none of its labels is easily taken for a vote. */
static void say_unknown(struct cli *cli, const struct fusion_ensemble *e, const char *vote)
{
	STRBUF_AUTO labels = STRBUF_INIT(OUTPUT_MAX);

	for (size_t i = 0; i < e->labels.n; i++) {
		if (strcmp(e->labels.v[i], vote) == 0)
			return;
		strbuf_addf(&labels, "%s%s", i ? ", " : "", e->labels.v[i]);
	}
	fprintf(cli->errors, "spiralfed: \"%s\" is no label of %s (%s): it counts as %s\n", vote,
		e->name, labels.buf, e->abstain_as ? e->abstain_as : "an abstention");
}

int cli_vote(struct cli *cli)
{
	const char *votes[FUSION_MEMBERS_MAX];
	const struct fusion_ensemble *e;
	const struct fusion_then *then;
	struct cli_block block;
	struct fusion_vote v;
	size_t n = cli->n_args - 1;
	int rc = cli_block_load(cli, cli->option[CLI_OPTION_OF], &block);

	if (rc)
		return rc;
	e = fusion_ensemble(block.fusion, cli->args[0]);
	if (!e)
		return cli_fail(cli, CLI_REFUSED, "there is no ensemble %s", cli->args[0]);
	if (n > e->members.n)
		return cli_misuse(cli, "%s has %zu members, not %zu", e->name, e->members.n, n);
	for (size_t i = 0; i < n; i++)
		votes[i] = strcmp(cli->args[i + 1], "-") == 0 ? NULL : cli->args[i + 1];
	for (size_t i = 0; i < n; i++)
		if (votes[i])
			say_unknown(cli, e, votes[i]);
	v = fusion_vote(e, votes, n);
	then = e->mode == ENSEMBLE_GATE ? fusion_then(e, v.label) : NULL;
	return print_vote(cli, e, &v, then ? then->to : NULL);
}

/* ---- lineage ---- */

int cli_lineage(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	int rc;

	if (!strchr(cli->args[0], '/'))
		strbuf_addf(&path, "/v1/releases/%s", http_escape(cli->args[0], cli->arena));
	else if ((rc = client_artifact_path(cli, cli->args[0], &path)))
		return rc;
	strbuf_addstr(&path, "/lineage");
	return client_show(cli, path.buf);
}

/* ---- export ---- */

static const char *graph_name(struct cli *cli, const struct cli_block *block)
{
	char *name;

	if (cli->option[CLI_OPTION_GRAPH])
		return cli->option[CLI_OPTION_GRAPH];
	if (!block->version)
		return "release";
	name = arena_printf(cli->arena, "release-%s", block->version);
	for (char *p = name; *p; p++)
		if (*p == '.')
			*p = '-';
	return name;
}

int cli_export(struct cli *cli)
{
	STRBUF_AUTO sb = STRBUF_INIT(OUTPUT_MAX);
	const char *base = cli->option[CLI_OPTION_BASE_URL];
	struct kserve_target target = {.client_timeout_s = SERVICE_TIMEOUT_S};
	struct json_writer w;
	struct cli_block block;
	struct strings lossy;
	struct err err = {0};
	size_t len;
	int rc;

	if (strcmp(cli->option[CLI_OPTION_FORMAT], "kserve") != 0)
		return cli_misuse(
			cli, "--format %s is not known; kserve is", cli->option[CLI_OPTION_FORMAT]);
	rc = cli_block_load(cli, cli->n_args ? cli->args[0] : NULL, &block);
	if (rc)
		return rc;
	base = base ? base : "http://models";
	len = strlen(base);
	while (len > 1 && base[len - 1] == '/')
		len--;
	target.base = arena_strndup(cli->arena, base, len);
	target.name = graph_name(cli, &block);
	json_writer_init(&w, &sb);
	if (kserve_write(block.fusion, &target, cli->arena, &w, &lossy, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	for (size_t i = 0; i < lossy.n; i++)
		fprintf(cli->errors, "note: %s\n", lossy.v[i]);
	return print_json(cli, &sb, &w);
}
