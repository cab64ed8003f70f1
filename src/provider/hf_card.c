/* SPDX-License-Identifier: Apache-2.0
 *
 * A manifest for a repository that has none: made of model-index, evaluation results and the metadata of
 * its card, as the Hub's API gives them at one commit. Which number means what is harvest's to say; what
 * may not count is left out, and told. An identity is never guessed: the repository's name is the
 * artifact's, and its role stands in a tag or in the configuration.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/jcs.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "model/format.h"
#include "provider/harvested.h"
#include "provider/hf_parts.h"

#define ROLE_TAG "role:"
enum { BUILT_MAX = 3072, SENTENCE_MAX = 240, TOLD_MAX = 12 };

static int refuse(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(err, ERR_INVALID_MANIFEST, "%s", text);
	return FETCH_REFUSED;
}

/* ---- What the API says ---- */

static int ask_info(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, json_t **ret, struct err *err)
{
	const struct hf_request q = {
		.method = "GET",
		.path = arena_printf(call->arena,
			"/api/models/%s/revision/%s?expand=sha&expand=cardData&expand=model-index"
			"&expand=evalResults&expand=tags&expand=library_name",
			entry->name, entry->version),
		.cap = HF_INFO_MAX,
	};
	const char *words;
	enum hf_said said;

	if (hf_ask_json(c, call, &q, &said, ret, &words, err) < 0)
		return -1;
	switch (said) {
	case HF_OK:
		break;
	case HF_NO_ACCESS:
		return err_set(err, ERR_IO, "the Hub says %s", words);
	default:
		return FETCH_GONE;
	}
	if (!hf_is_sha(json_string_value(json_object_get(*ret, "sha"))))
		return err_set(err, ERR_IO, "the answer is not what the Hub's API gives: no sha");
	return FETCH_DONE;
}

/* One document with the members of the card and what the Hub keeps beside it; NULL: no result. */
static json_t *findings_of(const json_t *info)
{
	static const char *const beside[] = {"model-index", "evalResults", "library_name"};
	json_t *card = json_object_get(info, "cardData");
	json_t *out = json_is_object(card) ? json_copy(card) : json_object();

	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		json_t *v = json_object_get(info, beside[i]);

		if (v && !json_is_null(v))
			json_object_set(out, beside[i], v);
	}
	if (json_array_size(json_object_get(out, "evalResults")) == 0)
		json_object_del(out, "evalResults");
	if (json_object_get(out, "model-index") || json_object_get(out, "evalResults"))
		return out;
	json_decref(out);
	return NULL;
}

static const char *role_of(const struct connector *c, const json_t *info)
{
	const json_t *tags = json_object_get(info, "tags");

	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if (tag && text_starts(tag, ROLE_TAG) && tag[strlen(ROLE_TAG)])
			return tag + strlen(ROLE_TAG);
	}
	return c->role;
}

/* ---- What came from where ---- */

static void list_sentences(struct json_writer *w, const char *key, const char *const *v, size_t n)
{
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < n && i < TOLD_MAX; i++)
		jw_string(w, v[i]);
	jw_end(w);
	if (n > TOLD_MAX)
		jw_kint(w, !strcmp(key, "taken") ? "more_taken" : "more_left_out",
			(int64_t)(n - TOLD_MAX));
}

static const char *sentence(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strnlen(text, SENTENCE_MAX));
}

/* Of the numbers: where each stood, or why it does not count. */
static const char *built(const struct harvest *h, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BUILT_MAX * 4);
	size_t most = h->n_findings + h->n_notes + 2, taken = 0, left = 0;
	const char **in = ARENA_ARRAY(a, most, const char *);
	const char **out = ARENA_ARRAY(a, most, const char *);
	struct json_writer w;

	for (size_t i = 0; i < h->n_findings; i++) {
		const struct finding *f = &h->findings[i];
		const char *name = f->as ? f->as : f->name;

		if (f->use == FOUND_TAKEN)
			in[taken++] = sentence(a, arena_printf(a, "%s: %s", name, f->pointer));
		else
			out[left++] =
				sentence(a, arena_printf(a, "%s: %s", name, f->why ? f->why : ""));
	}
	for (size_t i = 0; i < h->n_notes; i++)
		out[left++] = sentence(a, h->notes[i].text);
	if (h->base_model.text)
		in[taken++] = sentence(a, arena_printf(a, "base_model: %s", h->base_model.pointer));
	if (h->license.text)
		in[taken++] = sentence(a, arena_printf(a, "license: %s", h->license.pointer));
	json_writer_init(&w, &sb);
	jw_object(&w);
	list_sentences(&w, "left_out", out, left);
	list_sentences(&w, "taken", in, taken);
	jw_end(&w);
	return json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : NULL;
}

/* ---- The manifest ---- */

static int harvest_text(struct connector *c, const struct source_entry *entry, const char *role,
	const char *text, size_t len, struct arena *a, struct source_document *ret, struct err *err)
{
	const struct harvested_file file = {arena_printf(a, "%s.json", entry->name), text, len};
	struct harvest h;
	const struct harvest_target t = {
		.provider = c->provider,
		.role = role,
		.id = entry->name,
		.uri = arena_printf(a, "hf://%s@%s", entry->name, entry->version),
		.cost_per_hour = NAN,
		.map = c->maps,
	};

	if (harvested_document(&file, 1, &t, a, &h, ret, err) < 0)
		return -1;
	ret->built = built(&h, a);
	return 0;
}

int hf_build(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(HF_INFO_MAX * 2);
	json_auto_t *info = NULL, *found = NULL;
	struct artifact_name name;
	const char *role;
	int rc = ask_info(c, call, entry, &info, err);

	if (rc != FETCH_DONE)
		return rc;
	found = findings_of(info);
	if (!found)
		return refuse(err,
			"has no %s, and no model-index or evaluation results to make one of",
			MANIFEST_PATH);
	if (artifact_name_parse(entry->name, call->arena, &name) < 0)
		return refuse(err,
			"has no %s, and its name is no artifact id (namespace/family-vN) to make "
			"one for",
			MANIFEST_PATH);
	role = role_of(c, info);
	if (!role)
		return refuse(err,
			"has no %s, and nothing says its role: tag it role:textgen, or set role",
			MANIFEST_PATH);
	if (jcs_render(found, &sb, err) < 0 || sb.overflow)
		return err_set(err, ERR_IO, "its metadata is too large");
	if (harvest_text(c, entry, role, sb.buf, sb.len, call->arena, ret, err) < 0)
		return refuse(err, "no manifest can be made of its card: %s",
			arena_strdup(call->arena, err->msg));
	return FETCH_DONE;
}
