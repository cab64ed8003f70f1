/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes, votes and splits of a fusion block.
 */
#include "policy/fusion.h"

#include <string.h>

#include "base/digest.h"

/* ---- Routes ---- */

static bool same(const struct fusion_value *a, const struct fusion_value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case FUSION_STRING:
		return !strcmp(a->string, b->string);
	case FUSION_NUMBER:
		return a->number == b->number;
	case FUSION_BOOL:
		return a->boolean == b->boolean;
	default:
		return false;
	}
}

static bool ordered(int op, double left, double right)
{
	return op == FUSION_GT	 ? left > right
	       : op == FUSION_GE ? left >= right
	       : op == FUSION_LT ? left < right
				 : left <= right;
}

bool fusion_condition_holds(const struct fusion_condition *c, const struct fusion_value *value)
{
	if (!value || value->type == FUSION_NONE)
		return false;
	switch (c->op) {
	case FUSION_EXISTS:
		return true;
	case FUSION_NE:
		return !same(value, &c->values[0]);
	case FUSION_EQ:
	case FUSION_IN:
		for (size_t i = 0; i < c->n_values; i++)
			if (same(value, &c->values[i]))
				return true;
		return false;
	default:
		return value->type == FUSION_NUMBER &&
		       ordered(c->op, value->number, c->values[0].number);
	}
}

static const struct fusion_value *field_of(const struct fusion_request *request, const char *name)
{
	for (size_t i = 0; i < request->n; i++)
		if (!strcmp(request->fields[i].name, name))
			return &request->fields[i].value;
	return NULL;
}

static bool fusion_matches(const struct fusion_when *w, const struct fusion_request *request)
{
	for (size_t i = 0; i < w->conditions.n; i++) {
		const struct fusion_condition *c =
			LIST_AT(&w->conditions, struct fusion_condition, i);

		if (fusion_condition_holds(c, field_of(request, c->field)) == w->is_any)
			return w->is_any;
	}
	return !w->is_any;
}

struct fusion_choice fusion_route(const struct fusion *f, const struct fusion_request *request)
{
	for (size_t i = 0; i < f->routes.n; i++) {
		const struct fusion_route *r = LIST_AT(&f->routes, struct fusion_route, i);

		if (fusion_matches(r->when, request))
			return (struct fusion_choice){r->name, r->to, &r->fallback};
	}
	return (struct fusion_choice){"default", f->otherwise->to, &f->otherwise->fallback};
}

/* ---- Splits ---- */

int fusion_bucket(const char *salt, const char *key)
{
	unsigned char digest[SHA256_SIZE];
	uint64_t number = 0;

	/* The salt with its NUL. */
	sha256_joined(salt, strlen(salt) + 1, key, strlen(key), digest);
	for (size_t i = 0; i < 8; i++)
		number = number << 8 | digest[i];
	return (int)(number % FUSION_SPLIT_BUCKETS);
}

const struct fusion_branch *fusion_branch(
	const struct fusion_split *s, const struct fusion_request *request)
{
	const struct fusion_value *key = field_of(request, s->key);
	int64_t bucket =
		fusion_bucket(s->salt, key && key->type == FUSION_STRING ? key->string : "");
	size_t last = s->branches.n - 1;

	for (size_t i = 0; i < last; i++) {
		const struct fusion_branch *b = LIST_AT(&s->branches, struct fusion_branch, i);

		if (bucket < b->weight)
			return b;
		bucket -= b->weight;
	}
	return LIST_AT(&s->branches, struct fusion_branch, last);
}

/* ---- Votes ---- */

const char *vote_reason_name(enum vote_reason reason)
{
	static const char *const names[] = {
		[VOTE_QUORUM] = "quorum",
		[VOTE_TIE] = "tie",
		[VOTE_NO_QUORUM] = "no_quorum",
		[VOTE_MIN_VOTES] = "min_votes",
		[VOTE_VETO] = "veto",
	};

	return names[reason];
}

/* The label's place, -1 for what is none. */
static int label_of(const struct fusion_ensemble *e, const char *said)
{
	for (size_t i = 0; said && i < e->labels.n; i++)
		if (!strcmp(e->labels.v[i], said))
			return (int)i;
	return -1;
}

static void decide(const struct fusion_ensemble *e, int veto, struct fusion_vote *ret)
{
	size_t top = 0;
	bool shared = false;

	for (size_t i = 1; i < e->labels.n; i++) {
		if (ret->tally[i] > ret->tally[top]) {
			top = i;
			shared = false;
		} else if (ret->tally[i] == ret->tally[top]) {
			shared = true;
		}
	}
	ret->label = e->no_quorum;
	if (veto >= 0) {
		ret->label = e->labels.v[veto];
		ret->reason = VOTE_VETO;
	} else if (ret->votes < e->min_votes) {
		ret->reason = VOTE_MIN_VOTES;
	} else if (ret->tally[top] < e->quorum) {
		ret->reason = VOTE_NO_QUORUM;
	} else if (shared) {
		ret->label = e->tie;
		ret->reason = VOTE_TIE;
	} else {
		ret->label = e->labels.v[top];
		ret->reason = VOTE_QUORUM;
	}
}

struct fusion_vote fusion_vote(const struct fusion_ensemble *e, const char *const *votes, size_t n)
{
	struct fusion_vote result = {0};
	int veto = -1;

	for (size_t i = 0; i < e->members.n; i++) {
		int label = label_of(e, i < n ? votes[i] : NULL);

		if (label < 0)
			label = label_of(e, e->abstain_as);
		if (label < 0)
			continue;
		result.votes++;
		result.tally[label] += LIST_AT(&e->members, struct fusion_member, i)->weight;
		if (label > veto && fusion_listed(&e->veto, e->labels.v[label]))
			veto = label;
	}
	decide(e, veto, &result);
	return result;
}
