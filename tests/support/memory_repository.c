/* SPDX-License-Identifier: Apache-2.0
 *
 * The repository in memory.
 */
#include "support/memory_repository.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memory_repository memory;

void memory_clear(void)
{
	for (size_t i = 0; i < memory.n_commits; i++)
		for (size_t j = 0; j < memory.commits[i].n; j++) {
			free(memory.commits[i].paths[j]);
			free(memory.commits[i].texts[j]);
		}
	memory = (struct memory_repository){0};
}

const char *memory_head(void)
{
	return memory.n_commits ? memory.commits[memory.n_commits - 1].id : "";
}

static struct memory_commit *find_commit(const char *id)
{
	for (size_t i = 0; i < memory.n_commits; i++)
		if (strcmp(memory.commits[i].id, id) == 0)
			return &memory.commits[i];
	return NULL;
}

static void put(struct memory_commit *c, const char *path, const char *text, size_t len)
{
	size_t i = 0;

	while (i < c->n && strcmp(c->paths[i], path) != 0)
		i++;
	if (i < c->n) {
		free(c->texts[i]);
	} else {
		ck_assert_uint_lt(c->n, MEMORY_FILES);
		c->paths[c->n++] = strdup(path);
	}
	c->texts[i] = text ? strndup(text, len) : NULL;
}

static struct memory_commit *begin_commit(const char *summary)
{
	struct memory_commit *c = &memory.commits[memory.n_commits];
	const struct memory_commit *last = memory.n_commits ? c - 1 : NULL;

	ck_assert_uint_lt(memory.n_commits, MEMORY_COMMITS);
	*c = (struct memory_commit){0};
	snprintf(c->id, sizeof(c->id), "c%zu", ++memory.n_commits);
	snprintf(c->summary, sizeof(c->summary), "%s", summary);
	for (size_t i = 0; last && i < last->n; i++)
		if (last->texts[i])
			put(c, last->paths[i], last->texts[i], strlen(last->texts[i]));
	return c;
}

void memory_edit(const char *path, const char *text)
{
	put(begin_commit("by hand"), path, text, text ? strlen(text) : 0);
}

void memory_forget(const char *path)
{
	for (size_t i = 0; i < memory.n_commits; i++)
		put(&memory.commits[i], path, NULL, 0);
}

const char *memory_read(const char *commit, const char *path)
{
	const struct memory_commit *c = find_commit(commit);

	for (size_t i = 0; c && i < c->n; i++)
		if (strcmp(c->paths[i], path) == 0)
			return c->texts[i];
	return NULL;
}

static struct memory_tag *find_tag(const char *name)
{
	for (size_t i = 0; i < memory.n_tags; i++)
		if (strcmp(memory.tags[i].name, name) == 0)
			return &memory.tags[i];
	return NULL;
}

const char *memory_tag(const char *name)
{
	const struct memory_tag *t = find_tag(name);

	return t ? t->commit : NULL;
}

void memory_untag(const char *name)
{
	struct memory_tag *t = find_tag(name);

	ck_assert_ptr_nonnull(t);
	*t = memory.tags[--memory.n_tags];
}

void memory_retag(const char *name, const char *commit)
{
	struct memory_tag *t = find_tag(name);

	if (!t)
		t = &memory.tags[memory.n_tags++];
	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->commit, sizeof(t->commit), "%s", commit);
}

/* ---- The connector ---- */

static int open_it(const struct connector_options *o, struct connector **ret, struct err *err)
{
	*ret = NULL;
	return 0;
}

static void close_it(struct connector *c)
{
}

static int list_it(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	*ret = (struct source_listing){0};
	return 0;
}

static bool named(const struct connector *c)
{
	return true;
}

static const char *url(const struct connector *c)
{
	return "https://hub.example/spiralverse/releases";
}

static bool take(int *fault)
{
	if (*fault == 0)
		return false;
	--*fault;
	return true;
}

static int refs(struct connector *c, const struct provider_call *call, struct repository_refs *ret,
	struct err *err)
{
	memory.requests++;
	if (take(&memory.down))
		return err_set(err, ERR_UNREACHABLE, "the repository does not answer");
	if (!memory.exists || memory.hidden)
		return 0;
	*ret = (struct repository_refs){
		.head = *memory_head() ? arena_strdup(call->arena, memory_head()) : NULL,
		.tags = ARENA_ARRAY(call->arena, memory.n_tags + 1, struct repository_tag),
		.n_tags = memory.n_tags,
	};
	for (size_t i = 0; i < memory.n_tags; i++)
		ret->tags[i] =
			(struct repository_tag){arena_strdup(call->arena, memory.tags[i].name),
				arena_strdup(call->arena, memory.tags[i].commit)};
	return 1;
}

static int read_it(struct connector *c, const struct provider_call *call, const char *commit,
	const char *path, size_t cap, struct source_document *ret, struct err *err)
{
	const char *text = memory_read(commit, path);

	memory.requests++;
	if (arena_used(call->arena) > memory.kept)
		memory.kept = arena_used(call->arena);
	if (!text)
		return 0;
	*ret = (struct source_document){
		.text = arena_strdup(call->arena, text), .len = strlen(text)};
	return 1;
}

static int create(struct connector *c, const struct provider_call *call, struct err *err)
{
	memory.exists = true;
	memory_edit(".gitattributes", "* text");
	return 0;
}

static int commit(struct connector *c, const struct provider_call *call,
	const struct repository_commit *what, const char **ret_commit, struct err *err)
{
	struct memory_commit *made;

	if (take(&memory.raced))
		memory_edit("NOTES.md", "somebody was faster");
	if (strcmp(what->parent ? what->parent : "", memory_head()) != 0)
		return 0;
	made = begin_commit(what->summary);
	for (size_t i = 0; i < what->n_files; i++)
		put(made, what->files[i].path, what->files[i].text, what->files[i].len);
	if (take(&memory.lost))
		return err_set(err, ERR_UNREACHABLE, "the answer is lost");
	*ret_commit = arena_strdup(call->arena, made->id);
	return 1;
}

static int tag(struct connector *c, const struct provider_call *call, const char *name,
	const char *at, const char *message, struct err *err)
{
	if (take(&memory.tagless))
		return err_set(err, ERR_UNREACHABLE, "the answer is lost");
	if (find_tag(name))
		return 0;
	memory_retag(name, at);
	return 1;
}

static const struct repository_kind repository = {
	.named = named,
	.url = url,
	.refs = refs,
	.read = read_it,
	.create = create,
	.commit = commit,
	.tag = tag,
};
static const struct connector_kind kind = {.name = "memory",
	.open = open_it,
	.close = close_it,
	.list = list_it,
	.repository = &repository};
const struct engine_source memory_source = {&kind, {.provider = "hf",
							   .timeout = 300 * USEC_PER_SEC,
							   .publish = "spiralverse/releases",
							   .publish_check = 3600 * USEC_PER_SEC}};
