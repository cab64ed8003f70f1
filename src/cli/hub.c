/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed hub`: the repository to which releases are published.
 */
#include <string.h>

#include "base/json_writer.h"
#include "cli/client.h"

static int acknowledge(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	if (!cli->option[CLI_OPTION_REASON])
		return cli_misuse(cli, "hub acknowledge needs --reason");
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	return client_order(cli, "/v1/hub/acknowledge", &body);
}

int cli_hub(struct cli *cli)
{
	if (cli->n_args && strcmp(cli->args[0], "acknowledge") == 0)
		return acknowledge(cli);
	if (cli->n_args)
		return cli_misuse(cli, "hub %s is none: hub, or hub acknowledge", cli->args[0]);
	return client_show(cli, "/v1/hub");
}
