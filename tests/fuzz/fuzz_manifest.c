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

enum { EVIDENCE_MAX = 8 };

static int by_digest(const void *a, const void *b)
{
	return strcmp((*(const struct unit *const *)a)->content_digest,
		(*(const struct unit *const *)b)->content_digest);
}

/* Another of the manifest's units, or none: a unit never stands against itself. */
static const struct unit *other(const struct parsed_manifest *m, size_t i, const struct unit * not )
{
	const struct unit *u = i < m->manifest.artifacts.n ? &m->units[i] : NULL;

	return u && (!not || strcmp(u->content_digest, not ->content_digest) != 0) ? u : NULL;
}

/* Judge unit i as if the units before it were live and all others spoke about it. */
static void judge_one(const struct parsed_manifest *m, size_t i, struct arena *a)
{
	const struct unit *evidence[EVIDENCE_MAX];
	struct judge_input in = {.policy = &policy,
		.candidate = {.unit = &m->units[i], .evidence = evidence},
		.baseline = {.unit = other(m, i - 1, &m->units[i]), .evidence = evidence},
		.look = (int64_t)(i % 5),
		.contenders = (int64_t)(i % 3)};
	struct judgement j = {0};
	struct err err = {0};
	json_auto_t *value = NULL;
	size_t n = 0;

	for (size_t k = 0; k < m->manifest.artifacts.n && n < EVIDENCE_MAX; k++)
		if (k != i)
			evidence[n++] = &m->units[k];
	qsort(evidence, n, sizeof(evidence[0]), by_digest);
	in.candidate.n_evidence = n;
	if (in.baseline.unit) {
		in.baseline.n_evidence = n;
		in.anchor.unit = other(m, i - 2, in.baseline.unit);
	}
	judge(&in, a, &j);
	CLAIM(names_of(&phase_names, j.phase));
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
		judge_one(&m, i, a);
	check_again(&m, a);
	return 0;
}
