/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `gcp` on a script and a fake clock: what it lists and remembers, what it fetches or
 * makes, what it refuses, and two days without Google.
 */
#include "provider/gcp.h"

#include <check.h>
#include <string.h>

#include "base/file.h"
#include "model/manifest.h"
#include "support/fake_google.h"
#include "support/jose.h"
#include "support/scratch.h"

Suite *test_suite(void);

#define NOW    INT64_C(1763985600) /* 2025-11-24T12:00:00Z */
#define PARENT "projects/proj/locations/europe-west4"
#define LIST   "/v1/" PARENT "/models?"
#define DAY    (INT64_C(86400) * USEC_PER_SEC)

static struct arena *arena;
static struct fake_clock fake;
static struct provider_call call;
static struct fake_google google;
static struct connector *connector;
static struct err err;

static const char *no_variables(const char *name)
{
	return NULL;
}

static struct connector_options options(void)
{
	return (struct connector_options){.provider = "gcp",
		.project = "proj",
		.location = "europe-west4",
		.name_space = "s",
		.metrics = "quality=ndcg_at_10"};
}

static int reopen(const struct connector_options *o)
{
	const struct gcp_way way = google_way(&google);

	if (connector)
		connector_gcp.close(connector);
	connector = NULL;
	return gcp_open_with(o, no_variables, &way, &connector, &err);
}

static void setup(void)
{
	const struct connector_options o = options();

	arena = arena_new();
	err = (struct err){0};
	fake_clock_init(&fake, NOW * USEC_PER_SEC);
	call = (struct provider_call){.clock = &fake.clock, .deadline = INT64_MAX, .arena = arena};
	google = (struct fake_google){.arena = arena};
	scratch_make();
	google_rule(&google, "computeMetadata", 200,
		"{\"access_token\":\"ya29.of-the-machine\",\"expires_in\":3600}");
	google.rules[0].header = "Metadata-Flavor: Google";
	ck_assert_msg(reopen(&o) == 0, "%s", err.msg);
}

static void teardown(void)
{
	connector_gcp.close(connector);
	connector = NULL;
	scratch_remove();
	arena_free(arena);
}

/* The rules after those of the metadata server. */
static void forget_rules(void)
{
	google.n_rules = 1;
	google.n_asked = 0;
}

static const char *model(int id, int version, int minute)
{
	return arena_printf(arena,
		"{\"name\":\"" PARENT "/models/%d\",\"versionId\":\"%d\","
		"\"updateTime\":\"2025-11-24T10:%02d:00.123456Z\","
		"\"versionUpdateTime\":\"2025-11-24T10:%02d:00Z\",\"displayName\":\"embed\","
		"\"artifactUri\":\"gs://b/m%d/\",\"labels\":{\"spiralfed\":\"embed\"}}",
		id, version, minute, minute, id);
}

/* `count` models, the newest first, from `first` down. */
static const char *page(int first, int count, const char *next)
{
	const char *out = "";

	for (int i = 0; i < count; i++)
		out = arena_printf(
			arena, "%s%s%s", out, i ? "," : "", model(first - i, 1, (first - i) % 60));
	return arena_printf(arena, "{\"models\":[%s]%s%s%s}", out,
		next ? ",\"nextPageToken\":\"" : "", next ? next : "", next ? "\"" : "");
}

static struct source_listing list(void)
{
	struct source_listing l = {0};

	err = (struct err){0};
	ck_assert_msg(connector_gcp.list(connector, &call, &l, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(err.code, ERR_NONE);
	return l;
}

/* ---- Options ---- */

START_TEST(test_gcp__options_that_are_refused)
{
	static const struct connector_options bad[] = {
		{.location = "europe-west4"},
		{.project = "proj"},
		{.project = "Proj", .location = "europe-west4"},
		{.project = "proj/x", .location = "europe-west4"},
		{.project = "", .location = "europe-west4"},
		{.project = "proj", .location = "europe.west4"},
		{.project = "proj",
			.location = "europe-west4",
			.endpoint = "http://vertex.example"},
		{.project = "proj", .location = "europe-west4", .endpoint = "https://h/path"},
		{.project = "proj", .location = "europe-west4", .storage_endpoint = "gs://b"},
		{.project = "proj", .location = "europe-west4", .credentials = "key.json"},
		{.project = "proj", .location = "europe-west4", .metrics = "quality"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct err){0};
		ck_assert_msg(reopen(&bad[i]) < 0, "%zu", i);
		ck_assert_int_eq(err.code, ERR_CONFIG);
	}
}
END_TEST

START_TEST(test_gcp__where_it_asks)
{
	static const char *const places[][2] = {
		{"europe-west4", "https://europe-west4-aiplatform.googleapis.com/v1/"},
		{"us", "https://aiplatform.us.rep.googleapis.com/v1/"},
		{"eu", "https://aiplatform.eu.rep.googleapis.com/v1/"},
	};

	google_rule(&google, "/models?", 200, "{}");
	for (size_t i = 0; i < 3; i++) {
		struct connector_options o = options();

		o.location = places[i][0];
		ck_assert_int_eq(reopen(&o), 0);
		ck_assert_uint_eq(list().n, 0);
		ck_assert_uint_eq(google_asked(&google, places[i][1]), 1);
	}
	ck_assert_uint_eq(google_asked(&google, "&filter=labels.spiralfed%3A%2A"), 3);
	ck_assert_uint_eq(google_asked(&google, "orderBy=update_time%20desc&pageSize=100"), 3);
}
END_TEST

/* ---- Listings ---- */

START_TEST(test_gcp__lists_all_pages)
{
	struct source_listing l;

	google_rule(&google, "pageToken=t%2B2", 200, page(3, 3, NULL));
	google_rule(&google, LIST, 200, page(6, 3, "t+2"));
	l = list();
	ck_assert_uint_eq(l.n, 6);
	ck_assert_str_eq(l.v[0].name, "1@1");
	ck_assert_str_eq(l.v[0].version, "2025-11-24T10:01:00Z");
	ck_assert_str_eq(l.v[5].name, "6@1");
	ck_assert_ptr_null(l.v[0].fault);
	ck_assert_uint_eq(google_asked(&google, LIST), 2);
	ck_assert_str_eq(google.asked[1].headers, "Authorization: Bearer ya29.of-the-machine\n");
}
END_TEST

/* One page without news ends it; what changed is seen, and what is behind it stays. */
START_TEST(test_gcp__an_unchanged_listing_costs_one_request)
{
	struct source_listing l;

	google_rule(&google, "pageToken=t2", 200, page(3, 3, NULL));
	google_rule(&google, LIST, 200, page(6, 3, "t2"));
	list();
	google.n_asked = 0;
	l = list();
	ck_assert_uint_eq(l.n, 6);
	ck_assert_uint_eq(google.n_asked, 1);

	/* Model 2 got a second version: it comes first, and page 2 holds the rest. */
	forget_rules();
	google_rule(&google, "pageToken=n2", 200, page(5, 2, "n3"));
	google_rule(&google, "pageToken=n3", 500, "{}");
	google_rule(&google, LIST, 200,
		arena_printf(arena, "{\"models\":[%s,%s],\"nextPageToken\":\"n2\"}",
			model(2, 2, 40), model(6, 1, 6)));
	l = list();
	ck_assert_uint_eq(l.n, 6);
	ck_assert_uint_eq(google.n_asked, 2);
	ck_assert_str_eq(l.v[1].name, "2@2");
	ck_assert_str_eq(l.v[1].version, "2025-11-24T10:40:00Z");
	ck_assert_str_eq(l.v[0].name, "1@1");
}
END_TEST

/* What was deleted is out of the listing once all of it was read, which is once a week. */
START_TEST(test_gcp__reads_all_once_a_week)
{
	google_rule(&google, "pageToken=t2", 200, page(3, 3, NULL));
	google_rule(&google, LIST, 200, page(6, 3, "t2"));
	list();
	forget_rules();
	google_rule(&google, "pageToken=t2", 200, page(3, 2, NULL));
	google_rule(&google, LIST, 200, page(6, 3, "t2"));
	fake_clock_step(&fake, 7 * DAY - 1);
	ck_assert_uint_eq(list().n, 6);
	fake_clock_step(&fake, 1);
	ck_assert_uint_eq(list().n, 5);
}
END_TEST

/* It moved to the front between two pages: the later state counts. */
START_TEST(test_gcp__a_model_that_comes_twice)
{
	struct source_listing l;

	google_rule(&google, "pageToken=t2", 200,
		arena_printf(arena, "{\"models\":[%s,%s]}", model(2, 1, 2), model(1, 1, 1)));
	google_rule(&google, LIST, 200,
		arena_printf(arena, "{\"models\":[%s,%s],\"nextPageToken\":\"t2\"}",
			model(2, 3, 50), model(3, 1, 3)));
	l = list();
	ck_assert_uint_eq(l.n, 3);
	ck_assert_str_eq(l.v[1].name, "2@3");
}
END_TEST

/* All versions: a request for each model that is new or changed, none for the others. */
START_TEST(test_gcp__all_versions)
{
	struct connector_options o = options();
	struct source_listing l;

	o.versions = 1;
	ck_assert_int_eq(reopen(&o), 0);
	google_rule(&google, "/models/1:listVersions", 200,
		arena_printf(arena, "{\"models\":[%s],\"nextPageToken\":\"v2\"}", model(1, 3, 30)));
	google.rules[1].times = 1;
	google_rule(&google, "/models/1:listVersions", 200,
		arena_printf(arena, "{\"models\":[%s,%s]}", model(1, 2, 20), model(1, 1, 10)));
	google_rule(&google, "/models/2:listVersions", 200,
		arena_printf(arena, "{\"models\":[%s]}", model(2, 1, 5)));
	google_rule(&google, LIST, 200,
		arena_printf(arena, "{\"models\":[%s,%s]}", model(1, 2, 30), model(2, 1, 5)));
	l = list();
	ck_assert_uint_eq(l.n, 4);
	ck_assert_str_eq(l.v[0].name, "1@1");
	ck_assert_str_eq(l.v[0].version, "2025-11-24T10:10:00Z");
	ck_assert_str_eq(l.v[2].name, "1@3");
	ck_assert_uint_eq(google_asked(&google, "listVersions"), 3);
	ck_assert_uint_eq(google_asked(&google, "pageToken=v2"), 1);
	google.n_asked = 0;
	ck_assert_uint_eq(list().n, 4);
	ck_assert_uint_eq(google.n_asked, 1);

	/* Model 1 lost a version and got another. */
	forget_rules();
	google_rule(&google, "/models/1:listVersions", 200,
		arena_printf(arena, "{\"models\":[%s,%s,%s]}", model(1, 4, 40), model(1, 3, 30),
			model(1, 2, 20)));
	google_rule(&google, LIST, 200,
		arena_printf(arena, "{\"models\":[%s,%s]}", model(1, 4, 40), model(2, 1, 5)));
	l = list();
	ck_assert_uint_eq(l.n, 4);
	ck_assert_str_eq(l.v[0].name, "1@2");
	ck_assert_str_eq(l.v[2].name, "1@4");
	ck_assert_str_eq(l.v[3].name, "2@1");
	ck_assert_uint_eq(google.n_asked, 2);
	/* One that is gone before its versions are listed is listed as it was seen. */
	forget_rules();
	google_rule(&google, LIST, 200, page(3, 1, NULL));
	l = list();
	ck_assert_uint_eq(l.n, 1);
}
END_TEST

static const char *const drifts[] = {
	"",
	"<html>Sign in</html>",
	"[]",
	"null",
	"{\"result\":{\"models\":[]}}",
	"{\"models_v2\":[]}",
	"{\"models\":{}}",
	"{\"models\":[],\"nextPageToken\":7}",
	"{\"models\":[7]}",
	"{\"models\":[{}]}",
	"{\"models\":[{\"name\":\"" PARENT "/models/1\"}]}",
	"{\"models\":[{\"name\":\"" PARENT "/models/1\",\"versionId\":1,"
	"\"updateTime\":\"2025-11-24T10:00:00Z\",\"versionUpdateTime\":\"2025-11-24T10:00:00Z\"}]}",
	"{\"models\":[{\"name\":\"models/1\",\"versionId\":\"1\","
	"\"updateTime\":\"2025-11-24T10:00:00Z\",\"versionUpdateTime\":\"2025-11-24T10:00:00Z\"}]}",
	"{\"models\":[{\"name\":\"" PARENT "/models/..\",\"versionId\":\"1\","
	"\"updateTime\":\"2025-11-24T10:00:00Z\",\"versionUpdateTime\":\"2025-11-24T10:00:00Z\"}]}",
	"{\"models\":[{\"name\":\"" PARENT "/models/1\",\"versionId\":\"1/x\","
	"\"updateTime\":\"2025-11-24T10:00:00Z\",\"versionUpdateTime\":\"2025-11-24T10:00:00Z\"}]}",
	"{\"models\":[{\"name\":\"" PARENT "/models/1\",\"versionId\":\"1\","
	"\"versionUpdateTime\":\"2025-11-24T10:00:00Z\"}]}",
};

/* A change of the API is an error, and no empty list. */
START_TEST(test_gcp__schema_drift)
{
	struct source_listing l;

	google_rule(&google, LIST, 200, drifts[_i]);
	ck_assert_int_eq(connector_gcp.list(connector, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
}
END_TEST

START_TEST(test_gcp__a_listing_that_fails)
{
	static const struct {
		int status;
		const char *body;
		enum err_code code;
		const char *says;
	} answers[] = {
		{400, "{\"error\":{\"code\":400,\"message\":\"Invalid filter\",\"status\":\"X\"}}",
			ERR_CONFIG, "Invalid filter"},
		{401, "{}", ERR_CONFIG, "401"},
		{403, "{\"error\":{\"message\":\"denied\"}}", ERR_CONFIG, "denied"},
		{404, "{}", ERR_CONFIG, "there is no " PARENT},
		{302, "", ERR_UNREACHABLE, "302"},
		{429, "{}", ERR_UNREACHABLE, "429"},
		{503, "{}", ERR_UNREACHABLE, "503"},
		{0, "", ERR_UNREACHABLE, "nobody there"},
	};
	struct source_listing l;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		forget_rules();
		err = (struct err){0};
		google_rule(&google, LIST, answers[i].status, answers[i].body);
		ck_assert_int_eq(connector_gcp.list(connector, &call, &l, &err), -1);
		ck_assert_msg(err.code == answers[i].code && strstr(err.msg, answers[i].says),
			"%zu: %s", i, err.msg);
		ck_assert_ptr_null(strstr(err.msg, "ya29"));
	}
}
END_TEST

/* One that names itself as the next, and two that name each other. */
START_TEST(test_gcp__pages_without_end)
{
	struct source_listing l;

	google_rule(&google, LIST, 200, page(6, 3, "same"));
	ck_assert_int_eq(connector_gcp.list(connector, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	forget_rules();
	google_rule(&google, "pageToken=there", 200, page(3, 3, "here"));
	google_rule(&google, LIST, 200, page(6, 3, "there"));
	ck_assert_int_eq(connector_gcp.list(connector, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_msg(strstr(err.msg, "a page that was read"), "%s", err.msg);
	ck_assert_uint_eq(google_asked(&google, LIST), 3);
}
END_TEST

/* Nothing of it is forgotten, and what came meanwhile is seen. */
START_TEST(test_gcp__two_days_without_google)
{
	struct source_listing l;

	google_rule(&google, LIST, 200, page(6, 6, NULL));
	ck_assert_uint_eq(list().n, 6);
	for (int hour = 0; hour < 48; hour++) {
		forget_rules();
		google_rule(&google, LIST, 0, "");
		fake_clock_step(&fake, DAY / 24);
		ck_assert_int_eq(connector_gcp.list(connector, &call, &l, &err), -1);
		ck_assert_int_eq(err.code, ERR_UNREACHABLE);
	}
	forget_rules();
	google_rule(&google, LIST, 200, page(8, 8, NULL));
	l = list();
	ck_assert_uint_eq(l.n, 8);
	ck_assert_str_eq(l.v[0].version, "2025-11-24T10:01:00Z");
	ck_assert_uint_eq(google_asked(&google, LIST), 1);
}
END_TEST

/* ---- Tokens ---- */

START_TEST(test_gcp__a_token_that_was_taken_back)
{
	google_rule(&google, LIST, 401, "{}");
	google.rules[1].times = 1;
	google_rule(&google, LIST, 200, page(1, 1, NULL));
	ck_assert_uint_eq(list().n, 1);
	ck_assert_uint_eq(google_asked(&google, "computeMetadata"), 2);
	ck_assert_uint_eq(google_asked(&google, LIST), 2);
	list();
	ck_assert_uint_eq(google_asked(&google, "computeMetadata"), 2);
}
END_TEST

/* ---- Fetching ---- */

#define MODEL	    "/models/1@2"
#define EVALUATIONS "/models/1@2/evaluations"
#define FIRST	    "/storage/v1/b/b/o/m1%2Fspiralfed%2Fmanifest.json?alt=media"
#define SECOND	    "/storage/v1/b/b/o/m1%2Fmanifest.json?alt=media"
#define FOLDER	    "/storage/v1/b/b/o?prefix=m1%2F&"

static const struct source_entry entry = {.name = "1@2", .version = "2025-11-24T10:40:00Z"};

static int fetch(struct source_document *ret)
{
	*ret = (struct source_document){0};
	err = (struct err){0};
	return connector_gcp.fetch(connector, &call, &entry, ret, &err);
}

static const char *evaluation(const char *created, const char *metrics)
{
	return arena_printf(arena,
		"{\"name\":\"" PARENT "/models/1@2/evaluations/9\",\"createTime\":\"%s\","
		"\"metricsSchemaUri\":\"gs://schema.yaml\",\"metrics\":%s}",
		created, metrics);
}

static void evaluations(const char *created, const char *metrics)
{
	google_rule(&google, EVALUATIONS, 200,
		arena_printf(arena, "{\"modelEvaluations\":[%s]}", evaluation(created, metrics)));
}

#define EARLIER "2025-11-24T11:00:00.5Z"

START_TEST(test_gcp__a_manifest_beside_the_artifact)
{
	struct source_document d;

	google_rule(&google, MODEL, 200, model(1, 2, 40));
	google_rule(&google, SECOND, 200, "{\"second\":1}");
	ck_assert_int_eq(fetch(&d), FETCH_DONE);
	ck_assert_str_eq(d.text, "{\"second\":1}");
	ck_assert_uint_eq(google_asked(&google, FIRST), 1);
	google_rule(&google, FIRST, 200, "{\"first\":1}");
	ck_assert_int_eq(fetch(&d), FETCH_DONE);
	ck_assert_str_eq(d.text, "{\"first\":1}");
	ck_assert_uint_eq(d.len, 11);
	ck_assert_uint_eq(google_asked(&google, SECOND), 1);
	ck_assert_uint_eq(google_asked(&google, "evaluations"), 0);
}
END_TEST

START_TEST(test_gcp__a_manifest_of_evaluations)
{
	struct source_document d;
	const char *const want[] = {"\"id\":\"s/embed-v2\"", "\"role\":\"embed\"",
		"\"provider\":\"gcp\"", "\"uri\":\"gs://b/m1/weights#17\"",
		"\"quality\":{\"value\":0.71"};

	google_rule(&google, EVALUATIONS, 200,
		arena_printf(arena, "{\"modelEvaluations\":[%s]}",
			evaluation(EARLIER,
				"{\"ndcg_at_10\":0.71,\"confusionMatrix\":{\"rows\":[[1,2]]}}")));
	google_rule(&google, MODEL, 200, model(1, 2, 40));
	google_rule(&google, FOLDER, 200,
		"{\"items\":[{\"name\":\"m1/weights\",\"generation\":\"17\",\"size\":\"3\"}]}");
	ck_assert_msg(fetch(&d) == FETCH_DONE, "%s", err.msg);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_msg(strstr(d.text, want[i]), "%s lacks %s", d.text, want[i]);
	ck_assert_int_eq(err.code, ERR_NONE);
	/* Of several objects none is the artifact: the folder is. */
	forget_rules();
	google_rule(&google, EVALUATIONS, 200,
		arena_printf(arena, "{\"modelEvaluations\":[%s]}",
			evaluation(EARLIER, "{\"ndcg_at_10\":0.71}")));
	google_rule(&google, MODEL, 200, model(1, 2, 40));
	google_rule(&google, FOLDER, 200,
		"{\"items\":[{\"name\":\"m1/a\",\"generation\":\"17\"},"
		"{\"name\":\"m1/b\",\"generation\":\"18\"}]}");
	ck_assert_int_eq(fetch(&d), FETCH_DONE);
	ck_assert_ptr_nonnull(strstr(d.text, "\"uri\":\"gs://b/m1/\""));
}
END_TEST

/* What an artifact is made of has to be all there: it never changes. */
START_TEST(test_gcp__what_is_still_coming)
{
	struct source_document d;

	google_rule(&google, EVALUATIONS, 200, "{}");
	google_rule(&google, MODEL, 200,
		"{\"name\":\"" PARENT "/models/1\",\"versionId\":\"2\",\"updateTime\":\"x\","
		"\"versionUpdateTime\":\"2025-11-24T10:40:00Z\",\"artifactUri\":\"gs://b/m1\"}");
	/* No evaluation, and the model is older than ten minutes: somebody should look. */
	ck_assert_int_eq(fetch(&d), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	fake_clock_init(&fake, (NOW - 2 * 3600 + 45 * 60) * USEC_PER_SEC);
	ck_assert_int_eq(fetch(&d), FETCH_UNSETTLED);
	fake_clock_init(&fake, NOW * USEC_PER_SEC);
	google.n_rules = 1;
	evaluations("2025-11-24T11:51:00Z", "{\"ndcg_at_10\":0.71}");
	google_rule(&google, MODEL, 200, model(1, 2, 40));
	ck_assert_int_eq(fetch(&d), FETCH_UNSETTLED);
	fake_clock_step(&fake, 120 * USEC_PER_SEC);
	ck_assert_int_eq(fetch(&d), FETCH_DONE);
}
END_TEST

START_TEST(test_gcp__changed_or_gone_since_it_was_listed)
{
	struct source_document d;

	ck_assert_int_eq(fetch(&d), FETCH_GONE);
	google_rule(&google, MODEL, 200, model(1, 2, 41));
	ck_assert_int_eq(fetch(&d), FETCH_UNSETTLED);
}
END_TEST

/* Said once, until the model changes. */
START_TEST(test_gcp__no_manifest_can_be_made)
{
	static const struct {
		const char *model, *metrics, *says;
		bool no_namespace;
	} cases[] = {
		{"\"displayName\":\"embed\",\"labels\":{\"spiralfed\":\"embed\"}",
			"{\"ndcg_at_10\":1}", "`namespace`", true},
		{"\"displayName\":\"embed\"", "{\"ndcg_at_10\":1}", "`role`", false},
		{"\"displayName\":\"My embedder\",\"labels\":{\"spiralfed\":\"embed\"}",
			"{\"ndcg_at_10\":1}", "spiralfed-family", false},
		{"\"labels\":{\"spiralfed\":\"embed\"}", "{\"ndcg_at_10\":1}", "spiralfed-family",
			false},
		{"\"displayName\":\"embed\",\"labels\":{\"spiralfed\":\"embed\"}", "{}", "", false},
		{"\"displayName\":\"embed\",\"labels\":{\"spiralfed\":\"embed\"}",
			"{\"confusionMatrix\":{\"rows\":[]}}", "", false},
		{"\"displayName\":\"embed\",\"labels\":{\"spiralfed\":\"embed\"}",
			"{\"ndcg_at_10\":\"NaN\"}", "", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct connector_options o = options();
		struct source_document d;

		if (cases[i].no_namespace)
			o.name_space = NULL;
		ck_assert_int_eq(reopen(&o), 0);
		forget_rules();
		evaluations(EARLIER, cases[i].metrics);
		google_rule(&google, MODEL, 200,
			arena_printf(arena,
				"{\"name\":\"" PARENT
				"/models/1\",\"versionId\":\"2\",\"updateTime\":\"x\","
				"\"versionUpdateTime\":\"2025-11-24T10:40:00Z\","
				"\"artifactUri\":\"gs://b/m1\",%s}",
				cases[i].model));
		ck_assert_msg(fetch(&d) == FETCH_REFUSED, "%zu: %s", i, d.text ? d.text : err.msg);
		ck_assert_int_eq(err.code, ERR_INVALID_MANIFEST);
		ck_assert_msg(
			strstr(err.msg, cases[i].says) && strstr(err.msg, "1@2"), "%s", err.msg);
	}
}
END_TEST

/* Two evaluations that contradict each other are nobody's to choose from. */
START_TEST(test_gcp__evaluations_that_disagree)
{
	struct source_document d;

	google_rule(&google, EVALUATIONS, 200,
		arena_printf(arena, "{\"modelEvaluations\":[%s,%s]}",
			evaluation(EARLIER, "{\"ndcg_at_10\":0.71}"),
			evaluation(EARLIER, "{\"ndcg_at_10\":0.91}")));
	google_rule(&google, MODEL, 200, model(1, 2, 40));
	ck_assert_int_eq(fetch(&d), FETCH_REFUSED);
}
END_TEST

static const char *filled(char with, size_t n)
{
	char *text = arena_alloc(arena, n + 1);

	memset(text, with, n);
	return text;
}

/* A page of 3 MiB leaves what is taken of it, and all that is taken has an end. */
START_TEST(test_gcp__evaluations_that_fill_the_memory)
{
	const char *pad = filled('x', 3 << 20);
	struct source_document d;
	size_t before;

	google_rule(&google, "pageToken=b", 200,
		arena_printf(arena, "{\"modelEvaluations\":[%s],\"pad\":\"%s\"}",
			evaluation(EARLIER, "{\"ndcg_at_10\":0.71}"), pad));
	google_rule(&google, EVALUATIONS, 200,
		arena_printf(arena,
			"{\"modelEvaluations\":[],\"pad\":\"%s\",\"nextPageToken\":\"b\"}", pad));
	google_rule(&google, MODEL, 200, model(1, 2, 40));
	before = arena_used(call.arena);
	ck_assert_msg(fetch(&d) == FETCH_DONE, "%s", err.msg);
	ck_assert_uint_lt(arena_used(call.arena) - before, 1 << 20);

	forget_rules();
	google_rule(&google, EVALUATIONS, 200,
		arena_printf(arena, "{\"modelEvaluations\":[%s],\"nextPageToken\":\"b\"}",
			evaluation(EARLIER, arena_printf(arena, "{\"%s\":1}", pad))));
	google_rule(&google, MODEL, 200, model(1, 2, 40));
	ck_assert_int_eq(fetch(&d), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than 8 MiB"));
}
END_TEST

START_TEST(test_gcp__fetches_that_fail)
{
	static const struct {
		const char *url;
		int status;
		enum err_code code; /* ERR_IO: of this entry alone */
		const char *body;   /* NULL: {} */
	} cases[] = {
		{MODEL, 400, ERR_IO, NULL},
		{MODEL, 412, ERR_IO, NULL},
		{MODEL, 200, ERR_IO, "<html>"},
		{MODEL, 200, ERR_IO, "{}"},
		{EVALUATIONS, 400, ERR_IO, NULL},
		{EVALUATIONS, 200, ERR_IO, "{\"modelEvaluations\":"},
		{EVALUATIONS, 200, ERR_IO, "{\"modelEvaluations\":7}"},
		{EVALUATIONS, 200, ERR_IO, "{\"modelEvaluations\":[{}]}"},
		{FIRST, 400, ERR_IO, NULL},
		{FIRST, 416, ERR_IO, NULL},
		{MODEL, 401, ERR_CONFIG, NULL},
		{MODEL, 403, ERR_CONFIG, NULL},
		{MODEL, 503, ERR_UNREACHABLE, NULL},
		{MODEL, 0, ERR_UNREACHABLE, NULL},
		{FIRST, 401, ERR_CONFIG, NULL},
		{FIRST, 403, ERR_IO, NULL},
		{FIRST, 429, ERR_UNREACHABLE, NULL},
		{FIRST, 0, ERR_UNREACHABLE, NULL},
		{EVALUATIONS, 403, ERR_CONFIG, NULL},
		{EVALUATIONS, 500, ERR_UNREACHABLE, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source_document d;

		forget_rules();
		err = (struct err){0};
		google_rule(&google, cases[i].url, cases[i].status,
			cases[i].body ? cases[i].body : "{}");
		google_rule(&google, MODEL, 200, model(1, 2, 40));
		ck_assert_int_eq(fetch(&d), -1);
		ck_assert_msg(err.code == cases[i].code, "%zu: %s", i, err.msg);
	}
}
END_TEST

#define LISTED "filter=labels.spiralfed%3A%2A%20AND%20model%3D%221%22"

/* Whoever may write to the topic names what they like. */
START_TEST(test_gcp__one_that_the_filter_does_not_list_is_not_found)
{
	struct source_entry found = {0};
	const struct {
		const char *answer;
		int status, found;
	} rows[] = {
		{"{}", 200, 0},
		{page(3, 2, NULL), 200, 0},
		{page(3, 2, "more"), 200, 1},
		{"{}", 403, -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		forget_rules();
		google_rule(&google, "pageToken=more", 200, page(1, 1, NULL));
		google_rule(&google, "filter=labels.spiralfed", rows[i].status, rows[i].answer);
		google_rule(&google, "/models/1", 200, model(1, 2, 40));
		ck_assert_int_eq(
			connector_gcp.find(connector, &call, "1", &found, &err), rows[i].found);
	}
	ck_assert_uint_eq(google_asked(&google, LISTED), 1);
}
END_TEST

START_TEST(test_gcp__one_by_its_name)
{
	struct source_entry found = {0};

	ck_assert_int_eq(connector_gcp.find(connector, &call, "1", &found, &err), 0);
	google_rule(
		&google, LISTED, 200, arena_printf(arena, "{\"models\":[%s]}", model(1, 2, 40)));
	google_rule(&google, "/models/1", 200, model(1, 2, 40));
	ck_assert_int_eq(connector_gcp.find(connector, &call, "1", &found, &err), 1);
	ck_assert_str_eq(found.name, "1@2");
	ck_assert_str_eq(found.version, "2025-11-24T10:40:00Z");
	ck_assert_int_eq(connector_gcp.find(connector, &call, "1@7", &found, &err), 1);
	ck_assert_str_eq(found.name, "1@2");
	ck_assert_uint_eq(google_asked(&google, "@"), 0);
}
END_TEST

/* ---- Artifacts ---- */

START_TEST(test_gcp__probes)
{
	static const struct {
		const char *uri;
		int64_t size;
		enum probe_verdict verdict;
	} cases[] = {
		{"gs://b/there", -1, PROBE_REACHABLE},
		{"gs://b/there", 3, PROBE_REACHABLE},
		{"gs://b/there", 4, PROBE_MISSING},
		{"gs://b/there#17", 3, PROBE_REACHABLE},
		{"gs://b/there#16", 3, PROBE_MISSING},
		{"gs://b/folder", 3, PROBE_REACHABLE},
		{"gs://b/folder/", -1, PROBE_REACHABLE},
		{"gs://b/empty/", -1, PROBE_MISSING},
		{"gs://b/gone", -1, PROBE_MISSING},
		{"gs://no-bucket/gone", -1, PROBE_MISSING},
		{"gs:///x", -1, PROBE_MISSING},
		{"gs://b/..", -1, PROBE_MISSING},
		{"gs://../o/there", -1, PROBE_MISSING},
		{"gs://b/x/../there", -1, PROBE_MISSING},
		{"hf://a/b", -1, PROBE_UNKNOWN},
		{"https://storage.googleapis.com/b/there", -1, PROBE_UNKNOWN},
	};
	static const char meta[] = "{\"generation\":\"17\",\"size\":\"3\"}";

	google_rule(&google, "/b/b/o/there?fields=generation%2Csize&generation=17", 200, meta);
	google_rule(&google, "/b/b/o/there?fields=generation%2Csize&generation=16", 404, "{}");
	google_rule(&google, "/b/b/o/there?fields", 200, meta);
	google_rule(
		&google, "/b/b/o?prefix=folder%2F&", 200, "{\"items\":[{\"name\":\"folder/a\"}]}");
	google_rule(&google, "/b/b/o?prefix=", 200, "{}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct probe_target target = {cases[i].uri, cases[i].size};
		struct probe p;

		ck_assert_int_eq(connector_gcp.probe(connector, &call, &target, &p, &err), 0);
		ck_assert_msg(p.verdict == cases[i].verdict, "%s: %s", cases[i].uri, p.detail);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("the connector gcp");
	TCase *c = tcase_create("gcp");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_gcp__options_that_are_refused);
	tcase_add_test(c, test_gcp__where_it_asks);
	tcase_add_test(c, test_gcp__lists_all_pages);
	tcase_add_test(c, test_gcp__an_unchanged_listing_costs_one_request);
	tcase_add_test(c, test_gcp__reads_all_once_a_week);
	tcase_add_test(c, test_gcp__a_model_that_comes_twice);
	tcase_add_test(c, test_gcp__all_versions);
	tcase_add_loop_test(c, test_gcp__schema_drift, 0, sizeof(drifts) / sizeof(drifts[0]));
	tcase_add_test(c, test_gcp__a_listing_that_fails);
	tcase_add_test(c, test_gcp__pages_without_end);
	tcase_add_test(c, test_gcp__two_days_without_google);
	tcase_add_test(c, test_gcp__a_token_that_was_taken_back);
	tcase_add_test(c, test_gcp__a_manifest_beside_the_artifact);
	tcase_add_test(c, test_gcp__a_manifest_of_evaluations);
	tcase_add_test(c, test_gcp__what_is_still_coming);
	tcase_add_test(c, test_gcp__changed_or_gone_since_it_was_listed);
	tcase_add_test(c, test_gcp__no_manifest_can_be_made);
	tcase_add_test(c, test_gcp__evaluations_that_disagree);
	tcase_add_test(c, test_gcp__evaluations_that_fill_the_memory);
	tcase_add_test(c, test_gcp__fetches_that_fail);
	tcase_add_test(c, test_gcp__one_that_the_filter_does_not_list_is_not_found);
	tcase_add_test(c, test_gcp__one_by_its_name);
	tcase_add_test(c, test_gcp__probes);
	suite_add_tcase(s, c);
	return s;
}
