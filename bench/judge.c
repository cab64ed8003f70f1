/* SPDX-License-Identifier: Apache-2.0
 *
 * How many candidates a second the gates judge, and how that compares with parsing the same manifests
 * with jansson alone. Each candidate has the full form (samples, pairs, a histogram, two suites with
 * categories), one piece of evidence that is pooled in, a baseline with samples and an anchor.
 *
 *	judge [N...]		(1000 10000)
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/verdict.h"
#include "gen/embed.h"
#include "model/manifest.h"
#include "policy/judge.h"

static const char manifest_format[] =
	"{\"provider\":\"hf\",\"eval_suite\":{\"name\":\"core\",\"version\":\"3\",\"digest\":"
	"\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"},"
	"\"artifacts\":[{\"id\":\"s/%s-v%d\",\"role\":\"%s\",\"uri\":\"hf://s/t\"%s,\"metrics\":{"
	"\"task_accuracy\":{\"value\":%.17g,\"n\":1318,\"successes\":%d%s},"
	"\"quality\":{\"value\":%.17g,\"n\":1318,\"successes\":%d},"
	"\"safety\":{\"value\":0.99,\"n\":2000,\"successes\":1980},"
	"\"latency_ms_p95\":{\"value\":180,\"histogram\":{\"bounds\":[50,100,150,200,250,500],"
	"\"counts\":[100,400,900,500,80,15,5]}},"
	"\"cost_per_1k_tokens\":{\"value\":0.7,\"n\":1000,\"stderr\":0.01}},"
	"\"suites\":{\"policy\":{\"total\":5000,\"passed\":4999,\"by_category\":{"
	"\"self_harm\":{\"total\":2500,\"passed\":2500},\"fraud\":{\"total\":2500,\"passed\":2499}}"
	"},"
	"\"adversarial\":{\"total\":5000,\"passed\":4998}}}]}";

/* The processor's time: the neighbours on a shared machine are none of ours. */
static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "judge: %s\n", what);
	exit(1);
}

static char *make(struct arena *a, const char *family, int number, const char *role,
	const char *subject, int successes, const char *paired)
{
	double value = successes / 1318.0;

	return arena_printf(a, manifest_format, family, number, role, subject, value, successes,
		paired, value, successes);
}

static const struct unit *parse(struct arena *a, const char *text, const struct policy *policy)
{
	struct parsed_manifest *p = ARENA_NEW(a, struct parsed_manifest);
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	if (manifest_parse(text, strlen(text), policy, a, p, &faults, &err) < 0)
		die(faults.n ? faults.list[0].detail : err.msg);
	return &p->units[0];
}

struct times {
	double jansson, parse, judge, text;
};

static void run_one(int i, const struct judge_input *base, struct arena *a, struct times *t)
{
	const char *paired =
		",\"paired\":{\"baseline\":\"s/textgen-v1\",\"b\":95,\"c\":60,\"n\":1318}";
	char *text = make(a, "textgen", i + 2, "textgen", "", 1100 + i % 60, paired);
	char *more = make(a, "eval", i + 2, "eval", ",\"subject\":\"s/textgen-v2\"", 1110, "");
	struct judge_input in = *base;
	struct judgement j;
	double begin = now_s();
	size_t len;

	for (int k = 0; k < 2; k++)
		json_decref(json_loads(k ? more : text, 0, NULL));
	t->jansson += now_s() - begin;
	begin = now_s();
	in.candidate.unit = parse(a, text, in.policy);
	const struct unit *evidence = parse(a, more, in.policy);
	t->parse += now_s() - begin;
	begin = now_s();
	in.candidate.evidence = &evidence;
	in.candidate.n_evidence = 1;
	judge(&in, a, &j);
	t->judge += now_s() - begin;
	begin = now_s();
	judgement_text(&j, a, &len);
	t->text += now_s() - begin;
}

static void run(int n, const struct judge_input *base)
{
	ARENA_AUTO a = arena_new();
	struct times t = {0};

	for (int i = 0; i < n; i++) {
		arena_reset(a);
		run_one(i, base, a, &t);
	}
	printf("%6d candidates: %7.0f judged a second, ratio to jansson alone %.2f; their text "
	       "written %.2f, our parsing %.2f\n",
		n, n / t.judge, t.judge / t.jansson, t.text / t.jansson, t.parse / t.jansson);
}

int main(int argc, char **argv)
{
	ARENA_AUTO a = arena_new();
	struct policy policy;
	const char *canonical;
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	if (policy_parse(embed_policy_json, embed_policy_json_len, a, &policy, &canonical, &faults,
		    &err) < 0)
		die("the built-in policy is none");
	const struct judge_input base = {
		.baseline.unit = parse(a, make(a, "textgen", 1, "textgen", "", 1080, ""), &policy),
		.anchor.unit =
			parse(a, make(a, "textgen-old", 1, "textgen", "", 1070, ""), &policy),
		.policy = &policy,
		.look = 1,
		.contenders = 1,
	};

	if (argc == 1) {
		run(1000, &base);
		run(10000, &base);
	}
	for (int i = 1; i < argc; i++)
		run((int)strtol(argv[i], NULL, 10), &base);
	return 0;
}
