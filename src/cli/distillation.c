/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed distillations`: those that fell due, and that somebody knows of one that failed.
 */
#include <string.h>

#include "base/json_writer.h"
#include "cli/client.h"

static int acknowledge(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	if (cli->n_args < 2 || !cli->option[CLI_OPTION_REASON])
		return cli_misuse(cli, "distillations acknowledge needs the ID and --reason TEXT; "
				       "distillations shows them");
	strbuf_addf(
		&path, "/v1/distillations/%s/acknowledge", http_escape(cli->args[1], cli->arena));
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	return client_order(cli, path.buf, &body);
}

int cli_distillations(struct cli *cli)
{
	if (cli->n_args && strcmp(cli->args[0], "acknowledge") == 0)
		return acknowledge(cli);
	if (cli->n_args > 1)
		return cli_misuse(cli, "distillations takes one ID, or acknowledge and the ID");
	return client_list_or_one(cli, "/v1/distillations");
}
