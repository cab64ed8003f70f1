/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts looks.
 */
#include "engine/look.h"

#include <string.h>

#include "engine/internal.h"
#include "engine/render.h"
#include "model/gate.h"
#include "model/judgement_inputs.h"
#include "policy/judge.h"
#include "store/artifact.h"
#include "store/measurement.h"

static bool names_digest(const struct strings *list, const char *digest)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], digest) == 0)
			return true;
	return false;
}

/* Has something been taken away that counted before? */
static bool lost_evidence(const struct strings *before, const struct evidence *now)
{
	size_t kept = 0;

	for (size_t i = 0; i < now->n; i++)
		kept += names_digest(before, now->v[i]->content_digest);
	return kept < before->n;
}

static bool was_pending(const struct judgement *j)
{
	for (size_t i = 0; i < j->gates.n; i++)
		if (LIST_AT(&j->gates, struct gate_result, i)->verdict == VERDICT_PENDING)
			return true;
	return false;
}

/* Does the unit bring more of what was judged on samples already? */
static bool adds_samples(const struct unit *u, const struct judgement *j)
{
	for (size_t i = 0; i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);

		for (size_t k = 0; k < g->checks.n; k++) {
			const struct gate_check *c = LIST_AT(&g->checks, struct gate_check, k);

			if (c->evidence && strcmp(c->evidence, "samples") == 0 &&
				(artifact_metric(u->artifact, c->name) ||
					artifact_suite(u->artifact, c->name)))
				return true;
		}
	}
	return false;
}

static bool differs(const struct strings *before, const struct evidence *now)
{
	if (lost_evidence(before, now))
		return true;
	for (size_t i = 0; i < now->n; i++)
		if (!names_digest(before, now->v[i]->content_digest))
			return true;
	return false;
}

/* Is it another try, and not just what the judgement waited for? */
static bool is_new_look(
	const struct judgement *j, const struct strings *before, const struct evidence *now)
{
	bool pending = was_pending(j);

	if (lost_evidence(before, now))
		return true;
	for (size_t i = 0; i < now->n; i++)
		if (!names_digest(before, now->v[i]->content_digest) &&
			(!pending || adds_samples(now->v[i], j)))
			return true;
	return false;
}

/* The looks of what was judged last, and, when it counts, one more. */
static int load_looks(struct db *db, int64_t judgement_seq, bool counts, const struct evidence *now,
	struct arena *a, int64_t *ret, struct err *err)
{
	struct judgement_inputs inputs;
	struct judgement_row row;
	struct judgement j;

	if (judgement_find(db, judgement_seq, a, &row, err) <= 0)
		return err_set(err, ERR_STORAGE, "a judgement is missing");
	if (fields_load_text(&judgement_inputs_table, row.inputs, a, &inputs, err) < 0)
		return err_wrap(err, "judgement %lld", (long long)judgement_seq);
	/* The judgement itself is large, and mostly nothing is new. */
	if (!counts && differs(&inputs.evidence, now)) {
		if (fields_load_text(&judgement_table, row.body, a, &j, err) < 0)
			return err_wrap(err, "judgement %lld", (long long)judgement_seq);
		counts = is_new_look(&j, &inputs.evidence, now);
	}
	*ret = (inputs.look < 1 ? 1 : inputs.look) + counts;
	return 0;
}

int look_after(struct db *db, int64_t judgement_seq, const struct evidence *now, struct arena *a,
	int64_t *ret, struct err *err)
{
	*ret = 1;
	return judgement_seq ? load_looks(db, judgement_seq, false, now, a, ret, err) : 0;
}

/* ---- The same under another id ---- */

static bool is_measured(const struct unit *u)
{
	return unit_is_full(u) || u->artifact->suites.n > 0;
}

static const char *numbers_key(const struct unit *u, const char *slot, struct arena *a)
{
	struct unit view = {.provider = u->provider, .eval_suite = u->eval_suite};
	struct artifact numbers;
	char digest[DIGEST_STRLEN];
	const char *text;
	size_t len;

	fields_init(&artifact_table, &numbers);
	numbers.metrics = u->artifact->metrics;
	numbers.suites = u->artifact->suites;
	view.artifact = &numbers;
	text = fields_canonical(&unit_table, &view, a, &len);
	return arena_printf(a, "%s %s", slot, digest_string(text, len, digest));
}

struct twin_keys twin_keys_of(const struct unit *u, const char *slot, struct arena *a)
{
	struct twin_keys keys = {0};

	if (!is_measured(u))
		return keys;
	keys.numbers = numbers_key(u, slot, a);
	if (u->artifact->digest)
		keys.bytes = arena_printf(a, "%s %s", slot, u->artifact->digest);
	return keys;
}

int twin_find(struct db *db, const struct twin_keys *keys, struct twin *ret, struct err *err)
{
	int64_t numbers = 0, bytes = 0;

	if ((keys->numbers && measurement_newest(db, keys->numbers, &numbers, err) < 0) ||
		(keys->bytes && measurement_newest(db, keys->bytes, &bytes, err) < 0))
		return -1;
	*ret = (struct twin){numbers >= bytes ? numbers : bytes, numbers >= bytes};
	return 0;
}

int twin_record(struct db *db, const struct twin_keys *keys, int64_t artifact_seq, struct err *err)
{
	if (keys->numbers && measurement_insert(db, keys->numbers, artifact_seq, err) < 0)
		return -1;
	return keys->bytes ? measurement_insert(db, keys->bytes, artifact_seq, err) : 0;
}

int64_t look_beside(const struct judgement *before, bool same_numbers, const struct evidence *now)
{
	return before->look + (!same_numbers || is_new_look(before, &before->evidence, now));
}

int look_first(struct db *db, const struct twin *twin, const struct evidence *now, struct arena *a,
	int64_t *ret, struct err *err)
{
	struct artifact_row row;

	*ret = 1;
	if (!twin->artifact_seq)
		return 0;
	if (artifact_by_seq(db, twin->artifact_seq, a, &row, err) <= 0)
		return err_set(err, ERR_STORAGE, "an artifact is missing");
	return load_looks(db, row.judgement_seq, !twin->same_numbers, now, a, ret, err);
}
