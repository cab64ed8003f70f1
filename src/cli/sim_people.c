/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do because the policy asks for it, in any simulation: they sign off what waits for
 * their word, and free promotions that are locked until somebody looked.
 */
#include <string.h>

#include "cli/sim.h"
#include "engine/snapshot.h"
#include "engine/watch.h"
#include "store/merge.h"
#include "store/signoff.h"

enum { LOOK_HOURS = 6, REFUSED_OF = 15 };

static void acknowledge(struct sim_life *life, const struct snapshot *now)
{
	static const struct reason_request why = {.reason = "looked at", .dry_run = -1};
	ARENA_AUTO a = arena_new();
	struct promotion_hold hold;
	struct err ignored;
	struct command *c;

	/* The hold-off after a rollback ends by itself. */
	if (promotions_held(life->reader, now, sim_now(life->sim), a, &hold, &ignored) <= 0 ||
		hold.until || sim_now(life->sim) < hold.since + LOOK_HOURS * SIM_HOUR)
		return;
	c = sim_command(life, a, "token:operator", "POST /v1/slo/acknowledge");
	sim_finish(life, c, slo_acknowledge(life->engine, c, &why, &c->err));
}

/* Is there a word on it that still counts? What is stale is said again; a no stays one. */
static bool is_signed(
	const struct signoff *all, size_t n, const struct policy_signoff *rule, int64_t now)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].item, rule->item))
			return all[i].verdict == SIGNOFF_NO_GO || !rule->fresh_usec ||
			       now < all[i].signed_at + rule->fresh_usec;
	return false;
}

static void sign(struct sim_life *life, const char *merge, const char *item)
{
	bool refused = prng_below(&life->sim->world, REFUSED_OF) == 0;
	struct signoff s = {
		.item = item,
		.verdict = refused ? SIGNOFF_NO_GO : SIGNOFF_GO,
		.evidence = "https://example.org/review",
		.reason = refused ? "not convinced" : "looked at",
	};
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:reviewer", "POST signoffs");

	sim_finish(life, c, signoff_submit(life->engine, c, merge, &s, &c->err));
}

static void sign_off(struct sim_life *life, const struct snapshot *now)
{
	const struct list *items = &now->policy.checklist;
	ARENA_AUTO a = arena_new();
	struct merge_row open;
	struct signoff *given;
	struct err ignored;
	size_t n;

	if (!items->n || merge_find_open(life->reader, a, &open, &ignored) <= 0 ||
		signoff_newest(life->reader, open.version, a, &given, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i < items->n; i++) {
		const struct policy_signoff *rule = LIST_AT(items, struct policy_signoff, i);

		if (is_signed(given, n, rule, sim_now(life->sim)))
			continue;
		sign(life, open.version, rule->item);
		/* The daemon looks at a promotion again within a second of any word; so must the clock. */
		life->sim->look_at_once = true;
	}
}

void sim_people(struct sim_life *life)
{
	struct sim *s = life->sim;
	bool look = sim_mono(s) >= s->next_people;

	SNAPSHOT_AUTO now = snapshot_get(life->engine);
	if (look) {
		s->next_people = sim_mono(s) + LOOK_HOURS * SIM_HOUR;
		acknowledge(life, now);
	}
	/* While a window is open they are at hand: a word may count for minutes only. */
	if (look || (now->policy.checklist.n && sim_window_waits(life)))
		sign_off(life, now);
}
