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
	struct http_response response;
	struct json_writer w;

	if (!cli->option[CLI_OPTION_REASON])
		return cli_misuse(cli, "hub acknowledge needs --reason");
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	if (cli->option[CLI_OPTION_DRY_RUN])
		jw_kbool(&w, "dry_run", true);
	jw_end(&w);
	return client_call(cli,
		&(struct call){.method = "POST",
			.path = "/v1/hub/acknowledge",
			.body = body.buf,
			.body_len = body.len,
			.table = true},
		&response);
}

int cli_hub(struct cli *cli)
{
	struct http_response response;

	if (cli->n_args && strcmp(cli->args[0], "acknowledge") == 0)
		return acknowledge(cli);
	if (cli->n_args)
		return cli_misuse(cli, "hub %s is none: hub, or hub acknowledge", cli->args[0]);
	return client_call(
		cli, &(struct call){.method = "GET", .path = "/v1/hub", .table = true}, &response);
}
