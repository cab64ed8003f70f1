/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads the documents that units name, each once, and puts into words what they are to each other.
 */
#include "engine/common_contract.h"

#include <string.h>

#include "base/fault.h"
#include "model/gate.h"
#include "policy/contract.h"
#include "store/contract.h"

/* Each digest once, in the order in which they are given; how many. */
static size_t distinct(
	const struct named_digest *const *given, size_t n, const struct named_digest **ret)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		if (!given[i] || !given[i]->digest)
			continue;
		while (k < found && strcmp(ret[k]->digest, given[i]->digest) != 0)
			k++;
		if (k == found)
			ret[found++] = given[i];
	}
	return found;
}

static const char *label(const struct named_digest *c, struct arena *a)
{
	return c->version ? arena_printf(a, "%s %s", c->name, c->version) : c->name;
}

/* Parsed, or NULL: not published here. */
static int load(struct db *db, const char *digest, struct arena *a, const struct contract **ret,
	struct err *err)
{
	struct faults faults;
	const char *text;
	int rc = contract_text_by_digest(db, digest, a, &text, err);

	*ret = NULL;
	if (rc <= 0)
		return rc;
	faults_init(&faults);
	if (contract_parse(text, strlen(text), a, ret, &faults, err) == 0)
		return 0;
	return faults.n ? err_set(err, ERR_STORAGE, "stored contract %s: %s", digest,
				  faults.list[0].detail)
			: err_wrap(err, "stored contract %s", digest);
}

static void compare(const struct named_digest *const *named, const struct contract *const *c,
	size_t n, struct arena *a, struct common_contract *ret)
{
	struct contract_common common;

	if (contract_common(c, n, a, &common) == 0) {
		ret->contract = named[common.index];
		ret->verdict = VERDICT_PASS;
		ret->reason = "compatible";
		ret->detail = arena_printf(a,
			"the units were built against %zu contracts, and all of them serve %s", n,
			label(ret->contract, a));
		return;
	}
	ret->verdict = VERDICT_FAIL;
	ret->reason = "contracts_differ";
	ret->detail = arena_printf(a,
		"the units were built against contracts of which none is served by all: %s breaks "
		"%s (%s %s: %s)",
		label(named[common.other], a), label(named[0], a),
		contract_direction_name(common.change->direction), common.change->pointer,
		common.change->sentence);
}

int common_contract_find(struct db *db, const struct named_digest *const *given, size_t n,
	struct arena *a, struct common_contract *ret, struct err *err)
{
	const struct named_digest **named = ARENA_ARRAY(a, n, const struct named_digest *);
	const struct contract **c = ARENA_ARRAY(a, n, const struct contract *);
	struct common_contract found = {.verdict = VERDICT_PASS,
		.reason = "not_given",
		.detail = "no unit names a contract"};
	size_t count = distinct(given, n, named);

	if (count == 1) {
		found.contract = named[0];
		found.reason = "contracts_agree";
		found.detail = arena_printf(a, "every contract given is %s", named[0]->digest);
	}
	for (size_t i = 0; count > 1 && i < count; i++) {
		if (load(db, named[i]->digest, a, &c[i], err) < 0)
			return -1;
		if (c[i])
			continue;
		found.verdict = VERDICT_INCONCLUSIVE;
		found.reason = "contract_unknown";
		found.detail = arena_printf(a,
			"the units were built against different contracts, and %s (%s) is not "
			"published here: POST it to /v1/contracts",
			label(named[i], a), named[i]->digest);
	}
	if (count > 1 && found.verdict == VERDICT_PASS)
		compare(named, c, count, a, &found);
	*ret = found;
	return 0;
}
