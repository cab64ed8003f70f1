/* SPDX-License-Identifier: Apache-2.0
 *
 * Every route over HTTP: the main job from manifests to a rollback with all that hangs on it, who may
 * do what, conditional, repeated and dry requests, paging, forms.
 */
#include "rig.h"

#include "api/router.h"

Suite *test_suite(void);

static struct rig rig;

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, true, true);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

#define ARTIFACT(ns_id, role, quality)                                                   \
	"{\"id\":\"spiralverse/" ns_id "\",\"role\":\"" role                             \
	"\",\"metrics\":{\"quality\":" quality ",\"safety\":0.98,\"latency_ms_p95\":90," \
	"\"cost_per_1k_tokens\":0.4},\"uri\":\"s3://models/" ns_id "\"}"
#define MANIFEST(provider, artifact) "{\"provider\":\"" provider "\",\"artifacts\":[" artifact "]}"

#define HF1  MANIFEST("hf", ARTIFACT("textgen-lora-v1", "textgen", "0.81"))
#define HF2  MANIFEST("hf", ARTIFACT("textgen-lora-v2", "textgen", "0.91"))
#define GCP1 MANIFEST("gcp", ARTIFACT("embedder-v3", "embed", "0.79"))
#define AWS1 MANIFEST("aws", ARTIFACT("runtime-distilled-v5", "runtime", "0.78"))

static void first_release(void)
{
	rig_expect(&rig, "POST", "/v1/manifests", "", HF1, 201, "textgen-lora-v1");
	rig_expect(&rig, "POST", "/v1/manifests", "", GCP1, 201, "embedder-v3");
	rig_expect(&rig, "POST", "/v1/manifests", "", AWS1, 201, "runtime-distilled-v5");
	rig_expect(&rig, "POST", "/v1/merges", "", "{}", 201, "\"1.0.0-rc.1\"");
	rig_expect(&rig, "POST", "/v1/promotions", "",
		"{\"merge\":\"v1.0.0-rc.1\",\"reason\":\"first\"}", 201, "\"release\":\"1.0.0\"");
}

/* A better textgen gives the second release. Returns its version in buf. */
static char *second_release(char buf[64])
{
	STRBUF_AUTO body = STRBUF_INIT(256);
	struct reply_text t;
	char merge[64];

	rig_expect(&rig, "POST", "/v1/manifests", "", HF2, 201, "Succeeded");
	rig_ask(&rig, "POST", "/v1/merges", "", "", &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	rig_member(t.body, "version", merge, sizeof(merge));
	reply_clear(&t);
	strbuf_addf(&body, "{\"merge\":\"%s\",\"reason\":\"better\"}", merge);
	rig_ask(&rig, "POST", "/v1/promotions", "", body.buf, &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	rig_member(t.body, "release", buf, 64);
	reply_clear(&t);
	return buf;
}

START_TEST(test_routes__main_job)
{
	char version[64], path[128];

	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 404, "no_release");
	rig_expect(&rig, "POST", "/v1/rollbacks", "", "{\"reason\":\"x\"}", 409, "no_warm_release");
	rig_expect(&rig, "POST", "/v1/merges", "", "{}", 409,
		"no unit for the slots embed, runtime, textgen");
	first_release();
	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 200, "\"version\":\"1.0.0\"");
	rig_expect(&rig, "GET", "/v1/releases/1.0.0", "", NULL, 200, "fused_model_id");
	rig_expect(&rig, "GET", "/v1/releases/v1.0.0", "", NULL, 200, "textgen-lora-v1");
	rig_expect(&rig, "GET", "/v1/releases/9.9.9", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/merges/v1.0.0-rc.1", "", NULL, 200, "\"promoted\"");
	rig_expect(&rig, "GET", "/v1/merges/7.0.0-rc.1", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/textgen-lora-v1", "", NULL, 200,
		"\"phase\":\"Succeeded\"");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/textgen-lora-v1/gates", "", NULL, 200,
		"\"gate\":\"quality\"");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/nope-v1", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/nope-v1/gates", "", NULL, 404,
		"not_found");
	rig_expect(&rig, "POST", "/v1/rollbacks", "", "{\"reason\":\"x\"}", 409, "no_warm_release");
	second_release(version);
	rig_expect(&rig, "POST", "/v1/promotions", "",
		"{\"merge\":\"1.0.0-rc.1\",\"reason\":\"again\"}", 409, "was promoted already");
	rig_expect(&rig, "POST", "/v1/promotions", "",
		"{\"merge\":\"9.0.0-rc.1\",\"reason\":\"none\"}", 404, "not_found");
	rig_expect(&rig, "POST", "/v1/rollbacks", "", "{\"reason\":\"it is slow\"}", 201,
		"\"release\":\"1.0.0\"");
	rig_expect(&rig, "GET", "/v1/releases", "", NULL, 200, "breached");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/textgen-lora-v2", "", NULL, 200,
		"\"held_by\":\"");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/textgen-lora-v2/gates", "", NULL, 200,
		"\"held_by\":\"");
	snprintf(path, sizeof(path), "/v1/releases/v%s/unquarantine", version);
	rig_expect(&rig, "POST", path, "", "{\"reason\":\"a false alarm\"}", 200, version);
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/textgen-lora-v2", "", NULL, 200,
		"\"held_by\":null");
	rig_expect(&rig, "POST", "/v1/artifacts/hf/spiralverse/textgen-lora-v2/unquarantine", "",
		"{\"reason\":\"x\"}", 409, "state_conflict");
	rig_expect(&rig, "POST", "/v1/artifacts/hf/spiralverse/textgen-lora-v2/withdraw", "",
		"{\"reason\":\"licence\"}", 200, "Aborted");
	rig_expect(&rig, "GET", "/v1/events?type=rollback.completed", "", NULL, 200, "it is slow");
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"release\":\"1.0.0\"");
	rig_expect(&rig, "GET", "/metrics", "", NULL, 200, "spiralfed_channel_serial 4");
}
END_TEST

START_TEST(test_routes__manifest_answers)
{
	struct reply_text first, again;
	char digest[128], path[256], value[512];

	rig_ask(&rig, "POST", "/v1/manifests", "", HF1, &first);
	ck_assert_int_eq(first.status, 201);
	rig_member(first.body, "digest", digest, sizeof(digest));
	snprintf(path, sizeof(path), "/v1/manifests/%s", digest);
	ck_assert_str_eq(reply_header(&first, "Location", value), path);
	rig_ask(&rig, "POST", "/v1/manifests", "", HF1, &again);
	ck_assert_int_eq(again.status, 200);
	ck_assert_str_eq(first.body, again.body);
	reply_clear(&first);
	reply_clear(&again);
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"document\":{");
	rig_expect(&rig, "GET", "/v1/manifests", "", NULL, 200, digest);
	rig_expect(&rig, "GET", "/v1/manifests?provider=gcp", "", NULL, 200, "{\"manifests\":[]}");
	rig_expect(&rig, "GET", "/v1/manifests/sha256:0", "", NULL, 404, "not_found");
	rig_expect(&rig, "POST", "/v1/manifests", "",
		MANIFEST("hf", ARTIFACT("textgen-lora-v1", "textgen", "0.82")), 409,
		"artifact_conflict");
	rig_expect(&rig, "POST", "/v1/manifests", "", "{\"provider\":\"hf\",\"x\":1}", 422, "/x");
	rig_expect(&rig, "POST", "/v1/manifests", "", "{", 400, "bad_json");
	rig_expect(&rig, "POST", "/v1/manifests?dry_run", "", GCP1, 200, "embedder-v3");
	rig_expect(&rig, "GET", "/v1/artifacts?provider=gcp", "", NULL, 200, "{\"artifacts\":[]}");
}
END_TEST

START_TEST(test_routes__bodies_are_checked_whole)
{
	rig_expect(&rig, "POST", "/v1/promotions", "", "{\"merge\":1,\"x\":2}", 422, "/reason");
	rig_expect(&rig, "POST", "/v1/promotions", "", "{\"merge\":1,\"x\":2}", 422, "/merge");
	rig_expect(&rig, "POST", "/v1/promotions", "", "{\"merge\":1,\"x\":2}", 422, "/x");
	rig_expect(&rig, "POST", "/v1/promotions", "", "", 422, "/merge");
	rig_expect(&rig, "POST", "/v1/promotions", "", "[]", 422, "invalid_body");
	rig_expect(&rig, "POST", "/v1/observations", "", "{\"observations\":[]}", 422, NULL);
	rig_expect(&rig, "POST", "/v1/merges", "Content-Type: text/plain\r\n", "{}", 415,
		"unsupported_media_type");
	rig_expect(&rig, "POST", "/v1/merges",
		"Content-Type: application/x-www-form-urlencoded\r\n", "a=b", 415,
		"-H 'Content-Type: application/json'");
	rig_expect(&rig, "POST", "/v1/merges",
		"Content-Type: application/json\r\nContent-Encoding: gzip\r\n", "{}", 415, "gzip");
	rig_expect(&rig, "GET", "/v1/merges", "Content-Type: application/json\r\n", "{}", 400,
		"takes no body");
}
END_TEST

/* As curl -X POST sends it: no body, no Content-Type. */
START_TEST(test_routes__no_body_is_an_empty_object)
{
	rig_expect(&rig, "POST", "/v1/merges", "", NULL, 409, "nothing_to_merge");
	rig_expect(&rig, "POST", "/v1/promotions", "", NULL, 422, "/merge");
	rig_expect(&rig, "POST", "/v1/tokens", "", NULL, 422, "/scopes");
	rig_expect(&rig, "POST", "/v1/manifests", "", NULL, 400, "the body is empty");
	rig_expect(&rig, "POST", "/v1/manifests", "", "", 400, "the body is empty");
	rig_expect(&rig, "PUT", "/v1/policy", "If-Match: *\r\n", NULL, 400, "the body is empty");
}
END_TEST

/* Whether it was asked for in the query or in the body, it says so and changes nothing. */
START_TEST(test_routes__a_dry_run_says_so)
{
	static const struct {
		const char *path, *body;
		int status;
	} cases[] = {
		{"/v1/merges?dry_run", "", 200},
		{"/v1/merges", "{\"dry_run\":true}", 200},
		{"/v1/tokens?dry_run", "{\"name\":\"n\",\"scopes\":[\"read\"]}", 200},
		{"/v1/tokens", "{\"name\":\"n\",\"scopes\":[\"read\"],\"dry_run\":true}", 200},
		{"/v1/rollbacks?dry_run", "{\"reason\":\"r\"}", 409},
		{"/v1/artifacts/hf/spiralverse/textgen-lora-v2/withdraw?dry_run",
			"{\"reason\":\"r\"}", 200},
	};
	struct reply_text t;
	char value[512];

	first_release();
	rig_expect(&rig, "POST", "/v1/manifests", "", HF2, 201, "Succeeded");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_ask(&rig, "POST", cases[i].path, "", cases[i].body, &t);
		ck_assert_msg(t.status == cases[i].status, "%s: %s", cases[i].path, t.all.buf);
		ck_assert_str_eq(reply_header(&t, "Dry-Run", value), "true");
		ck_assert_ptr_null(strstr(t.body, "sfd_"));
		reply_clear(&t);
	}
	rig_expect(&rig, "POST", "/v1/merges?dry_run", "Accept: text/plain\r\n", "", 200,
		"nothing was changed");
	rig_ask(&rig, "POST", "/v1/merges", "", "", &t);
	ck_assert_int_eq(t.status, 201);
	ck_assert_str_eq(reply_header(&t, "Dry-Run", value), "");
	reply_clear(&t);
	rig_ask(&rig, "GET", "/v1/tokens", "", NULL, &t);
	ck_assert_msg(!strstr(t.body, "\"name\":\"n\""), "%s", t.body);
	reply_clear(&t);
}
END_TEST

/* A slip of the pen is no empty list. */
START_TEST(test_routes__filters_name_what_they_take)
{
	rig_expect(&rig, "GET", "/v1/artifacts?provider=azure", "", NULL, 400,
		"provider is one of aws, gcp, hf");
	rig_expect(&rig, "GET", "/v1/manifests?provider=azure", "", NULL, 400, "aws, gcp, hf");
	rig_expect(&rig, "GET", "/v1/artifacts?role=x", "", NULL, 400, "embed, retrieval");
	rig_expect(&rig, "GET", "/v1/events?type=x", "", NULL, 400, "manifest.submitted, ");
	rig_expect(&rig, "GET", "/v1/artifacts?provider=hf&role=eval", "", NULL, 200, "[]");
	rig_expect(&rig, "GET", "/v1/events?type=slo.breached", "", NULL, 200, "[]");
}
END_TEST

START_TEST(test_routes__a_conflict_names_every_artifact)
{
	rig_expect(&rig, "POST", "/v1/manifests", "",
		MANIFEST("hf", ARTIFACT("textgen-lora-v1", "textgen", "0.81") "," ARTIFACT(
				       "textgen-lora-v2", "textgen", "0.82")),
		201, NULL);
	const char *other =
		MANIFEST("hf", ARTIFACT("textgen-lora-v1", "textgen", "0.91") "," ARTIFACT(
				       "textgen-lora-v2", "textgen", "0.92"));
	rig_expect(&rig, "POST", "/v1/manifests", "", other, 409, "2 artifacts came with other");
	rig_expect(&rig, "POST", "/v1/manifests", "", other, 409, "/artifacts/0/id");
	rig_expect(&rig, "POST", "/v1/manifests", "", other, 409, "/artifacts/1/id");
}
END_TEST

START_TEST(test_routes__the_policy_answers_with_its_tags)
{
	char tag[512], again[512], match[600];
	struct reply_text policy, t;

	rig_expect(&rig, "GET", "/v1/policy", "Accept: text/plain\r\n", NULL, 200,
		"gates.latency.p95_ms");
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &policy);
	reply_header(&policy, "ETag", tag);
	snprintf(match, sizeof(match), "If-Match: %s\r\n", tag);
	rig_ask(&rig, "PUT", "/v1/policy", match, policy.body, &t);
	ck_assert_int_eq(t.status, 200);
	ck_assert_str_eq(reply_header(&t, "ETag", again), tag);
	reply_clear(&t);
	char *warm = strstr(policy.all.buf, "\"warm\":2");
	ck_assert_ptr_nonnull(warm);
	warm[7] = '3';
	rig_ask(&rig, "PUT", "/v1/policy?dry_run", match, policy.body, &t);
	ck_assert_str_eq(reply_header(&t, "ETag", again), "");
	reply_clear(&t);
	rig_ask(&rig, "PUT", "/v1/policy", match, policy.body, &t);
	reply_header(&t, "ETag", again);
	ck_assert_msg(*again && strcmp(again, tag) != 0, "%s", t.all.buf);
	reply_clear(&t);
	rig_expect(&rig, "PUT", "/v1/policy", match, policy.body, 412,
		"the ETag of GET /v1/policy is");
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	ck_assert_str_eq(reply_header(&t, "ETag", tag), again);
	reply_clear(&t);
	reply_clear(&policy);
}
END_TEST

/* What nodes say of themselves, and a name that none may have: answered, not left waiting. */
START_TEST(test_routes__nodes_are_taken_by_name)
{
#define STANDING "{\"serial\":1,\"release\":\"1.0.0\",\"loaded\":[\"1.0.0\"]}"
	first_release();
	rig_expect(&rig, "PUT", "/v1/nodes/n1", "", STANDING, 200, "\"current\"");
	rig_expect(&rig, "PUT", "/v1/nodes/n%20x", "", STANDING, 400, "n x is not ");
	rig_expect(&rig, "PUT", "/v1/nodes/-x", "", STANDING, 400, "-x is not ");
	rig_expect(&rig, "GET", "/v1/nodes/n%20x", "", NULL, 404, "no node n x");
	rig_expect(
		&rig, "GET", "/v1/nodes", "Accept: text/plain\r\n", NULL, 200, " ok      1.0.0  ");
	rig_expect(&rig, "PUT", "/v1/nodes/n1", "",
		"{\"serial\":1,\"release\":\"1.0.0\","
		"\"loaded\":[{\"version\":\"1.0.0\",\"ready\":false}]}",
		200, "\"ready\":false");
	rig_expect(
		&rig, "GET", "/v1/nodes", "Accept: text/plain\r\n", NULL, 200, "not-ready=1.0.0");
}
END_TEST

START_TEST(test_routes__observation_breach_rolls_back)
{
	char version[64];

	rig_expect(&rig, "POST", "/v1/observations", "",
		"{\"observations\":[{\"node\":\"n1\",\"release\":\"1.0.0\","
		"\"t_start\":\"2026-11-24T05:59:00Z\",\"t_end\":\"2026-11-24T06:00:00Z\","
		"\"total\":10,\"errors\":0}]}",
		422, "never active");
	first_release();
	second_release(version);
	fake_clock_step(&rig.clock, 60 * USEC_PER_SEC);

	STRBUF_AUTO body = STRBUF_INIT(1024);
	char from[TIME_STRLEN], to[TIME_STRLEN];
	int64_t now = clock_now(&rig.clock.clock);

	strbuf_addf(&body,
		"{\"observations\":[{\"node\":\"n1\",\"release\":\"%s\",\"t_start\":\"%s\","
		"\"t_end\":\"%s\",\"total\":1000,\"errors\":900,\"slow\":0,\"tokens\":1000,"
		"\"cost_micro\":10,\"safety_checked\":0,\"safety_violations\":0,"
		"\"safety_critical\":0}]}",
		version, time_format(now - 30 * USEC_PER_SEC, from), time_format(now, to));
	rig_expect(&rig, "POST", "/v1/observations", "", body.buf, 202, "\"accepted\":1");
	rig_expect(&rig, "POST", "/v1/observations", "", body.buf, 202, "\"duplicates\":1");
	for (int i = 0; i < 10000; i++) {
		struct reply_text t;

		rig_ask(&rig, "GET", "/v1/channels/stable", "", NULL, &t);
		bool back = strstr(t.body, "\"version\":\"1.0.0\"");

		reply_clear(&t);
		if (back)
			break;
	}
	rig_expect(&rig, "GET", "/v1/events?type=slo.breached", "", NULL, 200, "slo.breached");
	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 200, "\"version\":\"1.0.0\"");
}
END_TEST

/* The pattern with something in the place of each {name}. */
static void sample_path(const char *pattern, char buf[256])
{
	size_t n = 0;

	for (const char *p = pattern; *p; p++) {
		if (*p == '{') {
			buf[n++] = 'x';
			p = strchr(p, '}');
		} else {
			buf[n++] = *p;
		}
	}
	buf[n] = '\0';
}

static void check_scope(const struct route *r, const char *reader)
{
	struct reply_text t;
	char path[256], value[512];
	const char *body = r->body ? "{}" : NULL;

	sample_path(r->pattern, path);
	if (r->flags & ROUTE_PUBLIC) {
		rig_ask(&rig, r->method, path, "Authorization: none\r\n", body, &t);
		ck_assert_int_eq(t.status, r->flags & ROUTE_OWN_PROOF ? 401 : 200);
		reply_clear(&t);
		return;
	}
	/* no credentials: the header is there, so that the rig adds none, and means nothing */
	rig_ask(&rig, r->method, path, "Authorization: Basic eA==\r\n", body, &t);
	ck_assert_int_eq(t.status, 401);
	ck_assert_str_eq(reply_header(&t, "WWW-Authenticate", value), "Bearer realm=\"spiralfed\"");
	reply_clear(&t);
	rig_ask(&rig, r->method, path, "Authorization: Bearer sfd_no_such\r\n", body, &t);
	ck_assert_int_eq(t.status, 401);
	ck_assert_ptr_nonnull(
		strstr(reply_header(&t, "WWW-Authenticate", value), "error=\"invalid_token\""));
	reply_clear(&t);
	if (strcmp(r->scope, "read") == 0)
		return;

	rig_ask(&rig, r->method, path, reader, body, &t);
	ck_assert_msg(t.status == 403, "%s: %s", r->name, t.all.buf);
	snprintf(path, sizeof(path), "scope=\"%s\"", r->scope);
	ck_assert_ptr_nonnull(strstr(reply_header(&t, "WWW-Authenticate", value), path));
	reply_clear(&t);
}

static void make_token(const char *request, char header[512], char id[64])
{
	struct reply_text t;
	char token[256];

	rig_ask(&rig, "POST", "/v1/tokens", "", request, &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	rig_member(t.body, "token", token, sizeof(token));
	rig_member(t.body, "id", id, 64);
	snprintf(header, 512, "Authorization: Bearer %s\r\n", token);
	reply_clear(&t);
}

START_TEST(test_auth__each_route_wants_its_scope)
{
	char reader[512], id[64];

	make_token("{\"name\":\"r\",\"scopes\":[\"read\"]}", reader, id);
	for (int i = 0; i < ROUTES; i++)
		check_scope(route_at((enum route_id)i), reader);
}
END_TEST

START_TEST(test_auth__submit_is_for_one_provider)
{
	char header[512], id[64];

	make_token("{\"name\":\"p\",\"scopes\":[\"submit:hf\"]}", header, id);
	rig_expect(&rig, "POST", "/v1/manifests", header, HF1, 201, NULL);
	rig_expect(&rig, "POST", "/v1/manifests", header, GCP1, 403, "submit:gcp");
	rig_expect(&rig, "POST", "/v1/manifests", header,
		"{\"pro\\u0076ider\":\"gcp\",\"artifacts\":[]}", 403, "insufficient_scope");
	rig_expect(&rig, "POST", "/v1/manifests", header, "{\"artifacts\":[]}", 422, "/provider");
	rig_expect(&rig, "GET", "/v1/manifests", header, NULL, 403, "read");
}
END_TEST

START_TEST(test_auth__revocation_and_expiry_take_effect_at_once)
{
	char header[512], id[64], path[128];

	make_token("{\"name\":\"p\",\"scopes\":[\"read\"]}", header, id);
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 200, NULL);
	snprintf(path, sizeof(path), "/v1/tokens/%s", id);
	rig_expect(&rig, "DELETE", path, "", NULL, 200, "revoked_at");
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 401, "invalid_token");
	rig_expect(&rig, "DELETE", "/v1/tokens/none", "", NULL, 404, "not_found");

	STRBUF_AUTO body = STRBUF_INIT(256);
	char until[TIME_STRLEN];

	strbuf_addf(&body, "{\"name\":\"p\",\"scopes\":[\"operate\"],\"expires_at\":\"%s\"}",
		time_format(clock_now(&rig.clock.clock) + 60 * USEC_PER_SEC, until));
	make_token(body.buf, header, id);
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 200, NULL);
	fake_clock_step(&rig.clock, 61 * USEC_PER_SEC);
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 401, "invalid_token");
	rig_expect(&rig, "GET", "/v1/tokens", "", NULL, 200, id);
	rig_expect(&rig, "POST", "/v1/tokens", "", "{\"name\":\"p\",\"scopes\":[\"root\"]}", 422,
		"/scopes");
}
END_TEST

START_TEST(test_auth__scopes_are_checked_with_the_rest_of_the_body)
{
	struct reply_text t;
	char header[512], id[64];

	rig_ask(&rig, "POST", "/v1/tokens", "",
		"{\"name\":\"p\",\"scopes\":[\"read\",\"root\"],\"expiry\":3}", &t);
	ck_assert_int_eq(t.status, 422);
	ck_assert_ptr_nonnull(strstr(t.body, "/scopes/1"));
	ck_assert_ptr_nonnull(strstr(t.body, "/expiry"));
	reply_clear(&t);
	make_token("{\"name\":\"p\",\"scopes\":[\"read\",\"read\"]}", header, id);
	rig_expect(&rig, "GET", "/v1/tokens?max_results=1", "", NULL, 200, "\"scopes\":[\"read\"]");
}
END_TEST

START_TEST(test_conditions__etag_304_and_if_match)
{
	struct reply_text t;
	char etag[512], header[600], value[512];

	first_release();
	rig_ask(&rig, "GET", "/v1/channels/stable", "", NULL, &t);
	reply_header(&t, "ETag", etag);
	ck_assert_str_eq(reply_header(&t, "Cache-Control", value), "no-cache");
	reply_clear(&t);
	snprintf(header, sizeof(header), "If-None-Match: \"x\", W/%s\r\n", etag);
	rig_ask(&rig, "GET", "/v1/channels/stable", header, NULL, &t);
	ck_assert_int_eq(t.status, 304);
	ck_assert_str_eq(reply_header(&t, "ETag", value), etag);
	reply_clear(&t);
	rig_ask(&rig, "GET", "/v1/channels/stable?pretty", header, NULL, &t);
	ck_assert_int_eq(t.status, 200);
	reply_clear(&t);
	rig_expect(&rig, "POST", "/v1/rollbacks", "If-Match: \"sha256:00\"\r\n",
		"{\"reason\":\"x\"}", 412, "precondition_failed");
	rig_expect(&rig, "PUT", "/v1/policy", "", "{}", 428, "precondition_required");
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	snprintf(header, sizeof(header), "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	rig_expect(&rig, "PUT", "/v1/policy", "If-Match: \"sha256:00\"\r\n", t.body, 412,
		"precondition_failed");
	rig_expect(&rig, "PUT", "/v1/policy?reason=same", header, t.body, 200, "\"policy\":{");
	rig_expect(&rig, "PUT", "/v1/policy", header, "{}", 422, "invalid_policy");
	rig_expect(&rig, "GET", "/v1/policy/versions", "", NULL, 200, "\"version\":1");
	reply_clear(&t);
}
END_TEST

START_TEST(test_conditions__the_etag_of_any_form_moves_the_channel)
{
	struct reply_text t;
	char etag[512], header[600], version[64];

	first_release();
	second_release(version);
	rig_ask(&rig, "GET", "/v1/channels/stable", "Accept: text/plain\r\n", NULL, &t);
	ck_assert_ptr_nonnull(strstr(t.body, "serial"));
	ck_assert_ptr_null(strchr(t.body, '{'));
	reply_header(&t, "ETag", etag);
	ck_assert_ptr_nonnull(strstr(etag, "-text\""));
	reply_clear(&t);
	snprintf(header, sizeof(header), "If-Match: %s\r\n", etag);
	rig_expect(&rig, "POST", "/v1/rollbacks", header, "{\"reason\":\"x\"}", 201, "1.0.0");
	rig_expect(&rig, "POST", "/v1/rollbacks", header, "{\"reason\":\"x\"}", 412, NULL);
}
END_TEST

START_TEST(test_conditions__release_is_immutable)
{
	struct reply_text before, after;
	char value[512], version[64];

	first_release();
	rig_ask(&rig, "GET", "/v1/releases/1.0.0", "", NULL, &before);
	ck_assert_ptr_nonnull(strstr(reply_header(&before, "Cache-Control", value), "immutable"));
	second_release(version);
	rig_ask(&rig, "GET", "/v1/releases/1.0.0", "", NULL, &after);
	ck_assert_str_eq(before.body, after.body);
	ck_assert_str_eq(
		reply_header(&before, "ETag", value), reply_header(&after, "ETag", (char[512]){0}));
	reply_clear(&before);
	reply_clear(&after);
}
END_TEST

START_TEST(test_idempotency__replays_what_was_answered)
{
	struct reply_text first, again;
	char value[512];

	rig_ask(&rig, "POST", "/v1/manifests", "Idempotency-Key: \"k 1\"\r\n", HF1, &first);
	rig_ask(&rig, "POST", "/v1/manifests", "Idempotency-Key: k 1\r\n", HF1, &again);
	ck_assert_int_eq(first.status, 201);
	ck_assert_int_eq(again.status, 201);
	ck_assert_str_eq(first.body, again.body);
	ck_assert_str_eq(reply_header(&first, "Idempotency-Replayed", value), "");
	ck_assert_str_eq(reply_header(&again, "Idempotency-Replayed", value), "true");
	reply_clear(&first);
	reply_clear(&again);
	rig_expect(&rig, "POST", "/v1/manifests?dry_run=true", "Idempotency-Key: k 1\r\n", HF1, 422,
		"idempotency_mismatch");
	rig_expect(&rig, "POST", "/v1/manifests", "Idempotency-Key: k 1\r\n", GCP1, 422,
		"idempotency_mismatch");
	rig_expect(&rig, "POST", "/v1/manifests", "Idempotency-Key: \"\"\r\n", GCP1, 400, NULL);
}
END_TEST

START_TEST(test_paging__shows_each_row_once)
{
	STRBUF_AUTO body = STRBUF_INIT(4096), path = STRBUF_INIT(512);
	char token[64], link[512];
	size_t seen = 0;

	for (int i = 1; i <= 7; i++) {
		strbuf_reset(&body);
		strbuf_addf(&body,
			"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"ns/fam-v%d\","
			"\"role\":\"textgen\",\"metrics\":{\"quality\":0.8},"
			"\"uri\":\"hf://ns/fam-v%d\"}]}",
			i, i);
		rig_expect(&rig, "POST", "/v1/manifests", "", body.buf, 201, NULL);
	}
	strbuf_addstr(&path, "/v1/artifacts?provider=hf&max_results=3");
	for (int page = 0; page < 3; page++) {
		struct reply_text t;

		rig_ask(&rig, "GET", path.buf, "", NULL, &t);
		ck_assert_msg(t.status == 200, "%s", t.all.buf);
		for (const char *p = t.body; (p = strstr(p, "\"id\":\"ns/fam-v")); p++)
			seen += (size_t)1 << (4 * (p[14] - '1'));
		if (page < 2) {
			rig_member(t.body, "next_page_token", token, sizeof(token));
			reply_header(&t, "Link", link);
			ck_assert_ptr_nonnull(
				strstr(link, "provider=hf&max_results=3&page_token="));
			ck_assert_ptr_nonnull(strstr(link, "; rel=\"next\""));
			strbuf_reset(&path);
			strbuf_add(&path, link + 1, strcspn(link + 1, ">"));
		} else {
			ck_assert_ptr_null(strstr(t.body, "next_page_token"));
		}
		reply_clear(&t);
	}
	ck_assert_uint_eq(seen, 0x1111111);
	strbuf_reset(&path);
	strbuf_addf(&path, "/v1/artifacts?provider=gcp&page_token=%s", token);
	rig_expect(&rig, "GET", path.buf, "", NULL, 400, "invalid_parameter");
	rig_expect(&rig, "GET", "/v1/artifacts?max_results=0", "", NULL, 400, "1 to 1000");
	rig_expect(&rig, "GET", "/v1/artifacts?max_results=1001", "", NULL, 400, "1 to 1000");
	rig_expect(&rig, "GET", "/v1/artifacts?phase=good", "", NULL, 400, "Succeeded");
	rig_expect(&rig, "GET", "/v1/artifacts?limit=3", "", NULL, 400, "max_results");
	rig_expect(&rig, "GET", "/v1/artifacts?role=textgen&phase=Succeeded", "", NULL, 200, NULL);
}
END_TEST

START_TEST(test_forms__text_json_and_nothing_else)
{
	struct reply_text t;
	char value[512];

	first_release();
	rig_ask(&rig, "GET", "/v1/artifacts", "Accept: text/plain\r\n", NULL, &t);
	ck_assert_int_eq(strncmp(t.body, "PROVIDER  ID ", 13), 0);
	ck_assert_str_eq(reply_header(&t, "Content-Type", value), "text/plain; charset=utf-8");
	reply_clear(&t);
	rig_expect(&rig, "GET", "/v1/releases/1.0.0", "Accept: text/plain\r\n", NULL, 200,
		"\ntextgen  hf        spiralverse/textgen-lora-v1 ");
	rig_expect(&rig, "GET", "/v1/merges/1.0.0-rc.1", "Accept: text/plain\r\n", NULL, 200,
		"\n\nSLOT     DETAIL\n");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/spiralverse/textgen-lora-v1",
		"Accept: text/plain\r\n", NULL, 200, "\nlatency ");
	rig_ask(&rig, "GET", "/v1/status?pretty", "", NULL, &t);
	ck_assert_int_eq(strncmp(t.body, "{\n  \"status\"", 12), 0);
	reply_clear(&t);
	rig_expect(
		&rig, "GET", "/v1/artifacts", "Accept: image/png\r\n", NULL, 406, "not_acceptable");
	rig_expect(
		&rig, "GET", "/metrics", "Accept: application/json\r\n", NULL, 406, "text/plain");
	rig_ask(&rig, "GET", "/openapi.json", "Accept: text/plain\r\n", NULL, &t);
	ck_assert_int_eq(t.status, 406);
	ck_assert_ptr_nonnull(strstr(t.body, "this route answers application/json\""));
	ck_assert_msg(!strstr(t.body, "text/plain"), "a form is offered that is not there");
	reply_clear(&t);
}
END_TEST

START_TEST(test_forms__ids_and_origins)
{
	struct reply_text t;
	char value[512];
	static const char *const origins[] = {"https://ops.example", NULL};

	rig_ask(&rig, "GET", "/livez", "X-Request-Id: mine-1\r\n", NULL, &t);
	ck_assert_str_eq(reply_header(&t, "X-Request-Id", value), "mine-1");
	ck_assert_str_eq(reply_header(&t, "X-Content-Type-Options", value), "nosniff");
	ck_assert_str_eq(reply_header(&t, "Access-Control-Allow-Origin", value), "");
	reply_clear(&t);
	rig_ask(&rig, "OPTIONS", "/v1/manifests", "", NULL, &t);
	ck_assert_int_eq(t.status, 204);
	ck_assert_str_eq(reply_header(&t, "Allow", value), "GET, HEAD, POST, OPTIONS");
	reply_clear(&t);
	rig_ask(&rig, "PATCH", "/v1/manifests", "", NULL, &t);
	ck_assert_int_eq(t.status, 405);
	ck_assert_str_eq(reply_header(&t, "Allow", value), "GET, HEAD, POST, OPTIONS");
	reply_clear(&t);
	rig_expect(&rig, "GET", "/v1/relases", "", NULL, 404, "Did you mean /v1/releases?");

	rig_close(&rig);
	rig_options(&rig);
	rig.options.cors_origins = origins;
	rig_open(&rig, true, true);
	rig_ask(&rig, "OPTIONS", "/v1/manifests",
		"Origin: https://ops.example\r\nAccess-Control-Request-Method: POST\r\n", NULL, &t);
	ck_assert_str_eq(
		reply_header(&t, "Access-Control-Allow-Origin", value), "https://ops.example");
	ck_assert_ptr_nonnull(
		strstr(reply_header(&t, "Access-Control-Allow-Headers", value), "Authorization"));
	reply_clear(&t);
	rig_ask(&rig, "GET", "/livez", "Origin: https://evil.example\r\n", NULL, &t);
	ck_assert_str_eq(reply_header(&t, "Access-Control-Allow-Origin", value), "");
	ck_assert_str_eq(reply_header(&t, "Vary", value), "Accept, Origin");
	reply_clear(&t);
}
END_TEST

START_TEST(test_forms__open_daemon_wants_its_own_name)
{
	struct reply_text t;
	static const char raw[] = "GET /livez HTTP/1.1\r\nHost: rebound.example\r\n\r\n";

	rig_close(&rig);
	scratch_remove();
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, false, true);
	int fd = rig_connect(&rig);

	rig_send(fd, raw, sizeof(raw) - 1);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 400);
	reply_clear(&t);
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("every route over HTTP, and who may do what");
	TCase *t = tcase_create("routes");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_test(t, test_routes__main_job);
	tcase_add_test(t, test_routes__manifest_answers);
	tcase_add_test(t, test_routes__bodies_are_checked_whole);
	tcase_add_test(t, test_routes__no_body_is_an_empty_object);
	tcase_add_test(t, test_routes__a_dry_run_says_so);
	tcase_add_test(t, test_routes__filters_name_what_they_take);
	tcase_add_test(t, test_routes__a_conflict_names_every_artifact);
	tcase_add_test(t, test_routes__the_policy_answers_with_its_tags);
	tcase_add_test(t, test_routes__nodes_are_taken_by_name);
	tcase_add_test(t, test_routes__observation_breach_rolls_back);
	tcase_add_test(t, test_auth__each_route_wants_its_scope);
	tcase_add_test(t, test_auth__submit_is_for_one_provider);
	tcase_add_test(t, test_auth__revocation_and_expiry_take_effect_at_once);
	tcase_add_test(t, test_auth__scopes_are_checked_with_the_rest_of_the_body);
	tcase_add_test(t, test_conditions__etag_304_and_if_match);
	tcase_add_test(t, test_conditions__the_etag_of_any_form_moves_the_channel);
	tcase_add_test(t, test_conditions__release_is_immutable);
	tcase_add_test(t, test_idempotency__replays_what_was_answered);
	tcase_add_test(t, test_paging__shows_each_row_once);
	tcase_add_test(t, test_forms__text_json_and_nothing_else);
	tcase_add_test(t, test_forms__ids_and_origins);
	tcase_add_test(t, test_forms__open_daemon_wants_its_own_name);
	suite_add_tcase(s, t);
	return s;
}
