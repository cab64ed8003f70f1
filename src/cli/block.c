/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the fusion block for a command.
 */
#include "cli/block.h"

#include <string.h>

#include "base/file.h"
#include "cli/client.h"
#include "policy/routing.h"

/* Of a release or a merge; others of its members are passed over. */
struct holder {
	const char *version;
	struct fusion *fusion;
	struct list slots, plan_b;
};

/* As much as names a unit; a policy's slots have none. */
static const struct field holder_unit_fields[] = {
	ANSWER_STRING(struct fused_unit, provider),
	ANSWER_STRING(struct fused_unit, id),
	ANSWER_STRING(struct fused_unit, uri),
	ANSWER_STRING(struct fused_unit, digest),
	ANSWER_STRING(struct fused_unit, content_digest),
};
static const struct field_table holder_unit_table = FIELD_TABLE(
	"FusedUnitRead", "A unit.", struct fused_unit, holder_unit_fields, .open = true);

static const struct field plan_fields[] = {
	{"verdict", FIELD_ENUM, offsetof(struct plan_b, verdict), 0, .names = &verdict_names},
	ANSWER_STRING(struct plan_b, detail),
	{"fusion", FIELD_OBJECT, offsetof(struct plan_b, fusion), 0, .table = &fusion_table},
};
static const struct field_table plan_table = FIELD_TABLE(
	"PlanBRead", "When a provider is lost.", struct plan_b, plan_fields, .open = true);

static const struct field holder_fields[] = {
	ANSWER_STRING(struct holder, version),
	{"fusion", FIELD_OBJECT, offsetof(struct holder, fusion), 0, .table = &fusion_table},
	{"slots", FIELD_MAP, offsetof(struct holder, slots), 0, .table = &holder_unit_table},
	{"plan_b", FIELD_MAP, offsetof(struct holder, plan_b), 0, .table = &plan_table},
};
static const struct field_table holder_table = FIELD_TABLE(
	"HolderRead", "What holds a fusion block.", struct holder, holder_fields, .open = true);

static int take(
	struct cli *cli, const struct field_table *t, const char *text, void *obj, struct err *err)
{
	struct faults faults;

	faults_init(&faults);
	if (fields_take_text(t, text, strlen(text), cli->arena, obj, &faults, err) == 0)
		return 0;
	return faults.n ? err_set(err, ERR_INVALID_BODY, "%s %s", faults.list[0].pointer,
				  faults.list[0].detail)
			: -1;
}

/* A file that holds no release is a block. */
static int read_text(struct cli *cli, const char *text, struct holder *ret, struct err *err)
{
	struct fusion *f = ARENA_NEW(cli->arena, struct fusion);

	if (take(cli, &holder_table, text, ret, err) < 0)
		return -1;
	if (ret->fusion)
		return 0;
	if (ret->version)
		return err_set(err, ERR_NOT_FOUND, "it has no fusion rules: it is older");
	if (take(cli, &fusion_table, text, f, err) < 0)
		return -1;
	ret->fusion = f;
	return 0;
}

static int fetch(struct cli *cli, const char *path, const char **ret_text)
{
	struct http_response response;
	int rc = client_call(
		cli, &(struct call){.method = "GET", .path = path, .quiet = true}, &response);

	if (!rc)
		*ret_text = response.body;
	return rc;
}

static int fetch_release(struct cli *cli, const char *version, const char **ret_text)
{
	struct holder channel;
	struct err err = {0};
	int rc;

	if (!version || strcmp(version, "stable") == 0) {
		rc = fetch(cli, "/v1/channels/stable", ret_text);
		if (rc)
			return rc;
		if (take(cli, &holder_table, *ret_text, &channel, &err) < 0 || !channel.version)
			return cli_fail(
				cli, CLI_REFUSED, "the channel cannot be read: %s", err.msg);
		version = channel.version;
	}
	return fetch(cli,
		arena_printf(cli->arena, "/v1/releases/%s", http_escape(version, cli->arena)),
		ret_text);
}

int cli_block_load(struct cli *cli, const char *version, struct cli_block *ret)
{
	const char *path = cli->option[CLI_OPTION_FILE], *text;
	const char *about = path ? path : version ? version : "stable";
	struct err err = {0};
	struct holder h;
	char *given;
	size_t len;
	int rc;

	if (path && version)
		return cli_misuse(cli, "either a release of the daemon, or --file");
	if (path && file_read(path, CLIENT_ANSWER_MAX, cli->arena, &given, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	if (path)
		text = given;
	else if ((rc = fetch_release(cli, version, &text)))
		return rc;
	if (read_text(cli, text, &h, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s: %s", about, err.msg);
	*ret = (struct cli_block){.version = h.version, .slots = h.slots};
	ret->fusion = routing_block(h.fusion, &h.plan_b, cli->option[CLI_OPTION_WITHOUT], &err);
	return ret->fusion ? CLI_DONE : cli_fail(cli, CLI_REFUSED, "%s: %s", about, err.msg);
}
