/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed slo`, `nodes`, `drills`: how it goes out there; `spiralfed acknowledge`: going on after a
 * breach.
 */
#include "base/json_writer.h"
#include "cli/client.h"

int cli_slo(struct cli *cli)
{
	return client_show(cli, "/v1/slo");
}

int cli_nodes(struct cli *cli)
{
	return client_list_or_one(cli, "/v1/nodes");
}

int cli_drills(struct cli *cli)
{
	return client_list_or_one(cli, "/v1/drills");
}

int cli_acknowledge(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	return client_order(cli, "/v1/slo/acknowledge", &body);
}
