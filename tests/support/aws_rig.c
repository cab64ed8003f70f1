/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for Amazon and a connector that asks it, for the tests of the connector.
 */
#include "support/aws_rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "net/http.h"
#include "provider/aws.h"

#define PYTHON "/usr/bin/python3"
enum { ANSWER_MAX = 16 << 20 };

#define MANIFEST                                                                                \
	"{\\'provider\\':\\'aws\\',\\'artifacts\\':[{\\'id\\':\\'s/runtime-v%%d\\',\\'role\\':" \
	"\\'runtime\\',\\'uri\\':\\'s3://models/x\\',\\'metrics\\':{\\'quality\\':0.8}}]}"

static pid_t stand_in;
struct aws_rig aws_rig;

/* ---- The stand-in, one for all tests ---- */

static void begin(void)
{
	char script[SCRATCH_PATH];
	int ends[2];
	ssize_t n = 0, len = 0;

	scratch_make();
	scratch_file(aws_rig.folder, "keys");
	ck_assert_int_eq(dir_make(aws_rig.folder, 0700, NULL), 0);
	snprintf(script, sizeof(script), "%s/tests/stand-in/aws.py", getenv("SRC"));
	ck_assert_int_eq(pipe(ends), 0);
	stand_in = fork();
	if (stand_in == 0) {
		dup2(ends[1], 1);
		execl(PYTHON, PYTHON, script, "--page", "4", "--folder", aws_rig.folder, NULL);
		_exit(127);
	}
	close(ends[1]);
	while (len < (ssize_t)sizeof(aws_rig.url) - 1 && !memchr(aws_rig.url, '\n', (size_t)len) &&
		(n = read(ends[0], aws_rig.url + len, sizeof(aws_rig.url) - 1 - (size_t)len)) > 0)
		len += n;
	close(ends[0]);
	ck_assert_msg(len > 0, "the stand-in did not start");
	aws_rig.url[strcspn(aws_rig.url, "\n")] = '\0';
}

static void end(void)
{
	kill(stand_in, SIGTERM);
	waitpid(stand_in, NULL, 0);
	scratch_remove();
}

const char *aws_rig_quoted(const char *text)
{
	char *out = arena_strdup(aws_rig.arena, text);

	for (char *p = out; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return out;
}

const char *aws_rig_control(const char *method, const char *what, const char *body)
{
	struct http_request r = {.method = method,
		.path = arena_printf(aws_rig.arena, "/_control/%s", what),
		.body = body ? aws_rig_quoted(body) : "",
		.timeout = 10 * USEC_PER_SEC,
		.cap = ANSWER_MAX};
	struct http_response answer;
	struct err failed = {0};

	r.body_len = strlen(r.body);
	ck_assert_int_eq(http_server_parse(aws_rig.url, aws_rig.arena, &r.server, &failed), 0);
	ck_assert_msg(http_perform(&r, aws_rig.arena, &answer, &failed) == 0, "%s", failed.msg);
	ck_assert_msg(answer.status / 100 == 2, "%s: %d %s", what, answer.status, answer.body);
	return answer.body;
}

int64_t aws_rig_counted(const char *what)
{
	const char *stats = aws_rig_control("GET", "stats", NULL);
	const char *at = strstr(stats, arena_printf(aws_rig.arena, "\"%s\": ", what));

	return at ? strtoll(at + strlen(what) + 4, NULL, 10) : 0;
}

/* ---- The connector ---- */

const char *aws_rig_env(const char *name)
{
	if (!aws_rig.as_task)
		return strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0
			       ? arena_printf(aws_rig.arena, "%s/credentials", aws_rig.folder)
			       : NULL;
	if (strcmp(name, "AWS_CONTAINER_CREDENTIALS_FULL_URI") == 0)
		return arena_printf(aws_rig.arena, "%s/agent/task", aws_rig.url);
	if (strcmp(name, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") == 0)
		return arena_printf(aws_rig.arena, "%s/pod.token", aws_rig.folder);
	return NULL;
}

static void step(const struct provider_call *c, int64_t usec)
{
	aws_rig.waited += usec;
	fake_clock_step(&aws_rig.fake, usec);
}

struct connector_options aws_rig_options(const char *group)
{
	return (struct connector_options){.provider = "aws",
		.region = "eu-west-1",
		.endpoint = aws_rig.url,
		.group = group,
		.name_space = "spiralverse",
		.role = "runtime",
		.pipeline = "distil-runtime",
		.metrics = "quality=accuracy"};
}

void aws_rig_open_with(const struct connector_options *o)
{
	connector_aws.close(aws_rig.connector);
	aws_rig.connector = NULL;
	ck_assert_msg(aws_open_with(o, aws_rig_env, &aws_rig.connector, &aws_rig.err) == 0, "%s",
		aws_rig.err.msg);
}

void aws_rig_open_group(const char *group)
{
	const struct connector_options o = aws_rig_options(group);

	aws_rig_open_with(&o);
}

static void setup(void)
{
	aws_rig.arena = arena_new();
	aws_rig.err = (struct err){0};
	aws_rig.as_task = false;
	aws_rig.waited = 0;
	fake_clock_init(&aws_rig.fake, clock_now(clock_system()));
	aws_rig.call = (struct provider_call){.clock = &aws_rig.fake.clock,
		.deadline = INT64_MAX,
		.arena = aws_rig.arena,
		.wait = step};
	aws_rig_control("DELETE", "fault", NULL);
	aws_rig_control("POST", "clock", "{'offset':0}");
}

static void teardown(void)
{
	connector_aws.close(aws_rig.connector);
	aws_rig.connector = NULL;
	arena_free(aws_rig.arena);
}

void aws_rig_seed_aged(const char *group, int count, int days)
{
	aws_rig_control("POST", "seed",
		arena_printf(aws_rig.arena,
			"{'count':%d,'group':'%s','bucket':'models','age':%d,'manifest':'" MANIFEST
			"'}",
			count, group, days * 86400));
}

void aws_rig_seed(const char *group, int count)
{
	aws_rig_seed_aged(group, count, 0);
}

const char *aws_rig_create(const char *group, const char *more)
{
	const char *answer = aws_rig_control("POST", "create",
		arena_printf(aws_rig.arena,
			"{'ModelPackageGroupName':'%s','ModelApprovalStatus':'Approved'%s%s}",
			group, *more ? "," : "", more));

	answer = strchr(answer, ':') + 3;
	return arena_strndup(aws_rig.arena, answer, strcspn(answer, "\""));
}

void aws_rig_put(const char *key, const char *text)
{
	aws_rig_control("POST", "object",
		arena_printf(
			aws_rig.arena, "{'bucket':'models','key':'%s','text':'%s'}", key, text));
}

struct source_listing aws_rig_list(void)
{
	struct source_listing l = {0};

	ck_assert_msg(connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err) == 0,
		"%s", aws_rig.err.msg);
	return l;
}

int aws_rig_fetch_it(const char *arn, struct source_document *ret)
{
	const struct source_entry entry = {arn, "", NULL};

	aws_rig.err = (struct err){0};
	return connector_aws.fetch(aws_rig.connector, &aws_rig.call, &entry, ret, &aws_rig.err);
}

const char *aws_rig_fetched(const char *arn)
{
	struct source_document d;

	ck_assert_msg(aws_rig_fetch_it(arn, &d) == FETCH_DONE, "%s", aws_rig.err.msg);
	ck_assert_uint_eq(strlen(d.text), d.len);
	return d.text;
}

void aws_rig_later(int64_t usec)
{
	int64_t offset = aws_rig.fake.wall - clock_now(clock_system()) + usec;

	fake_clock_step(&aws_rig.fake, usec);
	aws_rig_control("POST", "clock",
		arena_printf(aws_rig.arena, "{'offset':%lld}", (long long)(offset / USEC_PER_SEC)));
}

Suite *aws_rig_suite(const char *title, const char *name, TCase **ret)
{
	Suite *s = suite_create(title);
	TCase *t = tcase_create(name);

	*ret = t;
	if (access(PYTHON, X_OK) < 0) {
		puts(PYTHON " is missing: the stand-in for Amazon can't run");
		return s;
	}
	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, begin, end);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return s;
}
