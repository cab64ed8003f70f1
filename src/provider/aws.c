/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `aws`: SageMaker's model registry. A listing is the versioned packages that are
 * approved and completed; one that has not changed costs no request of its own. What is known of a change
 * is what the listing shows: when it was made, and that it is approved. It writes nothing at AWS but the
 * start of a pipeline.
 */
#include "provider/aws.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hex.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "model/harvest.h"
#include "provider/aws_error.h"
#include "provider/aws_parts.h"

/* ---- Opening ---- */

static const char *environment(const char *name)
{
	return getenv(name);
}

static const char *copy(struct connector *c, const char *s)
{
	return s ? arena_strdup(c->arena, s) : NULL;
}

/* A slip is told now, and not once for each package. */
static int check_metrics(const char *map, struct arena *a, struct err *err)
{
	struct harvest_maps ignored;

	if (!map || harvest_map_parse(map, a, &ignored, err) == 0)
		return 0;
	err_wrap(err, "metrics");
	err->code = ERR_CONFIG;
	return -1;
}

int aws_open_with(const struct connector_options *o, const char *(*env)(const char *name),
	struct connector **ret, struct err *err)
{
	const struct aws_client_options client = {
		o->region, o->endpoint, o->profile, o->credentials, env};
	struct arena *a = arena_new();
	struct connector *c = ARENA_NEW(a, struct connector);

	c->arena = a;
	if (check_metrics(o->metrics, a, err) < 0 || aws_client_new(&client, &c->client, err) < 0) {
		arena_free(a);
		return -1;
	}
	c->package = (struct aws_package_options){copy(c, o->provider), copy(c, o->name_space),
		copy(c, o->role), copy(c, o->metrics)};
	c->group = copy(c, o->group);
	c->pipeline = copy(c, o->pipeline);
	c->list = aws_list_new(c->client, c->group);
	*ret = c;
	return 0;
}

static int aws_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	return aws_open_with(o, environment, ret, err);
}

static void aws_close(struct connector *c)
{
	if (!c)
		return;
	aws_list_free(c->list);
	aws_client_free(c->client);
	arena_free(c->arena);
}

/* ---- Listing ---- */

static int aws_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	return aws_list_all(c->list, call, ret, err);
}

/* ---- One package ---- */

static bool is_gone(const struct err *err)
{
	return aws_error_is(err, "ResourceNotFound") ||
	       aws_error_is(err, "ResourceNotFoundException") ||
	       (aws_error_is(err, "ValidationException") && strstr(err->msg, "does not exist"));
}

/* 1 with a new reference, 0 when there is none, -1. */
static int describe(struct connector *c, const struct provider_call *call, const char *arn,
	json_t **ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(AWS_BODY_MAX);
	struct json_writer w;
	struct err why;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "ModelPackageName", arn);
	jw_end(&w);
	if (aws_operation(c->client, call, "DescribeModelPackage", sb.buf, ret, &why) == 0)
		return 1;
	if (is_gone(&why))
		return 0;
	/* Who may list but not describe has to be given that, once and for all. */
	if (aws_error_is(&why, "AccessDeniedException"))
		why.code = ERR_CONFIG;
	*err = why;
	return -1;
}

static int gone(struct connector *c, const char *name)
{
	aws_list_gone(c->list, name);
	return FETCH_GONE;
}

static int aws_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	json_auto_t *package = NULL;
	struct source_entry now;
	int rc = describe(c, call, entry->name, &package, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return gone(c, entry->name);
	if (aws_entry_of(package, call->arena, &now, err) < 0) {
		/* The others may be as they should. */
		err->code = ERR_IO;
		return -1;
	}
	if (!aws_is_wanted(package))
		return gone(c, entry->name);
	return aws_package_document(c->client, &c->package, call, package, ret, err);
}

static bool is_of_group(const struct connector *c, const json_t *package)
{
	return !c->group || aws_is(package, "ModelPackageGroupName", c->group);
}

static int aws_find(struct connector *c, const struct provider_call *call, const char *name,
	struct source_entry *ret, struct err *err)
{
	json_auto_t *package = NULL;
	int rc = aws_list_is_near(c->list, name) ? describe(c, call, name, &package, err) : 0;

	if (rc <= 0)
		return rc;
	if (!aws_is_wanted(package) || !is_of_group(c, package) ||
		!json_is_integer(json_object_get(package, "ModelPackageVersion")))
		return 0;
	if (aws_entry_of(package, call->arena, ret, err) < 0)
		return -1;
	aws_list_found(c->list, ret);
	return 1;
}

/* ---- What EventBridge sends ---- */

#define PACKAGE_CHANGED "SageMaker Model Package State Change"

static int ignore(const char *why, struct source_mention *ret)
{
	*ret = (struct source_mention){.why = why};
	return 0;
}

static int aws_hook(const struct connector *c, const char *body, size_t len, struct arena *a,
	struct source_mention *ret, struct err *err)
{
	json_auto_t *event = NULL;
	const json_t *detail;
	int64_t account;
	const char *arn;

	if (jcs_load(body, len, &event, err) < 0)
		return -1;
	if (!aws_text(event, "source") || !aws_text(event, "detail-type"))
		return err_set(err, ERR_BAD_REQUEST, "this is no event of EventBridge's");
	detail = json_object_get(event, "detail");
	arn = aws_text(detail, "ModelPackageArn");
	/* A rule may match more than we need. */
	if (!aws_is(event, "source", "aws.sagemaker") ||
		!aws_is(event, "detail-type", PACKAGE_CHANGED))
		return ignore("it is no " PACKAGE_CHANGED " of SageMaker's", ret);
	if (!is_of_group(c, detail))
		return ignore(arena_printf(a, "it is of another group than %s", c->group), ret);
	if (!arn || !text_starts(arn, "arn:") || strlen(arn) > AWS_NAME_MAX)
		return err_set(
			err, ERR_BAD_REQUEST, "the event has no ModelPackageArn in its detail");
	if (!aws_is_of_region(c->client, arn))
		return ignore(arena_printf(a, "it is of another region than %s",
				      aws_client_region(c->client)),
			ret);
	account = aws_list_account(c->list);
	if (account && account != aws_account_of(arn))
		return ignore(arena_printf(a,
				      "it is of another account than %012lld, whose packages "
				      "are listed",
				      (long long)account),
			ret);
	*ret = (struct source_mention){.name = arena_strdup(a, arn)};
	return 0;
}

/* ---- Probing ---- */

static bool aws_probes(const struct connector *c)
{
	return true;
}

/* A key as it is meant; NULL: it is not well encoded. */
static const char *decoded(const char *s, struct arena *a)
{
	char *out = arena_alloc(a, strlen(s) + 1);
	size_t n = 0;

	for (; *s; s++) {
		int byte = *s == '%' ? hex_byte(s + 1) : *s;

		if (*s == '%' && byte <= 0)
			return NULL;
		out[n++] = (char)byte;
		s += *s == '%' ? 2 : 0;
	}
	out[n] = '\0';
	return out;
}

static int probe_object(struct connector *c, const struct provider_call *call,
	const struct s3_place *p, const struct probe_target *target, struct probe *ret,
	struct err *err)
{
	struct arena *a = call->arena;
	struct http_response r;
	const char *length;
	int rc = s3_head(c->client, call, p, &r, err);

	if (rc < 0)
		return -1;
	length = rc ? http_response_header(&r, "content-length") : NULL;
	if (rc == 0)
		*ret = (struct probe){
			PROBE_MISSING, arena_printf(a, "%s is not there", target->uri)};
	else if (target->size >= 0 && length &&
		 decimal_count(length, INT64_MAX, NULL) != target->size)
		*ret = (struct probe){
			PROBE_MISSING, arena_printf(a, "%s has %s bytes; its manifest says %lld",
					       target->uri, length, (long long)target->size)};
	else
		*ret = (struct probe){PROBE_REACHABLE, arena_printf(a, "%s is there", target->uri)};
	return 0;
}

static int probe_package(struct connector *c, const struct provider_call *call, const char *arn,
	struct probe *ret, struct err *err)
{
	json_auto_t *package = NULL;
	int rc = describe(c, call, arn, &package, err);

	if (rc < 0)
		return -1;
	*ret = rc ? (struct probe){PROBE_REACHABLE, arena_printf(call->arena, "%s is there", arn)}
		  : (struct probe){
			    PROBE_MISSING, arena_printf(call->arena, "%s is not there", arn)};
	return 0;
}

static int aws_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	struct arena *a = call->arena;
	struct s3_place p;
	int rc;

	if (text_starts(target->uri, "arn:") && strstr(target->uri, ":model-package/"))
		return probe_package(c, call, target->uri, ret, err);
	if (!s3_parse(target->uri, a, &p) || !(p.key = decoded(p.key, a)) || text_has_dots(p.key)) {
		*ret = text_starts(target->uri, "s3://")
			       ? (struct probe){PROBE_MISSING,
					 arena_printf(a, "%s is no s3://bucket/key", target->uri)}
			       : (struct probe){PROBE_UNKNOWN,
					 arena_printf(a,
						 "%s is neither in S3 nor a model package, "
						 "and nobody looks for it elsewhere",
						 target->uri)};
		return 0;
	}
	if (*p.key && p.key[strlen(p.key) - 1] != '/')
		return probe_object(c, call, &p, target, ret, err);
	rc = s3_any(c->client, call, &p, err);
	if (rc >= 0)
		*ret = (struct probe){rc ? PROBE_REACHABLE : PROBE_MISSING,
			arena_printf(a, "%s %s", target->uri, rc ? "is there" : "is empty")};
	return rc < 0 ? -1 : 0;
}

static bool aws_health(struct connector *c, const struct clock *clock, struct session_health *ret)
{
	aws_client_health(c->client, clock, ret);
	return true;
}

const struct connector_kind connector_aws = {
	.name = "aws",
	.open = aws_open,
	.close = aws_close,
	.list = aws_list,
	.fetch = aws_fetch,
	.find = aws_find,
	.hook = aws_hook,
	.health = aws_health,
	.probes = aws_probes,
	.probe = aws_probe,
	.works = aws_works,
	.start_job = aws_start_job,
	.job_state = aws_job_state,
	.stop_job = aws_stop_job,
};
