/* SPDX-License-Identifier: Apache-2.0
 *
 * Has a unit judged and puts the verdict into the form in which it is kept.
 */
#include "engine/verdict.h"

#include <string.h>

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "policy/judge.h"

enum { INPUTS_MAX = 4096 };

int slot_index(const struct policy *p, const char *slot)
{
	for (size_t i = 0; i < p->slots.n; i++)
		if (strcmp(LIST_AT(&p->slots, struct policy_slot, i)->name, slot) == 0)
			return (int)i;
	return -1;
}

static const char *baseline_digest(const struct snapshot *s, int slot)
{
	return s->baselines[slot] ? s->baselines[slot]->content_digest : NULL;
}

void verdict_context(const struct snapshot *s, int slot, char ret[DIGEST_STRLEN])
{
	STRBUF_AUTO sb = STRBUF_INIT(INPUTS_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "baseline", baseline_digest(s, slot));
	jw_kstring(&w, "policy", s->policy.digest);
	jw_end(&w);
	digest_string(sb.buf, sb.len, ret);
}

/* Canonical: keys in the order of RFC 8785. */
static const char *inputs_render(
	const struct unit *u, const struct snapshot *s, int slot, struct arena *a, size_t *ret_len)
{
	STRBUF_AUTO sb = STRBUF_INIT(INPUTS_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "artifact", u->content_digest);
	jw_kstring(&w, "baseline", baseline_digest(s, slot));
	jw_key(&w, "evidence");
	jw_array(&w);
	jw_end(&w);
	jw_kstring(&w, "policy", s->policy.digest);
	jw_end(&w);
	*ret_len = sb.len;
	return arena_strndup(a, sb.buf, sb.len);
}

void verdict_make(const struct unit *u, const struct snapshot *s, int slot, struct arena *a,
	struct verdict_record *ret)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;
	size_t inputs_len;

	judge_unit(u, s->baselines[slot], &s->policy, a, &ret->judgement);
	json_writer_init(&w, &sb);
	fields_emit(&judgement_table, &ret->judgement, &w);
	ret->body = arena_strndup(a, sb.buf, sb.len);
	ret->body_len = sb.len;
	digest_string(sb.buf, sb.len, ret->digest);
	ret->inputs = inputs_render(u, s, slot, a, &inputs_len);
	digest_string(ret->inputs, inputs_len, ret->inputs_digest);
	ret->policy_version = s->policy.version;
	ret->gates = gates_render(&ret->judgement, a);
}

static enum event_type verdict_event(int phase)
{
	switch (phase) {
	case PHASE_SUCCEEDED:
		return EVENT_CANDIDATE_PASSED;
	case PHASE_FAILED:
		return EVENT_CANDIDATE_FAILED;
	default:
		return EVENT_CANDIDATE_INCONCLUSIVE;
	}
}

int verdict_store(struct tx *tx, struct artifact_row *row, const struct verdict_record *v,
	const char *old_phase, struct err *err)
{
	const char *phase = names_of(&phase_names, v->judgement.phase);
	struct judgement_row j = {
		.artifact_seq = row->seq,
		.at = tx->now,
		.digest = v->digest,
		.inputs_digest = v->inputs_digest,
		.inputs = v->inputs,
		.policy_version = v->policy_version,
		.phase = phase,
		.body = v->body,
		.body_len = v->body_len,
	};
	const char *data;

	if (judgement_insert(tx->db, &j, err) < 0)
		return -1;
	row->judgement_seq = j.seq;
	tx->engine->state.judgements++;
	if (old_phase && strcmp(old_phase, phase) == 0)
		return 0;
	data = arena_printf(tx->arena,
		"{\"judgement\":\"%s\",\"phase\":\"%s\",\"provider\":\"%s\",\"slot\":\"%s\"}",
		v->digest, phase, row->provider, row->slot);
	return tx_event(tx, verdict_event(v->judgement.phase), row->id, NULL, data, NULL, err);
}
