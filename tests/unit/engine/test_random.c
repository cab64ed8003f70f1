/* SPDX-License-Identifier: Apache-2.0
 *
 * 2,000 random operations on the engine and on a small model of what it promises, compared after each
 * one. The seed is printed; SEED=n repeats a run.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "engine/internal.h"
#include "support/registry.h"

Suite *test_suite(void);

enum { OPERATIONS = 2000, SLOTS = 3, UNITS_MAX = 900, RELEASES_MAX = 400, FULL_CHECK = 100 };

static const struct {
	const char *role, *provider, *family;
} slots[SLOTS] = {
	{"textgen", "hf", "s/textgen"},
	{"embed", "gcp", "s/embedder"},
	{"runtime", "aws", "s/runtime"},
};

struct unit_model {
	int slot, number, quality; /* thousandths */
	bool withdrawn;
	int held_by; /* release, -1 */
};

struct release_model {
	int units[SLOTS];
	bool fresh[SLOTS];
	enum { MODEL_LIVE, MODEL_BREACHED } state;
	int64_t last_serial;
};

static struct {
	uint64_t random;
	struct unit_model units[UNITS_MAX];
	int n_units, newest[SLOTS];
	struct release_model releases[RELEASES_MAX];
	int n_releases, active; /* -1 */
	int64_t serial;
	bool latched, quarantined; /* the active one: found breached; serves on in quarantine */
	/* the newest merge */
	bool open;
	int merge_units[SLOTS], merge_rc, merge_release;
	int64_t merge_serial;
	const char *merge_decisions;
} m;

static uint32_t pick(uint32_t below)
{
	m.random = m.random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m.random >> 33) % below;
}

static const char *unit_id(int u)
{
	return arena_printf(reg.arena, "%s-v%d", slots[m.units[u].slot].family, m.units[u].number);
}

static int baseline(int slot)
{
	return m.active < 0 ? -1 : m.releases[m.active].units[slot];
}

static bool passes(int u)
{
	int b = baseline(m.units[u].slot);

	return m.units[u].quality >= 750 && (b < 0 || m.units[u].quality > m.units[b].quality);
}

/* The unit that the next merge takes for a slot, -1: none; the active one's when nothing is better. */
static int choice(int slot, bool *ret_fresh)
{
	int best = -1;

	for (int u = 0; u < m.n_units; u++) {
		const struct unit_model *x = &m.units[u];

		if (x->slot != slot || x->withdrawn || x->held_by >= 0 || u == baseline(slot) ||
			!passes(u))
			continue;
		if (best < 0 || x->quality > m.units[best].quality ||
			(x->quality == m.units[best].quality && x->number > m.units[best].number))
			best = u;
	}
	*ret_fresh = best >= 0;
	return best >= 0 ? best : baseline(slot);
}

/* The most recently active release that may be rolled back to, after `before`; -1: none. */
static int warm(int64_t before)
{
	int best = -1;

	for (int r = 0; r < m.n_releases; r++)
		if (r != m.active && m.releases[r].state == MODEL_LIVE &&
			m.releases[r].last_serial < before &&
			(best < 0 || m.releases[r].last_serial > m.releases[best].last_serial))
			best = r;
	return best;
}

static void activate(int r)
{
	if (m.active >= 0 && m.quarantined)
		m.releases[m.active].state = MODEL_BREACHED;
	m.latched = m.quarantined = false;
	m.active = r;
	m.releases[r].last_serial = ++m.serial;
}

static void ck(struct outcome o, int status, enum err_code code)
{
	ck_assert_msg(o.code == code && (code || o.status == status), "%d %s %s, not %d %s",
		o.status, o.code ? err_info(o.code)->code : "", o.c->err.msg, status,
		code ? err_info(code)->code : "");
}

static struct outcome send_unit(int u)
{
	return submit_unit(unit_id(u), slots[m.units[u].slot].role, m.units[u].quality / 1000.0);
}

static void op_submit(void)
{
	int u = m.n_units, b;
	struct unit_model *x = &m.units[u];

	if (m.n_units == UNITS_MAX)
		return;
	*x = (struct unit_model){.slot = (int)pick(SLOTS), .held_by = -1};
	b = baseline(x->slot);
	x->number = ++m.newest[x->slot];
	/* Around what is live now, so that it may go either way. */
	x->quality = (b < 0 ? 740 : m.units[b].quality - 8) + (int)pick(20);
	if (x->quality > 1000)
		x->quality = 1000;
	m.n_units++;
	ck(send_unit(u), 201, ERR_NONE);
}

static void op_repeat(void)
{
	int u, quality;

	if (!m.n_units)
		return;
	u = (int)pick((uint32_t)m.n_units);
	ck(send_unit(u), 200, ERR_NONE);
	quality = m.units[u].quality;
	m.units[u].quality--;
	ck(send_unit(u), 0, ERR_ARTIFACT_CONFLICT);
	m.units[u].quality = quality;
}

static const char *decisions(struct outcome o)
{
	const char *from = strstr(o.body, "\"decisions\":[");

	ck_assert_ptr_nonnull(from);
	return arena_strndup(reg.arena, from, strcspn(from, "]"));
}

static void op_merge(void)
{
	struct outcome o = do_merge();
	bool any = false, complete = true, same = m.open && m.merge_serial == m.serial;
	int units[SLOTS];

	for (int s = 0; s < SLOTS; s++) {
		bool fresh;

		units[s] = choice(s, &fresh);
		any = any || fresh;
		complete = complete && units[s] >= 0;
		same = same && units[s] == m.merge_units[s];
	}
	if (!any || !complete) {
		ck(o, 0, ERR_NOTHING_TO_MERGE);
		return;
	}
	/* The same units make another merge when they rest on other verdicts: more compete now. */
	if (same && o.status == 201) {
		ck_assert_str_ne(decisions(o), m.merge_decisions);
		same = false;
	}
	ck(o, same ? 200 : 201, ERR_NONE);
	m.merge_decisions = decisions(o);
	if (!same) {
		m.merge_rc = m.merge_release == m.n_releases ? m.merge_rc + 1 : 1;
		m.merge_release = m.n_releases;
	}
	ck_assert_str_eq(member(o.body, "version"),
		arena_printf(reg.arena, "1.0.%d-rc.%d", m.merge_release, m.merge_rc));
	memcpy(m.merge_units, units, sizeof(units));
	m.merge_serial = m.serial;
	m.open = true;
}

static void op_promote(void)
{
	const char *version = arena_printf(reg.arena, "1.0.%d-rc.%d", m.merge_release, m.merge_rc);
	struct outcome o;
	struct release_model *r = &m.releases[m.n_releases];

	if (m.merge_rc == 0 || m.n_releases == RELEASES_MAX)
		return;
	o = promote(version);
	if (!m.open) {
		ck(o, 0, ERR_STATE_CONFLICT);
		return;
	}
	if (m.merge_serial != m.serial) {
		ck(o, 0, ERR_MERGE_STALE);
		return;
	}
	ck(o, 201, ERR_NONE);
	for (int s = 0; s < SLOTS; s++) {
		r->units[s] = m.merge_units[s];
		r->fresh[s] = m.merge_units[s] != baseline(s);
	}
	activate(m.n_releases++);
	m.open = false;
	ck_assert_str_eq(
		member(o.body, "release"), arena_printf(reg.arena, "1.0.%d", m.merge_release));
}

/* What was new in the active release, and is not in release `to` (-1: none), is held. */
static void model_hold(int to)
{
	const struct release_model *from = &m.releases[m.active];

	for (int s = 0; s < SLOTS; s++) {
		struct unit_model *u = &m.units[from->units[s]];

		if (from->fresh[s] && (to < 0 || from->units[s] != m.releases[to].units[s]) &&
			u->held_by < 0 && !u->withdrawn)
			u->held_by = m.active;
	}
}

/* What a rollback does, whoever wants it. */
static void model_rollback(int to)
{
	m.releases[m.active].state = MODEL_BREACHED;
	model_hold(to);
	activate(to);
}

/* With nowhere to go it serves on, and its breach is found once. */
static void model_breach(int to)
{
	if (to >= 0) {
		model_rollback(to);
	} else if (!m.latched) {
		m.latched = m.quarantined = true;
		model_hold(-1);
	}
}

static void op_rollback(void)
{
	struct outcome o = rollback(NULL);
	int to = m.active < 0 ? -1 : warm(INT64_MAX);

	if (to < 0) {
		ck(o, 0, ERR_NO_WARM_RELEASE);
		return;
	}
	ck(o, 201, ERR_NONE);
	model_rollback(to);
}

static void op_observe(void)
{
	bool bad = pick(4) == 0;
	struct outcome o;
	int to;

	if (m.active < 0)
		return;
	fake_clock_step(&reg.clock, 301 * USEC_PER_SEC);
	finish();
	o = observe(arena_printf(reg.arena, "1.0.%d", m.active), 1000, bad ? 51 : 50);
	ck(o, 202, ERR_NONE);
	to = warm(INT64_MAX);
	if (!bad)
		return;
	model_breach(to);
	/* Or else it would fire on, and go back as soon as something is warm again. */
	fake_clock_step(&reg.clock, 301 * USEC_PER_SEC);
	finish();
	ck(acknowledge(), 200, ERR_NONE);
}

static void op_withdraw(void)
{
	struct outcome o;
	int u, slot;

	if (!m.n_units)
		return;
	u = (int)pick((uint32_t)m.n_units);
	slot = m.units[u].slot;
	o = withdraw(slots[slot].provider, unit_id(u));
	if (m.units[u].withdrawn || u == baseline(slot)) {
		ck(o, 0, ERR_STATE_CONFLICT);
		return;
	}
	ck(o, 200, ERR_NONE);
	m.units[u].withdrawn = true;
	if (m.open && m.merge_units[slot] == u)
		m.open = false;
}

static void op_unquarantine(void)
{
	struct outcome o;
	int r;

	if (!m.n_releases)
		return;
	r = (int)pick((uint32_t)m.n_releases);
	o = unquarantine_release(arena_printf(reg.arena, "1.0.%d", r));
	if (m.releases[r].state != MODEL_BREACHED && !(r == m.active && m.quarantined)) {
		ck(o, 0, ERR_STATE_CONFLICT);
		return;
	}
	ck(o, 200, ERR_NONE);
	int first = warm(INT64_MAX), second = first < 0 ? -1 : warm(m.releases[first].last_serial);

	if (r == m.active)
		m.quarantined = false;
	m.releases[r].state = MODEL_LIVE;
	/* A pointer that names other warm releases is another pointer. */
	if (r != m.active && (first < 0 || first != warm(INT64_MAX) ||
				     second != warm(m.releases[first].last_serial)))
		m.serial++;
	for (int u = 0; u < m.n_units; u++)
		if (m.units[u].held_by == r && !m.units[u].withdrawn)
			m.units[u].held_by = -1;
}

static void op_reopen(void)
{
	if (pick(5) == 0)
		registry_reopen();
}

static void compare_channel(void)
{
	const char *channel = channel_text();
	int first = warm(INT64_MAX), second = first < 0 ? -1 : warm(m.releases[first].last_serial);

	ck_assert_int_eq(m.active >= 0, channel != NULL);
	if (!channel)
		return;
	ck_assert_str_eq(member(channel, "version"), arena_printf(reg.arena, "1.0.%d", m.active));
	ck_assert_str_eq(
		member(channel, "serial"), arena_printf(reg.arena, "%lld", (long long)m.serial));
	ck_assert_str_eq(member(channel, "warm"),
		first < 0    ? "[]"
		: second < 0 ? arena_printf(reg.arena, "[\"1.0.%d\"]", first)
			     : arena_printf(reg.arena, "[\"1.0.%d\",\"1.0.%d\"]", first, second));
}

static void compare_units(void)
{
	for (int u = 0; u < m.n_units; u++) {
		const struct unit_model *x = &m.units[u];
		const char *text = artifact_text(slots[x->slot].provider, unit_id(u));

		ck_assert_str_eq(member(text, "held_by"),
			x->held_by < 0 ? "" : arena_printf(reg.arena, "1.0.%d", x->held_by));
		if (x->withdrawn)
			ck_assert_str_eq(member(text, "phase"), "Aborted");
		else if (u != baseline(x->slot))
			ck_assert_str_eq(member(text, "phase"), passes(u) ? "Succeeded" : "Failed");
	}
}

/* One level that acts at once, so that the model need not know the others. */
static const char *one_level(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	json_auto_t *policy = json_loads(s->policy_text, 0, NULL), *levels = json_array();
	char *text;

	json_array_append(levels, json_array_get(json_object_get(policy, "slos"), 0));
	json_object_set_new(policy, "slos", levels);
	text = json_dumps(policy, JSON_COMPACT);
	const char *kept = arena_strdup(reg.arena, text);

	free(text);
	return kept;
}

START_TEST(test_engine__keeps_its_promises_over_random_operations)
{
	static const struct {
		void (*op)(void);
		uint32_t weight;
	} ops[] = {
		{op_submit, 40},
		{op_repeat, 5},
		{op_merge, 22},
		{op_promote, 22},
		{op_rollback, 2},
		{op_observe, 6},
		{op_withdraw, 3},
		{op_unquarantine, 4},
		{op_reopen, 1},
	};
	const char *given = getenv("SEED");
	uint32_t seed;

	random_bytes(&seed, sizeof(seed));
	if (given)
		seed = (uint32_t)strtoul(given, NULL, 10);
	printf("SEED=%u\n", seed);
	fflush(stdout);
	memset(&m, 0, sizeof(m));
	m.random = seed;
	m.active = -1;
	with.if_match = "*";
	ck(put_policy(one_level()), 200, ERR_NONE);
	for (int i = 0; i < OPERATIONS; i++) {
		uint32_t sum = 0, at, k = 0;

		for (size_t j = 0; j < sizeof(ops) / sizeof(ops[0]); j++)
			sum += ops[j].weight;
		for (at = pick(sum); at >= ops[k].weight; k++)
			at -= ops[k].weight;
		ops[k].op();
		compare_channel();
		if (i % FULL_CHECK == FULL_CHECK - 1) {
			compare_units();
			check_registry();
		}
	}
	/* The run was worth something. */
	ck_assert_int_gt(m.n_releases, 20);
	ck_assert_int_gt(count_events("rollback.completed"), 5);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("random operations against a model");
	TCase *t = tcase_create("random");

	tcase_set_timeout(t, 150);
	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_engine__keeps_its_promises_over_random_operations);
	suite_add_tcase(s, t);
	return s;
}
