/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds what a judgement was made from, by the digests that it keeps, and has it judged again.
 */
#include "engine/recompute.h"

#include <string.h>

#include "engine/render.h"
#include "engine/verdict.h"
#include "store/contract.h"
#include "store/evidence.h"
#include "store/policy.h"
#include "store/suite.h"

static int missing(const char *what, const char *digest, struct err *err)
{
	return err_set(err, ERR_STORAGE, "%s %s is not in the registry", what, digest);
}

static int load_unit(const char *id, const char *digest, const char *content, struct arena *a,
	const struct unit **ret, struct err *err)
{
	const struct artifact_row row = {.id = id, .digest = digest, .content = content};
	struct unit *u = ARENA_NEW(a, struct unit);
	char actual[DIGEST_STRLEN];

	if (strcmp(digest_string(content, strlen(content), actual), digest) != 0)
		return err_set(
			err, ERR_STORAGE, "the content of %s is not %s any more", id, digest);
	*ret = u;
	return unit_load(&row, a, u, err);
}

/* Each digest's unit, in the order of the digests. */
static int find_evidence(struct db *db, const char *subject, const struct strings *digests,
	struct arena *a, struct judge_side *ret, struct err *err)
{
	struct evidence_list all = {0};
	const struct unit **v;

	if (digests->n == 0)
		return 0;
	if (evidence_ever(db, subject, a, &all, err) < 0)
		return -1;
	v = ARENA_ARRAY(a, digests->n, const struct unit *);
	for (size_t i = 0; i < digests->n; i++) {
		size_t k = 0;

		while (k < all.n && strcmp(all.v[k].digest, digests->v[i]) != 0)
			k++;
		if (k == all.n)
			return missing("evidence", digests->v[i], err);
		if (load_unit(subject, digests->v[i], all.v[k].content, a, &v[i], err) < 0)
			return -1;
	}
	ret->evidence = v;
	ret->n_evidence = digests->n;
	return 0;
}

static int find_side(struct db *db, const char *id, const char *digest,
	const struct strings *evidence, struct arena *a, struct judge_side *ret, struct err *err)
{
	const char *content;
	int rc;

	*ret = (struct judge_side){0};
	if (!digest)
		return 0;
	if (!id)
		return err_set(err, ERR_STORAGE, "the judgement does not name unit %s", digest);
	rc = artifact_content(db, id, digest, a, &content, err);
	if (rc <= 0)
		return rc < 0 ? -1 : missing("unit", digest, err);
	if (load_unit(id, digest, content, a, &ret->unit, err) < 0)
		return -1;
	return find_evidence(db, id, evidence, a, ret, err);
}

static int find_candidate(struct db *db, const struct judgement_row *stored,
	const struct judgement_inputs *in, struct arena *a, struct judge_side *ret, struct err *err)
{
	struct artifact_row row;

	if (artifact_by_seq(db, stored->artifact_seq, a, &row, err) <= 0 ||
		strcmp(row.digest, in->artifact) != 0)
		return missing("unit", in->artifact, err);
	*ret = (struct judge_side){0};
	if (load_unit(row.id, row.digest, row.content, a, &ret->unit, err) < 0)
		return -1;
	return find_evidence(db, row.id, &in->evidence, a, ret, err);
}

static int find_policy(struct db *db, const char *digest, struct arena *a,
	const struct policy **ret, struct err *err)
{
	struct policy *p = ARENA_NEW(a, struct policy);
	const char *canonical;
	struct faults faults;
	struct policy_row row;
	int rc = policy_by_digest(db, digest, a, &row, err);

	if (rc <= 0)
		return rc < 0 ? -1 : missing("policy", digest, err);
	faults_init(&faults);
	if (policy_parse(row.body, strlen(row.body), a, p, &canonical, &faults, err) < 0)
		return faults.n ? err_set(err, ERR_STORAGE, "stored policy: %s: %s",
					  faults.list[0].pointer, faults.list[0].detail)
				: -1;
	*ret = p;
	return 0;
}

static int find_suite(struct db *db, const struct input_suite *in, struct arena *a,
	const struct canonical_suite **ret, struct err *err)
{
	struct canonical_suite *s;
	char digest[DIGEST_STRLEN];
	struct suite_row row;
	int rc;

	if (!in)
		return 0;
	rc = suite_find(db, in->name, in->version, a, &row, err);
	if (rc < 0)
		return -1;
	if (rc == 0 ||
		strcmp(digest_string(row.content, strlen(row.content), digest), in->content) != 0)
		return missing("suite", in->content, err);
	*ret = s = ARENA_NEW(a, struct canonical_suite);
	return suite_load(&row, a, s, err);
}

static int find_contract(
	struct db *db, const char *digest, struct arena *a, const char **ret, struct err *err)
{
	int rc = digest ? contract_text_by_digest(db, digest, a, ret, err) : 1;

	return rc > 0 ? 0 : rc < 0 ? -1 : missing("contract", digest, err);
}

static void copy_waivers(
	const struct judgement_inputs *in, struct arena *a, struct judge_input *ret)
{
	struct judge_waiver *w = ARENA_ARRAY(a, in->waivers.n + 1, struct judge_waiver);

	for (size_t i = 0; i < in->waivers.n; i++) {
		const struct input_waiver *from = LIST_AT(&in->waivers, struct input_waiver, i);

		w[i] = (struct judge_waiver){from->gate, from->id};
	}
	ret->waivers = w;
	ret->n_waivers = in->waivers.n;
}

int inputs_resolve(struct db *db, const struct judgement_row *stored, const struct policy *policy,
	struct arena *a, struct judge_input *ret, struct err *err)
{
	struct judgement_inputs in;
	struct judgement j;
	struct judge_input out = {.policy = policy};

	if (fields_load_text(&judgement_inputs_table, stored->inputs, a, &in, err) < 0 ||
		fields_load_text(&judgement_table, stored->body, a, &j, err) < 0)
		return err_wrap(err, "judgement %s", stored->digest);
	if (in.judge != JUDGE_VERSION)
		return err_set(err, ERR_NOT_FOUND,
			"judgement %s was made by version %lld of the rules, and this is %d",
			stored->digest, in.judge < 0 ? 1LL : (long long)in.judge, JUDGE_VERSION);
	if (find_candidate(db, stored, &in, a, &out.candidate, err) < 0 ||
		find_side(db, j.baseline, in.baseline, &in.baseline_evidence, a, &out.baseline,
			err) < 0 ||
		find_side(db, j.anchor, in.anchor, &in.anchor_evidence, a, &out.anchor, err) < 0 ||
		(!policy && find_policy(db, in.policy, a, &out.policy, err) < 0) ||
		find_suite(db, in.suite, a, &out.suite, err) < 0 ||
		find_contract(db, in.contract, a, &out.contract_text, err) < 0 ||
		find_contract(db, in.baseline_contract, a, &out.baseline_contract_text, err) < 0)
		return -1;
	copy_waivers(&in, a, &out);
	out.look = in.look;
	out.contenders = in.contenders;
	*ret = out;
	return 0;
}

int judgement_recompute(struct db *db, const struct judgement_row *stored, struct arena *a,
	const char **ret, size_t *ret_len, struct err *err)
{
	struct judge_input in;
	struct judgement j;

	if (inputs_resolve(db, stored, NULL, a, &in, err) < 0)
		return -1;
	judge(&in, a, &j);
	*ret = judgement_text(&j, a, ret_len);
	return 0;
}
