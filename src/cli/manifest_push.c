/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed manifest --push`: the manifest beside the checkpoint, in the Hub's repository. It reads what is
 * there, and commits only onto that: when somebody else was faster it looks again and tells, and a
 * manifest of the same artifact with other content is never replaced.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/manifest.h"
#include "model/manifest.h"
#include "model/policy.h"
#include "model/publication.h"
#include "provider/hf_token.h"
#include "provider/provider.h"
#include "provider/repository.h"

enum { PATIENCE_S = 120 };

struct push {
	struct cli *cli;
	struct connector *hub;
	const struct repository_kind *kind;
	struct provider_call call;
	const char *repo, *text, *id, *digest;
	size_t len;
};

static void close_hub(struct connector **c)
{
	connector_hf.close(*c);
}

static int fail(const struct push *p, struct err *err)
{
	return cli_fail(p->cli, err->code == ERR_UNREACHABLE ? CLI_UNREACHABLE : CLI_REFUSED,
		"%s: %s", p->repo, err->msg);
}

/* The artifact that the manifest speaks of first, and its digest; NULL when it is none. */
static const char *id_in(
	const struct push *p, const struct source_document *d, const char **ret_digest)
{
	struct arena *a = p->cli->arena;
	struct manifest m;
	struct faults faults;
	struct err err = {0};
	const char *canonical;
	char digest[DIGEST_STRLEN];
	size_t len;

	faults_init(&faults);
	if (fields_parse_canonical(
		    &manifest_table, d->text, d->len, a, &m, &canonical, &len, &faults, &err))
		return NULL;
	*ret_digest = arena_strdup(a, digest_string(canonical, len, digest));
	return LIST_AT(&m.artifacts, struct artifact, 0)->id;
}

enum there {
	THERE_NOTHING,
	THERE_OURS,
	THERE_OLDER,
	THERE_OTHER,
	THERE_UNREADABLE,
	THERE_RELEASES,
	THERE_FAILED
};

/* What stands at main now; *ret_head is its commit. */
static enum there look(struct push *p, const char **ret_head, const char **ret_id, struct err *err)
{
	struct source_document d;
	struct repository_refs refs;
	const char *digest;
	int rc = p->kind->refs(p->hub, &p->call, &refs, err);

	if (rc == 0)
		err_set(err, ERR_NOT_FOUND,
			"the Hub has no such repository, or none that HF_TOKEN may see: push the "
			"checkpoint first");
	if (rc <= 0)
		return THERE_FAILED;
	*ret_head = refs.head;
	rc = p->kind->read(p->hub, &p->call, refs.head, PUBLISHED_RELEASE, DOCUMENT_MAX, &d, err);
	/* Too large to be read, it is there all the same. */
	if (rc > 0 || (rc < 0 && err->code == ERR_IO))
		return THERE_RELEASES;
	if (rc < 0)
		return THERE_FAILED;
	rc = p->kind->read(p->hub, &p->call, refs.head, MANIFEST_PATH, DOCUMENT_MAX, &d, err);
	if (rc <= 0)
		return rc < 0 ? THERE_FAILED : THERE_NOTHING;
	*ret_id = id_in(p, &d, &digest);
	if (!*ret_id)
		return THERE_UNREADABLE;
	if (!strcmp(digest, p->digest))
		return THERE_OURS;
	return strcmp(*ret_id, p->id) != 0 ? THERE_OLDER : THERE_OTHER;
}

static int done(const struct push *p, const char *commit, const char *how)
{
	/* Standard output may be the manifest's. */
	FILE *out = p->cli->option[CLI_OPTION_OUTPUT] ? p->cli->out : p->cli->errors;

	fprintf(out, "%s  " MANIFEST_PATH "  %s at %s\n", p->kind->url(p->hub), how, commit);
	return CLI_DONE;
}

static int refuse(const struct push *p, enum there there, const char *head)
{
	if (there == THERE_UNREADABLE)
		return cli_fail(p->cli, CLI_REFUSED,
			"%s has a " MANIFEST_PATH " at %s that is no manifest: look at it, and "
			"delete it there when nobody needs it",
			p->repo, head);
	if (there == THERE_RELEASES)
		return cli_fail(p->cli, CLI_REFUSED,
			"%s is where releases are published (it holds " PUBLISHED_RELEASE
			"), and no checkpoint lies there: push to the checkpoint's repository",
			p->repo);
	return cli_fail(p->cli, CLI_REFUSED,
		"%s has another manifest of %s at %s, and what was handed in never changes: give "
		"this one the next number",
		p->repo, p->id, head);
}

/* Somebody committed between our look and our commit, or nobody knows whether we did. */
static int look_again(struct push *p, const char *before, struct err *why)
{
	struct err err = {0};
	const char *head = NULL, *id = NULL;
	enum there there = look(p, &head, &id, &err);

	if (there == THERE_FAILED)
		return fail(p, why ? why : &err);
	if (there == THERE_OURS)
		return done(
			p, head, why ? "is committed (the answer was lost)" : "is there already");
	if (there == THERE_OTHER || there == THERE_UNREADABLE || there == THERE_RELEASES)
		return refuse(p, there, head);
	if (why)
		return fail(p, why);
	if (!strcmp(before, head))
		return cli_fail(p->cli, CLI_REFUSED,
			"%s refused the commit as behind its head, and shows no newer one: do it "
			"again in a minute",
			p->repo);
	return cli_fail(p->cli, CLI_REFUSED,
		"%s moved from %s to %s meanwhile, and nothing was written: look at what changed "
		"(%s/commits/main), then do it again",
		p->repo, before, head, p->kind->url(p->hub));
}

static int commit(struct push *p, const char *head)
{
	const struct repository_file file = {MANIFEST_PATH, p->text, p->len};
	const struct repository_commit what = {.parent = head,
		.summary = arena_printf(p->cli->arena, "Add the manifest of %s", p->id),
		.description = p->digest,
		.files = &file,
		.n_files = 1};
	const char *made = NULL;
	struct err err = {0};
	int rc = p->kind->commit(p->hub, &p->call, &what, &made, &err);

	if (rc > 0)
		return done(p, made, "committed");
	/* What was refused was not written; of all else nobody knows. */
	if (rc < 0 && err.code == ERR_CONFIG)
		return fail(p, &err);
	return look_again(p, head, rc < 0 ? &err : NULL);
}

static int push(struct push *p)
{
	const char *head = NULL, *id = NULL;
	struct err err = {0};
	enum there there = look(p, &head, &id, &err);

	switch (there) {
	case THERE_FAILED:
		return fail(p, &err);
	case THERE_OURS:
		return done(p, head, "is there already");
	case THERE_OTHER:
	case THERE_UNREADABLE:
	case THERE_RELEASES:
		return refuse(p, there, head);
	case THERE_OLDER:
		fprintf(p->cli->errors, "%s: it takes the place of the manifest of %s\n", p->repo,
			id);
		break;
	case THERE_NOTHING:
		break;
	}
	if (strcmp(p->id, p->repo) != 0)
		fprintf(p->cli->errors, "%s: its manifest is called %s\n", p->repo, p->id);
	return commit(p, head);
}

/* Where `hf auth login` leaves it, unless the environment says where else; NULL: there is none. */
static const char *login_token(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *token;
	struct err ignored = {0};

	if (getenv("HF_TOKEN_PATH") || getenv("HF_HOME"))
		return NULL;
	const char *path = cache && *cache == '/' ? arena_printf(a, "%s/huggingface/token", cache)
			   : home && *home == '/'
				   ? arena_printf(a, "%s/.cache/huggingface/token", home)
				   : NULL;
	return path && hf_token(path, a, &token, &ignored) == 0 && *token ? path : NULL;
}

int manifest_push(struct cli *cli, const char *text, size_t len, const char *id, const char *digest)
{
	const char *repo = cli->option[CLI_OPTION_PUSH], *slash = strchr(repo, '/');
	struct connector_options o = {.provider = "hf", .publish = repo};
	struct err err = {0};
	__attribute__((cleanup(close_hub))) struct connector *hub = NULL;

	const char *token = "";

	if (!slash)
		return cli_misuse(cli, "--push %s: not of the form namespace/name", repo);
	o.author = arena_strndup(cli->arena, repo, (size_t)(slash - repo));
	if (hf_token(NULL, cli->arena, &token, &err) < 0 || !*token)
		o.token_file = login_token(cli->arena);
	if (!*token && !o.token_file)
		return cli_fail(cli, CLI_REFUSED,
			"%s: there is no token: set HF_TOKEN to one of the Hub's that may write "
			"(or HF_TOKEN_PATH, HF_HOME), or do hf auth login",
			repo);
	if (connector_hf.open(&o, &hub, &err) < 0)
		return cli_misuse(cli, "--push: %s", err.msg);
	struct push p = {.cli = cli,
		.hub = hub,
		.kind = connector_hf.repository,
		.call = {.clock = cli->clock,
			.deadline = clock_mono(cli->clock) + PATIENCE_S * USEC_PER_SEC,
			.arena = cli->arena},
		.repo = repo,
		.text = text,
		.len = len,
		.id = id,
		.digest = digest};
	return push(&p);
}
