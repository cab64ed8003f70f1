/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed slo`, `nodes`, `drills`, `distillations`: how it goes out there; `spiralfed acknowledge`:
 * going on after a breach.
 */
#include "base/json_writer.h"
#include "cli/client.h"

int cli_slo(struct cli *cli)
{
	struct http_response response;

	return client_call(
		cli, &(struct call){.method = "GET", .path = "/v1/slo", .table = true}, &response);
}

static int show(struct cli *cli, const char *list)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct http_response response;

	strbuf_addstr(&path, list);
	if (cli->n_args)
		strbuf_addf(&path, "/%s", http_escape(cli->args[0], cli->arena));
	client_query(cli, &path, "max_results", CLI_OPTION_MAX_RESULTS);
	client_query(cli, &path, "page_token", CLI_OPTION_PAGE_TOKEN);
	return client_call(
		cli, &(struct call){.method = "GET", .path = path.buf, .table = true}, &response);
}

int cli_nodes(struct cli *cli)
{
	return show(cli, "/v1/nodes");
}

int cli_drills(struct cli *cli)
{
	return show(cli, "/v1/drills");
}

int cli_distillations(struct cli *cli)
{
	return show(cli, "/v1/distillations");
}

int cli_acknowledge(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct http_response response;
	struct json_writer w;

	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	if (cli->option[CLI_OPTION_DRY_RUN])
		jw_kbool(&w, "dry_run", true);
	jw_end(&w);
	return client_call(cli,
		&(struct call){.method = "POST",
			.path = "/v1/slo/acknowledge",
			.body = body.buf,
			.body_len = body.len,
			.table = true},
		&response);
}
