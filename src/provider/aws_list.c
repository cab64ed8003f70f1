/* SPDX-License-Identifier: Apache-2.0
 *
 * Which versioned packages of SageMaker's registry are approved and completed. ListModelPackages shows
 * them all, in the order in which they were made: one that was approved today may stand on any page. So
 * all pages are read at the start and once a week, and in between Search is asked for what was made or
 * changed since, which is one request when nothing was. Search reads an index that follows the registry
 * at some distance: what it shows is added to what is known, a day of it is read twice, and what it never
 * shows comes with the next whole listing. Deletions come with that, too.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "provider/aws_parts.h"

enum {
	PAGE = 100,
	PAGES_MAX = LISTING_MAX / 10,
	SEARCH_PAGES_MAX = 20, /* more than that changed: then all pages are the shorter way */
	WHOLE_EVERY_S = 7 * 86400,
	OVERLAP_S = 86400,
	STAMP_LEN = sizeof("2026-11-24T05:59:54") - 1,
};

/* The year 9999. */
#define CREATED_MAX 253402300800.0

struct aws_list {
	struct aws_client *client;
	const char *group;
	/* What is known, by name, with its names and versions. */
	struct arena *arena;
	struct source_entry *v;
	size_t n;
	bool whole;	  /* all pages were read to their end */
	int64_t whole_at; /* monotonic */
	int64_t asked_at; /* wall: when the last listing began that came to its end */
	size_t ignored;
	const char *near; /* how the names of the last whole listing begin; NULL: it was empty */
	atomic_int_fast64_t account;
	char *note; /* why Search is of no use; NULL: it is */
};

struct aws_list *aws_list_new(struct aws_client *c, const char *group)
{
	struct aws_list *l = xcalloc(1, sizeof(*l));

	l->client = c;
	l->group = group;
	l->arena = arena_new();
	return l;
}

void aws_list_free(struct aws_list *l)
{
	if (!l)
		return;
	arena_free(l->arena);
	free(l->v);
	free(l->note);
	free(l);
}

/* ---- What is said of a package ---- */

const char *aws_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

bool aws_is(const json_t *o, const char *key, const char *value)
{
	const char *s = aws_text(o, key);

	return s && strcmp(s, value) == 0;
}

bool aws_is_wanted(const json_t *package)
{
	return aws_is(package, "ModelApprovalStatus", "Approved") &&
	       aws_is(package, "ModelPackageStatus", "Completed");
}

/* What a listing and DescribeModelPackage both show. */
int aws_entry_of(const json_t *package, struct arena *a, struct source_entry *ret, struct err *err)
{
	const char *arn = aws_text(package, "ModelPackageArn");
	const json_t *time = json_object_get(package, "CreationTime");
	double created = json_is_number(time) ? json_number_value(time) : -1;
	bool dated = created >= 0 && created < CREATED_MAX;

	if (!arn || !*arn || strlen(arn) > AWS_NAME_MAX || !dated ||
		!aws_text(package, "ModelPackageStatus"))
		return err_set(err, ERR_CONFIG,
			"SageMaker describes a model package without %s: its answers have changed",
			!arn || !*arn || strlen(arn) > AWS_NAME_MAX ? "a ModelPackageArn"
			: !dated				    ? "a CreationTime in seconds"
								    : "a ModelPackageStatus");
	*ret = (struct source_entry){
		.name = arena_strdup(a, arn),
		.version = arena_printf(a, "%.3f %s", created,
			aws_text(package, "ModelApprovalStatus")
				? aws_text(package, "ModelApprovalStatus")
				: "-"),
	};
	return 0;
}

/* ---- Two ways to ask, page by page ---- */

struct gathering {
	struct source_entry *v;
	size_t n, room, ignored, bytes;
	struct source_pages pages;
	struct arena *arena; /* of names and versions */
	bool cut;	     /* there is more than was read */
	bool endless;	     /* pages_max was not enough */
	bool drifted;	     /* the error is that an answer has another shape */
};

static void gatheringp(struct gathering *g)
{
	source_pages_clear(&g->pages);
	arena_free(g->arena);
	free(g->v);
}

struct way {
	const char *operation;
	const char *list; /* the member of an answer that holds its entries */
	const char *in;	  /* the package is in this member of each; NULL: it is the entry itself */
	size_t pages_max;
	void (*ask)(const struct aws_list *l, const char *token, struct json_writer *w);
};

static void ask_for_all(const struct aws_list *l, const char *token, struct json_writer *w)
{
	jw_kint(w, "MaxResults", PAGE);
	jw_kstring(w, "ModelApprovalStatus", "Approved");
	if (l->group)
		jw_kstring(w, "ModelPackageGroupName", l->group);
	jw_kstring(w, "ModelPackageType", "Versioned");
	if (token)
		jw_kstring(w, "NextToken", token);
	jw_kstring(w, "SortBy", "CreationTime");
	jw_kstring(w, "SortOrder", "Ascending");
}

static void filter(
	struct json_writer *w, const char *name, const char *operator, const char * value)
{
	jw_object(w);
	jw_kstring(w, "Name", name);
	jw_kstring(w, "Operator", operator);
	jw_kstring(w, "Value", value);
	jw_end(w);
}

/* A time as Search takes it, which knows whole seconds and no offset. */
static const char *since(const struct aws_list *l, char buf[TIME_STRLEN])
{
	time_format(l->asked_at - OVERLAP_S * USEC_PER_SEC, buf);
	buf[STAMP_LEN] = '\0';
	return buf;
}

/* Newest change first: what changes between two pages comes twice, and hides nothing. One that was never
 * changed may have no time of it. */
static void ask_for_changes(const struct aws_list *l, const char *token, struct json_writer *w)
{
	char buf[TIME_STRLEN];

	jw_kint(w, "MaxResults", PAGE);
	if (token)
		jw_kstring(w, "NextToken", token);
	jw_kstring(w, "Resource", "ModelPackage");
	jw_key(w, "SearchExpression");
	jw_object(w);
	jw_key(w, "Filters");
	jw_array(w);
	filter(w, "ModelApprovalStatus", "Equals", "Approved");
	filter(w, "ModelPackageStatus", "Equals", "Completed");
	if (l->group)
		filter(w, "ModelPackageGroupName", "Equals", l->group);
	jw_end(w);
	jw_kstring(w, "Operator", "And");
	jw_key(w, "SubExpressions");
	jw_array(w);
	jw_object(w);
	jw_key(w, "Filters");
	jw_array(w);
	filter(w, "LastModifiedTime", "GreaterThanOrEqualTo", since(l, buf));
	filter(w, "CreationTime", "GreaterThanOrEqualTo", since(l, buf));
	jw_end(w);
	jw_kstring(w, "Operator", "Or");
	jw_end(w);
	jw_end(w);
	jw_end(w);
	jw_kstring(w, "SortBy", "LastModifiedTime");
	jw_kstring(w, "SortOrder", "Descending");
}

static const struct way by_all = {"ListModelPackages", "ModelPackageSummaryList", NULL, PAGES_MAX,
				ask_for_all},
			by_change = {"Search", "Results", "ModelPackage", SEARCH_PAGES_MAX,
				ask_for_changes};

static const char *body_of(
	const struct aws_list *l, const struct way *way, const char *token, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(AWS_BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	way->ask(l, token, &w);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

/* Search shows packages without a version, too. */
static bool is_ours(const struct way *way, const json_t *package)
{
	return aws_is_wanted(package) &&
	       (!way->in || json_is_integer(json_object_get(package, "ModelPackageVersion")));
}

static int gather(struct gathering *g, const struct way *way, const json_t *package,
	struct arena *page, struct err *err)
{
	struct source_entry e;

	if (aws_entry_of(package, page, &e, err) < 0) {
		g->drifted = true;
		return -1;
	}
	if (!is_ours(way, package)) {
		g->ignored++;
		return 0;
	}
	if (g->n == LISTING_MAX) {
		g->cut = true;
		return 0;
	}
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 256;
		g->v = xrealloc(g->v, g->room * sizeof(*g->v));
	}
	g->v[g->n++] = (struct source_entry){.name = arena_strdup(g->arena, e.name),
		.version = arena_strdup(g->arena, e.version)};
	return 0;
}

/* In an arena of its own, for pages are many. */
static int read_page(const struct aws_list *l, const struct provider_call *call,
	const struct way *way, struct gathering *g, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call page = *call;
	json_auto_t *answer = NULL;
	const json_t *list;

	page.arena = a;
	if (aws_page(l->client, &page, way->operation, body_of(l, way, g->pages.next, a), &g->bytes,
		    &answer, err) < 0)
		return -1;
	list = json_object_get(answer, way->list);
	if (!json_is_array(list)) {
		g->drifted = true;
		return err_set(err, ERR_CONFIG,
			"%s answered without a %s: its answers have changed", way->operation,
			way->list);
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (gather(g, way, way->in ? json_object_get(one, way->in) : one, a, err) < 0)
			return -1;
	}
	if (source_pages_turn(&g->pages, aws_text(answer, "NextToken"), err) < 0)
		return err_wrap(err, "%s", way->operation);
	return 0;
}

static int read_pages(const struct aws_list *l, const struct provider_call *call,
	const struct way *way, struct gathering *g, struct err *err)
{
	size_t pages = 0;
	int rc;

	do {
		rc = read_page(l, call, way, g, err);
		pages++;
	} while (rc == 0 && g->pages.next && !g->cut && pages < way->pages_max);
	g->endless = g->pages.next && !g->cut;
	g->cut |= g->endless;
	g->n = source_entries_sort(g->v, g->n);
	return rc;
}

/* ---- All of them ---- */

/* arn:PARTITION:sagemaker:REGION:ACCOUNT: */
static size_t place_len(const char *arn)
{
	const char *at = arn;

	for (int colons = 0; colons < 5; colons++) {
		at += strcspn(at, ":");
		at += *at == ':';
	}
	return (size_t)(at - arn);
}

bool aws_is_of_region(const struct aws_client *c, const char *arn)
{
	const char *region = strstr(arn, ":sagemaker:");
	size_t n = strlen(aws_client_region(c));

	region += region ? strlen(":sagemaker:") : 0;
	return region && strncmp(region, aws_client_region(c), n) == 0 && region[n] == ':';
}

bool aws_list_is_near(const struct aws_list *l, const char *arn)
{
	return l->near ? strncmp(arn, l->near, strlen(l->near)) == 0
		       : aws_is_of_region(l->client, arn);
}

int64_t aws_account_of(const char *arn)
{
	int64_t n = 0;
	int digits = 0;

	for (int colons = 0; colons < 4; colons++) {
		arn += strcspn(arn, ":");
		arn += *arn == ':';
	}
	for (; *arn >= '0' && *arn <= '9' && digits < 12; digits++)
		n = n * 10 + (*arn++ - '0');
	return *arn == ':' ? n : 0;
}

int64_t aws_list_account(const struct aws_list *l)
{
	return l->account;
}

static int list_whole(struct aws_list *l, const struct provider_call *call, struct err *err)
{
	__attribute__((cleanup(gatheringp))) struct gathering g = {.arena = arena_new()};

	if (read_pages(l, call, &by_all, &g, err) < 0)
		return -1;
	if (g.endless)
		return err_set(err, ERR_UNREACHABLE, "ListModelPackages has no last page");
	arena_free(l->arena);
	free(l->v);
	l->arena = g.arena;
	l->v = g.v;
	l->n = g.n;
	l->ignored = g.ignored;
	l->near = g.n ? arena_strndup(l->arena, g.v[0].name, place_len(g.v[0].name)) : NULL;
	l->account = l->near ? aws_account_of(l->near) : 0;
	l->whole = !g.cut;
	l->whole_at = clock_mono(call->clock);
	g.arena = NULL;
	g.v = NULL;
	return 0;
}

/* ---- What changed ---- */

/* The index may know its time of making less exactly. */
static bool is_same(const struct source_entry *a, const struct source_entry *b)
{
	const char *x = strchr(a->version, ' '), *y = strchr(b->version, ' ');

	return fabs(strtod(a->version, NULL) - strtod(b->version, NULL)) < 1 &&
	       strcmp(x ? x : "", y ? y : "") == 0;
}

static void add_known(struct aws_list *l, const struct source_entry *v, size_t n)
{
	size_t total = l->n;

	l->v = xrealloc(l->v, (total + n + 1) * sizeof(*l->v));
	for (size_t i = 0; i < n; i++) {
		struct source_entry *known = source_entries_find(l->v, l->n, v[i].name);

		if (!known)
			l->v[total++] =
				(struct source_entry){.name = arena_strdup(l->arena, v[i].name),
					.version = arena_strdup(l->arena, v[i].version)};
		else if (!is_same(known, &v[i]))
			known->version = arena_strdup(l->arena, v[i].version);
	}
	l->n = source_entries_sort(l->v, total);
	/* The next whole listing says so. */
	if (l->n > LISTING_MAX)
		l->whole = false;
}

static void set_note(struct aws_list *l, const struct err *why)
{
	char text[sizeof(why->msg) + 200];

	free(l->note);
	l->note = NULL;
	if (!why)
		return;
	snprintf(text, sizeof(text),
		"SageMaker's Search is of no use, so that every package is listed each time (it "
		"needs sagemaker:Search): %s",
		why->msg);
	l->note = xstrdup(text);
}

/* 1: it was done; 0: all have to be listed; -1. */
static int list_changes(struct aws_list *l, const struct provider_call *call, struct err *err)
{
	__attribute__((cleanup(gatheringp))) struct gathering g = {.arena = arena_new()};
	struct err why = {0};
	int rc = read_pages(l, call, &by_change, &g, &why);

	/* Not allowed, not known there, or of another shape: ListModelPackages may still do. */
	if (rc < 0 && (g.drifted || why.code == ERR_IO)) {
		set_note(l, &why);
		return 0;
	}
	if (rc < 0) {
		*err = why;
		return -1;
	}
	set_note(l, NULL);
	if (g.cut)
		return 0;
	add_known(l, g.v, g.n);
	return l->whole;
}

/* ---- What the connector gives ---- */

static void show(const struct aws_list *l, struct arena *a, struct source_listing *ret)
{
	struct source_listing out = {.n = l->n, .ignored = l->ignored, .cut = !l->whole};

	out.v = ARENA_ARRAY(a, out.n, struct source_entry);
	for (size_t i = 0; i < out.n; i++)
		out.v[i] = (struct source_entry){.name = arena_strdup(a, l->v[i].name),
			.version = arena_strdup(a, l->v[i].version)};
	if (l->note)
		out.note = arena_strdup(a, l->note);
	*ret = out;
}

int aws_list_all(struct aws_list *l, const struct provider_call *call, struct source_listing *ret,
	struct err *err)
{
	int64_t began = clock_now(call->clock), mono = clock_mono(call->clock);
	bool trusted = l->whole && mono - l->whole_at < WHOLE_EVERY_S * USEC_PER_SEC;
	int rc = trusted ? list_changes(l, call, err) : 0;

	if (rc < 0 || (rc == 0 && list_whole(l, call, err) < 0))
		return -1;
	l->asked_at = began;
	show(l, call->arena, ret);
	return 0;
}

void aws_list_found(struct aws_list *l, const struct source_entry *e)
{
	if (l->whole)
		add_known(l, e, 1);
}

void aws_list_gone(struct aws_list *l, const char *name)
{
	struct source_entry *e = source_entries_find(l->v, l->n, name);

	if (!e)
		return;
	l->n--;
	memmove(e, e + 1, (size_t)(l->v + l->n - e) * sizeof(*e));
}
