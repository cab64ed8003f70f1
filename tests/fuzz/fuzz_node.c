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

static struct sign_key *key;
static struct spiralfed_key trusted;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	ARENA_AUTO a = arena_new();
	const char *pem;

	key = sign_key_make(NULL);
	pem = sign_public_to_pem(sign_key_public(key), a);
	CLAIM(spiralfed_key_pem(pem, strlen(pem), &trusted) == SPIRALFED_OK);
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

static void as_block(const char *text, size_t len)
{
	const struct spiralfed_field field = {
		.name = "prompt_type", .type = SPIRALFED_STRING, .string = "code"};
	const struct spiralfed_fusion *f;
	struct spiralfed_choice choice;
	void *memory = malloc(MEMORY);

	if (spiralfed_fusion_load(text, len, memory, MEMORY, &f) == SPIRALFED_OK) {
		CLAIM(spiralfed_route(f, &field, 1, &choice) == SPIRALFED_OK);
		CLAIM(choice.route && choice.target);
		if (strncmp(choice.target, "ensemble:", 9) == 0) {
			struct spiralfed_ballot ballot;

			if (spiralfed_vote(f, choice.target + 9, NULL, 0, &ballot) == SPIRALFED_OK)
				CLAIM(ballot.label && ballot.reason);
		}
		if (strncmp(choice.target, "split:", 6) == 0) {
			const char *target;

			if (spiralfed_split(f, choice.target + 6, &field, 1, &target) ==
				SPIRALFED_OK)
				CLAIM(target);
		}
	}
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {POINTER_PAYLOAD_TYPE, STATEMENT_PAYLOAD_TYPE};
	const struct sign_key *keys[] = {key};
	struct spiralfed_state state = {0};
	struct spiralfed_pointer p;

	if (size == 0 || size > SPIRALFED_PAYLOAD_MAX)
		return 0;
	CLAIM(spiralfed_pointer_verify(&trusted, 1, "stable", (const char *)data, size, 1, &state,
		      &p) != SPIRALFED_MOVED);
	for (size_t i = 0; i < 2; i++) {
		STRBUF_AUTO envelope = STRBUF_INIT(ENVELOPE);

		dsse_write(&envelope, types[i], data, size, keys, 1);
		if (i == 0)
			as_pointer(envelope.buf, envelope.len);
		else
			spiralfed_release_verify(
				&trusted, 1, envelope.buf, envelope.len, "{}", 2, NULL, NULL);
	}
	as_block((const char *)data, size);
	spiralfed_state_read((const char *)data, size, &state);
	return 0;
}
