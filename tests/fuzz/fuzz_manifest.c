/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a manifest: refused with reasons, or parsed, judged and rendered. Its canonical form is
 * the same manifest, its verdict is JSON, and the search for the provider finds what the parser found.
 */
#include "fuzz.h"

#include "api/peek.h"
#include "base/jcs.h"
#include "engine/render.h"
#include "model/manifest.h"
#include "policy/judge.h"

static struct arena *arena; /* for as long as the process runs */
static struct policy policy;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct faults faults;
	struct err err = {0};
	const char *canonical;

	jcs_setup();
	arena = arena_new();
	faults_init(&faults);
	CLAIM(policy_parse(embed_policy_json, embed_policy_json_len, arena, &policy, &canonical,
		      &faults, &err) == 0);
	return 0;
}

static void judge(const struct unit *u, const struct unit *baseline, struct arena *a)
{
	struct judgement j = {0};
	struct err err = {0};
	json_auto_t *value = NULL;

	if (baseline && strcmp(baseline->content_digest, u->content_digest) == 0)
		baseline = NULL;
	judge_unit(u, baseline, &policy, a, &j);
	CLAIM(j.phase >= 0 && names_of(&phase_names, j.phase));
	const char *gates = gates_render(&j, a);

	CLAIM(jcs_load(gates, strlen(gates), &value, &err) == 0);
}

static void check_again(const struct parsed_manifest *m, struct arena *a)
{
	struct parsed_manifest again;
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	CLAIM(manifest_parse(m->canonical, m->canonical_len, &policy, a, &again, &faults, &err) ==
		0);
	CLAIM(strcmp(m->digest, again.digest) == 0);
	for (size_t i = 0; i < m->manifest.artifacts.n; i++)
		CLAIM(strcmp(m->units[i].content_digest, again.units[i].content_digest) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;
	struct faults faults;
	struct err err = {0};
	const char *provider = NULL;

	faults_init(&faults);
	enum peek peek = peek_string((const char *)data, size, "provider", a, &provider);

	if (manifest_parse((const char *)data, size, &policy, a, &m, &faults, &err) < 0) {
		CLAIM_TOLD(faults, err);
		return 0;
	}
	CLAIM(peek != PEEK_ABSENT);
	CLAIM(peek == PEEK_UNSURE || strcmp(provider, m.manifest.provider) == 0);
	for (size_t i = 0; i < m.manifest.artifacts.n; i++)
		judge(&m.units[i], i ? &m.units[i - 1] : NULL, a);
	check_again(&m, a);
	return 0;
}
