/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the checklist of what is known. One function for each kind of item; the order, the advice and
 * what `override` passes stand in model/checklist_items.def.
 */
#include "policy/checklist.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/text.h"

enum { CHECK_NEEDS_MAX = 64 };

static const struct {
	const char *name;
	enum err_code problem;
	bool overridable;
	const char *needs;
} rows[CHECK_ITEMS] = {
#define X(id, name, problem, overridable, needs) {name, ERR_##problem, overridable, needs},
#include "model/checklist_items.def"
#undef X
};

enum err_code checklist_problem(const char *item)
{
	int i = names_find(&check_item_names, item);

	/* The people's items are no rows. */
	return i < 0 ? ERR_CHECKLIST_NOT_GO : rows[i].problem;
}

struct making {
	const struct checklist_facts *f;
	int64_t now;
	struct arena *arena;
	struct promote_door door;
	struct checklist *c;
	size_t room;
};

static struct checklist_item *add(struct making *m, const char *item, enum check_verdict verdict,
	const char *reason, const char *detail)
{
	struct checklist_item *i = LIST_AT(&m->c->items, struct checklist_item, m->c->items.n++);

	*i = (struct checklist_item){.item = item,
		.kind = CHECK_MACHINE,
		.verdict = verdict,
		.reason = reason,
		.detail = detail,
		.overridable = -1};
	return i;
}

static struct checklist_item *machine(struct making *m, enum check_item id,
	enum check_verdict verdict, const char *reason, const char *detail)
{
	struct checklist_item *i = add(m, rows[id].name, verdict, reason, detail);

	if (checklist_stops(i)) {
		i->needs = rows[id].needs;
		i->overridable = rows[id].overridable;
	}
	return i;
}

/* ---- Of the merge itself ---- */

/* The worst of the item's blockers, with the first one's words; false: it has none. */
static bool from_blockers(struct making *m, enum check_item id)
{
	const struct blocker *first = NULL;
	bool definite = false;
	struct checklist_item *i;
	size_t n = 0;

	for (size_t k = 0; k < m->f->blockers->n; k++) {
		const struct blocker *b = LIST_AT(m->f->blockers, struct blocker, k);

		if (!b->item || strcmp(b->item, rows[id].name) != 0)
			continue;
		/* A definite no says more than what is merely missing. */
		if (!first || (b->definite && !definite))
			first = b;
		definite = definite || b->definite;
		n++;
	}
	if (!first)
		return false;
	i = machine(m, id, definite ? CHECK_NO_GO : CHECK_WAITING,
		first->reason ? first->reason : first->code,
		arena_printf(m->arena, "%s%s%s%s", first->id ? first->id : "",
			first->id ? ": " : "", first->detail,
			n > 1 ? arena_printf(m->arena, " (and %zu more)", n - 1) : ""));
	if (first->needs)
		i->needs = first->needs;
	i->since = first->since;
	i->until = first->until;
	return true;
}

/* Of a list that was cut nobody knows whether one of the item stood there. */
static bool not_listed(struct making *m, enum check_item id)
{
	if (!m->f->left_out)
		return false;
	machine(m, id, CHECK_WAITING, CHECK_NOT_LISTED,
		arena_printf(m->arena,
			"%zu more things are in the way than are listed: some may be of this item",
			m->f->left_out))
		->since = m->f->made_at;
	return true;
}

static void of_merge(struct making *m)
{
	const struct checklist_facts *f = m->f;
	struct arena *a = m->arena;

	if (!from_blockers(m, CHECK_MERGE))
		machine(m, CHECK_MERGE, CHECK_GO, "open", "it is open")->since = f->made_at;
	if (!f->open)
		return;
	if (!from_blockers(m, CHECK_BASELINE))
		machine(m, CHECK_BASELINE, CHECK_GO, f->baseline ? "current" : "first",
			f->baseline
				? arena_printf(
					  a, "it was made against %s, which is active", f->baseline)
				: "there is no release yet that it would have to be better than")
			->since = f->made_at;
	if (!from_blockers(m, CHECK_POLICY))
		machine(m, CHECK_POLICY, CHECK_GO, "current",
			arena_printf(a, "it was made under version %lld, which is in force",
				(long long)f->policy_version))
			->since = f->made_at;
}

static void of_gate(struct making *m, enum check_item id, enum gate gate)
{
	struct checklist_item *i;

	if (from_blockers(m, id) || not_listed(m, id))
		return;
	i = machine(m, id, CHECK_GO, "pass", "every new unit passes");
	for (size_t k = 0; k < m->f->gates->n; k++) {
		const struct gate_result *g = LIST_AT(m->f->gates, struct gate_result, k);

		if (g->gate != (int)gate)
			continue;
		i->reason = g->reason;
		if (g->detail)
			i->detail = g->detail;
	}
	i->since = m->f->made_at;
	i->until = m->f->gate_until[gate];
	if (i->until) {
		i->reason = "waived";
		i->detail = arena_printf(m->arena, "%s; by a waiver", i->detail);
	}
}

static void of_units(struct making *m)
{
	size_t n = m->f->n_new;

	if (!from_blockers(m, CHECK_UNITS) && !not_listed(m, CHECK_UNITS))
		machine(m, CHECK_UNITS, CHECK_GO, "usable",
			arena_printf(m->arena, "%zu new unit%s, neither withdrawn nor held", n,
				n == 1 ? "" : "s"))
			->since = m->f->made_at;
}

/* ---- Of others ---- */

static const char *const missing[CHECK_ITEMS] = {
	[CHECK_CONTRACT] = "no unit names a contract",
	[CHECK_SUITE] = "no evaluation suite is current",
	[CHECK_PLAN_B] = "it was made before there were plans",
	[CHECK_EGRESS] = "it was made before bytes were counted",
	[CHECK_HOLD] = "nothing here would hold promotions after a breach",
	[CHECK_ARTIFACTS] = "no connector looks whether artifacts are reachable",
	[CHECK_HUB] = "no Hub is connected",
	[CHECK_ROLLBACK_TARGET] = "no node reports what it has loaded",
};

static void of_report(struct making *m, enum check_item id)
{
	const struct checklist_report *r = &m->f->reports[id];
	struct checklist_item *i;

	if (!r->given) {
		machine(m, id, CHECK_NOT_CONFIGURED, "not_configured", missing[id]);
		return;
	}
	i = machine(m, id, r->verdict, r->reason, r->detail);
	i->since = r->since;
	i->until = r->until;
	if (r->needs && checklist_stops(i))
		i->needs = r->needs;
}

static void of_soak(struct making *m)
{
	int64_t ripe = m->f->made_at + m->f->soak;
	char soak[DURATION_STRLEN], at[TIME_STRLEN];
	struct checklist_item *i;

	if (!m->f->soak) {
		machine(m, CHECK_SOAK, CHECK_NOT_CONFIGURED, "not_configured",
			"the policy asks for no age of merges");
		return;
	}
	duration_say(m->f->soak, soak);
	if (m->now >= ripe) {
		i = machine(m, CHECK_SOAK, CHECK_GO, "soaked",
			arena_printf(
				m->arena, "it is %s old since %s", soak, time_format(ripe, at)));
		i->since = ripe;
		return;
	}
	i = machine(m, CHECK_SOAK, CHECK_WAITING, "soaking",
		arena_printf(m->arena, "it is to be %s old, which it is at %s", soak,
			time_format(ripe, at)));
	i->since = m->f->made_at;
	i->until = ripe;
}

/* ---- Of people ---- */

static const struct signoff *find_signoff(const struct checklist_facts *f, const char *item)
{
	for (size_t i = 0; i < f->n_signoffs; i++)
		if (strcmp(f->signoffs[i].item, item) == 0)
			return &f->signoffs[i];
	return NULL;
}

static void judge_signoff(struct making *m, const struct policy_signoff *rule,
	const struct signoff *s, struct checklist_item *i)
{
	int64_t stale = rule->fresh_usec ? s->signed_at + rule->fresh_usec : 0;
	char at[TIME_STRLEN], fresh[DURATION_STRLEN];

	i->since = s->signed_at;
	i->evidence = s->evidence;
	i->signed_by = s->signed_by;
	i->verdict = CHECK_WAITING;
	if (m->f->made_by && strcasecmp(m->f->made_by, s->signed_by) == 0 &&
		s->verdict == SIGNOFF_GO) {
		i->reason = "self_approval";
		i->detail = arena_printf(m->arena, "%s made the merge, too", s->signed_by);
	} else if (s->verdict == SIGNOFF_NO_GO) {
		i->verdict = CHECK_NO_GO;
		i->reason = "no_go";
		i->detail = arena_printf(m->arena, "%s says no%s%s", s->signed_by,
			s->reason ? ": " : "", s->reason ? s->reason : "");
	} else if (rule->evidence == 1 && !s->evidence) {
		i->reason = "no_evidence";
		i->detail = arena_printf(m->arena,
			"%s links to no evidence, which the policy asks for", s->signed_by);
	} else if (stale && m->now >= stale) {
		i->reason = "stale";
		i->detail = arena_printf(m->arena,
			"%s said go at %s, which counts for %s: it is stale", s->signed_by,
			time_format(s->signed_at, at), duration_say(rule->fresh_usec, fresh));
		i->since = stale;
	} else {
		i->verdict = CHECK_GO;
		i->reason = "signed";
		i->detail = arena_printf(m->arena, "%s says go", s->signed_by);
		i->until = stale;
	}
}

static void of_person(struct making *m, const struct policy_signoff *rule)
{
	const struct signoff *s = find_signoff(m->f, rule->item);
	struct checklist_item *i =
		add(m, rule->item, CHECK_WAITING, "missing", "nobody has signed it off");
	const char *maker;

	i->kind = CHECK_HUMAN;
	i->since = m->f->made_at;
	if (s)
		judge_signoff(m, rule, s, i);
	if (!checklist_stops(i))
		return;
	i->overridable = 1;
	/* What the schedule made, or somebody unknown, is nobody's own. */
	maker = m->f->made_by && text_starts(m->f->made_by, "token:") ? m->f->made_by : NULL;
	i->needs = arena_printf(m->arena,
		"a sign-off of %s by somebody%s%s: POST /v1/merges/%s/signoffs", rule->item,
		maker ? " other than " : "", maker ? maker : "", m->f->merge);
}

/* ---- Of the calendar ---- */

static void of_freeze(struct making *m)
{
	const struct deny *d = m->door.held_by;
	struct checklist_item *i;

	if (!d) {
		machine(m, CHECK_FREEZE, CHECK_GO, "none",
			"no deny and no freeze holds promotions");
		return;
	}
	i = machine(m, CHECK_FREEZE, CHECK_WAITING, d->schedule ? "deny" : "freeze", m->door.why);
	i->until = m->door.held_until;
	if (!d->schedule)
		i->since = d->from;
}

static void of_window(struct making *m)
{
	const struct window_state *w = &m->door.window;
	char at[TIME_STRLEN];
	struct checklist_item *i;

	if (!m->door.has_window) {
		machine(m, CHECK_WINDOW, CHECK_NOT_CONFIGURED, "not_configured",
			"the policy has no window: any time will do");
		return;
	}
	if (!w->open) {
		i = machine(m, CHECK_WINDOW, CHECK_WAITING, "closed", m->door.why);
		i->until = m->door.next_open;
		return;
	}
	i = machine(m, CHECK_WINDOW, CHECK_GO, "open",
		arena_printf(m->arena, "the window is open until %s", time_format(w->closes, at)));
	i->since = w->opened;
	i->until = w->closes;
}

/* ---- The whole ---- */

static void add_need(struct checklist *c, const char *needs)
{
	for (size_t i = 0; i < c->needs.n; i++)
		if (strcmp(c->needs.v[i], needs) == 0)
			return;
	if (c->needs.n < CHECK_NEEDS_MAX)
		c->needs.v[c->needs.n++] = needs;
}

static bool of_calendar(const struct checklist_item *i)
{
	return i->item == rows[CHECK_FREEZE].name || i->item == rows[CHECK_WINDOW].name;
}

/* When all that goes by itself is gone; 0: something else has to come. */
static int64_t clears(struct making *m)
{
	bool by_itself = true;
	int64_t t = m->now;

	for (size_t k = 0; k < m->c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&m->c->items, struct checklist_item, k);

		if (!checklist_stops(i) || of_calendar(i))
			continue;
		if (i->until > t)
			t = i->until;
		if (!i->until && i->needs)
			add_need(m->c, i->needs);
		by_itself = by_itself && i->until;
	}
	return by_itself ? t : 0;
}

/* What is go now and will not be any more when promotions open. */
static bool lasts(struct making *m, int64_t open)
{
	char until[TIME_STRLEN], at[TIME_STRLEN];
	bool all = true;

	for (size_t k = 0; k < m->c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&m->c->items, struct checklist_item, k);

		if (i->verdict != CHECK_GO || !i->until || i->until > open || of_calendar(i))
			continue;
		add_need(m->c,
			arena_printf(m->arena,
				"%s of %s: this one ends at %s, before promotions open at %s",
				i->kind == CHECK_HUMAN ? "another sign-off" : "another waiver",
				i->item, time_format(i->until, until), time_format(open, at)));
		all = false;
	}
	return all;
}

static void find_earliest(struct making *m)
{
	struct promote_door later;
	int64_t t = clears(m);

	if (!t)
		return;
	promote_door(m->f->plan, t, m->arena, &later);
	if (!later.next_open)
		add_need(m->c, "a policy whose window for promotions opens again");
	else if (lasts(m, later.next_open))
		m->c->earliest = later.next_open;
}

static void finish(struct making *m)
{
	struct checklist *c = m->c;

	for (size_t k = 0; k < c->items.n; k++) {
		struct checklist_item *i = LIST_AT(&c->items, struct checklist_item, k);

		if (!checklist_stops(i))
			continue;
		i->code = err_info(checklist_problem(i->item))->code;
		if (i->verdict > c->verdict)
			c->verdict = i->verdict;
	}
}

void checklist_make(
	const struct checklist_facts *f, int64_t now, struct arena *a, struct checklist *ret)
{
	struct checklist c = {.merge = f->merge,
		.state = f->state,
		.verdict = CHECK_GO,
		.at = now,
		.recorded = -1};
	struct making m = {.f = f, .now = now, .arena = a, .c = &c};

	c.needs.v = ARENA_ARRAY(a, CHECK_NEEDS_MAX, const char *);
	c.items.v = ARENA_ARRAY(a, CHECK_ITEMS + f->asked->n, struct checklist_item);
	of_merge(&m);
	if (f->open) {
		promote_door(f->plan, now, a, &m.door);
		of_gate(&m, CHECK_QUALITY, GATE_QUALITY);
		of_gate(&m, CHECK_LATENCY, GATE_LATENCY);
		of_gate(&m, CHECK_SAFETY, GATE_SAFETY);
		of_gate(&m, CHECK_COMPATIBILITY, GATE_COMPATIBILITY);
		of_report(&m, CHECK_CONTRACT);
		of_report(&m, CHECK_PLAN_B);
		of_report(&m, CHECK_EGRESS);
		of_report(&m, CHECK_SUITE);
		of_units(&m);
		of_report(&m, CHECK_HOLD);
		of_report(&m, CHECK_ARTIFACTS);
		of_report(&m, CHECK_HUB);
		of_report(&m, CHECK_ROLLBACK_TARGET);
		of_soak(&m);
		for (size_t i = 0; i < f->asked->n; i++)
			of_person(&m, LIST_AT(f->asked, struct policy_signoff, i));
		of_freeze(&m);
		of_window(&m);
	}
	finish(&m);
	find_earliest(&m);
	*ret = c;
}
