/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of `spiralfed manifest`. A file that is named has to be one that is read; of a folder the
 * others are passed over. What must not count stops everything, wherever it was found, and so does what
 * could not be read: leaving out a failed run would be a choice that only a person may make.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/manifest.h"

enum { DEPTH_MAX = 8, FOLDERS_MAX = 4000 };

struct names {
	const char **v;
	size_t n, room;
};

/* Links lead to one folder by many ways: it is read by the first of them. */
struct walk {
	struct cli *cli;
	struct harvest *h;
	struct stat *seen;
	size_t n, room;
};

static bool was_seen(const struct walk *w, const struct stat *st)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->seen[i].st_dev == st->st_dev && w->seen[i].st_ino == st->st_ino)
			return true;
	return false;
}

static void see(struct walk *w, const struct stat *st)
{
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 16;
		w->seen = xrealloc(w->seen, w->room * sizeof(*w->seen));
	}
	w->seen[w->n++] = *st;
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* What is worth a look, by its name. */
static bool may_hold_results(const char *name)
{
	return ends_with(name, ".json") || ends_with(name, ".jsonl") ||
	       ends_with(name, "_stats.csv") || !strcmp(name, "README.md");
}

/* What a checkpoint always holds: words, never results, and sometimes more than is read. */
static bool is_of_a_tokenizer(const char *name)
{
	static const char *const names[] = {"tokenizer.json", "vocab.json", "added_tokens.json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_larger(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > HARVEST_FILE_MAX;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_folder(struct cli *cli, const char *path, struct names *ret)
{
	__attribute__((cleanup(closedirp))) DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return cli_fail(
			cli, CLI_REFUSED, "cannot open the folder %s: %s", path, strerror(errno));
	while ((e = readdir(d))) {
		if (*e->d_name == '.' || !strncmp(e->d_name, "checkpoint-", 11))
			continue;
		if (ret->n == HARVEST_FILES_MAX)
			return cli_fail(cli, CLI_REFUSED,
				"%s holds more than %d files: name those that count", path,
				HARVEST_FILES_MAX);
		if (ret->n == ret->room) {
			const char **more = ARENA_ARRAY(
				cli->arena, ret->room ? 2 * ret->room : 64, const char *);
			if (ret->n)
				memcpy(more, ret->v, ret->n * sizeof(*more));
			ret->v = more;
			ret->room = ret->room ? 2 * ret->room : 64;
		}
		ret->v[ret->n++] = arena_strdup(cli->arena, e->d_name);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_text);
	return CLI_DONE;
}

static int gather_file(struct cli *cli, struct harvest *h, const char *path, bool is_named)
{
	ARENA_AUTO scratch = arena_new();
	const char *way_on = is_named ? "" : " (to leave it out, name the files that count)";
	struct err err = {0};
	char *text;
	size_t len;

	if (!is_named && is_of_a_tokenizer(strrchr(path, '/') + 1) && is_larger(path)) {
		fprintf(cli->errors, "passed over: %s is a tokenizer's\n", path);
		return CLI_DONE;
	}
	if (file_read_regular(path, HARVEST_FILE_MAX, scratch, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s%s", err.msg, way_on);
	switch (harvest_read(h, path, text, len, &err)) {
	case HARVEST_READ:
	case HARVEST_EMPTY:
		return CLI_DONE;
	case HARVEST_UNKNOWN:
		return is_named ? cli_fail(cli, CLI_REFUSED, "%s", err.msg) : CLI_DONE;
	case HARVEST_REFUSED:
		break;
	}
	return cli_fail(cli, CLI_REFUSED, "%s%s", err.msg, way_on);
}

static int gather(struct walk *w, const char *path, bool is_named, int depth);

static int gather_folder(struct walk *w, const char *path, int depth)
{
	struct cli *cli = w->cli;
	struct names names = {0};
	int rc;

	if (depth == DEPTH_MAX)
		return cli_fail(cli, CLI_REFUSED,
			"%s lies more than %d folders deep: name the files that count", path,
			DEPTH_MAX);
	if (w->n > FOLDERS_MAX)
		return cli_fail(cli, CLI_REFUSED, "more than %d folders: name the files that count",
			FOLDERS_MAX);
	rc = list_folder(cli, path, &names);
	for (size_t i = 0; !rc && i < names.n; i++) {
		const char *slash = ends_with(path, "/") ? "" : "/";
		rc = gather(w, arena_printf(cli->arena, "%s%s%s", path, slash, names.v[i]), false,
			depth + 1);
	}
	if (!rc && w->h->n_sources > HARVEST_FILES_MAX)
		rc = cli_fail(cli, CLI_REFUSED, "more than %d files: name those that count",
			HARVEST_FILES_MAX);
	return rc;
}

static int gather(struct walk *w, const char *path, bool is_named, int depth)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return is_named || may_hold_results(strrchr(path, '/') + 1)
			       ? gather_file(w->cli, w->h, path, is_named)
			       : CLI_DONE;
	if (was_seen(w, &st))
		return CLI_DONE;
	see(w, &st);
	return gather_folder(w, path, depth);
}

int manifest_gather(struct cli *cli, struct harvest *h)
{
	struct walk w = {.cli = cli, .h = h};
	int worst = CLI_DONE;

	/* Every argument is looked at, so that one run names all that is wrong. */
	for (size_t i = 0; i < cli->n_args; i++) {
		int rc = gather(&w, cli->args[i], true, 0);
		worst = rc > worst ? rc : worst;
	}
	free(w.seen);
	if (!worst && !h->n_sources)
		return cli_fail(cli, CLI_REFUSED,
			"there is no .json, .jsonl or README.md in what was named");
	return worst;
}
