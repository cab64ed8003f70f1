/* SPDX-License-Identifier: Apache-2.0
 *
 * Routing and voting for a node: the public form of policy/fusion's evaluators.
 */
#include <string.h>

#include "spiralfed/block.h"

enum { FIELDS_MAX = 64 };

/* Fields beyond the bound are those of no rule. */
static void request_of(const struct spiralfed_field *fields, size_t n,
	struct fusion_entry entries[FIELDS_MAX], struct fusion_request *ret)
{
	static const enum fusion_value_type types[] = {[SPIRALFED_STRING] = FUSION_STRING,
		[SPIRALFED_NUMBER] = FUSION_NUMBER,
		[SPIRALFED_BOOL] = FUSION_BOOL};

	*ret = (struct fusion_request){.fields = entries};
	for (size_t i = 0; i < n; i++)
		entries[ret->n++] = (struct fusion_entry){
			fields[i].name, {types[fields[i].type], fields[i].string, fields[i].number,
						fields[i].boolean}};
}

enum spiralfed_status spiralfed_route(const struct spiralfed_fusion *f,
	const struct spiralfed_field *fields, size_t n, struct spiralfed_choice *ret)
{
	struct fusion_entry entries[FIELDS_MAX];
	struct fusion_request request;
	struct fusion_choice choice;

	if (n > FIELDS_MAX)
		return SPIRALFED_TOO_LARGE;
	request_of(fields, n, entries, &request);
	choice = fusion_route(&f->f, &request);
	*ret = (struct spiralfed_choice){
		choice.name, choice.to, choice.fallback->v, choice.fallback->n};
	return SPIRALFED_OK;
}

enum spiralfed_status spiralfed_split(const struct spiralfed_fusion *f, const char *split,
	const struct spiralfed_field *fields, size_t n, const char **ret_target)
{
	const struct fusion_split *s = fusion_split(&f->f, split);
	struct fusion_entry entries[FIELDS_MAX];
	struct fusion_request request;

	if (!s)
		return SPIRALFED_ABSENT;
	if (n > FIELDS_MAX)
		return SPIRALFED_TOO_LARGE;
	request_of(fields, n, entries, &request);
	*ret_target = fusion_branch(s, &request)->to;
	return SPIRALFED_OK;
}

enum spiralfed_status spiralfed_members(const struct spiralfed_fusion *f, const char *ensemble,
	const char **ret_names, size_t size, size_t *ret_n, int64_t *ret_timeout_ms)
{
	const struct fusion_ensemble *e = fusion_ensemble(&f->f, ensemble);

	if (!e)
		return SPIRALFED_ABSENT;
	if (e->members.n > size)
		return SPIRALFED_TOO_LARGE;
	for (size_t i = 0; i < e->members.n; i++)
		ret_names[i] = LIST_AT(&e->members, struct fusion_member, i)->model;
	*ret_n = e->members.n;
	*ret_timeout_ms = e->timeout_ms;
	return SPIRALFED_OK;
}

enum spiralfed_status spiralfed_vote(const struct spiralfed_fusion *f, const char *ensemble,
	const char *const *votes, size_t n, struct spiralfed_ballot *ret)
{
	const struct fusion_ensemble *e = fusion_ensemble(&f->f, ensemble);
	const struct fusion_then *then;
	struct fusion_vote vote;

	if (!e)
		return SPIRALFED_ABSENT;
	vote = fusion_vote(e, votes, n);
	then = e->mode == ENSEMBLE_GATE ? fusion_then(e, vote.label) : NULL;
	*ret = (struct spiralfed_ballot){.label = vote.label,
		.reason = vote_reason_name(vote.reason),
		.then = then ? then->to : NULL,
		.votes = vote.votes};
	return SPIRALFED_OK;
}

enum spiralfed_status spiralfed_model(const struct spiralfed_fusion *f, const char *name,
	const char **ret_artifact, const char **ret_adapter)
{
	const struct fusion_model *m = fusion_model(&f->f, name);

	if (!m)
		return SPIRALFED_ABSENT;
	*ret_artifact = m->artifact;
	*ret_adapter = m->adapter;
	return SPIRALFED_OK;
}
