/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `gcp`: the models of a project and location in Vertex AI's registry, each by its default
 * version or by all of them, with what lies beside their artifacts in Cloud Storage. It only reads, and asks for no more
 * than it has to: a listing in which nothing changed costs one request.
 */
#include "provider/gcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/jcs.h"
#include "base/text.h"
#include "model/harvest.h"
#include "provider/gcp_manifest.h"
#include "provider/gcp_storage.h"

/* Models that nobody marked are somebody else's. */
#define FILTER "labels.spiralfed:*"

enum { HOOK_DEPTH_MAX = 16 };

struct connector {
	struct arena *arena;
	struct gcp_client *client;
	struct gcp_models *models;
	struct gcp_manifest_options manifest;
	struct gcp_models_options list;
};

/* ---- Opening ---- */

static const char *copy(struct connector *c, const char *s)
{
	return s && *s ? arena_strdup(c->arena, s) : NULL;
}

static void gcp_close(struct connector *c)
{
	if (!c)
		return;
	gcp_models_free(c->models);
	gcp_client_free(c->client);
	arena_free(c->arena);
}

static int check_metrics(struct connector *c, struct err *err)
{
	struct harvest_maps maps;

	if (!c->manifest.metrics ||
		harvest_map_parse(c->manifest.metrics, c->arena, &maps, err) == 0)
		return 0;
	err->code = ERR_CONFIG;
	return err_wrap(err, "metrics");
}

int gcp_open_with(const struct connector_options *o, const char *(*env)(const char *name),
	const struct gcp_way *way, struct connector **ret, struct err *err)
{
	const char *file = env("GOOGLE_APPLICATION_CREDENTIALS"), *host = env("GCE_METADATA_HOST");
	const struct gcp_client_options client = {.project = o->project,
		.location = o->location,
		.endpoint = o->endpoint,
		.storage_endpoint = o->storage_endpoint,
		.auth = {.file = o->credentials	 ? o->credentials
				 : file && *file ? file
						 : NULL,
			.metadata_host = host && *host ? host : NULL},
		.way = way};
	struct arena *a = arena_new();
	struct connector *c = ARENA_NEW(a, struct connector);

	c->arena = a;
	c->list = (struct gcp_models_options){
		arena_strdup(a, o->filter ? o->filter : FILTER), o->versions == 1};
	c->manifest = (struct gcp_manifest_options){copy(c, o->provider), copy(c, o->name_space),
		copy(c, o->role), copy(c, o->metrics)};
	c->models = gcp_models_new();
	if (check_metrics(c, err) < 0 || gcp_client_new(&client, &c->client, err) < 0) {
		gcp_close(c);
		return -1;
	}
	*ret = c;
	return 0;
}

static const char *environment(const char *name)
{
	return getenv(name);
}

static int gcp_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	return gcp_open_with(o, environment, NULL, ret, err);
}

/* ---- Listing and fetching ---- */

static int gcp_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	return gcp_models_list(c->models, c->client, &c->list, call, ret, err);
}

/* `name` is a model's id, with or without @version, which is heeded when all versions are listed. */
static int gcp_find(struct connector *c, const struct provider_call *call, const char *name,
	struct source_entry *ret, struct err *err)
{
	struct gcp_model m;
	size_t len = c->list.all_versions ? strlen(name) : strcspn(name, "@");
	int rc = gcp_model_get(c->client, call, arena_strndup(call->arena, name, len), &m, err);

	/* An audit log names every model there is. */
	if (rc > 0)
		rc = gcp_model_is_listed(c->client, &c->list, call, &m, err);
	if (rc > 0)
		*ret = gcp_model_entry(&m, call->arena);
	return rc;
}

static int gcp_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	struct gcp_model m;
	int rc = gcp_model_get(c->client, call, entry->name, &m, err);

	if (rc <= 0)
		return rc < 0 ? -1 : FETCH_GONE;
	/* Changed since it was listed: the next listing shows it as it is then. */
	if (!text_equal(m.version_updated, entry->version))
		return FETCH_UNSETTLED;
	rc = gcp_manifest_fetch(c->client, &c->manifest, call, &m, ret, err);
	if (rc == -1 || rc == FETCH_REFUSED)
		err_wrap(err, "%s (%s)", *m.display_name ? m.display_name : "model", entry->name);
	return rc;
}

/* ---- Webhooks: Pub/Sub push ---- */

/* The first model of our place that is named in it, wherever: audit logs, Eventarc and people's own messages put it in
 * different places. */
static const char *named_in(
	const struct connector *c, const json_t *value, int depth, struct arena *a)
{
	const char *found = NULL, *key;
	json_t *sub;
	size_t i;

	if (json_is_string(value)) {
		const char *text = json_string_value(value), *at = strstr(text, "projects/");

		return at && gcp_model_is_of(at, gcp_client_parent(c->client)) ? gcp_model_id(at, a)
									       : NULL;
	}
	if (depth == HOOK_DEPTH_MAX)
		return NULL;
	json_array_foreach(value, i, sub) if (!found) found = named_in(c, sub, depth + 1, a);
	json_object_foreach((json_t *)value, key, sub) if (!found) found =
		named_in(c, sub, depth + 1, a);
	return found;
}

static int gcp_hook(const struct connector *c, const char *body, size_t len, struct arena *a,
	struct source_mention *ret, struct err *err)
{
	struct source_mention m = {0};
	json_auto_t *doc = NULL, *data = NULL;
	const json_t *message, *encoded;
	enum base64_alphabet alphabet;
	unsigned char *bytes;
	size_t n;

	if (jcs_load(body, len, &doc, err) < 0)
		return -1;
	message = json_object_get(doc, "message");
	if (!json_is_object(message) || !json_is_string(json_object_get(doc, "subscription")))
		return err_set(err, ERR_BAD_REQUEST, "is no message pushed by Pub/Sub");
	encoded = json_object_get(message, "data");
	if (json_is_string(encoded) &&
		(base64_decode(json_string_value(encoded), json_string_length(encoded), a, &bytes,
			 &n, &alphabet) < 0 ||
			alphabet == BASE64_URL))
		return err_set(err, ERR_BAD_REQUEST, "holds data that are not in base64");
	m.name = named_in(c, json_object_get(message, "attributes"), 0, a);
	if (!m.name && json_is_string(encoded) &&
		jcs_load((const char *)bytes, n, &data, NULL) == 0)
		m.name = named_in(c, data, 0, a);
	if (!m.name)
		m.why = arena_printf(a, "it names no model of %s", gcp_client_parent(c->client));
	*ret = m;
	return 0;
}

/* ---- The rest ---- */

static bool gcp_health(struct connector *c, const struct clock *clock, struct session_health *ret)
{
	gcp_client_health(c->client, clock, ret);
	return true;
}

static bool gcp_probes(const struct connector *c)
{
	return true;
}

static int gcp_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	return gcp_object_probe(c->client, call, target, ret, err);
}

const struct connector_kind connector_gcp = {
	.name = "gcp",
	.open = gcp_open,
	.close = gcp_close,
	.list = gcp_list,
	.fetch = gcp_fetch,
	.find = gcp_find,
	.hook = gcp_hook,
	.health = gcp_health,
	.probes = gcp_probes,
	.probe = gcp_probe,
};
