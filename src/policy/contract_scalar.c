/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what two schemas say of numbers and of strings: bounds, steps, lengths, patterns, formats.
 */
#include <math.h>
#include <string.h>

#include "policy/contract_parts.h"

/* ---- numbers ---- */

static const char *bound_text(const struct bound *b, bool lower, struct arena *a)
{
	if (!b->said)
		return "no bound";
	return arena_printf(a, "%s %.15g",
		lower	       ? b->exclusive ? ">" : ">="
		: b->exclusive ? "<"
			       : "<=",
		b->at);
}

static void compare_bound(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, bool lower, bool integers)
{
	struct bound was = lower ? view_lower(old, integers) : view_upper(old, integers);
	struct bound is = lower ? view_lower(new, integers) : view_upper(new, integers);
	bool higher = is.at > was.at ||
		      (is.at == was.at && is.exclusive != was.exclusive && is.exclusive == lower);

	if (is.at == was.at && is.exclusive == was.exclusive)
		return;
	changed(c, w, higher == lower ? EFFECT_NARROWER : EFFECT_WIDER,
		lower	 ? higher ? CONTRACT_MINIMUM_RAISED : CONTRACT_MINIMUM_LOWERED
		: higher ? CONTRACT_MAXIMUM_RAISED
			 : CONTRACT_MAXIMUM_LOWERED,
		was.said, is.said, "The %s of %s is %s instead of %s.",
		lower ? "minimum" : "maximum", view_subject(old, new, c->arena),
		bound_text(&is, lower, c->arena), bound_text(&was, lower, c->arena));
}

static bool divides(double step_, double of)
{
	double times = of / step_;

	return times >= 1 && fabs(times - nearbyint(times)) <= 1e-9 * times;
}

static void compare_multiples(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, bool integers)
{
	const struct json_value *was = view_first(old, "multipleOf");
	const struct json_value *is = view_first(new, "multipleOf");
	/* To integers a step that divides 1 says nothing. */
	const struct json_value *had = was && integers && divides(was->number, 1) ? NULL : was;
	const struct json_value *has = is && integers && divides(is->number, 1) ? NULL : is;
	bool stricter, laxer;

	if (json_same(had, has))
		return;
	stricter = has && (!had || divides(had->number, has->number));
	laxer = had && (!has || divides(has->number, had->number));
	changed(c, w,
		stricter ? EFFECT_NARROWER
		: laxer	 ? EFFECT_WIDER
			 : EFFECT_EITHER,
		stricter ? CONTRACT_MULTIPLE_NARROWED
		: laxer	 ? CONTRACT_MULTIPLE_WIDENED
			 : CONTRACT_MULTIPLE_CHANGED,
		was, is, "`multipleOf` of %s is %s instead of %s.",
		view_subject(old, new, c->arena), is ? value_text(is, c->arena) : "absent",
		was ? value_text(was, c->arena) : "absent");
}

/* ---- strings ---- */

static bool in_view(const struct view *v, const char *keyword, const struct json_value *value)
{
	for (size_t i = 0; i < v->n; i++)
		if (json_same(json_member(v->part[i], keyword), value))
			return true;
	return false;
}

/* The first value of the keyword in x that y has not. */
static const struct json_value *only_in(
	const struct view *x, const struct view *y, const char *keyword)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct json_value *value = json_member(x->part[i], keyword);

		if (value && !in_view(y, keyword, value))
			return value;
	}
	return NULL;
}

static void compare_pattern(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was = only_in(old, new, "pattern");
	const struct json_value *is = only_in(new, old, "pattern");
	const char *subject = view_subject(old, new, c->arena);

	if (was && is)
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_PATTERN_CHANGED, was, is,
			"The pattern of %s is another; which one takes more can't be decided.",
			subject);
	else if (is)
		changed(c, w, EFFECT_NARROWER, CONTRACT_PATTERN_ADDED, NULL, is,
			"%s has to match the pattern %s.", subject, value_text(is, c->arena));
	else if (was)
		changed(c, w, EFFECT_WIDER, CONTRACT_PATTERN_REMOVED, was, NULL,
			"%s no longer has to match the pattern %s.", subject,
			value_text(was, c->arena));
}

/* Formats whose values are all values of another. */
static bool format_within(const char *narrow, const char *wide)
{
	static const char *const pairs[][2] = {{"int32", "int64"}, {"float", "double"},
		{"uri", "uri-reference"}, {"uri", "iri"}, {"uri", "iri-reference"},
		{"uri-reference", "iri-reference"}, {"iri", "iri-reference"},
		{"email", "idn-email"}, {"hostname", "idn-hostname"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!strcmp(pairs[i][0], narrow) && !strcmp(pairs[i][1], wide))
			return true;
	return false;
}

static void compare_format(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was = only_in(old, new, "format");
	const struct json_value *is = only_in(new, old, "format");
	const char *subject = view_subject(old, new, c->arena);

	if (was && is) {
		bool stricter = format_within(is->string, was->string);
		bool laxer = format_within(was->string, is->string);

		changed(c, w,
			stricter ? EFFECT_NARROWER
			: laxer	 ? EFFECT_WIDER
				 : EFFECT_EITHER,
			stricter ? CONTRACT_FORMAT_NARROWED
			: laxer	 ? CONTRACT_FORMAT_WIDENED
				 : CONTRACT_FORMAT_CHANGED,
			was, is, "The format of %s is %s instead of %s.", subject,
			value_text(is, c->arena), value_text(was, c->arena));
	} else if (is) {
		changed(c, w, EFFECT_NARROWER, CONTRACT_FORMAT_ADDED, NULL, is,
			"%s has to be of the format %s.", subject, value_text(is, c->arena));
	} else if (was) {
		changed(c, w, EFFECT_WIDER, CONTRACT_FORMAT_REMOVED, was, NULL,
			"%s no longer has to be of the format %s.", subject,
			value_text(was, c->arena));
	}
}

void compare_count(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, const struct count_rule *rule)
{
	const struct json_value *was = view_count(old, rule->keyword, rule->lower);
	const struct json_value *is = view_count(new, rule->keyword, rule->lower);
	double none = rule->lower ? 0 : INFINITY;
	double before = was ? was->number : none, after = is ? is->number : none;

	if (before == after)
		return;
	bool narrower = (after > before) == rule->lower;

	changed(c, w, narrower ? EFFECT_NARROWER : EFFECT_WIDER,
		narrower ? rule->narrowed : rule->widened, was, is,
		"`%s` of %s is %s instead of %s.", rule->keyword, view_subject(old, new, c->arena),
		is ? value_text(is, c->arena) : "absent",
		was ? value_text(was, c->arena) : "absent");
}

void compare_scalars(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, unsigned common)
{
	static const struct count_rule lengths[] = {
		{"minLength", true, CONTRACT_LENGTH_NARROWED, CONTRACT_LENGTH_WIDENED},
		{"maxLength", false, CONTRACT_LENGTH_NARROWED, CONTRACT_LENGTH_WIDENED},
	};

	if (common & TYPE_NUMBER) {
		bool integers = !(common & TYPE_FRACTION);

		compare_bound(c, w, old, new, true, integers);
		compare_bound(c, w, old, new, false, integers);
		compare_multiples(c, w, old, new, integers);
	}
	if (common & TYPE_STRING) {
		for (int i = 0; i < 2; i++)
			compare_count(c, w, old, new, &lengths[i]);
		compare_pattern(c, w, old, new);
	}
	if (common & (TYPE_STRING | TYPE_NUMBER))
		compare_format(c, w, old, new);
}
