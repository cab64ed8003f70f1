/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `aws`: SageMaker's model registry. A listing is the versioned packages that are
 * approved and completed, a hundred to a request; a package that has not changed costs no request of
 * its own. What is known of a change is what the listing shows: when it was made, and that it is
 * approved. It writes nothing at AWS but the start of a pipeline.
 */
#include "provider/aws.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "model/harvest.h"
#include "provider/aws_error.h"
#include "provider/aws_package.h"

enum { PAGE = 100, BODY_MAX_BYTES = 64 << 10, NAME_MAX_BYTES = 2048, PAGES_MAX = LISTING_MAX / 10 };

struct connector {
	struct arena *arena;
	struct aws_client *client;
	struct aws_package_options package;
	const char *group, *pipeline;
};

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
	aws_client_free(c->client);
	arena_free(c->arena);
}

/* ---- Listing ---- */

struct gathering {
	struct source_entry *v;
	size_t n, room;
	struct arena *arena; /* of names and versions */
};

static const char *page_body(const struct connector *c, const char *token, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX_BYTES);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "MaxResults", PAGE);
	jw_kstring(&w, "ModelApprovalStatus", "Approved");
	if (c->group)
		jw_kstring(&w, "ModelPackageGroupName", c->group);
	jw_kstring(&w, "ModelPackageType", "Versioned");
	if (token)
		jw_kstring(&w, "NextToken", token);
	jw_kstring(&w, "SortBy", "CreationTime");
	jw_kstring(&w, "SortOrder", "Ascending");
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static bool is(const json_t *o, const char *key, const char *value)
{
	const char *s = text(o, key);

	return s && strcmp(s, value) == 0;
}

static bool is_wanted(const json_t *package)
{
	return is(package, "ModelApprovalStatus", "Approved") &&
	       is(package, "ModelPackageStatus", "Completed");
}

/* What a listing and DescribeModelPackage both show. */
static int entry_of(
	const json_t *package, struct arena *a, struct source_entry *ret, struct err *err)
{
	const char *arn = text(package, "ModelPackageArn");
	const json_t *created = json_object_get(package, "CreationTime");

	if (!arn || !*arn || strlen(arn) > NAME_MAX_BYTES || !json_is_number(created) ||
		!text(package, "ModelPackageStatus"))
		return err_set(err, ERR_CONFIG,
			"SageMaker describes a model package without %s: its answers have changed",
			!arn || !*arn || strlen(arn) > NAME_MAX_BYTES ? "a ModelPackageArn"
			: !json_is_number(created)		      ? "a CreationTime in seconds"
								      : "a ModelPackageStatus");
	*ret = (struct source_entry){
		.name = arena_strdup(a, arn),
		.version = arena_printf(a, "%.3f %s", json_number_value(created),
			text(package, "ModelApprovalStatus") ? text(package, "ModelApprovalStatus")
							     : "-"),
	};
	return 0;
}

static int gather(
	struct gathering *g, const json_t *package, struct source_listing *l, struct err *err)
{
	struct source_entry e;

	if (entry_of(package, g->arena, &e, err) < 0)
		return -1;
	if (!is_wanted(package)) {
		l->ignored++;
		return 0;
	}
	if (g->n == LISTING_MAX) {
		l->cut = true;
		return 0;
	}
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 256;
		g->v = xrealloc(g->v, g->room * sizeof(*g->v));
	}
	g->v[g->n++] = e;
	return 0;
}

/* 1: there is another page, *ret_token names it; in an arena of its own, for pages are many. */
static int read_page(struct connector *c, const struct provider_call *call, struct gathering *g,
	struct source_listing *l, char **token, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call page = *call;
	json_auto_t *answer = NULL;
	const json_t *list;
	const char *next;

	page.arena = a;
	if (aws_operation(c->client, &page, "ListModelPackages", page_body(c, *token, a), &answer,
		    err) < 0)
		return -1;
	list = json_object_get(answer, "ModelPackageSummaryList");
	if (!json_is_array(list))
		return err_set(err, ERR_CONFIG,
			"ListModelPackages answered without a ModelPackageSummaryList: its answers "
			"have changed");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (gather(g, json_array_get(list, i), l, err) < 0)
			return -1;
	next = text(answer, "NextToken");
	if (next && *token && strcmp(next, *token) == 0)
		return err_set(err, ERR_UNREACHABLE,
			"ListModelPackages names the page that it gave as the next one");
	free(*token);
	*token = next && *next ? xstrdup(next) : NULL;
	return *token != NULL && !l->cut;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct source_entry *)a)->name, ((const struct source_entry *)b)->name);
}

/* A package approved between two pages may come twice. */
static size_t sort(struct source_entry *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(v[kept - 1].name, v[i].name) != 0)
			v[kept++] = v[i];
	return kept;
}

static int aws_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	struct source_listing l = {0};
	struct gathering g = {.arena = call->arena};
	FREE_AUTO char *token = NULL;
	int rc = 1;

	for (size_t pages = 0; rc > 0; pages++)
		rc = pages < PAGES_MAX
			     ? read_page(c, call, &g, &l, &token, err)
			     : err_set(err, ERR_UNREACHABLE, "ListModelPackages has no last page");
	if (rc == 0) {
		l.n = sort(g.v, g.n);
		l.v = l.n ? arena_memdup(call->arena, g.v, l.n * sizeof(*g.v)) : NULL;
		*ret = l;
	}
	free(g.v);
	return rc;
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
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX_BYTES);
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

static int aws_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	json_auto_t *package = NULL;
	struct source_entry now;
	int rc = describe(c, call, entry->name, &package, err);

	if (rc <= 0)
		return rc < 0 ? -1 : FETCH_GONE;
	if (entry_of(package, call->arena, &now, err) < 0) {
		/* The others may be as they should. */
		err->code = ERR_IO;
		return -1;
	}
	if (!is_wanted(package))
		return FETCH_GONE;
	return aws_package_document(c->client, &c->package, call, package, ret, err);
}

static bool is_of_group(const struct connector *c, const json_t *package)
{
	return !c->group || is(package, "ModelPackageGroupName", c->group);
}

static int aws_find(struct connector *c, const struct provider_call *call, const char *name,
	struct source_entry *ret, struct err *err)
{
	json_auto_t *package = NULL;
	int rc = describe(c, call, name, &package, err);

	if (rc <= 0)
		return rc;
	if (!is_wanted(package) || !is_of_group(c, package) ||
		!json_is_integer(json_object_get(package, "ModelPackageVersion")))
		return 0;
	return entry_of(package, call->arena, ret, err) < 0 ? -1 : 1;
}

/* ---- What EventBridge sends ---- */

#define PACKAGE_CHANGED "SageMaker Model Package State Change"

static int aws_hook(const struct connector *c, const char *body, size_t len, struct arena *a,
	const char **ret_name, struct err *err)
{
	json_auto_t *event = NULL;
	const json_t *detail;
	const char *arn;

	if (jcs_load(body, len, &event, err) < 0 || !text(event, "source") ||
		!text(event, "detail-type"))
		return err_set(err, ERR_BAD_REQUEST, "this is no event of EventBridge's");
	*ret_name = NULL;
	detail = json_object_get(event, "detail");
	arn = text(detail, "ModelPackageArn");
	/* A rule may match more than we need. */
	if (!is(event, "source", "aws.sagemaker") || !is(event, "detail-type", PACKAGE_CHANGED) ||
		!is_of_group(c, detail))
		return 0;
	if (!arn || strncmp(arn, "arn:", 4) != 0 || strlen(arn) > NAME_MAX_BYTES)
		return err_set(
			err, ERR_BAD_REQUEST, "the event has no ModelPackageArn in its detail");
	*ret_name = arena_strdup(a, arn);
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
	else if (target->size >= 0 && length && strtoll(length, NULL, 10) != target->size)
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

	if (strncmp(target->uri, "arn:", 4) == 0 && strstr(target->uri, ":model-package/"))
		return probe_package(c, call, target->uri, ret, err);
	if (!s3_parse(target->uri, a, &p) || !(p.key = decoded(p.key, a)) || text_has_dots(p.key)) {
		*ret = (struct probe){PROBE_UNKNOWN,
			arena_printf(a, "%s is neither in S3 nor a model package", target->uri)};
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

/* ---- Pipelines ---- */

static bool aws_works(const struct connector *c)
{
	return c->pipeline != NULL;
}

static const char *order_body(
	const struct connector *c, const struct work_order *order, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX_BYTES);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "ClientRequestToken", order->token);
	jw_kstring(&w, "PipelineName", c->pipeline);
	jw_key(&w, "PipelineParameters");
	jw_array(&w);
	for (size_t i = 0; i < order->n; i++) {
		jw_object(&w);
		jw_kstring(&w, "Name", order->v[i].name);
		jw_kstring(&w, "Value", order->v[i].value);
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static int aws_start_job(struct connector *c, const struct provider_call *call,
	const struct work_order *order, const char **ret_job, struct err *err)
{
	json_auto_t *answer = NULL;
	const char *arn;

	if (aws_operation(c->client, call, "StartPipelineExecution",
		    order_body(c, order, call->arena), &answer, err) < 0)
		return -1;
	arn = text(answer, "PipelineExecutionArn");
	if (!arn || !*arn || strlen(arn) > NAME_MAX_BYTES)
		return err_set(err, ERR_CONFIG,
			"StartPipelineExecution answered without a PipelineExecutionArn: its "
			"answers have changed");
	*ret_job = arena_strdup(call->arena, arn);
	return 0;
}

static const struct {
	const char *name;
	enum work_state state;
} executions[] = {
	{"Executing", WORK_RUNNING},
	{"Stopping", WORK_RUNNING},
	{"Stopped", WORK_FAILED},
	{"Failed", WORK_FAILED},
	{"Succeeded", WORK_SUCCEEDED},
};

static int aws_job_state(struct connector *c, const struct provider_call *call, const char *job,
	struct work_report *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX_BYTES);
	json_auto_t *answer = NULL;
	struct json_writer w;
	const char *why;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "PipelineExecutionArn", job);
	jw_end(&w);
	if (aws_operation(c->client, call, "DescribePipelineExecution", sb.buf, &answer, err) < 0)
		return -1;
	why = text(answer, "FailureReason");
	for (size_t i = 0; i < sizeof(executions) / sizeof(executions[0]); i++)
		if (is(answer, "PipelineExecutionStatus", executions[i].name)) {
			*ret = (struct work_report){executions[i].state,
				arena_printf(call->arena, "%s%s%s", executions[i].name,
					why ? ": " : "", why ? why : "")};
			return 0;
		}
	return err_set(err, ERR_CONFIG,
		"DescribePipelineExecution answered with no status that is known: its answers have "
		"changed");
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
};
