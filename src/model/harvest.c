/* SPDX-License-Identifier: Apache-2.0
 *
 * One file of a harvest: opened as JSON, JSON Lines or a card, recognised, read. Owns what becomes of a file
 * that is refused: nothing of it stays but that it was seen.
 */
#include "model/harvest.h"

#include <math.h>
#include <string.h>

#include "model/harvest_parts.h"

static const struct harvest_format formats[] = {
#define X(id, title, by_line) {title, by_line, harvest_is_##id, harvest_read_##id},
#include "model/harvest_formats.def"
#undef X
};

void harvest_init(struct harvest *h, struct arena *a)
{
	*h = (struct harvest){.arena = a, .tokens_per_s = NAN, .values_left = SIZE_MAX};
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcasecmp(s + n - m, end);
}

static size_t first_line(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end ? (size_t)(end - text) : len;
}

static int yaml_text(const char *bytes, size_t len, struct arena *a, const char **ret,
	size_t *ret_len, struct err *err)
{
	STRBUF_AUTO json = STRBUF_INIT(HARVEST_FILE_MAX);

	if (yaml_to_json(bytes, len, &json, err))
		return -1;
	*ret = arena_strndup(a, json.buf, json.len);
	*ret_len = json.len;
	return 0;
}

static int tree(
	struct harvest *h, const char *text, size_t len, struct harvest_file *f, struct err *err)
{
	size_t most = h->values_left < HARVEST_VALUES_MAX ? h->values_left : HARVEST_VALUES_MAX;
	size_t values;

	if (json_tree(text, len, most, h->arena, &f->root, &values, err))
		return -1;
	if (h->values_left != SIZE_MAX)
		h->values_left -= values;
	return 0;
}

/* vLLM adds a run to its .json as a line. */
static bool is_lines_all_the_same(struct harvest *h, struct harvest_file *f)
{
	size_t n = first_line(f->text, f->len);
	struct err why = {0};

	if (f->is_card || f->is_lines || strspn(f->text + n, " \t\r\n") == f->len - n)
		return false;
	const char *text = harvest_strict(f->text, n, h->arena, &n);
	if (tree(h, text, n, f, &why) || !json_is(f->root, JSON_KIND_OBJECT))
		return false;
	f->is_lines = f->has_more = true;
	return true;
}

/* Fill in what of the file the recognisers look at. */
static enum harvest_outcome open_file(
	struct harvest *h, const char *bytes, size_t len, struct harvest_file *f, struct err *err)
{
	size_t n = len;
	const char *text = bytes;
	struct err why = {0};
	int rc;

	f->is_card = ends_with(f->name, ".md");
	f->is_lines = ends_with(f->name, ".jsonl");
	f->text = bytes;
	f->len = len;
	if (f->is_card) {
		rc = harvest_front_matter(bytes, len, h->arena, &text, &n, &why);
		if (rc > 0)
			return harvest_empty(h, NULL, err,
				"has no front matter, and numbers in prose are no evidence: put "
				"them into model-index");
		if (rc)
			return harvest_refuse(h, NULL, err, "%s", why.msg);
	} else if (ends_with(f->name, ".yaml") || ends_with(f->name, ".yml")) {
		if (yaml_text(bytes, len, h->arena, &text, &n, &why))
			return harvest_refuse(h, NULL, err, "%s", why.msg);
	} else if (f->is_lines) {
		n = first_line(bytes, len);
		f->has_more = strspn(bytes + n, " \t\r\n") < len - n;
	}
	text = harvest_strict(text, n, h->arena, &n);
	if (strspn(text, " \t\r\n") == n)
		return harvest_refuse(h, NULL, err, "is empty");
	if (!tree(h, text, n, f, &why) || is_lines_all_the_same(h, f))
		return HARVEST_READ;
	f->root = NULL;
	f->is_text = !f->is_card && !f->is_lines && !ends_with(f->name, ".json") &&
		     !ends_with(f->name, ".yaml") && !ends_with(f->name, ".yml");
	if (f->is_text)
		return HARVEST_READ;
	return harvest_refuse(h, NULL, err, "is no JSON: %s", why.msg);
}

/* None of the models from `from` on is something that stands in for one. */
static enum harvest_outcome check_models(struct harvest *h, size_t from, struct err *err)
{
	for (size_t i = from; i < h->n_models; i++)
		if (harvest_is_stand_in(h->models[i].text))
			return harvest_refuse(h, NULL, err,
				"measured \"%.60s\" (%s), which stands in for a model and is none",
				h->models[i].text, h->models[i].pointer);
	return HARVEST_READ;
}

/* What a report of any kind may say of itself. */
static enum harvest_outcome check_report(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	static const char *const names[] = {"model", "model_id", "model_name"};
	const struct json_value *failed = f->is_lines ? NULL : harvest_failed_run(f->root);

	if (failed)
		return harvest_refuse(h, failed, err,
			"says that the run failed or is not over: run it again to its end");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *name = json_member_string(f->root, names[i]);
		if (name && harvest_is_stand_in(name))
			return harvest_refuse(h, json_member(f->root, names[i]), err,
				"is \"%.60s\", which stands in for a model and is none", name);
	}
	return HARVEST_READ;
}

static enum harvest_outcome read_file(
	struct harvest *h, const char *bytes, size_t len, struct err *err)
{
	const char *slash = strrchr(h->file, '/');
	struct harvest_file f = {.path = h->file, .name = slash ? slash + 1 : h->file};
	size_t findings = h->n_findings, suites = h->n_suites, models = h->n_models;

	if (len > HARVEST_FILE_MAX)
		return harvest_refuse(h, NULL, err, "has more than %d MiB", HARVEST_FILE_MAX >> 20);
	enum harvest_outcome outcome = open_file(h, bytes, len, &f, err);
	if (outcome != HARVEST_READ)
		return outcome;
	const struct json_value *dry = harvest_dry_run(f.root);
	if (dry)
		return harvest_refuse(h, dry, err,
			"says that it was a dry run or a simulation, so that nothing was measured");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!formats[i].recognise(&f) || (f.has_more && !formats[i].by_line))
			continue;
		h->format = formats[i].title;
		outcome = check_report(h, &f, err);
		if (outcome == HARVEST_READ)
			outcome = formats[i].read(h, &f, err);
		if (outcome == HARVEST_READ)
			outcome = check_models(h, models, err);
		if (outcome == HARVEST_READ && h->n_findings == HARVEST_FINDINGS_MAX)
			return harvest_refuse(
				h, NULL, err, "has more than %d numbers", HARVEST_FINDINGS_MAX);
		if (outcome == HARVEST_READ && h->n_text > HARVEST_TEXT_MAX)
			return harvest_refuse(h, NULL, err,
				"has more than %d MiB in the names of its numbers",
				HARVEST_TEXT_MAX >> 20);
		if (outcome == HARVEST_READ)
			harvest_close_scales(h, findings);
		if (outcome == HARVEST_READ && h->n_findings == findings && h->n_suites == suites)
			return harvest_empty(h, NULL, err, "(%s) holds no number", h->format);
		return outcome;
	}
	h->format = NULL;
	harvest_empty(h, NULL, err,
		"is in no format that is read here; write its numbers into a manifest by hand, or "
		"into the model-index of a card");
	return HARVEST_UNKNOWN;
}

enum harvest_outcome harvest_read(
	struct harvest *h, const char *file, const char *bytes, size_t len, struct err *err)
{
	struct harvest before = *h;
	const char *format;
	struct err why = {0};

	h->file = arena_strdup(h->arena, file);
	h->format = NULL;
	enum harvest_outcome outcome = read_file(h, bytes, len, &why);
	file = h->file;
	format = h->format;
	size_t n_found = h->n_findings - before.n_findings + h->n_suites - before.n_suites;
	if (outcome == HARVEST_REFUSED || outcome == HARVEST_UNKNOWN) {
		before.values_left = h->values_left;
		*h = before;
	}
	harvest_add_source(
		h, &(struct harvest_source){.file = file,
			   .format = format,
			   .outcome = outcome,
			   .why = outcome == HARVEST_READ ? NULL : arena_strdup(h->arena, why.msg),
			   .n_found = n_found});
	if (outcome != HARVEST_READ) {
		*err = why;
		err_wrap(err, "%s", file);
	}
	return outcome;
}
