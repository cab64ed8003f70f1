/* SPDX-License-Identifier: Apache-2.0
 *
 * The compatibility gate: the contract is the baseline's, or both documents are known and the change
 * is one that the policy allows. What cannot be compared does not pass.
 */
#include <string.h>

#include "policy/contract.h"
#include "policy/judge_parts.h"

static const char *digest_of(const struct unit *u)
{
	return u && u->contract ? u->contract->digest : NULL;
}

static const char *label_of(struct arena *a, const struct named_digest *n)
{
	return n->version ? arena_printf(a, "%s %s", n->name, n->version) : n->name;
}

/* What is not known is not broken: it is open until both documents are there. */
static void add_unknown(struct gate_case *c, const char *why)
{
	gate_case_add(c, "contract", VERDICT_INCONCLUSIVE, "contract_unknown",
		"contract %s (%s) is not the baseline's %s (%s), and they cannot be compared: %s",
		label_of(c->arena, c->candidate->contract), c->candidate->contract->digest,
		label_of(c->arena, c->baseline->contract), c->baseline->contract->digest, why);
}

static void add_changes(struct gate_case *c, const struct contract_diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct contract_change *x = &d->change[i];
		struct gate_check *check = gate_case_add(c, "contract",
			x->breaking ? VERDICT_FAIL : VERDICT_PASS, contract_kind_name(x->kind),
			"%s %s%s: %s", contract_direction_name(x->direction),
			x->in_old ? "(gone) " : "", x->pointer, x->sentence);
		check->pointer = x->pointer;
		check->direction = contract_direction_name(x->direction);
		check->level = contract_level_name(x->level);
	}
}

static void add_relation(struct gate_case *c, const struct contract_diff *d)
{
	const char *mine = label_of(c->arena, c->candidate->contract);
	const char *theirs = label_of(c->arena, c->baseline->contract);
	struct gate_check *check;

	if (d->relation == CONTRACT_BREAKING)
		check = gate_case_add(c, "contract", VERDICT_FAIL, "contract_breaking",
			"contract %s breaks the baseline's %s: %zu of %zu changes", mine, theirs,
			d->breaking, d->total);
	else if (d->relation == CONTRACT_COMPATIBLE &&
		 c->policy->gates->compatibility->allow == ALLOW_IDENTICAL)
		check = gate_case_add(c, "contract", VERDICT_FAIL, "contract_changed",
			"contract %s is compatible with the baseline's %s, but the policy allows "
			"no change",
			mine, theirs);
	else if (d->relation == CONTRACT_COMPATIBLE)
		check = gate_case_add(c, "contract", VERDICT_PASS, "compatible",
			"contract %s is compatible with the baseline's %s", mine, theirs);
	else
		check = gate_case_add(c, "contract", VERDICT_PASS, "ok",
			"contract %s says what the baseline's %s says", mine, theirs);
	check->level = contract_level_name(d->level);
}

static void compare(struct gate_case *c)
{
	const char *mine = c->in->contract_text, *theirs = c->in->baseline_contract_text;
	struct contract_diff d;
	struct faults faults;
	struct err err = {0};

	if (!mine || !theirs) {
		add_unknown(c, "POST both documents to /v1/contracts");
		return;
	}
	faults_init(&faults);
	if (contract_compare_texts(
		    theirs, strlen(theirs), mine, strlen(mine), c->arena, &d, &faults, &err)) {
		add_unknown(c, "one of the documents is no contract");
		return;
	}
	add_relation(c, &d);
	add_changes(c, &d);
	c->pass_reason = d.relation == CONTRACT_COMPATIBLE ? "compatible" : "ok";
	c->contract_level = contract_level_name(d.level);
}

void judge_compatibility(struct gate_case *c)
{
	const char *mine = digest_of(c->candidate), *theirs = digest_of(c->baseline);

	c->pass_reason = "not_given";
	if (!mine && theirs) {
		gate_case_add(c, "contract", VERDICT_INCONCLUSIVE, "missing",
			"%s names no contract digest, and the baseline (%s) keeps %s: name the "
			"contract in the manifest",
			c->candidate->artifact->id, c->baseline->artifact->id,
			label_of(c->arena, c->baseline->contract));
	} else if (!mine) {
		gate_case_add(
			c, "contract", VERDICT_PASS, "not_given", "no contract digest is given");
	} else if (!c->baseline) {
		c->pass_reason = "bootstrap";
		gate_case_add(c, "contract", VERDICT_PASS, "no_baseline",
			"contract %s, and there is no baseline yet",
			label_of(c->arena, c->candidate->contract));
	} else if (!theirs) {
		gate_case_add(c, "contract", VERDICT_PASS, "not_given",
			"the baseline (%s) gives no contract digest", c->baseline->artifact->id);
	} else if (!strcmp(mine, theirs)) {
		c->pass_reason = "ok";
		c->contract_level = contract_level_name(CONTRACT_NONE);
		gate_case_add(c, "contract", VERDICT_PASS, "ok", "contract %s is unchanged",
			label_of(c->arena, c->candidate->contract));
	} else {
		compare(c);
	}
}
