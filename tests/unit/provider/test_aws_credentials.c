/* SPDX-License-Identifier: Apache-2.0
 *
 * Where AWS's credentials come from, in which order, when they are fetched anew, whom the container's
 * are fetched from, and that no error shows one. The servers are a script.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "provider/aws_credentials.h"
#include "provider/aws_error.h"
#include "provider/aws_xml.h"
#include "support/count.h"
#include "support/scratch.h"

Suite *test_suite(void);

enum { SENT_MAX = 16, VARIABLES_MAX = 16 };
#define NOW_TEXT "2026-11-24T12:00:00Z"
#define HOUR	 (INT64_C(3600) * USEC_PER_SEC)
#define MINUTE	 (INT64_C(60) * USEC_PER_SEC)

/* ---- The world ---- */

struct scripted {
	const char *method, *path; /* path begins with it */
	int status;		   /* 0: unreachable */
	const char *body;
};

static struct arena *arena, *of_call;
static struct fake_clock fake;
static struct provider_call call;
static const char *variables[VARIABLES_MAX][2];
static struct scripted script[SENT_MAX];
static struct {
	const char *url, *method, *body, *header;
} sent[SENT_MAX];
static size_t n_sent;

static const char *env(const char *name)
{
	for (size_t i = 0; i < VARIABLES_MAX && variables[i][0]; i++)
		if (strcmp(variables[i][0], name) == 0)
			return variables[i][1];
	return NULL;
}

static void set(const char *name, const char *value)
{
	size_t i = 0;

	while (variables[i][0] && strcmp(variables[i][0], name) != 0)
		i++;
	ck_assert_uint_lt(i, VARIABLES_MAX - 1);
	variables[i][0] = name;
	variables[i][1] = value;
}

static int fake_send(void *arg, const struct provider_call *c, struct session_request *r,
	const int *expected, struct http_response *ret, struct err *err)
{
	const struct http_request *h = &r->http;
	struct session_verdict ignored;

	ck_assert_uint_lt(n_sent, SENT_MAX);
	sent[n_sent].url = arena_printf(arena, "%s%s", h->server.base, h->path);
	sent[n_sent].method = h->method;
	sent[n_sent].body = h->body ? arena_strdup(arena, h->body) : NULL;
	sent[n_sent++].header = h->n_headers ? arena_printf(arena, "%s: %s", h->headers[0].name,
						       h->headers[0].value)
					     : "";
	for (size_t i = 0; i < SENT_MAX && script[i].method; i++) {
		const struct scripted *s = &script[i];

		if (strcmp(s->method, h->method) != 0 ||
			strncmp(h->path, s->path, strlen(s->path)) != 0)
			continue;
		if (!s->status)
			break;
		*ret = (struct http_response){
			.status = s->status, .body = s->body, .body_len = strlen(s->body)};
		for (; expected && *expected; expected++)
			if (*expected == s->status)
				return 0;
		if (s->status < 400)
			return 0;
		aws_judge(ret, clock_now(c->clock), c->arena, &ignored, err);
		return -1;
	}
	return err_set(err, ERR_UNREACHABLE, "%s: nobody there", h->server.base);
}

static void step(const struct provider_call *c, int64_t usec)
{
	fake_clock_step(&fake, usec);
}

static void setup(void)
{
	int64_t now;

	arena = arena_new();
	time_parse(NOW_TEXT, &now);
	fake_clock_init(&fake, now);
	of_call = arena_new();
	call = (struct provider_call){
		.clock = &fake.clock, .deadline = INT64_MAX, .arena = of_call, .wait = step};
	memset(variables, 0, sizeof(variables));
	memset(script, 0, sizeof(script));
	n_sent = 0;
	scratch_make();
}

static void teardown(void)
{
	scratch_remove();
	arena_free(of_call);
	arena_free(arena);
}

static struct aws_identity *make(const char *profile, const char *file)
{
	struct aws_identity_options o = {.profile = profile,
		.file = file,
		.sts = "https://sts.eu-west-1.amazonaws.com",
		.env = env,
		.send = fake_send};

	return aws_identity_new(&o);
}

static const char *put(const char *name, const char *content)
{
	char buf[SCRATCH_PATH];
	const char *path = arena_strdup(arena, scratch_file(buf, name));
	struct err err = {0};

	ck_assert_int_eq(file_replace(path, content, strlen(content), 0600, &err), 0);
	return path;
}

/* "id secret token source", or the error. What was read on the way is not left for others to find. */
static const char *get(struct aws_identity *i)
{
	struct sigv4_credentials c;
	struct err err = {0};
	int rc = aws_identity_get(i, &call, &c, &err);

	ck_assert_uint_eq(arena_used(of_call), 0);
	if (rc < 0)
		return arena_printf(arena, "%s: %s", err_info(err.code)->code, err.msg);
	return arena_printf(arena, "%s %s %s %s", c.id, c.secret, c.token ? c.token : "-",
		aws_identity_source(i));
}

static void expect(const char *profile, const char *file, const char *wanted)
{
	struct aws_identity *i = make(profile, file);

	ck_assert_str_eq(get(i), wanted);
	aws_identity_free(i);
}

static const char *sts_answer(const char *id, const char *expires)
{
	return arena_printf(arena,
		"<AssumeRoleWithWebIdentityResponse "
		"xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/"
		"\">\n<AssumeRoleWithWebIdentityResult><Audience>sts</Audience><Credentials>"
		"<SessionToken>to&amp;ken</SessionToken><SecretAccessKey>hidden</SecretAccessKey>"
		"<Expiration>%s</Expiration><AccessKeyId>%s</AccessKeyId></Credentials>"
		"</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
		expires, id);
}

static const char *agent_answer(const char *id, const char *expires)
{
	return arena_printf(arena,
		"{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"hidden\","
		"\"Token\":\"token\",\"Expiration\":\"%s\"}",
		id, expires);
}

/* ---- The order ---- */

START_TEST(test_aws_credentials__are_looked_for_in_order)
{
	const char *shared = put("credentials",
		"[default]\naws_access_key_id = FILE\naws_secret_access_key = hidden\n");

	set("AWS_EC2_METADATA_DISABLED", "");
	script[0] = (struct scripted){"PUT", "/latest/api/token", 200, "v2"};
	script[1] = (struct scripted){"GET", "/latest/meta-data/iam/security-credentials/trainer",
		200, agent_answer("INSTANCE", "2026-11-24T18:00:00Z")};
	script[2] = (struct scripted){
		"GET", "/latest/meta-data/iam/security-credentials/", 200, "trainer\n"};
	script[3] = (struct scripted){
		"GET", "/creds", 200, agent_answer("TASK", "2026-11-24T18:00:00Z")};
	script[4] = (struct scripted){"POST", "/", 200, sts_answer("WEB", "2026-11-24T13:00:00Z")};
	expect(NULL, NULL, "INSTANCE hidden token instance");
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds?id=1");
	expect(NULL, NULL, "TASK hidden token container");
	set("AWS_SHARED_CREDENTIALS_FILE", shared);
	expect(NULL, NULL, "FILE hidden - shared file");
	set("AWS_WEB_IDENTITY_TOKEN_FILE", put("token", "a+b/c\n"));
	set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r");
	expect(NULL, NULL, "WEB hidden to&ken web identity");
	set("AWS_ACCESS_KEY_ID", "ENV");
	set("AWS_SECRET_ACCESS_KEY", "hidden");
	expect(NULL, NULL, "ENV hidden - environment");
	/* What the section names goes before all. */
	expect("default", NULL, "FILE hidden - shared file");
	expect(NULL, shared, "FILE hidden - shared file");
}
END_TEST

START_TEST(test_aws_credentials__are_nowhere)
{
	set("AWS_EC2_METADATA_DISABLED", "true");
	expect(NULL, NULL,
		"config: there are no credentials: not in the environment, by a web identity, in "
		"the shared file, of a container or of an instance");
	ck_assert_uint_eq(n_sent, 0);
	/* A machine that is no instance, and one without a role. */
	set("AWS_EC2_METADATA_DISABLED", "false");
	struct aws_identity *i = make(NULL, NULL);
	ck_assert_ptr_nonnull(strstr(get(i), "there are no credentials"));
	script[0] = (struct scripted){"PUT", "/latest/api/token", 200, "v2"};
	script[1] = (struct scripted){"GET", "/latest/meta-data/", 404, "none"};
	ck_assert_ptr_nonnull(strstr(get(i), "there are no credentials"));
	/* One that has version 1 alone is not asked by it. */
	script[0].status = 405;
	n_sent = 0;
	ck_assert_ptr_nonnull(strstr(get(i), "credentials (instance)"));
	ck_assert_uint_eq(n_sent, 1);
	/* One that is busy is asked again, and is no missing one. */
	script[0].status = 503;
	n_sent = 0;
	const char *busy = get(i);
	ck_assert_msg(strstr(busy, "the metadata service of this instance answers 503") &&
			      strncmp(busy, err_info(ERR_UNREACHABLE)->code, 11) == 0,
		"%s", busy);
	ck_assert_uint_eq(n_sent, 3);
	aws_identity_free(i);
}
END_TEST

/* ---- What is asked ---- */

START_TEST(test_aws_credentials__asks_sts_without_a_signature)
{
	set("AWS_WEB_IDENTITY_TOKEN_FILE", put("token", "a+b/c==\n"));
	set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r");
	script[0] = (struct scripted){"POST", "/", 200, sts_answer("WEB", "2026-11-24T13:00:00Z")};
	expect(NULL, NULL, "WEB hidden to&ken web identity");
	ck_assert_str_eq(sent[0].url, "https://sts.eu-west-1.amazonaws.com/");
	ck_assert_str_eq(
		sent[0].header, "Content-Type: application/x-www-form-urlencoded; charset=utf-8");
	ck_assert_str_eq(sent[0].body,
		"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
		"123456789012%3Arole%2Fr&RoleSessionName=spiralfed&WebIdentityToken=a%2Bb%2Fc%3D%"
		"3D");
	/* The file is read anew each time. */
	set("AWS_ROLE_SESSION_NAME", "me");
	put("token", "second");
	expect(NULL, NULL, "WEB hidden to&ken web identity");
	ck_assert_ptr_nonnull(strstr(sent[1].body, "RoleSessionName=me&WebIdentityToken=second"));
}
END_TEST

START_TEST(test_aws_credentials__shows_the_agent_its_token)
{
	set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:81?role=x");
	set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from the environment");
	script[0] =
		(struct scripted){"GET", "/", 200, agent_answer("TASK", "2026-11-24T18:00:00Z")};
	expect(NULL, NULL, "TASK hidden token container");
	ck_assert_str_eq(sent[0].url, "http://127.0.0.1:81/?role=x");
	ck_assert_str_eq(sent[0].header, "Authorization: from the environment");
	set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", put("pod", "from the file\n"));
	expect(NULL, NULL, "TASK hidden token container");
	ck_assert_str_eq(sent[1].header, "Authorization: from the file");
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "v2/x");
	script[0].path = "/v2/x";
	expect(NULL, NULL, "TASK hidden token container");
	ck_assert_str_eq(sent[2].url, "http://169.254.170.2/v2/x");
}
END_TEST

static const struct {
	const char *url;
	bool taken;
} agents[] = {
	{"http://169.254.170.2/x", true},
	{"http://169.254.170.23/x", true},
	{"http://[fd00:ec2::23]/x", true},
	{"http://[::1]:80/x", true},
	{"http://127.9.8.7:1", true},
	{"http://localhost/", true},
	{"https://anywhere.example/x", true},
	{"http://anywhere.example/x", false},
	{"http://169.254.169.254/latest", false},
	{"http://10.0.0.1/", false},
	{"http://127.0.0.1.evil.example/", false},
	{"http://localhost@evil.example/", false},
	{"http://127.0.0.1@evil.example/", false},
	{"http://[fd00:ec2::24]/", false},
	{"http:///x", false},
	{"ftp://localhost/", false},
	{"localhost", false},
};

START_TEST(test_aws_credentials__asks_only_agents_that_are_near)
{
	struct err err = {0};

	ck_assert_msg((aws_container_check(agents[_i].url, &err) == 0) == agents[_i].taken,
		"%s: %s", agents[_i].url, err.msg);
}
END_TEST

static const struct {
	const char *url;
	bool taken;
} servers[] = {
	{"https://sts.example", true},
	{"http://127.0.0.1:9000", true},
	{"http://localhost:9000", true},
	{"http://[::1]:80/", true},
	{"http://169.254.169.254", true},
	{"http://[fd00:ec2::254]/", true},
	{"unix:/run/sts", true},
	{"http://sts.example", false},
	{"http://10.0.0.1:9000", false},
	{"http://127.0.0.1.evil.example", false},
	{"http://[fd00:ec2::1]", false},
	{"http://169.254.170.2", false},
};

START_TEST(test_aws_credentials__travel_in_the_clear_on_this_machine_alone)
{
	struct err err = {0};

	ck_assert_msg((aws_secret_check(servers[_i].url, &err) == 0) == servers[_i].taken, "%s: %s",
		servers[_i].url, err.msg);
}
END_TEST

/* ---- The shared file ---- */

START_TEST(test_aws_credentials__reads_profiles)
{
	set("AWS_EC2_METADATA_DISABLED", "true");
	const char *token = arena_printf(arena, "%0*d", 4000, 7);
	const char *path = put("c",
		arena_printf(arena,
			"# mine\n[default]\naws_access_key_id=A\naws_secret_access_key=hidden\n"
			"s3 =\n  addressing_style = path\n\n"
			"[ profile b ]\r\nAWS_ACCESS_KEY_ID = B\r\naws_secret_access_key = "
			"hid=den\r\n"
			"aws_session_token = %s\r\n[c]\nrole_arn = arn:aws:iam::1:role/x\n"
			"source_profile = default\n[d]\nregion = x\n[e]\naws_access_key_id = E\n",
			token));

	expect(NULL, path, "A hidden - shared file");
	expect("b", path, arena_printf(arena, "B hid=den %s shared file", token));
	expect("c", path,
		arena_printf(arena,
			"config: credentials (shared file): %s, profile c: role_arn is not "
			"supported; give it keys, or use a web identity, a container's or an "
			"instance's role",
			path));
	expect("d", path,
		arena_printf(arena,
			"config: credentials (shared file): %s holds no credentials for the "
			"profile d",
			path));
	expect("e", path,
		arena_printf(arena,
			"config: credentials (shared file): %s, profile e: aws_secret_access_key "
			"is missing",
			path));
	set("AWS_SHARED_CREDENTIALS_FILE", path);
	set("AWS_PROFILE", "b");
	expect(NULL, NULL, arena_printf(arena, "B hid=den %s shared file", token));
	set("AWS_PROFILE", "nobody");
	expect(NULL, NULL,
		arena_printf(arena,
			"config: credentials (shared file): %s holds no credentials for the "
			"profile nobody",
			path));
}
END_TEST

/* ---- Time ---- */

START_TEST(test_aws_credentials__are_fetched_a_quarter_of_an_hour_early)
{
	set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c");
	script[0] =
		(struct scripted){"GET", "/c", 200, agent_answer("FIRST", "2026-11-24T13:00:00Z")};
	struct aws_identity *i = make(NULL, NULL);

	ck_assert_str_eq(get(i), "FIRST hidden token container");
	script[0].body = agent_answer("SECOND", "2026-11-24T14:00:00Z");
	fake_clock_step(&fake, 44 * MINUTE);
	ck_assert_str_eq(get(i), "FIRST hidden token container");
	ck_assert_uint_eq(n_sent, 1);
	/* 12:46; the agent is gone: what is held serves, and is not asked for with every call. */
	script[0].status = 0;
	fake_clock_step(&fake, 2 * MINUTE);
	ck_assert_str_eq(get(i), "FIRST hidden token container");
	ck_assert_str_eq(get(i), "FIRST hidden token container");
	ck_assert_uint_eq(n_sent, 2);
	/* Until it has expired. */
	fake_clock_step(&fake, 14 * MINUTE);
	ck_assert_ptr_nonnull(strstr(get(i), "unreachable: credentials (container): "));
	script[0].status = 200;
	ck_assert_str_eq(get(i), "SECOND hidden token container");
	aws_identity_free(i);
}
END_TEST

START_TEST(test_aws_credentials__that_have_expired_are_told)
{
	set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c");
	script[0] =
		(struct scripted){"GET", "/c", 200, agent_answer("OLD", "2026-11-24T11:59:59Z")};
	expect(NULL, NULL, "io: credentials (container): they have expired");
}
END_TEST

START_TEST(test_aws_credentials__of_a_file_are_read_again)
{
	const char *path = put("c", "[default]\naws_access_key_id=A\naws_secret_access_key=x\n");
	struct aws_identity *i = make(NULL, path);

	ck_assert_str_eq(get(i), "A x - shared file");
	put("c", "[default]\naws_access_key_id=B\naws_secret_access_key=x\n");
	ck_assert_str_eq(get(i), "A x - shared file");
	fake_clock_step(&fake, MINUTE);
	ck_assert_str_eq(get(i), "B x - shared file");
	aws_identity_free(i);
}
END_TEST

START_TEST(test_aws_credentials__that_were_refused_are_fetched_again)
{
	set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/c");
	script[0] =
		(struct scripted){"GET", "/c", 200, agent_answer("FIRST", "2026-11-24T18:00:00Z")};
	struct aws_identity *i = make(NULL, NULL);

	get(i);
	ck_assert(!aws_identity_refused(i, &fake.clock));
	ck_assert_str_eq(get(i), "FIRST hidden token container");
	ck_assert_uint_eq(n_sent, 1);
	fake_clock_step(&fake, MINUTE);
	script[0].body = agent_answer("SECOND", "2026-11-24T18:00:00Z");
	ck_assert(aws_identity_refused(i, &fake.clock));
	ck_assert_str_eq(get(i), "SECOND hidden token container");
	aws_identity_free(i);
}
END_TEST

/* ---- What goes wrong ---- */

static const struct {
	const char *set[3][2];
	struct scripted script;
	const char *wanted;
} wrong[] = {
	{{{"AWS_ACCESS_KEY_ID", "HIDDEN"}}, {0},
		"config: credentials (environment): AWS_ACCESS_KEY_ID is set without "
		"AWS_SECRET_ACCESS_KEY"},
	{{{"AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"}}, {0},
		"config: credentials (web identity): AWS_WEB_IDENTITY_TOKEN_FILE is set without "
		"AWS_ROLE_ARN"},
	{{{"AWS_WEB_IDENTITY_TOKEN_FILE", "/dev/null"}, {"AWS_ROLE_ARN", "x"}}, {0}, "*"},
	{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/"}}, {0},
		"config: credentials (container): AWS_CONTAINER_CREDENTIALS_FULL_URI: over http "
		"only loopback and the agents' own addresses are asked"},
	{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/"}},
		{"GET", "/", 200, "{\"AccessKeyId\":\"HIDDEN\",\"SecretAccessKey\":\"HIDDEN"},
		"io: credentials (container): its answer is no JSON"},
	{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/"}},
		{"GET", "/", 200, "{\"AccessKeyId\":\"HIDDEN\",\"Token\":\"HIDDEN\"}"},
		"io: credentials (container): its answer holds no credentials"},
	{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/"}},
		{"GET", "/", 200,
			"{\"AccessKeyId\":\"HIDDEN\",\"SecretAccessKey\":\"HIDDEN\","
			"\"Expiration\":\"soon\"}"},
		"io: credentials (container): the Expiration in its answer is no time"},
	{{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/"}},
		{"GET", "/", 403, "{\"code\":\"AccessDenied\",\"message\":\"not you\"}"},
		"io: credentials (container): AccessDenied: not you (403)"},
};

START_TEST(test_aws_credentials__says_what_is_wrong_without_a_secret)
{
	for (size_t i = 0; i < 3 && wrong[_i].set[i][0]; i++)
		set(wrong[_i].set[i][0], wrong[_i].set[i][1]);
	script[0] = wrong[_i].script;
	struct aws_identity *i = make(NULL, NULL);
	const char *said = get(i);

	ck_assert_ptr_null(strstr(said, "HIDDEN"));
	if (strcmp(wrong[_i].wanted, "*") != 0)
		ck_assert_str_eq(said, wrong[_i].wanted);
	else
		ck_assert_ptr_nonnull(strstr(said, "credentials (web identity): "));
	aws_identity_free(i);
}
END_TEST

START_TEST(test_aws_credentials__tells_what_sts_said)
{
	set("AWS_WEB_IDENTITY_TOKEN_FILE", put("token", "secret-token"));
	set("AWS_ROLE_ARN", "x");
	script[0] = (struct scripted){"POST", "/", 400,
		"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>"
		"Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired: 1 must be "
		"&gt; 2</Message></Error><RequestId>abc</RequestId></ErrorResponse>"};
	expect(NULL, NULL,
		"config: credentials (web identity): ExpiredTokenException: Token expired: 1 must "
		"be > "
		"2 "
		"(400)");
	script[0] = (struct scripted){"POST", "/", 200, "<html>secret-token</html>"};
	expect(NULL, NULL, "io: credentials (web identity): STS answered without credentials");
}
END_TEST

/* ---- XML ---- */

static const struct {
	const char *xml, *text;
} xml[] = {
	{"<Error><Code>NoSuchKey</Code></Error>", "NoSuchKey"},
	{"<?xml version=\"1.0\"?><!-- <Code>no</Code> --><Error a=\"b\"><Code x='y'> a b </Code>",
		" a b "},
	{"<Code>&lt;&#65;&#x20AC;&amp;amp;</Code>", "<A\xE2\x82\xAC&amp;"},
	{"<Code/>", ""},
	{"<Code></Code>", ""},
	{"<CodeX>a</CodeX><Code>b</Code>", "b"},
	{"<a><![CDATA[<Code>no</Code>]]></a><Code>b</Code>", "b"},
	{"<Code>a<b/></Code>", NULL},
	{"<Code>a", NULL},
	{"<Code>a</Cod", NULL},
	{"<Code", NULL},
	{"<Code>&nbsp;</Code>", NULL},
	{"<Code>&#0;</Code>", NULL},
	{"<Code>&#xD800;</Code>", NULL},
	{"<Code>&#x110000;</Code>", NULL},
	{"<Code>&</Code>", NULL},
	{"<Code>\xFF</Code>", NULL},
	{"<!DOCTYPE x [<!ENTITY a \"b\">]><Code>&a;</Code>", NULL},
	{"<!-- <Code>a</Code>", NULL},
	{"", NULL},
	{"Code", NULL},
};

START_TEST(test_aws_credentials__takes_a_text_out_of_xml)
{
	/* As long as it is and no longer, so that a read beyond it is seen. */
	size_t len = strlen(xml[_i].xml);
	FREE_AUTO char *exact = xmalloc(len + 1);

	memcpy(exact, xml[_i].xml, len);
	const char *text = aws_xml_text(exact, len, "Code", arena);
	ck_assert_msg(xml[_i].text ? text && !strcmp(text, xml[_i].text) : !text, "%s: %s",
		xml[_i].xml, text ? text : "NULL");
}
END_TEST

/* ---- Errors ---- */

static const struct {
	int status;
	const char *type, *body, *wanted;
	bool passing, unhealthy, credentials, denied;
} errors[] = {
	{400, NULL, "{\"__type\":\"com.amazon#ThrottlingException:http://x\",\"message\":\"slow\"}",
		"ThrottlingException: slow (400)", true, false, false},
	{400, "ValidationException:http://x", "{\"Message\":\"bad\"}",
		"ValidationException: bad (400)", false, false, false},
	{403, NULL, "{\"__type\":\"ExpiredTokenException\",\"Message\":\"old\"}",
		"ExpiredTokenException: old (403)", false, false, true},
	{403, NULL, "<Error><Code>InvalidAccessKeyId</Code><Message>?</Message></Error>",
		"InvalidAccessKeyId: ? (403)", false, false, true},
	{403, NULL, "<Error><Code>AccessDenied</Code></Error>",
		"AccessDenied: without a message (403)", false, false, false, true},
	{503, NULL, "<Error><Code>SlowDown</Code><Message>Please</Message></Error>",
		"SlowDown: Please (503)", true, false, false},
	{500, NULL, "<Error><Code>InternalError</Code><Message>x</Message></Error>",
		"InternalError: x (500)", true, true, false},
	{503, NULL, "<html>", "AWS refused (503)", true, true, false},
	{400, NULL, "<Error><Code>RequestTimeout</Code><Message>x</Message></Error>",
		"RequestTimeout: x (400)", true, false, false},
	{429, NULL, "", "AWS refused (429)", true, false, false},
	{501, NULL, "", "AWS refused (501)", false, true, false},
	{400, NULL, "{\"message\":\"line\\u000aline\"}", "line line (400)", false, false, false},
};

START_TEST(test_aws_credentials__understands_refusals)
{
	const struct http_header header = {"X-Amzn-ErrorType", errors[_i].type};
	struct http_response r = {.status = errors[_i].status,
		.headers = &header,
		.n_headers = errors[_i].type != NULL,
		.body = errors[_i].body,
		.body_len = strlen(errors[_i].body)};
	struct session_verdict v;
	struct err err = {0};

	aws_judge(&r, 0, arena, &v, &err);
	ck_assert_str_eq(err.msg, errors[_i].wanted);
	ck_assert_int_eq(v.passing, errors[_i].passing);
	ck_assert_int_eq(v.unhealthy, errors[_i].unhealthy);
	ck_assert_int_eq(err.code, v.passing		    ? ERR_UNREACHABLE
				   : errors[_i].credentials ? ERR_CONFIG
							    : ERR_IO);
	ck_assert_int_eq(aws_error_is(&err, "AccessDenied"), errors[_i].denied);
	err_wrap(&err, "context");
	ck_assert_int_eq(aws_error_is(&err, "AccessDenied"), errors[_i].denied);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("AWS credentials");
	TCase *tc = tcase_create("credentials");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_aws_credentials__are_looked_for_in_order);
	tcase_add_test(tc, test_aws_credentials__are_nowhere);
	tcase_add_test(tc, test_aws_credentials__asks_sts_without_a_signature);
	tcase_add_test(tc, test_aws_credentials__shows_the_agent_its_token);
	tcase_add_loop_test(
		tc, test_aws_credentials__asks_only_agents_that_are_near, 0, COUNT(agents));
	tcase_add_loop_test(tc, test_aws_credentials__travel_in_the_clear_on_this_machine_alone, 0,
		COUNT(servers));
	tcase_add_test(tc, test_aws_credentials__reads_profiles);
	tcase_add_test(tc, test_aws_credentials__are_fetched_a_quarter_of_an_hour_early);
	tcase_add_test(tc, test_aws_credentials__that_have_expired_are_told);
	tcase_add_test(tc, test_aws_credentials__of_a_file_are_read_again);
	tcase_add_test(tc, test_aws_credentials__that_were_refused_are_fetched_again);
	tcase_add_loop_test(
		tc, test_aws_credentials__says_what_is_wrong_without_a_secret, 0, COUNT(wrong));
	tcase_add_test(tc, test_aws_credentials__tells_what_sts_said);
	tcase_add_loop_test(tc, test_aws_credentials__takes_a_text_out_of_xml, 0, COUNT(xml));
	tcase_add_loop_test(tc, test_aws_credentials__understands_refusals, 0, COUNT(errors));
	suite_add_tcase(s, tc);
	return s;
}
