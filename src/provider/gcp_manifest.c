/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetches manifests of models, or makes them.
 */
#include "provider/gcp_manifest.h"
#include "provider/harvested.h"

#include <string.h>

#include "base/jcs.h"
#include "base/text.h"
#include "model/format.h"
#include "model/manifest.h"
#include "provider/gcp_storage.h"

enum {
	PAGE_MAX = 4 << 20,
	EVALUATIONS_MAX = 100,
	PAGES_MAX = 20,
	KEPT_MAX = 8 << 20, /* bytes of all evaluations of one model */
	/* An artifact never changes: one whose evaluations are still coming in is left for later. */
	SETTLE_S = 600,
};

/* ---- What the pipeline left ---- */

/* 1, 0, -1. */
static int read_manifest(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_model *m, struct source_document *ret, struct err *err)
{
	static const char *const names[] = {MANIFEST_PATH, "manifest.json"};
	struct gcp_object folder, o;
	size_t len;

	if (!gcp_object_parse(m->artifact_uri, call->arena, &folder))
		return text_starts(m->artifact_uri, "gs://") && text_has_dots(m->artifact_uri)
			       ? err_set(err, ERR_IO,
					 "artifactUri %s: a path with . or .. in it leads "
					 "elsewhere",
					 m->artifact_uri)
			       : 0;
	for (len = strlen(folder.name); len && folder.name[len - 1] == '/'; len--)
		;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		o = folder;
		o.name = arena_printf(
			call->arena, "%.*s%s%s", (int)len, folder.name, len ? "/" : "", names[i]);
		int rc = gcp_object_read(c, call, &o, DOCUMENT_MAX, ret, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* ---- Evaluations ---- */

struct evaluations {
	struct harvested_file file[EVALUATIONS_MAX];
	size_t n, kept;
	int64_t newest;
};

static int take(struct evaluations *e, const json_t *one, struct arena *a, struct err *err)
{
	const char *name = json_string_value(json_object_get(one, "name"));
	const char *created = json_string_value(json_object_get(one, "createTime"));
	STRBUF_AUTO text = STRBUF_INIT(PAGE_MAX);
	int64_t at = 0;

	if (!name || !created || time_parse(created, &at) < 0)
		return err_set(err, ERR_IO,
			"Vertex AI shows an evaluation without a name or createTime: its answers "
			"have changed");
	if (e->n == EVALUATIONS_MAX)
		return err_set(err, ERR_IO, "has more than %d evaluations", (int)EVALUATIONS_MAX);
	if (jcs_render(one, &text, err) < 0)
		return -1;
	e->kept += text.len;
	if (text.overflow || e->kept > KEPT_MAX)
		return err_set(err, ERR_IO, "has evaluations of more than %d MiB", KEPT_MAX >> 20);
	e->newest = at > e->newest ? at : e->newest;
	e->file[e->n++] = (struct harvested_file){
		arena_printf(a, "evaluation%s.json", strrchr(name, '/') ? strrchr(name, '/') : ""),
		arena_strndup(a, text.buf, text.len), text.len};
	return 0;
}

/* 1: there is another page, which *token names. Nothing of a page stays but what is taken of it. */
static int read_page(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_model *m, const char **token, struct evaluations *e, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call own = *call;
	json_auto_t *doc = NULL;
	struct http_response r;
	const char *next;
	const json_t *list, *one;
	size_t i;
	int rc;

	own.arena = a;
	rc = gcp_get(c, &own, GCP_VERTEX,
		arena_printf(a, "/v1/%s/models/%s@%s/evaluations?pageSize=100%s%s",
			gcp_client_parent(c), m->id, m->version, *token ? "&pageToken=" : "",
			*token ? http_escape(*token, a) : ""),
		PAGE_MAX, &r, err);

	if (rc <= 0)
		return rc;
	if (jcs_load(r.body, r.body_len, &doc, err) < 0) {
		err->code = ERR_IO;
		return err_wrap(err, "the evaluations");
	}
	list = json_object_get(doc, "modelEvaluations");
	next = json_string_value(json_object_get(doc, "nextPageToken"));
	if (!json_is_object(doc) ||
		(list ? !json_is_array(list) : json_object_size(doc) > (next != NULL)))
		return err_set(err, ERR_IO,
			"Vertex AI answers with something else than a list of evaluations: its "
			"answers have changed");
	json_array_foreach(list, i, one) if (take(e, one, call->arena, err) < 0) return -1;
	*token = next && *next ? arena_strdup(call->arena, next) : NULL;
	return *token != NULL;
}

static int read_evaluations(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_model *m, struct evaluations *e, struct err *err)
{
	const char *token = NULL;
	int rc = 1;

	for (size_t i = 0; rc > 0; i++)
		rc = i < PAGES_MAX ? read_page(c, call, m, &token, e, err)
				   : err_set(err, ERR_IO, "its evaluations have no last page");
	return rc;
}

/* ---- A manifest of our own ---- */

static int refused(struct err *err, const char *why)
{
	err_set(err, ERR_INVALID_MANIFEST, "%s", why);
	return FETCH_REFUSED;
}

/* namespace/family-vN: a name that is not one as it stands is not made into one. */
static const char *id_of(
	const struct gcp_manifest_options *o, const struct gcp_model *m, struct arena *a)
{
	const char *family = *m->family ? m->family : m->display_name;
	const char *id = arena_printf(a, "%s/%s-v%s", o->name_space, family, m->version);
	struct artifact_name name;

	return artifact_name_parse(id, a, &name) == 0 ? id : NULL;
}

static int harvest(const struct gcp_manifest_options *o, const struct harvest_target *target,
	const struct evaluations *e, struct arena *a, struct source_document *ret, struct err *err)
{
	struct harvest_target t = *target;
	struct err why = {0};
	struct harvest h;

	if (o->metrics && harvest_map_parse(o->metrics, a, &t.map, err) < 0) {
		err->code = ERR_CONFIG;
		return err_wrap(err, "metrics");
	}
	if (harvested_document(e->file, e->n, &t, a, &h, ret, &why) < 0)
		return refused(err, why.msg);
	return FETCH_DONE;
}

static int make(struct gcp_client *c, const struct gcp_manifest_options *o,
	const struct provider_call *call, const struct gcp_model *m, const struct evaluations *e,
	struct source_document *ret, struct err *err)
{
	struct harvest_target t = {.provider = o->provider,
		.role = o->role ? o->role : m->label,
		.uri = m->artifact_uri,
		.cost_per_hour = __builtin_nan("")};
	struct gcp_object folder;

	if (!o->name_space)
		return refused(err,
			"has no manifest; for one to be made of its evaluations the option "
			"`namespace` has to say under which name");
	if (!*t.role)
		return refused(err,
			"has no manifest; for one to be made of its evaluations the option `role` "
			"or the label `spiralfed` has to say what it is");
	t.id = id_of(o, m, call->arena);
	if (!t.id)
		return refused(err,
			"has no manifest, and a display name that no artifact can have; set the "
			"label `spiralfed-family`");
	if (gcp_object_parse(m->artifact_uri, call->arena, &folder) && !folder.generation &&
		gcp_folder_pin(c, call, &folder, &t.uri, err) < 0)
		return -1;
	if (!*t.uri)
		return refused(err, "has no manifest and no artifactUri");
	return harvest(o, &t, e, call->arena, ret, err);
}

static bool is_young(int64_t at, const struct clock *clock)
{
	return clock_now(clock) - at < SETTLE_S * USEC_PER_SEC;
}

int gcp_manifest_fetch(struct gcp_client *c, const struct gcp_manifest_options *o,
	const struct provider_call *call, const struct gcp_model *m, struct source_document *ret,
	struct err *err)
{
	struct evaluations *e;
	int64_t updated = 0;
	int rc = read_manifest(c, call, m, ret, err);

	if (rc != 0)
		return rc < 0 ? -1 : FETCH_DONE;
	e = ARENA_NEW(call->arena, struct evaluations);
	if (read_evaluations(c, call, m, e, err) < 0)
		return -1;
	time_parse(m->version_updated, &updated);
	if (is_young(e->n ? e->newest : updated, call->clock))
		return FETCH_UNSETTLED;
	/* They may come yet, which the model will not show. */
	if (e->n == 0)
		return err_set(err, ERR_IO,
			"has neither a manifest (%s/" MANIFEST_PATH ") nor an evaluation",
			*m->artifact_uri ? m->artifact_uri : "artifactUri");
	return make(c, o, call, m, e, ret, err);
}
