/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as one contract, or, around the first NUL, as two versions of one: refused with reasons,
 * or compared within its bounds. A contract is identical to itself, and what the way there calls
 * identical the way back does too.
 */
#include "fuzz.h"

#include "base/jcs.h"
#include "policy/contract.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	jcs_setup();
	return 0;
}

static const struct contract *parse(const uint8_t *data, size_t size, struct arena *a)
{
	const struct contract *c = NULL;
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	if (contract_parse((const char *)data, size, a, &c, &faults, &err) == 0)
		return c;
	CLAIM_TOLD(faults, err);
	return NULL;
}

static enum contract_relation compare(
	const struct contract *from, const struct contract *to, struct arena *a)
{
	struct contract_diff d = {0};

	contract_compare(from, to, a, &d);
	CLAIM(d.n <= CONTRACT_CHANGES_MAX && d.n <= d.total && d.breaking <= d.total);
	CLAIM((d.breaking > 0) == (d.relation == CONTRACT_BREAKING));
	CLAIM((d.total == 0) == (d.relation == CONTRACT_IDENTICAL));
	for (size_t i = 0; i < d.n; i++)
		CLAIM(d.change[i].sentence && d.change[i].sentence[0] && d.change[i].pointer);
	return d.relation;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
	size_t n = cut ? (size_t)(cut - data) : size;
	const struct contract *old = parse(data, n, a);
	const struct contract *new = cut ? parse(cut + 1, size - n - 1, a) : NULL;

	if (old)
		CLAIM(compare(old, old, a) == CONTRACT_IDENTICAL);
	if (old && new) {
		bool same = compare(old, new, a) == CONTRACT_IDENTICAL;

		CLAIM(same == (compare(new, old, a) == CONTRACT_IDENTICAL));
	}
	return 0;
}
