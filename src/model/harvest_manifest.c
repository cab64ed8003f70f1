/* SPDX-License-Identifier: Apache-2.0
 *
 * A settled harvest as a manifest. Asks for what no file says: an id is never made of a folder's name,
 * nor an address of an id, but on the Hub, where they are the same.
 */
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "model/format.h"
#include "model/harvest_parts.h"
#include "model/manifest.h"

/* The one name of the form namespace/family-vN that the files agree on. */
static const char *id_of(const struct harvest *h)
{
	const char *id = NULL;
	struct artifact_name name;

	for (size_t i = 0; i < h->n_models; i++) {
		const char *text = h->models[i].text;
		if (artifact_name_parse(text, h->arena, &name) < 0)
			continue;
		if (id && strcmp(id, text) != 0)
			return NULL;
		id = text;
	}
	return id;
}

static int want_id(const struct harvest *h, struct err *err)
{
	if (h->n_models)
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s calls it %.120s, which is no artifact id: give --id "
			"namespace/family-vN",
			h->models[0].file, h->models[0].text);
	return err_set(err, ERR_INVALID_PARAMETER,
		"no file says what this is, and a folder's name is no identity: give --id "
		"namespace/family-vN");
}

static void write_metric(struct json_writer *w, const struct finding *f)
{
	const struct metric *m = &f->metric;

	jw_key(w, f->as ? f->as : f->name);
	if (m->n < 0 && m->successes < 0 && isnan(m->stderr_) && m->higher_is_better < 0) {
		jw_number(w, m->value);
		return;
	}
	jw_object(w);
	jw_knumber(w, "value", m->value);
	if (m->n >= 0)
		jw_kint(w, "n", m->n);
	if (m->successes >= 0)
		jw_kint(w, "successes", m->successes);
	if (!isnan(m->stderr_))
		jw_knumber(w, "stderr", m->stderr_);
	if (m->higher_is_better >= 0)
		jw_kbool(w, "higher_is_better", m->higher_is_better);
	jw_end(w);
}

static void write_suite(struct json_writer *w, const struct found_suite *s)
{
	jw_key(w, s->as ? s->as : s->suite.name);
	jw_object(w);
	jw_kint(w, "total", s->suite.total);
	jw_kint(w, "violations", s->suite.violations);
	jw_kint(w, "errors", s->suite.errors);
	if (s->suite.n_categories) {
		jw_key(w, "by_category");
		jw_object(w);
		for (size_t i = 0; i < s->suite.n_categories; i++) {
			const struct suite_category *c = &s->suite.categories[i];
			jw_key(w, c->name);
			jw_object(w);
			jw_kint(w, "total", c->total);
			jw_kint(w, "violations", c->violations);
			jw_kint(w, "errors", c->errors);
			jw_end(w);
		}
		jw_end(w);
	}
	jw_end(w);
}

static int count_taken(
	const struct harvest *h, size_t *ret_metrics, size_t *ret_suites, struct err *err)
{
	const char *why = NULL, *file = NULL;

	*ret_metrics = *ret_suites = 0;
	for (size_t i = 0; i < h->n_findings; i++)
		*ret_metrics += h->findings[i].use == FOUND_TAKEN;
	for (size_t i = 0; i < h->n_suites; i++)
		*ret_suites += h->suites[i].use == FOUND_TAKEN;
	if (*ret_metrics > HARVEST_METRICS_MAX)
		return err_set(err, ERR_INVALID_BODY,
			"the files hold %zu numbers, and a manifest takes %d: give fewer files, or "
			"name those that count with --map, and only they are taken",
			*ret_metrics, HARVEST_METRICS_MAX);
	if (*ret_metrics || *ret_suites)
		return 0;
	for (size_t i = 0; !why && i < h->n_findings; i++)
		if (h->findings[i].use == FOUND_ON_CALL) {
			why = arena_printf(
				h->arena, "%s %s", h->findings[i].name, h->findings[i].why);
			file = h->findings[i].file;
		}
	for (size_t i = 0; !why && i < h->n_suites; i++) {
		why = arena_printf(
			h->arena, "suite %s %s", h->suites[i].suite.name, h->suites[i].why);
		file = h->suites[i].file;
	}
	for (size_t i = 0; !why && i < h->n_findings; i++) {
		why = arena_printf(h->arena, "%s %s", h->findings[i].name, h->findings[i].why);
		file = h->findings[i].file;
	}
	for (size_t i = 0; !why && i < h->n_sources; i++) {
		why = h->sources[i].why;
		file = h->sources[i].file;
	}
	return err_set(err, ERR_INVALID_BODY, "%s%s%s%s",
		h->n_sources > 1 ? "nothing in these files is evidence as it stands; " : "",
		file ? file : "", file ? ": " : "", why ? why : "");
}

static void write_artifact(const struct harvest *h, const struct harvest_target *t, const char *id,
	const char *uri, struct json_writer *w)
{
	const char *base = t->base_model ? t->base_model : h->base_model.text;
	const char *license = t->license ? t->license : h->license.text;
	size_t metrics, suites;

	count_taken(h, &metrics, &suites, NULL);
	jw_object(w);
	jw_kstring(w, "id", id);
	if (h->kind.text)
		jw_kstring(w, "kind", h->kind.text);
	jw_kstring(w, "role", t->role);
	jw_kstring(w, "uri", uri);
	if (base)
		jw_kstring(w, "base_model", base);
	if (t->subject)
		jw_kstring(w, "subject", t->subject);
	if (license)
		jw_kstring(w, "license", license);
	if (metrics) {
		jw_key(w, "metrics");
		jw_object(w);
		for (size_t i = 0; i < h->n_findings; i++)
			if (h->findings[i].use == FOUND_TAKEN)
				write_metric(w, &h->findings[i]);
		jw_end(w);
	}
	if (suites) {
		jw_key(w, "suites");
		jw_object(w);
		for (size_t i = 0; i < h->n_suites; i++)
			if (h->suites[i].use == FOUND_TAKEN)
				write_suite(w, &h->suites[i]);
		jw_end(w);
	}
	jw_end(w);
}

int harvest_manifest(const struct harvest *h, const struct harvest_target *t, struct strbuf *out,
	struct err *err)
{
	const char *id = t->id ? t->id : id_of(h), *uri = t->uri;
	struct json_writer w;
	size_t metrics, suites;

	if (count_taken(h, &metrics, &suites, err))
		return -1;
	if (!id)
		return want_id(h, err);
	if (!uri && !strcmp(t->provider, "hf"))
		uri = arena_printf(h->arena, "hf://%s", id);
	if (!uri)
		return err_set(err, ERR_INVALID_PARAMETER,
			"no file says where it is: give --uri, e.g. gs://bucket/path or "
			"s3://bucket/path");
	json_writer_init(&w, out);
	jw_object(&w);
	jw_kstring(&w, "schema", MANIFEST_SCHEMA);
	jw_kstring(&w, "provider", t->provider);
	jw_key(&w, "artifacts");
	jw_array(&w);
	write_artifact(h, t, id, uri, &w);
	jw_end(&w);
	jw_end(&w);
	if (out->overflow)
		return err_set(err, ERR_INVALID_BODY, "the manifest is too large");
	return 0;
}

int harvest_make(
	struct harvest *h, const struct harvest_target *t, struct strbuf *out, struct err *err)
{
	return harvest_settle(h, t, err) || harvest_manifest(h, t, out, err) ? -1 : 0;
}
