/* SPDX-License-Identifier: Apache-2.0
 *
 * A repository of the Hub to write to: refs, files at a commit, commits that follow on a known one, tags.
 * What is written is sent once: of an answer that was lost nobody knows, and the one who asked has to look.
 */
#include <string.h>

#include "base/base64.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "provider/hf_parts.h"
#include "provider/repository.h"

enum { REFS_MAX = 8 << 20, COMMIT_MAX = 64 << 20, ANSWER_MAX = 1 << 20 };

static bool hf_named(const struct connector *c)
{
	return c->repository != NULL;
}

static const char *hf_url(const struct connector *c)
{
	return c->repository_url;
}

/* What the Hub did not do, and why. */
static int denied(const struct connector *c, const char *what, enum hf_said said, const char *words,
	struct err *err)
{
	if (said == HF_NO_ACCESS)
		return err_set(err, ERR_CONFIG, "the token may not %s %s; the Hub says %s", what,
			c->repository, words);
	return err_set(err, ERR_CONFIG,
		"there is no repository %s, or none that the token may see; the Hub says %s",
		c->repository, words);
}

/* ---- Reading ---- */

static const char *commit_of(const json_t *ref)
{
	const char *commit = json_string_value(json_object_get(ref, "targetCommit"));

	return hf_is_sha(commit) ? commit : NULL;
}

static int take_refs(
	const json_t *refs, struct arena *a, struct repository_refs *ret, struct err *err)
{
	const json_t *branches = json_object_get(refs, "branches");
	const json_t *tags = json_object_get(refs, "tags");
	struct repository_refs found = {0};

	if (!json_is_array(branches) || json_array_size(tags) > REPOSITORY_TAGS_MAX)
		return err_set(
			err, ERR_IO, "the Hub's refs are not what its API gives, or too many");
	for (size_t i = 0; i < json_array_size(branches); i++) {
		const json_t *branch = json_array_get(branches, i);
		const char *name = json_string_value(json_object_get(branch, "name"));

		if (name && !strcmp(name, "main") && commit_of(branch))
			found.head = arena_strdup(a, commit_of(branch));
	}
	if (!found.head)
		return err_set(err, ERR_IO, "the Hub's refs name no commit of main");
	found.tags = ARENA_ARRAY(a, json_array_size(tags) + 1, struct repository_tag);
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const json_t *tag = json_array_get(tags, i);
		const char *name = json_string_value(json_object_get(tag, "name"));

		if (!name || !commit_of(tag))
			return err_set(
				err, ERR_IO, "a tag among the Hub's refs has no name or commit");
		found.tags[found.n_tags++] = (struct repository_tag){
			arena_strdup(a, name), arena_strdup(a, commit_of(tag))};
	}
	*ret = found;
	return 1;
}

static int hf_refs(struct connector *c, const struct provider_call *call,
	struct repository_refs *ret, struct err *err)
{
	const struct hf_request q = {
		.method = "GET",
		.path = arena_printf(call->arena, "/api/models/%s/refs", c->repository),
		.cap = REFS_MAX,
	};
	json_auto_t *refs = NULL;
	const char *words;
	enum hf_said said;

	if (hf_ask_json(c, call, &q, &said, &refs, &words, err) < 0)
		return -1;
	if (said == HF_NO_REPO || said == HF_NO_ENTRY)
		return 0;
	return said == HF_OK ? take_refs(refs, call->arena, ret, err)
			     : denied(c, "read", said, words, err);
}

static int hf_read(struct connector *c, const struct provider_call *call, const char *commit,
	const char *path, size_t cap, struct source_document *ret, struct err *err)
{
	const struct hf_request q = {
		.method = "GET",
		.path = arena_printf(call->arena, "/%s/resolve/%s/%s", c->repository, commit, path),
		.cap = cap,
	};
	struct http_response r;
	const char *words;
	enum hf_said said;

	if (hf_ask(c, call, &q, &said, &r, &words, err) < 0)
		return -1;
	switch (said) {
	case HF_OK:
		*ret = (struct source_document){.text = r.body, .len = r.body_len};
		return 1;
	case HF_NO_ENTRY:
		return 0;
	case HF_TOO_LARGE:
		return err_set(
			err, ERR_IO, "%s of %s has more than %zu bytes", path, c->repository, cap);
	default:
		return denied(c, "read", said, words, err);
	}
}

/* ---- Writing ---- */

/* Send JSON, or lines of it, once. *ret_status is what the Hub answered. */
static int post(struct connector *c, const struct provider_call *call, const char *path,
	const char *type, const struct strbuf *body, int *ret_status, json_t **ret_json,
	const char **ret_words, struct err *err)
{
	const struct hf_request q = {
		.method = "POST",
		.path = path,
		.cap = ANSWER_MAX,
		.body = body->buf,
		.body_len = body->len,
		.content_type = type,
	};
	struct http_response r;
	enum hf_said said;

	if (hf_ask(c, call, &q, &said, &r, ret_words, err) < 0)
		return -1;
	*ret_status = r.status;
	if (r.status == 409 || r.status == 412)
		return 0;
	if (said != HF_OK || r.status >= 400)
		return denied(c, "write to", said, *ret_words, err);
	/* Not every answer is a document: of a tag it may be empty. */
	if (jcs_load(r.body, r.body_len, ret_json, NULL) < 0)
		*ret_json = NULL;
	return 0;
}

static int hf_create(struct connector *c, const struct provider_call *call, struct err *err)
{
	STRBUF_AUTO body = STRBUF_INIT(ANSWER_MAX);
	json_auto_t *answer = NULL;
	const char *words, *slash = strchr(c->repository, '/');
	struct json_writer w;
	int status;

	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "type", "model");
	jw_kstring(&w, "name", slash + 1);
	jw_key(&w, "organization");
	jw_stringn(&w, c->repository, (size_t)(slash - c->repository));
	jw_kstring(&w, "visibility", "private");
	jw_kbool(&w, "private", true);
	jw_end(&w);
	if (post(c, call, "/api/repos/create", "application/json", &body, &status, &answer, &words,
		    err) < 0)
		return -1;
	/* 409 also means that the Hub is at it just now. */
	if (status == 409 && strstr(words, "conflicting operation"))
		return err_set(err, ERR_UNREACHABLE, "the Hub says %s", words);
	return 0;
}

static void write_line(struct strbuf *out, const char *key, const struct strbuf *value)
{
	strbuf_addf(out, "{\"key\":\"%s\",\"value\":", key);
	strbuf_add(out, value->buf, value->len);
	strbuf_addstr(out, "}\n");
}

/* The header, then a line for each file. */
static void write_commit(const struct repository_commit *what, struct strbuf *out)
{
	STRBUF_AUTO value = STRBUF_INIT(COMMIT_MAX);
	struct json_writer w;

	json_writer_init(&w, &value);
	jw_object(&w);
	jw_kstring(&w, "summary", what->summary);
	jw_kstring(&w, "description", what->description ? what->description : "");
	if (what->parent)
		jw_kstring(&w, "parentCommit", what->parent);
	jw_end(&w);
	write_line(out, "header", &value);
	for (size_t i = 0; i < what->n_files; i++) {
		const struct repository_file *f = &what->files[i];
		STRBUF_AUTO content = STRBUF_INIT(COMMIT_MAX);

		base64_encode(&content, f->text, f->len);
		strbuf_reset(&value);
		json_writer_init(&w, &value);
		jw_object(&w);
		jw_kstring(&w, "path", f->path);
		jw_kstring(&w, "encoding", "base64");
		jw_kstring(&w, "content", content.buf);
		jw_end(&w);
		write_line(out, "file", &value);
		if (content.overflow || value.overflow)
			out->overflow = true;
	}
}

static int hf_commit(struct connector *c, const struct provider_call *call,
	const struct repository_commit *what, const char **ret_commit, struct err *err)
{
	STRBUF_AUTO body = STRBUF_INIT(COMMIT_MAX);
	json_auto_t *answer = NULL;
	const char *words, *commit;
	int status;

	write_commit(what, &body);
	if (body.overflow || what->n_files > REPOSITORY_FILES_MAX)
		return err_set(err, ERR_IO, "a commit of more than %d MiB or %d files",
			COMMIT_MAX >> 20, REPOSITORY_FILES_MAX);
	if (post(c, call, arena_printf(call->arena, "/api/models/%s/commit/main", c->repository),
		    "application/x-ndjson", &body, &status, &answer, &words, err) < 0)
		return -1;
	if (status == 412)
		return 0;
	commit = json_string_value(json_object_get(answer, "commitOid"));
	if (!hf_is_sha(commit))
		return err_set(err, ERR_IO,
			"the Hub does not say which commit it made (%s): read again", words);
	*ret_commit = arena_strdup(call->arena, commit);
	return 1;
}

static int hf_tag(struct connector *c, const struct provider_call *call, const char *name,
	const char *commit, const char *message, struct err *err)
{
	STRBUF_AUTO body = STRBUF_INIT(ANSWER_MAX);
	json_auto_t *answer = NULL;
	struct json_writer w;
	const char *words;
	int status;

	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "tag", name);
	if (message)
		jw_kstring(&w, "message", message);
	jw_end(&w);
	if (post(c, call, arena_printf(call->arena, "/api/models/%s/tag/%s", c->repository, commit),
		    "application/json", &body, &status, &answer, &words, err) < 0)
		return -1;
	return status != 409;
}

const struct repository_kind hf_repository = {
	.named = hf_named,
	.url = hf_url,
	.refs = hf_refs,
	.read = hf_read,
	.create = hf_create,
	.commit = hf_commit,
	.tag = hf_tag,
};
