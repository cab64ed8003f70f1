/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the JSON that is stored with rows and served from there.
 */
#include "engine/render.h"

#include <assert.h>
#include <string.h>

#include "base/json_writer.h"
#include "model/phase.h"

/* The text, taken over into the arena. What is asserted is made of parts that are each far smaller. */
static const char *text_of(const struct json_writer *w, const struct strbuf *sb, struct arena *a)
{
	assert(json_writer_done(w));
	return arena_strndup(a, sb->buf, sb->len);
}

/* As a body with its digest. A body that was cut would be served so for ever. */
static int take(const struct json_writer *w, const struct strbuf *sb, struct arena *a,
	struct body *ret, struct err *err)
{
	if (!json_writer_done(w))
		return err_set(err, ERR_INTERNAL, "the document would be larger than %d MiB",
			BODY_MAX >> 20);
	body_set(ret, text_of(w, sb, a), sb->len);
	return 0;
}

const char *metrics_render(const struct artifact *artifact, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	for (size_t i = 0; i < artifact->metrics.n; i++) {
		const struct metric *m = LIST_AT(&artifact->metrics, struct metric, i);

		jw_key(&w, m->name);
		fields_emit(&metric_table, m, &w);
	}
	jw_end(&w);
	return text_of(&w, &sb, a);
}

const char *gates_render(const struct judgement *j, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_array(&w);
	for (size_t i = 0; i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);

		jw_object(&w);
		jw_kstring(&w, "gate", names_of(&gate_names, g->gate));
		jw_kstring(&w, "verdict", names_of(&verdict_names, g->verdict));
		jw_kstring(&w, "reason", g->reason);
		jw_kstring(&w, "detail", g->detail);
		jw_end(&w);
	}
	jw_end(&w);
	return text_of(&w, &sb, a);
}

int gates_load(struct artifact_row *r, struct arena *a, struct err *err)
{
	struct judgement j;

	if (!r->judgement) {
		r->gates = "[]";
		return 0;
	}
	if (fields_load_text(&judgement_table, r->judgement, a, &j, err) < 0)
		return err_wrap(err, "stored judgement of %s", r->id);
	r->gates = gates_render(&j, a);
	return 0;
}

static void links_render(struct json_writer *w, const struct artifact_row *r, struct arena *a)
{
	const char *self = arena_printf(a, "/v1/artifacts/%s/%s", r->provider, r->id);

	jw_key(w, "links");
	jw_object(w);
	jw_kstring(w, "self", self);
	jw_kstring(w, "gates", arena_printf(a, "%s/gates", self));
	jw_kstring(w, "manifest", arena_printf(a, "/v1/manifests/%s", r->manifest_digest));
	jw_end(w);
}

const char *artifact_detail(const struct artifact_row *r, struct arena *a)
{
	if (r->slot || !r->subject || strcmp(r->phase, names_of(&phase_names, PHASE_PENDING)) != 0)
		return NULL;
	return arena_printf(a, "is held: there is no artifact %s yet", r->subject);
}

void artifact_render(const struct artifact_row *r, const struct artifact *artifact,
	const char *metrics, struct arena *a, struct body *ret)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "provider", r->provider);
	jw_kstring(&w, "id", r->id);
	jw_kstring(&w, "role", r->role);
	jw_kstring(&w, "slot", r->slot);
	jw_kstring(&w, "phase", r->phase);
	if (artifact_detail(r, a))
		jw_kstring(&w, "detail", artifact_detail(r, a));
	jw_kstring(&w, "branch", r->branch);
	jw_kstring(&w, "subject", r->subject);
	jw_kbool(&w, "late", r->late != 0);
	jw_kstring(&w, "held_by", r->held_by);
	jw_ktime(&w, "withdrawn_at", r->withdrawn_at);
	jw_kstring(&w, "uri", artifact->uri);
	jw_kstring(&w, "manifest", r->manifest_digest);
	jw_kstring(&w, "digest", r->digest);
	jw_knumber(&w, "score", r->score);
	jw_kraw(&w, "metrics", metrics);
	jw_kraw(&w, "gates", r->gates);
	links_render(&w, r, a);
	jw_ktime(&w, "received_at", r->received_at);
	jw_ktime(&w, "updated_at", r->updated_at);
	jw_end(&w);
	body_set(ret, text_of(&w, &sb, a), sb.len);
}

static void table_render(
	const struct field_table *t, const void *obj, struct arena *a, struct body *ret)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	fields_emit(t, obj, &w);
	body_set(ret, text_of(&w, &sb, a), sb.len);
}

const char *suite_marked(const char *body, bool current, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_members(&w, body, strlen(body));
	jw_kbool(&w, "current", current);
	jw_end(&w);
	return text_of(&w, &sb, a);
}

int merge_render(const struct merge *m, struct arena *a, struct body *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	fields_emit(&merge_table, m, &w);
	return take(&w, &sb, a, ret, err);
}

void channel_render(const struct channel *c, struct arena *a, struct body *ret)
{
	table_render(&channel_table, c, a, ret);
}

void release_summary_render(const struct release_row *r, struct arena *a, struct body *ret)
{
	struct release_summary s;

	fields_init(&release_summary_table, &s);
	s.version = r->version;
	s.fused_model_id = arena_printf(a, "%s%s", FUSED_MODEL_PREFIX, r->version);
	s.state = r->state;
	s.digest = r->digest;
	s.previous = r->previous;
	s.merge = r->merge_version;
	s.created_at = r->created_at;
	s.last_active_at = r->last_active_at;
	s.updated_at = r->updated_at;
	table_render(&release_summary_table, &s, a, ret);
}

int manifest_body(
	struct db *reader, const char *digest, struct arena *a, struct body *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct manifest_row row;
	struct json_writer w;
	int rc = manifest_find(reader, digest, a, &row, err);

	if (rc <= 0)
		return rc;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "actor", row.actor);
	jw_kraw(&w, "document", row.canonical);
	jw_members(&w, row.receipt, strlen(row.receipt));
	jw_end(&w);
	return take(&w, &sb, a, ret, err) < 0 ? -1 : 1;
}

int judgement_body(struct db *reader, const char *provider, const char *id, struct arena *a,
	struct body *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct judgement_row judgement = {.body = "{\"gates\":[]}"};
	struct artifact_row row;
	struct json_writer w;
	int rc = artifact_find(reader, provider, id, a, &row, err);

	if (rc <= 0)
		return rc;
	if (row.judgement_seq && judgement_find(reader, row.judgement_seq, a, &judgement, err) <= 0)
		return err_wrap(err, "judgement of %s", id);
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "provider", row.provider);
	jw_kstring(&w, "id", row.id);
	jw_kstring(&w, "slot", row.slot);
	jw_ktime(&w, "judged_at", judgement.at);
	jw_kstring(&w, "judgement", judgement.digest);
	jw_kstring(&w, "inputs", judgement.inputs_digest);
	if (judgement.seq)
		jw_kint(&w, "policy_version", judgement.policy_version);
	jw_kstring(&w, "held_by", row.held_by);
	jw_ktime(&w, "withdrawn_at", row.withdrawn_at);
	jw_members(&w, judgement.body, strlen(judgement.body));
	jw_end(&w);
	return take(&w, &sb, a, ret, err) < 0 ? -1 : 1;
}

int unit_load(const struct artifact_row *r, struct arena *a, struct unit *ret, struct err *err)
{
	if (fields_load_text(&unit_table, r->content, a, ret, err) < 0)
		return err_wrap(err, "stored content of %s", r->id);
	ret->content_digest = r->digest;
	return 0;
}
