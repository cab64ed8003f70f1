/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed submit`: each file is one manifest; the answer is its receipt with every verdict.
 */
#include <string.h>

#include "base/file.h"
#include "cli/client.h"
#include "cli/print.h"

struct receipt_artifact {
	const char *id, *phase;
	struct list gates;
};
static const struct field artifact_fields[] = {
	ANSWER_STRING(struct receipt_artifact, id),
	ANSWER_STRING(struct receipt_artifact, phase),
	ANSWER_LIST(struct receipt_artifact, gates, answer_gate_table),
};
static const struct field_table receipt_artifact_table = FIELD_TABLE("ReceiptArtifactRead",
	"One artifact.", struct receipt_artifact, artifact_fields, .open = true);

struct receipt {
	const char *digest;
	struct list artifacts;
};
static const struct field receipt_fields[] = {
	ANSWER_STRING(struct receipt, digest),
	ANSWER_LIST(struct receipt, artifacts, receipt_artifact_table),
};
static const struct field_table receipt_table =
	FIELD_TABLE("ReceiptRead", "A receipt.", struct receipt, receipt_fields, .open = true);

static int submit_file(struct cli *cli, const char *path)
{
	STRBUF_AUTO url = STRBUF_INIT(CLIENT_PATH_MAX);
	struct call call = {.method = "POST", .about = path};
	struct receipt receipt;
	struct err err = {0};
	char *text;
	bool done;

	if (file_read(path, CLIENT_BODY_MAX, cli->arena, &text, &call.body_len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	strbuf_addstr(&url, "/v1/manifests");
	client_query(cli, &url, "dry_run", CLI_OPTION_DRY_RUN);
	call.path = url.buf;
	call.body = text;
	int rc = client_ask(cli, &call, &receipt_table, &receipt, &done);
	if (rc || done)
		return rc;
	fprintf(cli->out, "%s  %s%s\n", path, receipt.digest ? receipt.digest : "",
		cli->option[CLI_OPTION_DRY_RUN] ? "  (dry run: nothing is stored)" : "");
	for (size_t i = 0; i < receipt.artifacts.n; i++) {
		const struct receipt_artifact *a =
			LIST_AT(&receipt.artifacts, struct receipt_artifact, i);
		fprintf(cli->out, "  %s  ", a->id ? a->id : "");
		print_verdict(cli, a->phase, 0);
		fputc('\n', cli->out);
		print_gates(cli, &a->gates, "    ");
	}
	return CLI_DONE;
}

int cli_submit(struct cli *cli)
{
	int worst = CLI_DONE;

	if (cli->n_args > 1 && cli->option[CLI_OPTION_IDEMPOTENCY_KEY])
		return cli_misuse(cli, "--idempotency-key stands for one file");
	for (size_t i = 0; i < cli->n_args; i++) {
		int rc = submit_file(cli, cli->args[i]);
		if (rc >= CLI_USAGE)
			return rc;
		worst = rc > worst ? rc : worst;
	}
	return worst;
}
