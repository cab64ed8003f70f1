/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the checklist.
 */
#include "model/checklist.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/duration.h"
#include "model/format.h"

enum { POINTER_MAX = 160 };

static const char *const items[] = {
#define X(id, name, ...) name,
#include "model/checklist_items.def"
#undef X
	NULL};
const struct field_names check_item_names = {"item of the checklist", items};

#define NAMES(var, title, ...) \
	const struct field_names var = {title, (const char *const[]){__VA_ARGS__, NULL}}
NAMES(check_verdict_names,
	"verdict on an item", [CHECK_GO] = "go", [CHECK_NOT_CONFIGURED] = "not_configured",
	[CHECK_WAITING] = "waiting", [CHECK_NO_GO] = "no_go");
NAMES(check_kind_names, "kind of an item", [CHECK_MACHINE] = "machine", [CHECK_HUMAN] = "human");
NAMES(signoff_verdict_names,
	"verdict of a sign-off", [SIGNOFF_GO] = "go", [SIGNOFF_NO_GO] = "no_go");

/* ---- In the policy ---- */

static bool is_promote(const char *s)
{
	return strcmp(s, "promote") == 0;
}
static const struct field_format format_signoff_scope = {
	.title = "the scope that sign-offs are given with, promote",
	.example = "promote",
	.pattern = "^promote$",
	.check = is_promote,
};

static const struct field rule_fields[] = {
	{"item", FIELD_STRING, offsetof(struct policy_signoff, item), FIELD_REQUIRED,
		.format = &format_name, .help = "what somebody has to say go to"},
	{"scope", FIELD_STRING, offsetof(struct policy_signoff, scope), 0,
		.format = &format_signoff_scope, .help = "of the token that signs; promote"},
	{"fresh", FIELD_STRING, offsetof(struct policy_signoff, fresh), 0, .min = 1, .max = 64,
		.format = &format_line,
		.help = "how long a sign-off counts, such as P7D; for ever when absent"},
	{"evidence", FIELD_BOOL, offsetof(struct policy_signoff, evidence), 0,
		.help = "must a go link to what it rests on; true when absent"},
};

static void rule_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct policy_signoff *s = obj;
	char at[POINTER_MAX];
	const char *why;

	if (s->evidence < 0)
		s->evidence = 1;
	if (!s->fresh)
		return;
	pointer_join(at, sizeof(at), pointer, "fresh");
	if (duration_parse(s->fresh, &s->fresh_usec, &why) < 0)
		fault_add(faults, at, "\"%s\" %s", s->fresh, why);
	else if (s->fresh_usec == 0)
		fault_add(faults, at,
			"is zero, so a sign-off would be stale at once: leave it out for one that "
			"never is");
}

const struct field_table policy_signoff_table =
	FIELD_TABLE("PolicySignoff", "An item of the checklist that a person signs off.",
		struct policy_signoff, rule_fields, .check = rule_check);

void policy_signoffs_check(const struct list *signoffs, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];

	for (size_t i = 0; i < signoffs->n; i++) {
		const char *item = LIST_AT(signoffs, struct policy_signoff, i)->item;

		if (!item)
			continue;
		pointer_index(at, sizeof(at), pointer, i);
		pointer_join(at, sizeof(at), at, "item");
		if (names_find(&check_item_names, item) >= 0)
			fault_add(faults, at,
				"\"%s\" is an item that the daemon checks itself; name yours "
				"otherwise",
				item);
		for (size_t j = 0; j < i; j++) {
			const char *other = LIST_AT(signoffs, struct policy_signoff, j)->item;

			if (!other || strcmp(item, other) != 0)
				continue;
			fault_add(faults, at, "stands there twice");
			break;
		}
	}
}

/* ---- Given by people ---- */

/* A person follows it in a browser. */
static bool is_link(const char *s)
{
	return format_uri.check(s) &&
	       (strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "http://", 7) == 0);
}
static const struct field_format format_link = {
	.title = "a link (http or https)",
	.example = "https://wiki.example/reviews/17",
	.pattern = "^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$",
	.json_format = "uri",
	.check = is_link,
};

#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct signoff, name_), __VA_ARGS__ \
	}
static const struct field signoff_fields[] = {
	F(id, FIELD_STRING, FIELD_READ_ONLY, .help = "of the sign-off"),
	F(merge, FIELD_STRING, FIELD_READ_ONLY),
	F(item, FIELD_STRING, FIELD_REQUIRED, .format = &format_name,
		.help = "of the policy's checklist"),
	F(verdict, FIELD_ENUM, 0, .names = &signoff_verdict_names,
		.help = "go when absent; of each item the newest sign-off counts"),
	F(evidence, FIELD_STRING, 0, .format = &format_link,
		.help = "where to read what it rests on; the policy may require it of a go"),
	F(reason, FIELD_STRING, 0, .min = 1, .max = 1000, .format = &format_line,
		.help = "kept in the history; required of a no_go"),
	F(signed_by, FIELD_STRING, 0, .min = 1, .max = 128, .format = &format_line,
		.help = "only without authentication, and then needed; else the token is it"),
	F(signed_at, FIELD_TIME, FIELD_READ_ONLY),
};
#undef F

static void signoff_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct signoff *s = obj;
	char at[POINTER_MAX];

	if (s->verdict < 0)
		s->verdict = SIGNOFF_GO;
	if (s->verdict != SIGNOFF_NO_GO || s->reason)
		return;
	pointer_join(at, sizeof(at), pointer, "reason");
	fault_add(faults, at, "is required of a no_go: say what has to change");
}

const struct field_table signoff_table =
	FIELD_TABLE("Signoff", "Somebody's word on one item of a merge's checklist.",
		struct signoff, signoff_fields, .check = signoff_check);

/* ---- The answer ---- */

#define F(name_, type_, ...)                                                       \
	{                                                                          \
#name_, type_, offsetof(struct checklist_item, name_), __VA_ARGS__ \
	}
static const struct field item_fields[] = {
	F(item, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(kind, FIELD_ENUM, FIELD_REQUIRED, .names = &check_kind_names),
	F(verdict, FIELD_ENUM, FIELD_REQUIRED, .names = &check_verdict_names,
		.help = "not_configured blocks nothing"),
	F(reason, FIELD_STRING, 0, .help = "a stable word"),
	F(detail, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 65536),
	F(needs, FIELD_STRING, 0, .min = 1, .max = 65536,
		.help = "what to do, or what has to come"),
	F(code, FIELD_STRING, 0, .help = "of the problem that a promotion would get"),
	F(since, FIELD_TIME, 0, .help = "since when it says so, where that is known"),
	F(until, FIELD_TIME, 0, .help = "when time alone changes it: waiting ends, or go does"),
	F(overridable, FIELD_BOOL, 0, .help = "`override` in a promotion passes it"),
	F(evidence, FIELD_STRING, 0, .format = &format_link, .help = "that the sign-off links to"),
	F(signed_by, FIELD_STRING, 0),
};
#undef F
static const struct field_table item_table = FIELD_TABLE("ChecklistItem",
	"One thing that is checked before a promotion.", struct checklist_item, item_fields);

#define F(name_, type_, ...)                                                  \
	{                                                                     \
#name_, type_, offsetof(struct checklist, name_), __VA_ARGS__ \
	}
static const struct field checklist_fields[] = {
	F(merge, FIELD_STRING, FIELD_REQUIRED),
	F(state, FIELD_STRING, FIELD_REQUIRED, .help = "of the merge"),
	F(verdict, FIELD_ENUM, FIELD_REQUIRED, .names = &check_verdict_names,
		.help = "the worst of its items; go: it may be promoted now"),
	F(at, FIELD_TIME, FIELD_REQUIRED, .help = "it was like this then"),
	F(recorded, FIELD_BOOL, 0, .help = "true: as it was when the merge was promoted"),
	F(earliest, FIELD_TIME, FIELD_EMIT_NULL,
		.help = "earliest time of a promotion; null: what `needs` names has to come first"),
	F(needs, FIELD_STRINGS, FIELD_EMIT_EMPTY, .min = 0, .max = 64,
		.help = "what has to come, each once"),
	F(items, FIELD_LIST, FIELD_EMIT_EMPTY, .min = 0, .max = 256, .table = &item_table,
		.help = "in the order in which a promotion is refused"),
};
#undef F
const struct field_table checklist_table =
	FIELD_TABLE("Checklist", "What is checked before a merge is promoted, item by item.",
		struct checklist, checklist_fields);
