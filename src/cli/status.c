/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed status`, `spiralfed providers` and `spiralfed events`: how it stands, whence it comes, and
 * how it came to that.
 */
#include "cli/client.h"

int cli_status(struct cli *cli)
{
	struct http_response response;

	return client_call(cli,
		&(struct call){.method = "GET", .path = "/v1/status", .table = true}, &response);
}

int cli_providers(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct http_response response;

	strbuf_addstr(&path, "/v1/providers");
	if (cli->n_args)
		strbuf_addf(&path, "/%s", http_escape(cli->args[0], cli->arena));
	client_query(cli, &path, "max_results", CLI_OPTION_MAX_RESULTS);
	client_query(cli, &path, "page_token", CLI_OPTION_PAGE_TOKEN);
	return client_call(
		cli, &(struct call){.method = "GET", .path = path.buf, .table = true}, &response);
}

int cli_events(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct http_response response;

	strbuf_addstr(&path, "/v1/events");
	client_query(cli, &path, "max_results", CLI_OPTION_MAX_RESULTS);
	client_query(cli, &path, "page_token", CLI_OPTION_PAGE_TOKEN);
	return client_call(
		cli, &(struct call){.method = "GET", .path = path.buf, .table = true}, &response);
}
