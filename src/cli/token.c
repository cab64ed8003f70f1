/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed token create|list|revoke`: a new token's secret goes to standard output alone, so that
 * it can be kept in a file without passing a screen.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/words.h"
#include "cli/client.h"

struct token_answer {
	const char *id, *token, *expires_at;
};
static const struct field token_fields[] = {
	ANSWER_STRING(struct token_answer, id),
	ANSWER_STRING(struct token_answer, token),
	ANSWER_STRING(struct token_answer, expires_at),
};
static const struct field_table token_table =
	FIELD_TABLE("TokenRead", "A token.", struct token_answer, token_fields, .open = true);

static void add_scopes(struct cli *cli, struct json_writer *w)
{
	const char *at = cli->option[CLI_OPTION_SCOPES];
	struct word scope;

	jw_key(w, "scopes");
	jw_array(w);
	while (words_next(&at, &scope))
		jw_stringn(w, scope.s, scope.n);
	jw_end(w);
}

static int create(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;
	struct token_answer t;
	bool done;

	if (cli->n_args > 1)
		return cli_misuse(cli, "token create takes no argument: %s", cli->args[1]);
	if (!cli->option[CLI_OPTION_NAME] || !cli->option[CLI_OPTION_SCOPES])
		return cli_misuse(cli, "token create needs --name NAME and --scopes LIST");
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "name", cli->option[CLI_OPTION_NAME]);
	add_scopes(cli, &w);
	client_member(cli, &w, "expires_at", CLI_OPTION_EXPIRES);
	jw_end(&w);
	int rc = client_post(cli, "/v1/tokens", &body, &token_table, &t, &done);
	if (rc || done)
		return rc;
	fprintf(cli->out, "%s\n", t.token ? t.token : "");
	fprintf(cli->errors, "token %s, valid %s%s; it is shown only this once\n", t.id ? t.id : "",
		t.expires_at ? "until " : "until revoked", t.expires_at ? t.expires_at : "");
	return CLI_DONE;
}

static int revoke(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct http_response response;

	if (cli->n_args < 2)
		return cli_misuse(cli, "token revoke needs the ID; token list shows them");
	strbuf_addf(&path, "/v1/tokens/%s", http_escape(cli->args[1], cli->arena));
	int rc = client_call(cli, &(struct call){.method = "DELETE", .path = path.buf}, &response);
	if (!rc && !cli->option[CLI_OPTION_JSON])
		fprintf(cli->out, "token %s is revoked\n", cli->args[1]);
	return rc;
}

int cli_token(struct cli *cli)
{
	const char *verb = cli->args[0];

	if (!strcmp(verb, "create"))
		return create(cli);
	if (!strcmp(verb, "revoke"))
		return revoke(cli);
	if (strcmp(verb, "list") != 0)
		return cli_misuse(cli, "token %s is none of create, list and revoke", verb);
	return client_show(cli, "/v1/tokens");
}
