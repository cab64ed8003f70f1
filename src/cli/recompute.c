/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed gates recompute DIGEST`: makes a judgement again from the registry's file alone, which is
 * opened to read, and prints it: the bytes whose SHA-256 is the digest.
 */
#include <string.h>
#include <unistd.h>

#include "base/place.h"
#include "cli/gates.h"
#include "db/db.h"
#include "engine/recompute.h"
#include "model/format.h"

static void db_closep(struct db **db)
{
	db_close(*db);
}

/* Where a daemon of this person, or of this machine, keeps it; NULL: nowhere. */
static const char *usual_registry(struct cli *cli)
{
	const char *folders[] = {place_state(cli->arena), PLACE_SYSTEM_STATE};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *path =
			folders[i] ? arena_printf(cli->arena, "%s/" PLACE_REGISTRY, folders[i])
				   : NULL;
		if (path && access(path, F_OK) == 0)
			return path;
	}
	return NULL;
}

int cli_gates_recompute(struct cli *cli)
{
	__attribute__((cleanup(db_closep))) struct db *db = NULL;
	const char *path = cli->option[CLI_OPTION_REGISTRY], *digest, *text;
	struct judgement_row stored;
	struct err err = {0};
	size_t len;
	int rc;

	if (cli->n_args != 2)
		return cli_misuse(cli, "gates recompute needs the DIGEST of a judgement");
	digest = cli->args[1];
	if (!format_digest.check(digest))
		return cli_misuse(cli, "%s is no digest, e.g. %s", digest, format_digest.example);
	if (!path && !(path = usual_registry(cli)))
		return cli_fail(cli, CLI_REFUSED,
			"no registry in the usual state folders; say where with --registry FILE");
	if (db_open(path, DB_READ_ONLY, &db, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	rc = judgement_by_digest(db, digest, cli->arena, &stored, &err);
	if (rc == 0)
		return cli_fail(cli, CLI_REFUSED, "%s holds no judgement %s", path, digest);
	if (rc < 0 || judgement_recompute(db, &stored, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	fwrite(text, 1, len, cli->out);
	if (len != stored.body_len || memcmp(text, stored.body, len) != 0)
		return cli_fail(
			cli, CLI_REFUSED, "these are not the bytes of the judgement %s", digest);
	return CLI_DONE;
}
