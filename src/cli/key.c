/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed key list|show|rotate`: the public keys of the daemon, as a list or in PEM for the nodes,
 * and a new one in the place of the active one.
 */
#include <string.h>

#include "base/json_writer.h"
#include "cli/client.h"

struct key_answer {
	const char *state, *public_key;
};
static const struct field key_fields[] = {
	ANSWER_STRING(struct key_answer, state),
	ANSWER_STRING(struct key_answer, public_key),
};
static const struct field_table key_table =
	FIELD_TABLE("KeyRead", "A key.", struct key_answer, key_fields, .open = true);

struct keys_answer {
	struct list keys;
};
static const struct field keys_fields[] = {
	ANSWER_LIST(struct keys_answer, keys, key_table),
};
static const struct field_table keys_table =
	FIELD_TABLE("KeysRead", "Keys.", struct keys_answer, keys_fields, .open = true);

/* Those that sign now. */
static int show(struct cli *cli)
{
	struct keys_answer answer;
	bool done;
	int rc = client_ask(cli, &(struct call){.method = "GET", .path = "/v1/keys"}, &keys_table,
		&answer, &done);

	if (rc || done)
		return rc;
	for (size_t i = 0; i < answer.keys.n; i++) {
		const struct key_answer *k = LIST_AT(&answer.keys, struct key_answer, i);

		if (k->public_key && k->state && strcmp(k->state, "retired") != 0)
			fputs(k->public_key, cli->out);
	}
	return CLI_DONE;
}

static int rotate(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	if (!cli->option[CLI_OPTION_REASON])
		return cli_misuse(cli, "key rotate needs --reason TEXT");
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	client_member(cli, &w, "overlap", CLI_OPTION_OVERLAP);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	return client_order(cli, "/v1/keys/rotate", &body);
}

int cli_key(struct cli *cli)
{
	const char *verb = cli->args[0];

	if (!strcmp(verb, "show"))
		return show(cli);
	if (!strcmp(verb, "rotate"))
		return rotate(cli);
	if (strcmp(verb, "list") != 0)
		return cli_misuse(cli, "key %s is none of list, show and rotate", verb);
	return client_show(cli, "/v1/keys");
}
