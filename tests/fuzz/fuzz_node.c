/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes for the nodes' library: as an envelope they are never taken; signed as a payload, read as a
 * fusion block and as a state they are taken whole or refused, and what was taken can be used.
 */
#include "fuzz.h"

#include "model/attestation.h"
#include "model/dsse.h"
#include "spiralfed/node.h"

enum { MEMORY = 1 << 16, ENVELOPE = 1 << 20 };

enum { KEYS = 2 };

static struct sign_key *keys[KEYS];
static struct spiralfed_key trusted; /* the first */
static char *overlap;		     /* an envelope that both signed */
static size_t overlap_len;

static const char pointer[] =
	"{\"channel\":\"stable\",\"digest\":\"sha256:"
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"expires\":"
	"\"2027-01-01T00:00:00Z\",\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":"
	"\"spiralfed.channel/v1\",\"serial\":7,\"version\":\"1.2.3\",\"warm\":[]}";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	ARENA_AUTO a = arena_new();
	const char *pem;

	for (size_t i = 0; i < KEYS; i++)
		keys[i] = sign_key_make(NULL);
	pem = sign_public_to_pem(sign_key_public(keys[0]), a);
	CLAIM(spiralfed_key_pem(pem, strlen(pem), &trusted) == SPIRALFED_OK);

	STRBUF_AUTO envelope = STRBUF_INIT(ENVELOPE);

	dsse_write(&envelope, POINTER_PAYLOAD_TYPE, pointer, sizeof(pointer) - 1,
		(const struct sign_key *const *)keys, KEYS);
	overlap = strdup(envelope.buf);
	overlap_len = envelope.len;
	return 0;
}

static void as_pointer(const char *text, size_t len)
{
	struct spiralfed_state state = {0}, again;
	struct spiralfed_pointer p;
	char line[SPIRALFED_STATE_MAX];

	if (spiralfed_pointer_verify(&trusted, 1, "stable", text, len, 1, &state, &p) !=
		SPIRALFED_MOVED)
		return;
	CLAIM(p.serial > 0 && p.n_warm <= SPIRALFED_WARM_MAX && p.issued < p.expires);
	CLAIM(spiralfed_pointer_verify(&trusted, 1, "stable", text, len, 1, &state, &p) ==
		SPIRALFED_UNCHANGED);
	len = spiralfed_state_write(&state, line, sizeof(line));
	CLAIM(len && spiralfed_state_read(line, len, &again) == SPIRALFED_OK);
	CLAIM(again.serial == state.serial);
}

static void use(const struct spiralfed_fusion *f)
{
	const struct spiralfed_field field = {
		.name = "prompt_type", .type = SPIRALFED_STRING, .string = "code"};
	struct spiralfed_choice choice;
	struct spiralfed_ballot ballot;
	const char *target;

	CLAIM(spiralfed_route(f, &field, 1, &choice) == SPIRALFED_OK);
	CLAIM(choice.route && choice.target);
	if (strncmp(choice.target, "ensemble:", 9) == 0 &&
		spiralfed_vote(f, choice.target + 9, NULL, 0, &ballot) == SPIRALFED_OK)
		CLAIM(ballot.label && ballot.reason);
	if (strncmp(choice.target, "split:", 6) == 0 &&
		spiralfed_split(f, choice.target + 6, &field, 1, &target) == SPIRALFED_OK)
		CLAIM(target);
}

static void as_block(const char *text, size_t len)
{
	static const char *const providers[] = {"hf", "gcp", "aws"};
	const struct spiralfed_fusion *f;
	void *memory = malloc(MEMORY);

	if (spiralfed_fusion_load(text, len, memory, MEMORY, &f) == SPIRALFED_OK)
		use(f);
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (spiralfed_plan_load(text, len, providers[i], memory, MEMORY, &f) ==
			SPIRALFED_OK)
			use(f);
	free(memory);
}

/* With bytes written over it: what is taken of it is the whole of it. */
static void as_overlap(const uint8_t *data, size_t size)
{
	struct spiralfed_state state = {0};
	struct spiralfed_pointer p;
	bool changed = false;
	char *text;
	size_t at;

	if (size < 3)
		return;
	text = malloc(overlap_len);
	memcpy(text, overlap, overlap_len);
	at = (size_t)(data[0] << 8 | data[1]) % overlap_len;
	for (size_t i = 2; i < size && at < overlap_len; i++, at++) {
		changed = changed || text[at] != (char)data[i];
		text[at] = (char)data[i];
	}
	CLAIM((spiralfed_pointer_verify(&trusted, 1, "stable", text, overlap_len, 1, &state, &p) ==
		      SPIRALFED_MOVED) == !changed);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {POINTER_PAYLOAD_TYPE, STATEMENT_PAYLOAD_TYPE};
	struct spiralfed_state state = {0};
	struct spiralfed_pointer p;

	if (size == 0 || size > SPIRALFED_PAYLOAD_MAX)
		return 0;
	CLAIM(spiralfed_pointer_verify(&trusted, 1, "stable", (const char *)data, size, 1, &state,
		      &p) != SPIRALFED_MOVED);
	for (size_t i = 0; i < 2; i++) {
		STRBUF_AUTO envelope = STRBUF_INIT(ENVELOPE);

		dsse_write(&envelope, types[i], data, size, (const struct sign_key *const *)keys,
			1 + size % KEYS);
		if (i == 0)
			as_pointer(envelope.buf, envelope.len);
		else
			spiralfed_release_verify(
				&trusted, 1, envelope.buf, envelope.len, "{}", 2, NULL, NULL);
	}
	as_overlap(data, size);
	as_block((const char *)data, size);
	spiralfed_state_read((const char *)data, size, &state);
	return 0;
}
