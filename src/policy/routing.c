/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows a request through a fusion block without asking a model.
 */
#include "policy/routing.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "model/format.h"
#include "model/schema_tree.h"

enum { REQUEST_MAX = 1 << 20 };

/* ---- The request ---- */

static bool is_key(const struct fusion *f, const char *name)
{
	for (size_t i = 0; i < f->splits.n; i++)
		if (text_equal(LIST_AT(&f->splits, struct fusion_split, i)->key, name))
			return true;
	return false;
}

int routing_field(const struct fusion *f, const char *name, const char *text, struct arena *a,
	struct fusion_entry *ret, struct err *err)
{
	const struct json_value *v;
	size_t values;

	if (!format_name.check(name))
		return err_set(err, ERR_INVALID_PARAMETER,
			"\"%.64s\" is no name of a request's field, e.g. prompt_type", name);
	*ret = (struct fusion_entry){name, {.type = FUSION_STRING, .string = text}};
	if (json_tree(text, strlen(text), 1, a, &v, &values, NULL) < 0 ||
		(is_key(f, name) && v->kind != JSON_KIND_STRING))
		return 0;
	if (v->kind == JSON_KIND_STRING)
		ret->value.string = v->string;
	else if (v->kind == JSON_KIND_NUMBER)
		ret->value = (struct fusion_value){.type = FUSION_NUMBER, .number = v->number};
	else if (v->kind == JSON_KIND_BOOL)
		ret->value = (struct fusion_value){.type = FUSION_BOOL, .boolean = v->boolean};
	return 0;
}

static const char *request_text(const struct fusion_request *request, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(REQUEST_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	for (size_t i = 0; i < request->n; i++) {
		const struct fusion_value *v = &request->fields[i].value;

		if (v->type == FUSION_STRING)
			jw_kstring(&w, request->fields[i].name, v->string);
		else if (v->type == FUSION_BOOL)
			jw_kbool(&w, request->fields[i].name, v->boolean);
		else if (v->type == FUSION_NUMBER)
			jw_knumber(&w, request->fields[i].name, v->number);
	}
	jw_end(&w);
	return json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : NULL;
}

/* ---- The block ---- */

const struct fusion *routing_block(
	const struct fusion *f, const struct list *plans, const char *without, struct err *err)
{
	if (!without)
		return f;
	for (size_t i = 0; i < plans->n; i++) {
		const struct plan_b *p = LIST_AT(plans, struct plan_b, i);

		if (strcmp(p->name, without) != 0)
			continue;
		if (p->fusion || p->verdict == VERDICT_PASS)
			return p->fusion ? p->fusion : f;
		err_set(err, ERR_NOT_FOUND, "there is no plan without %s: %s", without,
			p->detail ? p->detail : "");
		return NULL;
	}
	err_set(err, ERR_NOT_FOUND, "no unit of it is of a provider %s", without);
	return NULL;
}

/* ---- The way ---- */

static const struct fused_unit *unit_of(const struct list *slots, const char *digest)
{
	for (size_t i = 0; digest && i < slots->n; i++) {
		const struct fused_unit *u = LIST_AT(slots, struct fused_unit, i);

		if (text_equal(u->digest, digest) || text_equal(u->content_digest, digest))
			return u;
	}
	return NULL;
}

static void add_model(
	const struct fusion *f, const struct list *slots, const char *name, struct routing *r)
{
	const struct fusion_model *m = fusion_model(f, name);
	const struct fused_unit *base, *adapter;
	struct routed_model *to;

	for (size_t i = 0; i < r->models.n; i++)
		if (strcmp(LIST_AT(&r->models, struct routed_model, i)->name, name) == 0)
			return;
	if (!m)
		return;
	to = LIST_AT(&r->models, struct routed_model, r->models.n++);
	*to = (struct routed_model){.name = name, .artifact = m->artifact, .adapter = m->adapter};
	base = unit_of(slots, m->artifact);
	adapter = unit_of(slots, m->adapter);
	if (base) {
		to->id = base->id;
		to->provider = base->provider;
		to->uri = base->uri;
	}
	if (adapter) {
		to->adapter_id = adapter->id;
		to->adapter_provider = adapter->provider;
		to->adapter_uri = adapter->uri;
	}
}

static void add_ensemble(const struct fusion *f, const struct list *slots,
	const struct fusion_ensemble *e, struct routing *r)
{
	for (size_t i = 0; i < e->members.n; i++)
		add_model(f, slots, LIST_AT(&e->members, struct fusion_member, i)->model, r);
	for (size_t i = 0; i < e->then.n; i++) {
		enum fusion_kind kind;
		const char *name;

		if (fusion_target_parse(LIST_AT(&e->then, struct fusion_then, i)->to, &kind, &name))
			add_model(f, slots, name, r);
	}
}

static struct routed_split *split_of(
	const struct fusion_split *s, const struct fusion_request *request, struct arena *a)
{
	struct routed_split *split = ARENA_NEW(a, struct routed_split);
	const char *key = "";

	*split = (struct routed_split){
		.name = s->name, .key = s->key, .to = fusion_branch(s, request)->to};
	for (size_t i = 0; i < request->n; i++)
		if (strcmp(request->fields[i].name, s->key) == 0 &&
			request->fields[i].value.type == FUSION_STRING)
			key = request->fields[i].value.string;
	split->bucket = fusion_bucket(s->salt, key);
	return split;
}

/* The first target is the one that the answer describes. */
static void follow(const struct fusion *f, const struct list *slots, const char *target,
	const struct fusion_request *request, bool first, struct arena *a, struct routing *r)
{
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return;
	if (kind == FUSION_SPLIT) {
		struct routed_split *split = split_of(fusion_split(f, name), request, a);

		if (first)
			r->split = split;
		if (!fusion_target_parse(split->to, &kind, &name))
			return;
	}
	if (kind == FUSION_MODEL) {
		add_model(f, slots, name, r);
	} else if (kind == FUSION_ENSEMBLE) {
		const struct fusion_ensemble *e = fusion_ensemble(f, name);

		if (first) {
			r->ensemble = ARENA_NEW(a, struct routed_ensemble);
			r->ensemble->name = name;
			r->ensemble->ballot = arena_memdup(a, e, sizeof(*e));
		}
		add_ensemble(f, slots, e, r);
	}
}

void routing_make(const struct fusion *f, const struct list *slots,
	const struct fusion_request *request, struct arena *a, struct routing *ret)
{
	struct fusion_choice choice = fusion_route(f, request);
	struct routing r = {
		.request = request_text(request, a),
		.route = choice.name,
		.to = choice.to,
		.fallback = *choice.fallback,
		.models = {ARENA_ARRAY(a, f->models.n + 1, struct routed_model), 0},
	};

	follow(f, slots, choice.to, request, true, a, &r);
	for (size_t i = 0; i < choice.fallback->n; i++)
		follow(f, slots, choice.fallback->v[i], request, false, a, &r);
	*ret = r;
}
