/* SPDX-License-Identifier: Apache-2.0
 *
 * A manifest is looked for where the package itself says (metadata `spiralfed.manifest`), then beside
 * its source, then beside the model's data. Without one it is made of the quality report. What a
 * package names and is not there, or has another digest, is an error and no reason to look elsewhere.
 * Constraints and baselines are no metrics and are not read.
 */
#include "provider/harvested.h"
#include "provider/aws_package.h"

#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "model/manifest.h"
#include "provider/aws_error.h"

enum { REPORT_MAX = 4 << 20, URI_MAX = 2048 };

#define MANIFEST "spiralfed.manifest"
#define DIGEST	 "spiralfed.manifest.digest"
#define ID	 "spiralfed.id"
#define ROLE	 "spiralfed.role"
#define SUBJECT	 "spiralfed.subject"
#define METRICS	 "spiralfed.metrics"

struct work {
	struct aws_client *c;
	const struct aws_package_options *o;
	const struct provider_call *call;
	const json_t *package;
};

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s ? s : NULL;
}

static const char *metadata(const struct work *w, const char *key)
{
	return text(json_object_get(w->package, "CustomerMetadataProperties"), key);
}

static const char *arn(const struct work *w)
{
	return text(w->package, "ModelPackageArn") ? text(w->package, "ModelPackageArn") : "?";
}

static int refused(const struct work *w, struct err *err)
{
	err_wrap(err, "%s", arn(w));
	err->code = ERR_INVALID_MANIFEST;
	return FETCH_REFUSED;
}

/* ---- Its places ---- */

static const json_t *container(const struct work *w)
{
	return json_array_get(json_object_get(json_object_get(w->package, "InferenceSpecification"),
				      "Containers"),
		0);
}

/* "s3://bucket/folder/model.tar.gz", or a folder, which ends with a slash. */
static const char *model_data(const struct work *w)
{
	const json_t *s3 =
		json_object_get(json_object_get(container(w), "ModelDataSource"), "S3DataSource");
	const char *uri = text(container(w), "ModelDataUrl");
	struct arena *a = w->call->arena;

	if (uri)
		return uri;
	uri = text(s3, "S3Uri");
	if (!uri || !text(s3, "S3DataType") || strcmp(text(s3, "S3DataType"), "S3Prefix") != 0)
		return uri;
	return uri[strlen(uri) - 1] == '/' ? uri : arena_printf(a, "%s/", uri);
}

/* ---- A manifest that lies there ---- */

static int check_digest(
	const struct http_response *r, const char *wanted, const char *what, struct err *err)
{
	char got[DIGEST_STRLEN];

	digest_string(r->body, r->body_len, got);
	if (!wanted || strcasecmp(got, wanted) == 0)
		return 0;
	return err_set(err, ERR_IO, "%s has the digest %s; the package says %s", what, got, wanted);
}

static int take(const struct work *w, const struct s3_place *p, const char *digest,
	struct source_document *ret, struct err *err)
{
	struct http_response r;
	int rc = s3_get(w->c, w->call, p, DOCUMENT_MAX, &r, err);

	if (rc <= 0)
		return rc;
	if (check_digest(&r, digest, p->key, err) < 0)
		return -1;
	*ret = (struct source_document){.text = r.body, .len = r.body_len};
	return 1;
}

/* 1: taken; 0: the package names none; -1 */
static int named_manifest(const struct work *w, struct source_document *ret, struct err *err)
{
	const char *uri = metadata(w, MANIFEST), *from = "its metadata " MANIFEST;
	struct s3_place p;
	int rc;

	if (!uri && text(w->package, "SourceUri") &&
		text_ends(text(w->package, "SourceUri"), "manifest.json")) {
		uri = text(w->package, "SourceUri");
		from = "its SourceUri";
	}
	if (!uri)
		return 0;
	if (!s3_parse(uri, w->call->arena, &p))
		return err_set(err, ERR_IO, "%s names %s, which is no s3://bucket/key", from, uri);
	rc = take(w, &p, metadata(w, DIGEST), ret, err);
	return rc ? rc : err_set(err, ERR_IO, "%s names %s, which is not there", from, uri);
}

/* Beside what lies at `uri`. */
static int manifest_beside(
	const struct work *w, const char *uri, struct source_document *ret, struct err *err)
{
	struct arena *a = w->call->arena;
	struct s3_place p;
	const char *slash;
	int rc;

	if (!s3_parse(uri, a, &p))
		return text_starts(uri, "s3://") && text_has_dots(uri)
			       ? err_set(err, ERR_IO,
					 "%s: a path with . or .. in it leads elsewhere", uri)
			       : 0;
	slash = strrchr(p.key, '/');
	p.key = slash ? arena_printf(a, "%.*s/%s", (int)(slash - p.key), p.key, MANIFEST_PATH)
		      : MANIFEST_PATH;
	rc = take(w, &p, metadata(w, DIGEST), ret, err);
	/* To whom may not list a bucket S3 says the same of what is not there. A manifest that was
	 * overlooked would be another artifact's content for ever. */
	if (rc < 0 && aws_error_is(err, "AccessDenied"))
		return err_wrap(err, "whether there is a manifest can't be told: grant "
				     "s3:GetObject and s3:ListBucket");
	return rc;
}

static const char *source_folder(const struct work *w)
{
	const char *uri = text(w->package, "SourceUri");

	if (!uri || text_ends(uri, "/"))
		return uri;
	return arena_printf(w->call->arena, "%s/", uri);
}

static int find_manifest(const struct work *w, struct source_document *ret, struct err *err)
{
	const char *const places[] = {source_folder(w), model_data(w)};
	int rc = named_manifest(w, ret, err);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && rc == 0; i++)
		if (places[i])
			rc = manifest_beside(w, places[i], ret, err);
	return rc;
}

/* ---- One made of its reports ---- */

/* A key as it is meant, as part of a URI of URI_MAX bytes. */
static const char *encoded(const char *uri, struct arena *a)
{
	struct s3_place p;
	STRBUF_AUTO sb = STRBUF_INIT(3 * URI_MAX);

	if (!s3_parse(uri, a, &p))
		return uri;
	strbuf_addf(&sb, "s3://%s", p.bucket);
	for (const char *at = p.key;; at++) {
		size_t n = strcspn(at, "/");

		strbuf_addf(&sb, "/%s", http_escape(arena_strndup(a, at, n), a));
		at += n;
		if (!*at)
			break;
	}
	return arena_strndup(a, sb.buf, sb.len);
}

static const char *id_of(const struct work *w)
{
	const char *group = text(w->package, "ModelPackageGroupName");
	const json_t *version = json_object_get(w->package, "ModelPackageVersion");

	if (metadata(w, ID))
		return metadata(w, ID);
	if (!w->o->name_space || !group || !json_is_integer(version))
		return NULL;
	return arena_printf(w->call->arena, "%s/%s-v%lld", w->o->name_space, group,
		(long long)json_integer_value(version));
}

static int make_target(const struct work *w, struct harvest_target *t, struct err *err)
{
	const char *map = metadata(w, METRICS) ? metadata(w, METRICS) : w->o->metrics;
	struct arena *a = w->call->arena;
	const char *at = model_data(w) ? model_data(w) : arn(w);

	if (strlen(at) > URI_MAX)
		return err_set(err, ERR_INVALID_MANIFEST,
			"its data lies at a URI of more than %d bytes", (int)URI_MAX);
	*t = (struct harvest_target){
		.provider = w->o->provider,
		.role = metadata(w, ROLE) ? metadata(w, ROLE) : w->o->role,
		.id = id_of(w),
		.uri = encoded(at, a),
		.subject = metadata(w, SUBJECT),
		.cost_per_hour = NAN,
	};
	if (!t->id)
		return err_set(err, ERR_INVALID_MANIFEST,
			"it has no " MANIFEST_PATH " and no metadata " ID
			"; give it one, or set `namespace`");
	if (!t->role)
		return err_set(err, ERR_INVALID_MANIFEST,
			"it has no " MANIFEST_PATH " and no metadata " ROLE
			"; give it one, or set `role`");
	return map ? harvest_map_parse(map, a, &t->map, err) : 0;
}

/* 1: read; 0: the package names no report; -1 */
static int read_report(
	const struct work *w, struct http_response *ret, const char **ret_uri, struct err *err)
{
	const json_t *source = json_object_get(
		json_object_get(json_object_get(w->package, "ModelMetrics"), "ModelQuality"),
		"Statistics");
	const char *uri = text(source, "S3Uri");
	struct s3_place p;
	int rc;

	if (!uri)
		return 0;
	if (!s3_parse(uri, w->call->arena, &p))
		return err_set(err, ERR_IO,
			"its quality report is at %s, which is no s3://bucket/key", uri);
	rc = s3_get(w->c, w->call, &p, REPORT_MAX, ret, err);
	if (rc == 0)
		return err_set(err, ERR_IO, "its quality report %s is not there", uri);
	if (rc < 0 || check_digest(ret, text(source, "ContentDigest"), uri, err) < 0)
		return -1;
	*ret_uri = uri;
	return 1;
}

static int make_manifest(const struct work *w, struct source_document *ret, struct err *err)
{
	struct harvest_target t;
	struct http_response r;
	struct harvest h;
	const char *uri = "";
	int rc = read_report(w, &r, &uri, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		err_set(err, ERR_INVALID_MANIFEST,
			"it has neither " MANIFEST_PATH " nor a quality report "
			"(ModelMetrics.ModelQuality.Statistics)");
		return refused(w, err);
	}
	if (make_target(w, &t, err) < 0 ||
		harvested_document(&(struct harvested_file){uri, r.body, r.body_len}, 1, &t,
			w->call->arena, &h, ret, err) < 0)
		return refused(w, err);
	return FETCH_DONE;
}

int aws_package_document(struct aws_client *c, const struct aws_package_options *o,
	const struct provider_call *call, const json_t *package, struct source_document *ret,
	struct err *err)
{
	const struct work w = {c, o, call, package};
	int rc = find_manifest(&w, ret, err);

	if (rc > 0)
		return FETCH_DONE;
	if (rc == 0)
		rc = make_manifest(&w, ret, err);
	return rc < 0 ? err_wrap(err, "%s", arn(&w)) : rc;
}
