/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed restore --from-hub`: a registry from what was published. It reads and checks all of it, makes the
 * registry's file beside the place where it belongs, and moves it there when it is whole. A state folder
 * that has a registry, or a daemon, is left alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/file.h"
#include "base/place.h"
#include "cli/trust.h"
#include "engine/restore.h"

/* For a file: the Hub may ask to wait for its five minutes. */
enum { PATIENCE_S = 600, FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* Not a registry yet. */
#define RESTORING "registry.restoring"

static void close_hub(struct connector **c)
{
	connector_hf.close(*c);
}

static void print_lost(struct cli *cli, const struct restoration *r, const struct state_release *s)
{
	const struct list *held = &r->states.held;

	if (strcmp(s->state, "breached") != 0) {
		fprintf(cli->out,
			"%-12s lost     it was promoted and not published: hand in its manifests "
			"again, then merge and promote\n",
			s->version);
		return;
	}
	fprintf(cli->out,
		"%-12s lost     it was breached and rolled back: do not hand it in again\n",
		s->version);
	for (size_t i = 0; i < held->n; i++) {
		const struct state_held *h = LIST_AT(held, struct state_held, i);

		if (strcmp(h->by, s->version) == 0)
			fprintf(cli->out, "%-12s holds    %s/%s\n", s->version, h->provider, h->id);
	}
}

static void print(struct cli *cli, const struct restoration *r)
{
	fprintf(cli->out, "%s at %s\n", r->url, r->head);
	for (size_t i = 0; i < r->n; i++)
		fprintf(cli->out, "%-12s %-8s %s\n", r->v[i].tag + 1,
			LIST_AT(&r->states.releases, struct state_release, i)->state,
			r->v[i].document.digest);
	fprintf(cli->out, "stable: %s, serial %lld\n", r->channel.version,
		(long long)r->channel.serial);
	for (size_t i = 0; i < r->lost.n; i++)
		print_lost(cli, r, LIST_AT(&r->lost, struct state_release, i));
	for (size_t i = 0; i < r->unsealed.n; i++)
		fprintf(cli->out, "no signature covers %s\n", r->unsealed.v[i]);
	for (size_t i = 0; i < r->edited.n; i++)
		fprintf(cli->out, "edited since it was signed: %s\n", r->edited.v[i]);
	for (size_t i = 0; i < r->left_out.n; i++)
		fprintf(cli->out, "left out: manifest %s, which no release names\n",
			r->left_out.v[i]);
	if (r->states.omitted > 0)
		fprintf(cli->out, "the oldest %lld activations were not published\n",
			(long long)r->states.omitted);
}

/* ---- The folder ---- */

static int sync_path(const char *path, int flags, struct err *err)
{
	FD_AUTO fd = open(path, flags | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0
		       ? 0
		       : err_set(err, ERR_IO, "cannot sync %s: %s", path, strerror(errno));
}

/* Hold the folder as a daemon would; -1: something is there. */
static int take_folder(const char *folder, struct arena *a, struct err *err)
{
	static const char *const taken[] = {PLACE_REGISTRY, PLACE_REGISTRY "-wal", "admin.token"};

	if (dir_make(folder, FOLDER_MODE, err) < 0)
		return err_wrap(err, "the state folder");
	FD_AUTO fd =
		open(arena_printf(a, "%s/lock", folder), O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot open %s/lock: %s", folder, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_STATE_CONFLICT,
			"a spiralfedd, or another restore, holds the state folder %s", folder);
	/* Only now: who held it may have made them. */
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (access(arena_printf(a, "%s/%s", folder, taken[i]), F_OK) == 0)
			return err_set(err, ERR_STATE_CONFLICT,
				"%s has %s already, and nothing is restored over it", folder,
				taken[i]);
	int held = fd;

	fd = -1;
	return held;
}

/* What a restore left that was cut off. */
static void clear(const char *path, struct arena *a)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		unlink(arena_printf(a, "%s%s", path, ends[i]));
}

/* Over nothing, whoever put it there. Where the file system has no such rename, by another name of it. */
static int move_in(const char *made, const char *path, struct err *err)
{
	int rc = renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE);

	if (rc < 0 && (errno == EINVAL || errno == ENOSYS)) {
		rc = link(made, path);
		if (rc == 0)
			unlink(made);
	}
	if (rc == 0)
		return 0;
	return errno == EEXIST
		       ? err_set(err, ERR_STATE_CONFLICT,
				 "%s came meanwhile, and nothing is restored over it", path)
		       : err_set(err, ERR_IO, "cannot rename %s: %s", made, strerror(errno));
}

static int write_registry(struct cli *cli, const char *folder, const struct restoration *r,
	const char **ret_keyid, struct err *err)
{
	struct arena *a = cli->arena;
	const char *made = arena_printf(a, "%s/" RESTORING, folder);
	const char *path = arena_printf(a, "%s/" PLACE_REGISTRY, folder);
	const struct restore_target target = {
		.path = made,
		.keys = arena_printf(a, "%s/keys", folder),
		.key_credential = cli->option[CLI_OPTION_SIGNING_KEY],
		.now = clock_now(cli->clock),
	};

	clear(made, a);
	if (restore_write(&target, r, a, ret_keyid, err) < 0)
		return -1;
	if (access(arena_printf(a, "%s-wal", made), F_OK) == 0)
		return err_set(err, ERR_STORAGE, "%s was not closed", made);
	if (sync_path(made, O_RDONLY, err) < 0)
		return -1;
	if (move_in(made, path, err) < 0) {
		clear(made, a);
		return -1;
	}
	return sync_path(folder, O_RDONLY | O_DIRECTORY, err);
}

/* ---- The command ---- */

static int fail(struct cli *cli, const struct err *err)
{
	return cli_fail(cli, err->code == ERR_UNREACHABLE ? CLI_UNREACHABLE : CLI_REFUSED,
		"%s: %s; nothing was restored", cli->option[CLI_OPTION_FROM_HUB], err->msg);
}

static int restore(struct cli *cli, struct restore_source *source)
{
	const char *folder = cli->option[CLI_OPTION_STATE], *keyid;
	struct restoration r;
	struct err err = {0};
	FD_AUTO lock = -1;

	if (!cli->option[CLI_OPTION_DRY_RUN]) {
		lock = take_folder(folder, cli->arena, &err);
		if (lock < 0)
			return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	}
	if (restore_read(source, &r, &err) < 0)
		return fail(cli, &err);
	print(cli, &r);
	if (cli->option[CLI_OPTION_DRY_RUN])
		return CLI_DONE;
	if (write_registry(cli, folder, &r, &keyid, &err) < 0)
		return fail(cli, &err);
	fprintf(cli->out,
		"restored into %s; it is signed by the key %s from now on\n"
		"next: start spiralfedd there, then give every node what `spiralfed key show` "
		"prints\n",
		folder, keyid);
	return CLI_DONE;
}

int cli_restore(struct cli *cli)
{
	const char *repo = cli->option[CLI_OPTION_FROM_HUB];
	const struct connector_options o = {
		.provider = "hf", .publish = repo, .endpoint = cli->option[CLI_OPTION_ENDPOINT]};
	__attribute__((cleanup(close_hub))) struct connector *hub = NULL;
	struct spiralfed_key keys[SPIRALFED_KEYS_MAX];
	const char *seen = cli->option[CLI_OPTION_SEEN_SERIAL], *end = "";
	int64_t seen_serial = seen ? decimal_count(seen, INT64_MAX, &end) : 0;
	struct err err = {0};
	size_t n_keys;
	int rc;

	if (seen_serial < 0 || *end)
		return cli_misuse(cli, "--seen-serial %s is no number", seen);
	if (!cli->option[CLI_OPTION_STATE] && !cli->option[CLI_OPTION_DRY_RUN])
		return cli_misuse(cli, "restore needs --state FOLDER, or --dry-run");
	rc = cli_trusted_keys(cli, keys, &n_keys);
	if (rc)
		return rc;
	if (connector_hf.open(&o, &hub, &err) < 0)
		return cli_misuse(cli, "--from-hub: %s", err.msg);
	struct restore_source source = {
		.kind = connector_hf.repository,
		.connector = hub,
		.call = {.clock = cli->clock, .arena = cli->arena},
		.patience = PATIENCE_S * USEC_PER_SEC,
		.keys = keys,
		.n_keys = n_keys,
		.seen_serial = seen_serial,
		.accept_unsealed = cli->option[CLI_OPTION_ACCEPT_MISSING_SEAL] != NULL,
		.accept_edited = cli->option[CLI_OPTION_ACCEPT_EDITED_README] != NULL,
		.stable = cli->option[CLI_OPTION_STABLE],
	};

	return restore(cli, &source);
}
