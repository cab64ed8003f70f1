/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a file that training left behind: read or refused with a sentence, and what is taken of it
 * makes a manifest that the daemon's own parser understands as JSON. The first byte says what the file
 * is called.
 */
#include "fuzz.h"

#include <math.h>

#include "base/jcs.h"
#include "model/harvest.h"
#include "model/manifest.h"
#include "model/policy.h"

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

/* What harvest_manifest says yes to is JSON, and has no fault of shape. */
static void make(struct harvest *h, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(64 << 20);
	struct harvest_target t = {
		.provider = "hf", .role = "textgen", .id = "ns/model-v1", .cost_per_hour = NAN};
	struct parsed_manifest m;
	struct faults faults;
	struct err err = {0};

	if (harvest_settle(h, &t, &err) || harvest_manifest(h, &t, &out, &err)) {
		CLAIM(err.msg[0]);
		return;
	}
	faults_init(&faults);
	if (manifest_parse(out.buf, out.len, &policy, a, &m, &faults, &err) < 0)
		CLAIM(faults.total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"out/a.json", "README.md", "r.jsonl", "adapter_config.json", "r.yaml", "hey.txt"};
	ARENA_AUTO a = arena_new();
	struct harvest h;
	struct err err = {0};

	if (!size)
		return 0;
	const char *name = names[data[0] % (sizeof(names) / sizeof(names[0]))];
	const char *bytes = arena_strndup(a, (const char *)data + 1, size - 1);
	harvest_init(&h, a);
	if (harvest_read(&h, name, bytes, size - 1, &err) != HARVEST_READ) {
		CLAIM(err.msg[0]);
		return 0;
	}
	make(&h, a);
	return 0;
}
