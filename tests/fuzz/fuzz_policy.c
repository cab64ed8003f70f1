/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a policy: refused with reasons, or a policy under which a unit can be judged, whose
 * canonical form is itself, and whose difference from the built-in one can be told.
 */
#include "fuzz.h"

#include "base/jcs.h"
#include "engine/render.h"
#include "model/document_diff.h"
#include "model/manifest.h"
#include "policy/judge.h"

static struct arena *arena; /* for as long as the process runs */
static struct policy built_in;
static const char *built_in_text;
static struct parsed_manifest units;

static const char manifest[] =
	"{\"provider\":\"hf\",\"artifacts\":["
	"{\"id\":\"s/t-v1\",\"role\":\"textgen\",\"uri\":\"hf://s/"
	"t-v1\",\"metrics\":{\"quality\":0.8,"
	"\"safety\":0.97,\"latency_ms_p95\":100,\"cost_per_1k_tokens\":0.5},"
	"\"suites\":{\"policy\":{\"total\":1000,\"passed\":1000}}},"
	"{\"id\":\"s/t-v2\",\"role\":\"textgen\",\"uri\":\"hf://s/t-v2\",\"metrics\":{"
	"\"quality\":{\"value\":0.85,\"n\":2000},\"safety\":{\"value\":0.99,\"n\":5000},"
	"\"latency_ms_p95\":100,\"cost_per_1k_tokens\":0.5,\"task_accuracy\":0.9},"
	"\"suites\":{\"policy\":{\"total\":1000,\"violations\":1}}}]}";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct faults faults;
	struct err err = {0};

	jcs_setup();
	arena = arena_new();
	faults_init(&faults);
	CLAIM(policy_parse(embed_policy_json, embed_policy_json_len, arena, &built_in,
		      &built_in_text, &faults, &err) == 0);
	CLAIM(manifest_parse(manifest, sizeof(manifest) - 1, &built_in, arena, &units, &faults,
		      &err) == 0);
	return 0;
}

static void judge_under(
	const struct policy *p, const struct unit *u, const struct unit *baseline, struct arena *a)
{
	struct judgement j = {0};
	struct err err = {0};
	json_auto_t *value = NULL;

	judge_unit(u, baseline, p, a, &j);
	CLAIM(names_of(&phase_names, j.phase));
	const char *gates = gates_render(&j, a);

	CLAIM(jcs_load(gates, strlen(gates), &value, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	struct policy p, again;
	struct document_change *changes;
	struct faults faults;
	struct err err = {0};
	const char *text, *text_again;

	faults_init(&faults);
	if (policy_parse((const char *)data, size, a, &p, &text, &faults, &err) < 0) {
		CLAIM_TOLD(faults, err);
		return 0;
	}
	CLAIM(policy_parse(text, strlen(text), a, &again, &text_again, &faults, &err) == 0);
	CLAIM(strcmp(text, text_again) == 0 && strcmp(p.digest, again.digest) == 0);
	CLAIM((document_diff(built_in_text, text, a, &changes) == 0) ==
		(strcmp(text, built_in_text) == 0));
	judge_under(&p, &units.units[0], NULL, a);
	judge_under(&p, &units.units[1], &units.units[0], a);
	return 0;
}
