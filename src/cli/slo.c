/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed slo` and `spiralfed acknowledge`: how the service levels stand, and going on after a
 * breach.
 */
#include "base/json_writer.h"
#include "cli/client.h"

int cli_slo(struct cli *cli)
{
	struct http_response response;

	return client_call(
		cli, &(struct call){.method = "GET", .path = "/v1/slo", .table = true}, &response);
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
