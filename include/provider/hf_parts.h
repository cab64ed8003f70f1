/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the connector `hf`, shared by its files: one way to ask the Hub, with the token where it
 * belongs and nowhere else.
 */
#ifndef PROVIDER_HF_PARTS_H
#define PROVIDER_HF_PARTS_H

#include <jansson.h>
#include <string.h>

#include "base/digest.h"
#include "model/harvest.h"
#include "model/manifest.h"
#include "provider/provider.h"
#include "provider/repository.h"
#include "provider/session.h"

enum { HF_SHA_LEN = 40, HF_PAGE_MAX = 4 << 20, HF_INFO_MAX = 4 << 20 };

/* The last listing that was read to its end. */
struct hf_memory {
	struct arena *arena; /* NULL: there is none */
	struct source_listing listing;
	const char *etag; /* of its first page; NULL: it had none */
	char digest[DIGEST_STRLEN];
	int64_t at; /* monotonic */
};

struct connector {
	struct arena *arena;
	const char *provider, *author, *filter, *role, *token_file;
	const char *repository, *repository_url; /* where releases go; NULL: nowhere */
	struct http_server server;		 /* its base has a path, perhaps */
	struct harvest_maps maps;
	struct session *hub;	   /* its servers */
	struct session *elsewhere; /* where it sends us for large files */
	struct hf_memory memory;
};

/* What the Hub says of something, so far as it is an answer to us. */
enum hf_said {
	HF_OK,
	HF_UNCHANGED, /* 304 */
	HF_NO_ENTRY,  /* no such file; of the API: nothing there */
	HF_NO_REPO,   /* no such repository or revision, or none that we may see */
	HF_NO_ACCESS, /* gated, disabled, or beyond the token's scope */
	HF_TOO_LARGE, /* by its headers more than the cap */
};

struct hf_request {
	const char *method;
	const char *path; /* from "/" on, encoded, or a whole URL of the Hub's own servers */
	const char *etag; /* If-None-Match; NULL: none */
	size_t cap;
	bool stay; /* a redirect to another server is an answer: there it lies */
	/* Sent once, whatever becomes of it; 409 and 412 are answers then. NULL: none. */
	const char *body, *content_type;
	size_t body_len;
};
/* 0 with what it said; *ret is the last answer, *ret_words (may be NULL) the Hub's own words unless it
 * was HF_OK. ERR_CONFIG: the token was refused. Else as session_send. */
int hf_ask(struct connector *c, const struct provider_call *call, const struct hf_request *q,
	enum hf_said *ret_said, struct http_response *ret, const char **ret_words, struct err *err);
/* The same for a document of the API; *ret_json is a new reference with HF_OK. */
int hf_ask_json(struct connector *c, const struct provider_call *call, const struct hf_request *q,
	enum hf_said *ret_said, json_t **ret_json, const char **ret_words, struct err *err);

/* "ns/name" as two segments of a path; NULL when it is no name of a repository. */
const char *hf_repo_path(const char *repo, struct arena *a);
bool hf_is_sha(const char *text);
/* The repository of releases is no unit of anybody's. */
static inline bool hf_is_releases(const struct connector *c, const char *repo)
{
	return c->repository && strcmp(c->repository, repo) == 0;
}
/* Every word of `filter` is among the tags. */
bool hf_has_tags(const json_t *tags, const char *filter);

/* A header such as `"api";r=489;t=189`: the number behind `name`, `most` at most; -1 when it has none. */
int64_t hf_parameter(const char *header, const char *name, int64_t most);
session_judge_fn hf_judge;
session_quota_fn hf_quota;

extern const struct repository_kind hf_repository; /* hf_repository.c */

/* ---- hf_list.c ---- */
int hf_list(struct connector *c, const struct provider_call *call, struct source_listing *ret,
	struct err *err);
int hf_find(struct connector *c, const struct provider_call *call, const char *name,
	struct source_entry *ret, struct err *err);
int hf_hook(const struct connector *c, const char *body, size_t len, struct arena *a,
	struct source_mention *ret, struct err *err);

/* ---- hf_card.c ---- */
/* A manifest made of what the repository says of itself at the commit: as fetch. */
int hf_build(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err);

#endif
