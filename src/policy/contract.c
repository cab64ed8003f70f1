/* SPDX-License-Identifier: Apache-2.0
 *
 * The two forms of a contract document, and the comparison from outside: what decides is in
 * contract_schema and contract_openapi. A document that differs in anything but its version label
 * and shows no change was rewritten, and that is said, so that "identical" stays true to the letter.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/contract_parts.h"
#include "policy/version.h"

static const char schema_dialect[] = "https://json-schema.org/draft/2020-12/schema";

/* ---- parsing ---- */

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 64 && s[0] != '.' && s[0] != '-' && s[0] != '_' &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static void check_plain_member(struct checker *ck, const struct json_value *v)
{
	static const char *const texts[] = {"title", "description", "$id", "$comment"};
	struct version version;

	if (!strcmp(v->key, "request") || !strcmp(v->key, "response")) {
		check_want_schema(ck, v);
	} else if (!strcmp(v->key, "$defs")) {
		if (!json_is(v, JSON_KIND_OBJECT))
			check_fault(ck, v, "is not an object of schemas");
		for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
			check_want_schema(ck, &v->sub[i]);
	} else if (!strcmp(v->key, "name")) {
		if (!json_is(v, JSON_KIND_STRING) || !is_name(v->string))
			check_fault(ck, v, "is not a name of 1 to 64 of A-Z a-z 0-9 . _ -");
	} else if (!strcmp(v->key, "version")) {
		if (!json_is(v, JSON_KIND_STRING) || v->string[0] == 'v' ||
			version_parse(v->string, &version) || version.rc)
			check_fault(ck, v, "is not a version like 1.2.3");
	} else if (!strcmp(v->key, "$schema")) {
		if (!json_is(v, JSON_KIND_STRING) || strcmp(v->string, schema_dialect))
			check_fault(ck, v, "is not %s, the only dialect compared", schema_dialect);
	} else if (!text_starts(v->key, "x-")) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			if (strcmp(v->key, texts[i]))
				continue;
			if (!json_is(v, JSON_KIND_STRING))
				check_fault(ck, v, "is not text");
			return;
		}
		check_fault(ck, v, "is not a member of a contract");
	}
}

static void check_plain(struct checker *ck)
{
	const struct json_value *document = ck->contract->document;

	for (size_t i = 0; i < document->n; i++)
		check_plain_member(ck, &document->sub[i]);
	if (!json_member(document, "name"))
		fault_add(ck->faults, "/name", "is missing");
	if (!json_member(document, "version"))
		fault_add(ck->faults, "/version", "is missing");
	if (!json_member(document, "request") && !json_member(document, "response"))
		fault_add(ck->faults, "",
			"has neither request nor response, nor is it an OpenAPI description");
	ck->contract->name = json_member_string(document, "name");
	ck->contract->version = json_member_string(document, "version");
}

int contract_parse(const char *text, size_t len, struct arena *a, const struct contract **ret,
	struct faults *faults, struct err *err)
{
	struct contract *contract = ARENA_NEW(a, struct contract);
	struct checker ck = {.contract = contract, .arena = a, .faults = faults};
	size_t before = faults->total;

	if (json_tree(
		    text, len, CONTRACT_VALUES_MAX, a, &contract->document, &contract->values, err))
		return -1;
	if (!json_is(contract->document, JSON_KIND_OBJECT))
		return fault_add(faults, "", "is not an object");
	contract->target = ARENA_ARRAY(a, contract->values, const struct json_value *);
	ck.seen = ARENA_ARRAY(a, contract->values, unsigned char);
	ck.nesting = ARENA_ARRAY(a, contract->values, unsigned char);
	ck.todo = ARENA_ARRAY(a, contract->values, const struct json_value *);
	contract->openapi = json_member(contract->document, "openapi") != NULL;
	if (contract->openapi)
		check_openapi(&ck);
	else
		check_plain(&ck);
	check_schemas(&ck);
	if (faults->total > before)
		return -1;
	*ret = contract;
	return 0;
}

const char *contract_name(const struct contract *c)
{
	return c->name;
}

const char *contract_version(const struct contract *c)
{
	return c->version;
}

/* ---- comparing ---- */

static const struct where document_where = {.direction = CONTRACT_DOCUMENT};

static void compare_side(struct comparison *c, enum contract_direction direction, const char *key)
{
	const struct json_value *was = json_member(c->side[OLD]->document, key);
	const struct json_value *is = json_member(c->side[NEW]->document, key);
	struct where w = {.direction = direction};

	/* A direction of which the old contract said nothing was not in use. */
	if (was && is)
		compare_schemas(c, &w, was, is);
	else if (is)
		changed(c, &w, EFFECT_ADDITIVE, CONTRACT_SCHEMA_ADDED, NULL, is,
			"The %s has a schema, where there was none.", key);
	else if (was)
		changed(c, &w, EFFECT_EITHER, CONTRACT_SCHEMA_REMOVED, was, NULL,
			"The %s has no schema any more.", key);
}

static void compare_heads(struct comparison *c, const struct json_value *old,
	const struct json_value *new, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct json_value *was = json_member(old, keys[i]);
		const struct json_value *is = json_member(new, keys[i]);

		if (!json_same(was, is))
			changed(c, &document_where, EFFECT_NOTE, CONTRACT_ANNOTATION, was, is,
				"`%s` of the document %s.", keys[i],
				!was  ? "is new"
				: !is ? "is gone"
				      : "changed");
	}
}

static void compare_plain(struct comparison *c)
{
	static const char *const heads[] = {"$comment", "$id", "$schema", "description", "title"};

	compare_heads(c, c->side[OLD]->document, c->side[NEW]->document, heads,
		sizeof(heads) / sizeof(heads[0]));
	compare_side(c, CONTRACT_REQUEST, "request");
	compare_side(c, CONTRACT_RESPONSE, "response");
}

/* Equal but for the version label. */
static bool same_but_version(const struct contract *old, const struct contract *new)
{
	const struct json_value *a = old->document, *b = new->document;

	if (a->n != b->n || old->openapi != new->openapi)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct json_value *x = &a->sub[i], *y = &b->sub[i];

		if (strcmp(x->key, y->key))
			return false;
		if (!old->openapi && !strcmp(x->key, "version"))
			continue;
		if (!old->openapi || strcmp(x->key, "info")) {
			if (!json_same(x, y))
				return false;
			continue;
		}
		if (x->n != y->n)
			return false;
		for (size_t k = 0; k < x->n; k++)
			if (strcmp(x->sub[k].key, y->sub[k].key) ||
				(strcmp(x->sub[k].key, "version") &&
					!json_same(&x->sub[k], &y->sub[k])))
				return false;
	}
	return true;
}

static void compare_documents(struct comparison *c)
{
	const struct contract *old = c->side[OLD], *new = c->side[NEW];

	if (!text_equal(old->name, new->name)) {
		const char *at = new->openapi ? "info" : "name";

		changed(c, &document_where, EFFECT_EITHER, CONTRACT_RENAMED,
			json_member(old->document, old->openapi ? "info" : "name"),
			json_member(new->document, at),
			"The contract is called %.64s instead of %.64s, which makes it another "
			"one.",
			new->name ? new->name : "nothing", old->name ? old->name : "nothing");
	}
	if (old->openapi != new->openapi)
		changed(c, &document_where, EFFECT_UNKNOWN, CONTRACT_FORM_CHANGED, old->document,
			new->document,
			"One version is a plain contract and the other an OpenAPI description, "
			"which are not compared.");
	else if (new->openapi)
		compare_openapi(c);
	else
		compare_plain(c);
	if (found_level(c->found) == CONTRACT_NONE)
		changed(c, &document_where, EFFECT_NOTE, CONTRACT_REWRITTEN, old->document,
			new->document,
			"The document is written differently, and nothing that a node sends or "
			"receives is.");
}

void contract_compare(const struct contract *old, const struct contract *new, struct arena *a,
	struct contract_diff *ret)
{
	size_t work = 0;
	struct comparison c = {
		.side = {old, new}, .arena = a, .found = found_new(a), .work = &work};

	if (!same_but_version(old, new))
		compare_documents(&c);
	found_finish(c.found, ret);
}

static void label_faults(struct faults *faults, size_t from, const char *label)
{
	for (size_t i = from; i < faults->n; i++) {
		char pointer[sizeof(faults->list[i].pointer)];

		snprintf(pointer, sizeof(pointer), "%s:%.*s", label, (int)(sizeof(pointer) - 8),
			faults->list[i].pointer);
		memcpy(faults->list[i].pointer, pointer, sizeof(pointer));
	}
}

int contract_compare_texts(const char *old, size_t old_len, const char *new, size_t new_len,
	struct arena *a, struct contract_diff *ret, struct faults *faults, struct err *err)
{
	const struct contract *was, *is;
	size_t from = faults->n;

	if (contract_parse(old, old_len, a, &was, faults, err)) {
		label_faults(faults, from, "old");
		return faults->n > from ? -1 : err_wrap(err, "the old contract");
	}
	if (contract_parse(new, new_len, a, &is, faults, err)) {
		label_faults(faults, from, "new");
		return faults->n > from ? -1 : err_wrap(err, "the new contract");
	}
	contract_compare(was, is, a, ret);
	return 0;
}
