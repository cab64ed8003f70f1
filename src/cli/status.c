/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed status`, `spiralfed providers` and `spiralfed events`: how it stands, whence it comes, and
 * how it came to that.
 */
#include <string.h>

#include "cli/client.h"
#include "model/condition.h"

struct status_read {
	const char *status;
	struct list conditions; /* struct condition */
};
static const struct field status_fields[] = {
	ANSWER_STRING(struct status_read, status),
	ANSWER_LIST(struct status_read, conditions, condition_table),
};
static const struct field_table status_read_table =
	FIELD_TABLE("StatusRead", "A status.", struct status_read, status_fields, .open = true);

/* For scripts: nothing is said when all is well. */
static int check(struct cli *cli)
{
	struct http_response response;
	struct status_read st;
	struct err err = {0};
	bool quiet = cli->option[CLI_OPTION_JSON];
	int rc = client_call(cli, &(struct call){.method = "GET", .path = "/v1/status"}, &response);

	if (rc)
		return rc;
	if (fields_load_text(&status_read_table, response.body, cli->arena, &st, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "the answer cannot be read: %s", err.msg);
	if (st.status && strcmp(st.status, "ok") == 0)
		return 0;
	for (size_t i = 0; !quiet && i < st.conditions.n; i++) {
		const struct condition *c = LIST_AT(&st.conditions, struct condition, i);

		if (c->status != CONDITION_TRUE)
			fprintf(cli->out, "%s %s %s: %s\n", c->type,
				names_of(&condition_status_names, c->status), c->reason,
				c->message);
	}
	if (!quiet && (!st.status || strcmp(st.status, "degraded") != 0))
		fprintf(cli->out, "the daemon is %s\n", st.status ? st.status : "without a status");
	return CLI_ATTENTION;
}

int cli_status(struct cli *cli)
{
	if (cli->option[CLI_OPTION_CHECK])
		return check(cli);
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
