/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed policy simulate`: a draft tried on all that the daemon has judged.
 */
#include "base/file.h"
#include "base/json_writer.h"
#include "cli/client.h"
#include "cli/policy.h"
#include "model/field.h"

int cli_policy_simulate(struct cli *cli)
{
	const char *path = cli->option[CLI_OPTION_POLICY];
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	STRBUF_AUTO url = STRBUF_INIT(CLIENT_PATH_MAX);
	struct http_response response;
	struct json_writer w;
	struct err err = {0};
	char *text, *canonical;
	size_t len, canonical_len;

	if (!path)
		return cli_misuse(cli, "policy simulate needs --policy FILE, the draft");
	if (file_read(path, CLIENT_BODY_MAX / 2, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (json_canonical(text, len, cli->arena, &canonical, &canonical_len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s: %s", path, err.msg);
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kraw(&w, "policy", canonical);
	jw_end(&w);
	strbuf_addstr(&url, "/v1/policy/simulate");
	client_query(cli, &url, "max_results", CLI_OPTION_MAX_RESULTS);
	client_query(cli, &url, "page_token", CLI_OPTION_PAGE_TOKEN);
	return client_call(cli,
		&(struct call){.method = "POST",
			.path = url.buf,
			.body = body.buf,
			.body_len = body.len,
			.about = path,
			.table = true},
		&response);
}
