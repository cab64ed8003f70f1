/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists models, and reads single ones.
 */
#include "provider/gcp_models.h"

#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "base/text.h"

enum {
	PAGE_SIZE = 100,
	PAGE_MAX = 1 << 20, /* of 100 models with four members each */
	PAGE_VALUES_MAX = 32 * PAGE_SIZE,
	MODEL_MAX = 1 << 20,
	NAME_MAX_LEN = 512,
	PAGES_MAX = LISTING_MAX / 10,
	WEEK_S = 7 * 24 * 3600,
};
#define MASK "name%2CversionId%2CupdateTime%2CversionUpdateTime"

struct gcp_models {
	struct arena *arena; /* of what is remembered */
	struct gcp_model *known;
	size_t n;
	bool whole;
	int64_t whole_at; /* monotonic */
};

struct gcp_models *gcp_models_new(void)
{
	struct gcp_models *m = xcalloc(1, sizeof(*m));

	m->arena = arena_new();
	return m;
}

void gcp_models_free(struct gcp_models *m)
{
	if (!m)
		return;
	arena_free(m->arena);
	free(m);
}

/* ---- One model ---- */

const char *gcp_model_id(const char *name, struct arena *a)
{
	const char *at = name, *const words[] = {"projects/", "locations/", "models/"};
	size_t len;

	for (size_t i = 0; i < 3; i++) {
		if (strncmp(at, words[i], strlen(words[i])) != 0)
			return NULL;
		at += strlen(words[i]);
		if (i < 2)
			at += strcspn(at, "/");
		if (i < 2 && *at++ != '/')
			return NULL;
	}
	len = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	if (len == 0 || len > NAME_MAX_LEN || (at[len] && at[len] != '@'))
		return NULL;
	return arena_strndup(a, at, len);
}

bool gcp_model_is_of(const char *name, const char *parent)
{
	const size_t words = strlen("projects/");
	const char *project = name + words, *own = parent + words;
	size_t n = strcspn(project, "/"), own_n = strcspn(own, "/");
	bool number = n && strspn(project, "0123456789") == n;
	bool same = n == own_n && memcmp(project, own, n) == 0;
	const char *place = own + own_n; /* "/locations/..." */

	return (same || number) && text_starts(project + n, place) &&
	       project[n + strlen(place)] == '/';
}

static const char *text_of(const json_t *o, const char *name, struct arena *a)
{
	const char *text = json_string_value(json_object_get(o, name));

	return arena_strdup(a, text ? text : "");
}

/* What every model has, lest a change of the API be taken for a change of the models. */
static int model_of(const json_t *o, struct arena *a, struct gcp_model *ret, struct err *err)
{
	const json_t *labels = json_object_get(o, "labels");
	const char *name = json_string_value(json_object_get(o, "name"));
	struct gcp_model m = {
		.id = name ? gcp_model_id(name, a) : NULL,
		.version = text_of(o, "versionId", a),
		.updated = text_of(o, "updateTime", a),
		.version_updated = text_of(o, "versionUpdateTime", a),
		.display_name = text_of(o, "displayName", a),
		.artifact_uri = text_of(o, "artifactUri", a),
		.label = text_of(labels, "spiralfed", a),
		.family = text_of(labels, "spiralfed-family", a),
	};
	const char *missing = !m.id ? "name"
			      : !*m.version || m.version[strspn(m.version, "0123456789")]
				      ? "versionId"
			      : !*m.updated	    ? "updateTime"
			      : !*m.version_updated ? "versionUpdateTime"
						    : NULL;

	if (missing)
		return err_set(err, ERR_CONFIG,
			"Vertex AI shows a model without a %s: its answers have changed", missing);
	*ret = m;
	return 0;
}

struct source_entry gcp_model_entry(const struct gcp_model *m, struct arena *a)
{
	return (struct source_entry){
		.name = arena_printf(a, "%s@%s", m->id, m->version),
		.version = arena_strdup(a, m->version_updated),
	};
}

int gcp_model_get(struct gcp_client *c, const struct provider_call *call, const char *id,
	struct gcp_model *ret, struct err *err)
{
	const char *path = arena_printf(call->arena, "/v1/%s/models/%s", gcp_client_parent(c), id);
	json_auto_t *doc = NULL;
	struct http_response r;
	int rc = gcp_get(c, call, GCP_VERTEX, path, MODEL_MAX, &r, err);

	if (rc <= 0)
		return rc < 0 ? err_wrap(err, "model %s", id) : 0;
	if (jcs_load(r.body, r.body_len, &doc, err) < 0) {
		err->code = ERR_IO;
		return err_wrap(err, "model %s", id);
	}
	if (model_of(doc, call->arena, ret, err) == 0)
		return 1;
	/* The others may be as they should. */
	err->code = ERR_IO;
	return err_wrap(err, "model %s", id);
}

/* ---- Listings ---- */

struct gathering {
	struct gcp_model *v; /* in the order of the pages */
	size_t n, room, bytes;
	struct arena *arena; /* of what will be remembered */
};

static void gather(struct gathering *g, const struct gcp_model *m)
{
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 256;
		g->v = xrealloc(g->v, g->room * sizeof(*g->v));
	}
	g->v[g->n++] = (struct gcp_model){
		.id = arena_strdup(g->arena, m->id),
		.version = arena_strdup(g->arena, m->version),
		.updated = arena_strdup(g->arena, m->updated),
		.version_updated = arena_strdup(g->arena, m->version_updated),
	};
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct gcp_model *)a)->id, ((const struct gcp_model *)b)->id);
}

static int by_id_and_version(const void *a, const void *b)
{
	int rc = by_id(a, b);

	return rc ? rc
		  : strcmp(((const struct gcp_model *)a)->version,
			    ((const struct gcp_model *)b)->version);
}

/* Of two states of one model the later counts: RFC 3339 in UTC, with more digits or fewer. */
static int by_age(const struct gcp_model *a, const struct gcp_model *b)
{
	int64_t x = 0, y = 0;

	time_parse(a->updated, &x);
	time_parse(b->updated, &y);
	return (x > y) - (x < y);
}

static const struct gcp_model *find_id(
	const struct gcp_model *v, size_t n, const struct gcp_model *model)
{
	return n ? bsearch(model, v, n, sizeof(*v), by_id) : NULL;
}

/* With all versions it is the model's own change that counts, which those of its versions are, too. */
static bool is_known(const struct gcp_models *m, const struct gcp_models_options *o,
	const struct gcp_model *model)
{
	const struct gcp_model *old = find_id(m->known, m->n, model);

	return old && text_equal(old->updated, model->updated) &&
	       (o->all_versions ||
		       (text_equal(old->version, model->version) &&
			       text_equal(old->version_updated, model->version_updated)));
}

struct page {
	struct source_pages pages;
	size_t n, known;
};

static const char *page_path(
	const struct gcp_client *c, const char *filter, const char *token, struct arena *a)
{
	return arena_printf(a,
		"/v1/%s/models?orderBy=update_time%%20desc&pageSize=%d&readMask=%s%s%s%s%s",
		gcp_client_parent(c), PAGE_SIZE, MASK, *filter ? "&filter=" : "",
		http_escape(filter, a), token ? "&pageToken=" : "",
		token ? http_escape(token, a) : "");
}

/* An empty page is {}: whatever else has no models in it is no page. */
static int check_page(const json_t *doc, struct err *err)
{
	const json_t *models = json_object_get(doc, "models"),
		     *next = json_object_get(doc, "nextPageToken");
	size_t others = json_object_size(doc) - (models != NULL) - (next != NULL);

	if (!json_is_object(doc) || (models ? !json_is_array(models) : others > 0) ||
		(next && !json_is_string(next)))
		return err_set(err, ERR_CONFIG,
			"Vertex AI answers with something else than a list of models: its answers "
			"have changed");
	return 0;
}

/* One answer with a list of models, as a new reference: 1, 0 when it is of nothing that is there. */
static int read_list(struct gcp_client *c, const struct provider_call *call, const char *path,
	size_t *bytes, json_t **ret, struct err *err)
{
	struct http_response r;
	int rc = gcp_get(c, call, GCP_VERTEX, path, PAGE_MAX, &r, err);

	/* Here a refusal is of the filter or the project, which no other look will change. */
	if (rc < 0 && err->code == ERR_IO)
		err->code = ERR_CONFIG;
	if (rc <= 0)
		return rc;
	if (source_listing_page(bytes, r.body_len, err) < 0)
		return -1;
	if (jcs_load_upto(r.body, r.body_len, PAGE_VALUES_MAX, ret, err) < 0) {
		err->code = ERR_CONFIG;
		return -1;
	}
	return check_page(*ret, err) < 0 ? -1 : 1;
}

static int turn_page(const json_t *doc, struct source_pages *pages, struct err *err)
{
	const json_t *next = json_object_get(doc, "nextPageToken");

	return source_pages_turn(pages, json_string_value(next), err) < 0
		       ? err_wrap(err, "Vertex AI")
		       : 0;
}

/* All that is shown there, as states of the model as it was listed. */
static int take_versions(const json_t *doc, const struct gcp_model *model, struct gathering *g,
	struct arena *a, struct err *err)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doc, "models"), i, one)
	{
		struct gcp_model version;

		if (model_of(one, a, &version, err) < 0)
			return -1;
		version.id = model->id;
		version.updated = model->updated;
		gather(g, &version);
	}
	return 0;
}

/* Each in an arena of its own: there may be many. */
static int read_versions_page(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_model *model, struct gathering *g, struct source_pages *pages,
	struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call own = *call;
	json_auto_t *doc = NULL;
	int rc;

	own.arena = a;
	rc = read_list(c, &own,
		arena_printf(a, "/v1/%s/models/%s:listVersions?pageSize=%d&readMask=%s%s%s",
			gcp_client_parent(c), model->id, PAGE_SIZE, MASK,
			pages->next ? "&pageToken=" : "",
			pages->next ? http_escape(pages->next, a) : ""),
		&g->bytes, &doc, err);
	if (rc <= 0)
		return rc;
	if (take_versions(doc, model, g, a, err) < 0 || turn_page(doc, pages, err) < 0)
		return -1;
	return pages->next != NULL;
}

static int read_versions(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_model *model, struct gathering *g, struct err *err)
{
	SOURCE_PAGES_AUTO pages = {0};
	int rc = 1;

	while (rc > 0 && g->n <= LISTING_MAX) {
		if (pages.n == PAGES_MAX)
			return err_set(err, ERR_UNREACHABLE, "its versions have no last page");
		rc = read_versions_page(c, call, model, g, &pages, err);
	}
	return rc < 0 ? err_wrap(err, "the versions of model %s", model->id) : 0;
}

/* Each page in an arena of its own: there may be many. */
static int read_page(const struct gcp_models *m, struct gcp_client *c,
	const struct gcp_models_options *o, const struct provider_call *call, struct gathering *g,
	struct page *p, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call own = *call;
	json_auto_t *doc = NULL;
	const json_t *one;
	size_t i;
	int rc;

	own.arena = a;
	rc = read_list(c, &own, page_path(c, o->filter, p->pages.next, a), &g->bytes, &doc, err);
	if (rc == 0)
		return err_set(err, ERR_CONFIG, "there is no %s", gcp_client_parent(c));
	if (rc < 0)
		return err_wrap(err, "the list of models");
	p->n = p->known = 0;
	json_array_foreach(json_object_get(doc, "models"), i, one)
	{
		struct gcp_model model;
		bool known;

		if (model_of(one, a, &model, err) < 0)
			return -1;
		known = is_known(m, o, &model);
		p->n++;
		p->known += known;
		gather(g, &model);
		if (o->all_versions && !known && read_versions(c, &own, &model, g, err) < 0)
			return -1;
	}
	return turn_page(doc, &p->pages, err);
}

/* 1 when the page shows it. What is asked for is one model, but however Vertex AI binds a filter's words, a
 * page shows only what the filter does; with an OR there may be more of that, and more pages. */
static int look_on_page(struct gcp_client *c, const struct provider_call *call, const char *filter,
	const char *id, size_t *bytes, struct source_pages *pages, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call own = *call;
	json_auto_t *doc = NULL;
	const json_t *one;
	size_t i;

	own.arena = a;
	if (read_list(c, &own, page_path(c, filter, pages->next, a), bytes, &doc, err) < 0)
		return -1;
	json_array_foreach(json_object_get(doc, "models"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "name"));
		const char *found = name ? gcp_model_id(name, a) : NULL;

		if (found && strcmp(found, id) == 0)
			return 1;
	}
	return turn_page(doc, pages, err);
}

int gcp_model_is_listed(struct gcp_client *c, const struct gcp_models_options *o,
	const struct provider_call *call, const struct gcp_model *m, struct err *err)
{
	const char *filter = arena_printf(call->arena, "%s AND model=\"%s\"", o->filter, m->id);
	SOURCE_PAGES_AUTO pages = {0};
	size_t bytes = 0;
	int rc;

	if (!*o->filter)
		return 1;
	do {
		if (pages.n == PAGES_MAX)
			return err_set(err, ERR_UNREACHABLE,
				"Vertex AI's list of models has no last page");
		rc = look_on_page(c, call, filter, m->id, &bytes, &pages, err);
	} while (rc == 0 && pages.next);
	return rc < 0 ? err_wrap(err, "whether model %s is one of `filter`", m->id) : rc;
}

/* Sorted, each once; a model that was changed between two pages comes twice. */
static void settle(struct gathering *g, const struct gcp_models_options *o)
{
	int (*same)(const void *, const void *) = o->all_versions ? by_id_and_version : by_id;
	size_t kept = 0;

	if (g->n)
		qsort(g->v, g->n, sizeof(*g->v), same);
	for (size_t i = 0; i < g->n; i++) {
		struct gcp_model *last = kept ? &g->v[kept - 1] : NULL;

		if (!last || same(last, &g->v[i]) != 0)
			g->v[kept++] = g->v[i];
		else if (by_age(&g->v[i], last) > 0)
			*last = g->v[i];
	}
	g->n = kept;
}

/* What no page showed is as it was (`rest`), and so are the versions of a model that has not changed. */
static void add_known(const struct gcp_models *m, const struct gcp_models_options *o, bool rest,
	struct gathering *g)
{
	size_t n = g->n;

	for (size_t i = 0; i < m->n; i++) {
		const struct gcp_model *seen = find_id(g->v, n, &m->known[i]);

		if (seen ? o->all_versions && text_equal(seen->updated, m->known[i].updated) : rest)
			gather(g, &m->known[i]);
	}
	settle(g, o);
}

static void remember(struct gcp_models *m, struct gathering *g, bool whole, int64_t mono)
{
	m->known = g->n ? arena_memdup(g->arena, g->v, g->n * sizeof(*g->v)) : NULL;
	m->n = g->n;
	arena_free(m->arena);
	m->arena = g->arena;
	g->arena = NULL;
	if (whole) {
		m->whole = true;
		m->whole_at = mono;
	}
}

static void show(const struct gcp_models *m, struct arena *a, struct source_listing *ret)
{
	struct source_listing l = {
		.n = m->n < LISTING_MAX ? m->n : LISTING_MAX, .cut = m->n > LISTING_MAX};

	l.v = ARENA_ARRAY(a, l.n + 1, struct source_entry);
	for (size_t i = 0; i < l.n; i++)
		l.v[i] = gcp_model_entry(&m->known[i], a);
	l.n = source_entries_sort(l.v, l.n);
	*ret = l;
}

/* Until the end, or a page that says that the rest is as it was. */
static int read_pages(struct gcp_models *m, struct gcp_client *c,
	const struct gcp_models_options *o, const struct provider_call *call, struct gathering *g,
	bool *ret_whole, struct err *err)
{
	int64_t week = WEEK_S * USEC_PER_SEC;
	bool trusted = m->whole && clock_mono(call->clock) - m->whole_at < week;
	struct page p = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0; i++) {
		rc = i < PAGES_MAX ? read_page(m, c, o, call, g, &p, err)
				   : err_set(err, ERR_UNREACHABLE,
					     "Vertex AI's list of models has no last page");
		*ret_whole = !p.pages.next;
		if (!p.pages.next || g->n > LISTING_MAX || (trusted && p.n && p.known == p.n))
			break;
	}
	source_pages_clear(&p.pages);
	return rc;
}

int gcp_models_list(struct gcp_models *m, struct gcp_client *c, const struct gcp_models_options *o,
	const struct provider_call *call, struct source_listing *ret, struct err *err)
{
	struct gathering g = {.arena = arena_new()};
	bool whole = false;
	int rc = read_pages(m, c, o, call, &g, &whole, err);

	if (rc == 0) {
		settle(&g, o);
		add_known(m, o, !whole && m->whole, &g);
		remember(m, &g, whole, clock_mono(call->clock));
		show(m, call->arena, ret);
	}
	arena_free(g.arena);
	free(g.v);
	return rc;
}
