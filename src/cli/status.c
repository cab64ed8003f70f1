/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed status`, `spiralfed providers` and `spiralfed events`: how it stands, whence it comes, and
 * how it came to that.
 */
#include "cli/client.h"

int cli_status(struct cli *cli)
{
	return client_show(cli, "/v1/status");
}

int cli_providers(struct cli *cli)
{
	return client_list_or_one(cli, "/v1/providers");
}

int cli_events(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addstr(&path, "/v1/events");
	return client_list(cli, &path);
}
