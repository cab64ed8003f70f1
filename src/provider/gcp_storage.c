/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads Cloud Storage.
 */
#include "provider/gcp_storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/jcs.h"
#include "base/text.h"

enum { METADATA_MAX = 64 << 10, OBJECT_NAME_MAX = 1024 };
#define FIELDS "&fields=items(name%2Cgeneration%2Csize)%2CnextPageToken"

bool gcp_object_parse(const char *uri, struct arena *a, struct gcp_object *ret)
{
	struct gcp_object o = {0};
	const char *bucket, *slash, *mark;

	if (!text_starts(uri, "gs://") || strpbrk(uri, "\r\n"))
		return false;
	bucket = uri + 5;
	slash = bucket + strcspn(bucket, "/");
	if (slash == bucket || strlen(slash) > OBJECT_NAME_MAX)
		return false;
	o.bucket = arena_strndup(a, bucket, (size_t)(slash - bucket));
	o.name = arena_strdup(a, *slash ? slash + 1 : "");
	/* Names may hold a #, too: a generation is digits, and there is no other way to write it. */
	mark = strrchr(o.name, '#');
	if (mark && mark[1] && mark[1 + strspn(mark + 1, "0123456789")] == '\0') {
		o.generation = arena_strdup(a, mark + 1);
		o.name = arena_strndup(a, o.name, (size_t)(mark - o.name));
	}
	if (text_has_dots(o.bucket) || text_has_dots(o.name))
		return false;
	*ret = o;
	return true;
}

static const char *path_of(const struct gcp_object *o, const char *query, struct arena *a)
{
	return arena_printf(a, "/storage/v1/b/%s/o/%s?%s%s%s", http_escape(o->bucket, a),
		http_escape(o->name, a), query, o->generation ? "&generation=" : "",
		o->generation ? o->generation : "");
}

int gcp_object_read(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_object *o, size_t cap, struct source_document *ret, struct err *err)
{
	struct http_response r;
	int rc = gcp_get(c, call, GCP_STORAGE, path_of(o, "alt=media", call->arena), cap, &r, err);

	if (rc < 0)
		return err_wrap(err, "gs://%s/%s", o->bucket, o->name);
	if (rc > 0)
		*ret = (struct source_document){.text = r.body, .len = r.body_len};
	return rc;
}

/* ---- Folders ---- */

/* At most `most` of the objects whose names begin with `prefix`, as a new reference. 0: no such bucket. */
static int list(struct gcp_client *c, const struct provider_call *call, const char *bucket,
	const char *prefix, int most, json_t **ret, struct err *err)
{
	struct arena *a = call->arena;
	const char *path = arena_printf(a, "/storage/v1/b/%s/o?prefix=%s&maxResults=%d%s",
		http_escape(bucket, a), http_escape(prefix, a), most, FIELDS);
	struct http_response r;
	int rc = gcp_get(c, call, GCP_STORAGE, path, METADATA_MAX, &r, err);

	if (rc < 0)
		return err_wrap(err, "gs://%s/%s", bucket, prefix);
	if (rc == 0)
		return 0;
	if (jcs_load(r.body, r.body_len, ret, err) < 0) {
		err->code = ERR_UNREACHABLE;
		return err_wrap(err, "the objects below gs://%s/%s", bucket, prefix);
	}
	return 1;
}

/* Names of a folder end before the slash. */
static const char *prefix_of(const struct gcp_object *folder, struct arena *a)
{
	size_t len = strlen(folder->name);

	return len && folder->name[len - 1] != '/' ? arena_printf(a, "%s/", folder->name)
						   : folder->name;
}

int gcp_folder_pin(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_object *folder, const char **ret, struct err *err)
{
	struct arena *a = call->arena;
	const char *prefix = prefix_of(folder, a), *name, *generation;
	json_auto_t *doc = NULL;
	const json_t *items;
	int rc = list(c, call, folder->bucket, prefix, 2, &doc, err);

	if (rc <= 0)
		return rc;
	items = json_object_get(doc, "items");
	if (json_array_size(items) == 0)
		return 0;
	name = json_string_value(json_object_get(json_array_get(items, 0), "name"));
	generation = json_string_value(json_object_get(json_array_get(items, 0), "generation"));
	if (json_array_size(items) == 1 && !json_object_get(doc, "nextPageToken") && name &&
		generation)
		*ret = arena_printf(a, "gs://%s/%s#%s", folder->bucket, name, generation);
	else
		*ret = arena_printf(a, "gs://%s/%s", folder->bucket, prefix);
	return 1;
}

/* ---- Looking ---- */

static int probe_folder(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_object *o, const char *uri, struct probe *ret, struct err *err)
{
	json_auto_t *doc = NULL;
	int rc = list(c, call, o->bucket, prefix_of(o, call->arena), 1, &doc, err);

	if (rc < 0)
		return -1;
	if (rc > 0 && json_array_size(json_object_get(doc, "items")) > 0)
		*ret = (struct probe){
			PROBE_REACHABLE, arena_printf(call->arena, "%s holds objects", uri)};
	else
		*ret = (struct probe){PROBE_MISSING,
			arena_printf(call->arena, "%s: no such object, and none below it", uri)};
	return 0;
}

static struct probe probe_size(
	const json_t *meta, const struct probe_target *target, struct arena *a)
{
	const char *size = json_string_value(json_object_get(meta, "size"));
	long long bytes = size ? decimal_count(size, INT64_MAX, NULL) : -1;

	if (bytes < 0)
		return (struct probe){PROBE_UNKNOWN,
			arena_printf(a, "%s: Cloud Storage does not say its size", target->uri)};
	if (target->size >= 0 && bytes != target->size)
		return (struct probe){
			PROBE_MISSING, arena_printf(a, "%s has %lld bytes; its manifest says %lld",
					       target->uri, bytes, (long long)target->size)};
	return (struct probe){PROBE_REACHABLE, arena_printf(a, "%s is there", target->uri)};
}

int gcp_object_probe(struct gcp_client *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	struct arena *a = call->arena;
	json_auto_t *meta = NULL;
	struct http_response r;
	struct gcp_object o;
	int rc = 0;

	if (!gcp_object_parse(target->uri, a, &o)) {
		*ret = text_starts(target->uri, "gs://")
			       ? (struct probe){PROBE_MISSING,
					 arena_printf(
						 a, "%s is no gs://bucket/object", target->uri)}
			       : (struct probe){PROBE_UNKNOWN,
					 arena_printf(a,
						 "%s is not in Cloud Storage, and nobody "
						 "looks for it elsewhere",
						 target->uri)};
		return 0;
	}
	if (*o.name && o.name[strlen(o.name) - 1] != '/')
		rc = gcp_get(c, call, GCP_STORAGE, path_of(&o, "fields=generation%2Csize", a),
			METADATA_MAX, &r, err);
	if (rc < 0)
		return err_wrap(err, "%s", target->uri);
	if (rc == 0 && !o.generation)
		return probe_folder(c, call, &o, target->uri, ret, err);
	if (rc == 0) {
		*ret = (struct probe){
			PROBE_MISSING, arena_printf(a, "%s: this generation is gone", target->uri)};
		return 0;
	}
	if (jcs_load(r.body, r.body_len, &meta, err) < 0) {
		err->code = ERR_UNREACHABLE;
		return err_wrap(err, "%s", target->uri);
	}
	*ret = probe_size(meta, target, a);
	return 0;
}
