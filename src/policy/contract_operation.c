/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares one operation of an OpenAPI description: parameters and bodies go one way, answers and
 * their headers the other. An operation takes the parameters it lists and no others, so that one
 * that is gone breaks those who sent it. Any operation may answer with an error at any time (RFC
 * 9110, 15: an unknown status is its class's), so that a new error status is an addition, while a
 * new success is something that no node was told of.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "policy/contract_parts.h"

/* What the caller sends and what comes back. */
struct ways {
	struct where in, out;
};

static struct ways ways_of(enum contract_direction direction)
{
	return (struct ways){.in = {.direction = direction},
		.out = {.direction = direction == CONTRACT_REQUEST ? CONTRACT_RESPONSE
								   : CONTRACT_REQUEST}};
}

/* Members whose every difference is words. */
static void compare_words(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new)
{
	static const char *const words[] = {"deprecated", "description", "example", "examples",
		"externalDocs", "links", "operationId", "servers", "summary", "tags"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct json_value *was = json_member(old, words[i]);
		const struct json_value *is = json_member(new, words[i]);

		if (!json_same(was, is))
			changed(c, w, EFFECT_NOTE, CONTRACT_ANNOTATION, was, is, "`%s` %s.",
				words[i],
				!was  ? "is new"
				: !is ? "is gone"
				      : "changed");
	}
}

static void compare_required(struct comparison *c, const struct where *w,
	const struct json_value *old, const struct json_value *new, const char *what)
{
	const struct json_value *was = json_member(old, "required");
	const struct json_value *is = json_member(new, "required");
	bool had = json_is_bool(was, true), has = json_is_bool(is, true);

	if (had == has)
		return;
	changed(c, w, has ? EFFECT_NARROWER : EFFECT_WIDER,
		has ? CONTRACT_REQUIRED_ADDED : CONTRACT_REQUIRED_REMOVED, is ? was : old,
		is ? is : new, "%s is %s required.", what, has ? "now" : "no longer");
}

/* ---- contents ---- */

/* `gone` and `more`: what it means that a media type is no longer or newly there. */
static void compare_contents(struct comparison *c, const struct where *w,
	const struct json_value *old, const struct json_value *new, enum effect gone,
	enum effect more)
{
	for (size_t i = 0; old && i < old->n; i++) {
		const struct json_value *was = &old->sub[i], *is = json_member(new, was->key);

		if (!is) {
			changed(c, w, gone, CONTRACT_MEDIA_TYPE_REMOVED, was, NULL,
				"The media type %.64s is gone.", was->key);
			continue;
		}
		compare_words(c, w, was, is);
		compare_schemas(c, w, json_member(was, "schema"), json_member(is, "schema"));
		if (!json_same(json_member(was, "encoding"), json_member(is, "encoding")))
			changed(c, w, EFFECT_EITHER, CONTRACT_SERIALIZATION_CHANGED, was, is,
				"Parts of %.64s are encoded differently.", was->key);
	}
	for (size_t i = 0; new &&i < new->n; i++)
		if (!json_member(old, new->sub[i].key))
			changed(c, w, more, CONTRACT_MEDIA_TYPE_ADDED, NULL, &new->sub[i],
				"The media type %.64s is new.", new->sub[i].key);
}

/* ---- parameters ---- */

struct parameters {
	const struct json_value **v; /* resolved */
	const char *template;
	size_t n;
};

static const char *member_or(const struct json_value *v, const char *key, const char *otherwise)
{
	const char *text = json_member_string(v, key);

	return text ? text : otherwise;
}

/* Which {placeholder} of the template; -1: none. */
static int place_in(const char *template, const char *name)
{
	size_t len = strlen(name);
	int place = 0;

	for (const char *p = strchr(template, '{'); p; p = strchr(p + 1, '{'), place++)
		if (!strncmp(p + 1, name, len) && p[1 + len] == '}')
			return place;
	return -1;
}

/* Path parameters are known by their place: their name does not go over the wire. */
static bool same_parameter(const char *x_template, const struct json_value *x,
	const char *y_template, const struct json_value *y)
{
	const char *in = json_member_string(x, "in");
	const char *a = json_member_string(x, "name"), *b = json_member_string(y, "name");
	int place;

	if (strcmp(in, json_member_string(y, "in")))
		return false;
	if (!strcmp(in, "header"))
		return !strcasecmp(a, b);
	if (strcmp(in, "path"))
		return !strcmp(a, b);
	place = place_in(x_template, a);
	return place >= 0 ? place == place_in(y_template, b) : !strcmp(a, b);
}

static const struct json_value *find_parameter(
	const struct parameters *p, const char *template, const struct json_value *wanted)
{
	for (size_t i = 0; i < p->n; i++)
		if (same_parameter(template, wanted, p->template, p->v[i]))
			return p->v[i];
	return NULL;
}

/* The operation's own, and those of the path item that it does not override. */
static struct parameters parameters_of(const struct contract *side, const struct path *path,
	const struct json_value *operation, struct arena *a)
{
	const struct json_value *lists[] = {
		json_member(operation, "parameters"), json_member(path->item, "parameters")};
	size_t max = (lists[0] ? lists[0]->n : 0) + (lists[1] ? lists[1]->n : 0);
	struct parameters p = {ARENA_ARRAY(a, max, const struct json_value *), path->template, 0};

	for (int l = 0; l < 2; l++) {
		for (size_t i = 0; lists[l] && i < lists[l]->n; i++) {
			const struct json_value *v = deref(side, &lists[l]->sub[i]);

			if (!find_parameter(&p, p.template, v))
				p.v[p.n++] = v;
		}
	}
	return p;
}

static bool is_exploded(const struct json_value *v, const char *style)
{
	const struct json_value *explode = json_member(v, "explode");

	return explode ? explode->boolean : !strcmp(style, "form");
}

static bool same_serialization(const struct json_value *old, const struct json_value *new)
{
	const char *in = member_or(old, "in", "header");
	const char *usual = !strcmp(in, "query") || !strcmp(in, "cookie") ? "form" : "simple";
	const char *was = member_or(old, "style", usual), *is = member_or(new, "style", usual);

	return !strcmp(was, is) && is_exploded(old, was) == is_exploded(new, is) &&
	       json_is_bool(json_member(old, "allowReserved"), true) ==
		       json_is_bool(json_member(new, "allowReserved"), true) &&
	       !json_member(old, "content") == !json_member(new, "content");
}

/* A parameter or a header. */
static void compare_value(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new, const char *what)
{
	compare_words(c, w, old, new);
	compare_required(c, w, old, new, what);
	if (!same_serialization(old, new))
		changed(c, w, EFFECT_EITHER, CONTRACT_SERIALIZATION_CHANGED, old, new,
			"%s is written differently.", what);
	compare_schemas(c, w, json_member(old, "schema"), json_member(new, "schema"));
	compare_contents(c, w, json_member(old, "content"), json_member(new, "content"),
		EFFECT_EITHER, EFFECT_EITHER);
}

static void compare_parameters(struct comparison *c, const struct where *w,
	const struct parameters *old, const struct parameters *new)
{
	charge(c, old->n * new->n);
	for (size_t i = 0; i < old->n; i++) {
		const struct json_value *was = old->v[i];
		const struct json_value *is = find_parameter(new, old->template, was);
		const char *what = arena_printf(
			c->arena, "parameter \"%.64s\"", json_member_string(was, "name"));

		if (is)
			compare_value(c, w, was, is, what);
		else
			changed(c, w, EFFECT_EITHER, CONTRACT_PARAMETER_REMOVED, was, NULL,
				"%s is gone.", what);
	}
	for (size_t i = 0; i < new->n; i++) {
		const struct json_value *is = new->v[i];
		const char *name = json_member_string(is, "name");
		bool required = json_is_bool(json_member(is, "required"), true);

		if (find_parameter(old, new->template, is))
			continue;
		changed(c, w, EFFECT_ADDITIVE, CONTRACT_PARAMETER_ADDED, NULL, is,
			"parameter \"%.64s\" is new.", name);
		if (required)
			changed(c, w, EFFECT_NARROWER, CONTRACT_REQUIRED_ADDED, NULL,
				json_member(is, "required"), "parameter \"%.64s\" is now required.",
				name);
	}
}

/* ---- bodies and answers ---- */

static void compare_body(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new)
{
	const struct json_value *was = deref(c->side[OLD], old), *is = deref(c->side[NEW], new);

	if (was && is) {
		compare_words(c, w, was, is);
		compare_required(c, w, was, is, "the body");
		compare_contents(c, w, json_member(was, "content"), json_member(is, "content"),
			EFFECT_NARROWER, EFFECT_WIDER);
	} else if (is) {
		changed(c, w, EFFECT_ADDITIVE, CONTRACT_BODY_ADDED, NULL, is,
			"The request has a body, where there was none.");
		if (json_is_bool(json_member(is, "required"), true))
			changed(c, w, EFFECT_NARROWER, CONTRACT_REQUIRED_ADDED, NULL,
				json_member(is, "required"), "The body is now required.");
	} else if (was) {
		changed(c, w, EFFECT_EITHER, CONTRACT_BODY_REMOVED, was, NULL,
			"The request has no body any more.");
	}
}

static const struct json_value *find_header(const struct json_value *headers, const char *name)
{
	for (size_t i = 0; headers && i < headers->n; i++)
		if (!strcasecmp(headers->sub[i].key, name))
			return &headers->sub[i];
	return NULL;
}

static void compare_headers(struct comparison *c, const struct where *w,
	const struct json_value *old, const struct json_value *new)
{
	charge(c, old && new ? old->n *new->n : 0);
	for (size_t i = 0; old && i < old->n; i++) {
		const struct json_value *was = &old->sub[i], *is = find_header(new, was->key);

		if (is)
			compare_value(c, w, deref(c->side[OLD], was), deref(c->side[NEW], is),
				arena_printf(c->arena, "header %.64s", was->key));
		else
			changed(c, w, EFFECT_EITHER, CONTRACT_HEADER_REMOVED, was, NULL,
				"Header %.64s is gone.", was->key);
	}
	for (size_t i = 0; new &&i < new->n; i++)
		if (!find_header(old, new->sub[i].key))
			changed(c, w, EFFECT_ADDITIVE, CONTRACT_HEADER_ADDED, NULL, &new->sub[i],
				"Header %.64s is new.", new->sub[i].key);
}

static void compare_response(struct comparison *c, const struct where *w,
	const struct json_value *old, const struct json_value *new)
{
	const struct json_value *was = deref(c->side[OLD], old), *is = deref(c->side[NEW], new);

	compare_words(c, w, was, is);
	compare_headers(c, w, json_member(was, "headers"), json_member(is, "headers"));
	compare_contents(c, w, json_member(was, "content"), json_member(is, "content"),
		EFFECT_EITHER, EFFECT_ADDITIVE);
}

/* What says how the status looks: itself, its class, or default. */
static const struct json_value *answer_for(const struct json_value *responses, const char *status)
{
	const char class[] = {status[0], 'X', 'X', '\0'};
	const struct json_value *found = json_member(responses, status);

	if (!found && strcmp(status, "default"))
		found = json_member(responses, class);
	return found ? found : json_member(responses, "default");
}

static bool is_error(const char *status)
{
	return status[0] == '4' || status[0] == '5' || status[0] == 'd';
}

static void compare_responses(struct comparison *c, const struct where *w,
	const struct json_value *old, const struct json_value *new)
{
	for (size_t i = 0; old && i < old->n; i++) {
		const struct json_value *was = &old->sub[i];
		const struct json_value *is = answer_for(new, was->key);

		if (text_starts(was->key, "x-"))
			continue;
		if (is)
			compare_response(c, w, was, is);
		else
			changed(c, w, is_error(was->key) ? EFFECT_ADDITIVE : EFFECT_EITHER,
				CONTRACT_STATUS_REMOVED, was, NULL,
				"An answer with status %.8s no longer comes.", was->key);
	}
	for (size_t i = 0; new &&i < new->n; i++) {
		const struct json_value *is = &new->sub[i];
		const struct json_value *was = answer_for(old, is->key);

		if (text_starts(is->key, "x-") || json_member(old, is->key))
			continue;
		if (was)
			compare_response(c, w, was, is);
		else
			changed(c, w, is_error(is->key) ? EFFECT_ADDITIVE : EFFECT_WIDER,
				CONTRACT_STATUS_ADDED, NULL, is,
				"An answer with status %.8s may come.", is->key);
	}
}

/* ---- security ---- */

static bool all_of_in(const struct json_value *these, const struct json_value *those)
{
	for (size_t i = 0; i < these->n; i++) {
		bool there = false;

		for (size_t k = 0; k < those->n && !there; k++)
			there = json_same(&these->sub[i], &those->sub[k]);
		if (!there)
			return false;
	}
	return true;
}

/* A list of alternatives; none at all is as an empty one. */
static void compare_security(struct comparison *c, const struct where *w,
	const struct json_value *old_operation, const struct json_value *new_operation)
{
	const struct json_value *was = json_member(old_operation, "security");
	const struct json_value *is = json_member(new_operation, "security");

	if (!was)
		was = json_member(c->side[OLD]->document, "security");
	if (!is)
		is = json_member(c->side[NEW]->document, "security");
	if (json_same(was, is) || ((!was || !was->n) && (!is || !is->n)))
		return;
	if (!is || !is->n)
		changed(c, w, EFFECT_WIDER, CONTRACT_SECURITY_ADDED, was, is,
			"No credentials are asked for any more.");
	else if (was && was->n && all_of_in(was, is))
		changed(c, w, EFFECT_WIDER, CONTRACT_SECURITY_ADDED, was, is,
			"There are more ways to authenticate.");
	else
		changed(c, w, EFFECT_EITHER, CONTRACT_SECURITY_CHANGED, was, is,
			"Other credentials are asked for.");
}

/* ---- operations ---- */

static void compare_operation(struct comparison *c, const struct ways *ways, const struct path *old,
	const struct path *new, const char *method, unsigned callbacks)
{
	const struct json_value *was = json_member(old->item, method);
	const struct json_value *is = json_member(new->item, method);
	struct parameters before = parameters_of(c->side[OLD], old, was, c->arena);
	struct parameters after = parameters_of(c->side[NEW], new, is, c->arena);
	const struct json_value *calls = json_member(was, "callbacks");
	const struct json_value *more = json_member(is, "callbacks");

	compare_words(c, &ways->in, was, is);
	compare_parameters(c, &ways->in, &before, &after);
	compare_body(c, &ways->in, json_member(was, "requestBody"), json_member(is, "requestBody"));
	compare_responses(
		c, &ways->out, json_member(was, "responses"), json_member(is, "responses"));
	compare_security(c, &ways->in, was, is);
	for (size_t i = 0; calls && i < calls->n; i++)
		compare_paths(c, ways->out.direction, deref(c->side[OLD], &calls->sub[i]),
			deref(c->side[NEW], json_member(more, calls->sub[i].key)), callbacks + 1);
	for (size_t i = 0; more && i < more->n; i++)
		if (!json_member(calls, more->sub[i].key))
			compare_paths(c, ways->out.direction, NULL,
				deref(c->side[NEW], &more->sub[i]), callbacks + 1);
}

void compare_path_item(struct comparison *c, enum contract_direction direction,
	const struct path *old, const struct path *new, unsigned callbacks)
{
	struct ways ways = ways_of(direction);

	if (callbacks > CALLBACKS_MAX) {
		changed(c, &ways.in, EFFECT_UNKNOWN, CONTRACT_TOO_DEEP, old->item, new->item,
			"Callbacks within more than %d callbacks are not compared.", CALLBACKS_MAX);
		return;
	}
	if (!step(c, &ways.in, old->item, new->item))
		return;
	for (const char *const *method = path_methods; *method; method++) {
		const struct json_value *was = json_member(old->item, *method);
		const struct json_value *is = json_member(new->item, *method);

		if (was && is)
			compare_operation(c, &ways, old, new, *method, callbacks);
		else if (was)
			changed(c, &ways.in, EFFECT_EITHER, CONTRACT_OPERATION_REMOVED, was, NULL,
				"%s %.128s is gone.", *method, old->template);
		else if (is)
			changed(c, &ways.in, EFFECT_ADDITIVE, CONTRACT_OPERATION_ADDED, NULL, is,
				"%s %.128s is new.", *method, new->template);
	}
}
