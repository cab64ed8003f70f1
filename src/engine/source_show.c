/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider as people see it, put together from the policy, the connectors and the registry. It
 * changes nothing.
 */
#include "engine/source.h"

#include <string.h>

#include "policy/refusal.h"

enum { REFUSALS_MAX = 100 };

static int add_source(
	struct db *db, struct provider_record *p, int64_t now, struct arena *a, struct err *err)
{
	struct source_row row;
	int rc = source_find(db, p->name, a, &row, err);

	p->state = p->connector ? PROVIDER_WAITING : PROVIDER_PUSH;
	if (rc <= 0 || !p->connector)
		return rc < 0 ? -1 : 0;
	/* Left alone because it failed again and again: whatever the last run says. */
	bool open = p->health && strcmp(p->health->breaker, breaker_state_name(BREAKER_OPEN)) == 0;
	p->state = row.failing_since || open ? PROVIDER_FAILING : PROVIDER_OK;
	p->last_run_at = row.last_run_at;
	p->last_success_at = row.last_success_at;
	if (row.last_success_at)
		p->lag_s = (now - row.last_success_at) / USEC_PER_SEC;
	p->failing_since = row.failing_since;
	p->listed = row.listed;
	if (row.code) {
		p->last_error = ARENA_NEW(a, struct provider_error);
		*p->last_error = (struct provider_error){row.code, row.detail, row.failed_at};
	}
	return 0;
}

static void add_health(const struct engine *e, struct provider_record *p, struct arena *a)
{
	struct session_health h;

	if (!source_health(e, p->name, &h))
		return;
	p->health = ARENA_NEW(a, struct provider_health);
	*p->health = (struct provider_health){
		.breaker = breaker_state_name(h.breaker),
		.failures = h.failures,
		.requests = (int64_t)h.requests,
		.retries = (int64_t)h.retries,
		.bytes = (int64_t)h.bytes,
		.quota_limit = h.quota_limit,
		.quota_left = h.quota_left,
		.quota_reset_at = h.quota_reset,
	};
}

static int add_delivery(
	struct db *db, struct provider_record *p, int64_t now, struct arena *a, struct err *err)
{
	struct ingest_due due;
	int rc = delivery_newest(db, p->name, 0, &p->newest_at, err);

	if (rc > 0)
		p->newest_age_s = (now - p->newest_at) / USEC_PER_SEC;
	if (rc >= 0)
		rc = ingest_due_last(db, p->name, a, &due, err);
	if (rc > 0) {
		p->delivered = p->newest_at > due.since;
		p->due_at = due.due_at;
	}
	return rc < 0 ? -1 : ingest_missed_count(db, p->name, &p->missed, err);
}

/* When, and by what, it is asked for again. `remote`: of a server, whose errors may look like documents. */
static void add_again(
	struct provider_refusal *p, const struct source_item *i, bool remote, struct arena *a)
{
	static const char command[] = "`spiralfed schedule run ingest`";
	const struct refusal r = {
		i->refused_at ? i->refused_at : i->handled_at, i->handled_at, i->tries};
	int64_t at = refusal_again_at(&r);

	if (i->outcome == SOURCE_FAILED) {
		p->again_at = i->handled_at;
		p->again = arena_printf(a, "each ingest asks for it; now: %s", command);
	} else if (!remote) {
		p->again = "it is read again when it changes, or the policy does";
	} else if (at == INT64_MAX) {
		p->again = arena_printf(
			a, "no ingest of the schedule asks for it any more; %s does", command);
	} else {
		p->again_at = at;
		p->again = arena_printf(
			a, "the first ingest from again_at on asks for it; now: %s", command);
	}
}

static int add_refusals(
	struct db *db, struct provider_record *p, bool whole, struct arena *a, struct err *err)
{
	struct source_items items;
	struct provider_refusal *v;

	if (source_refused(db, p->name, whole ? REFUSALS_MAX : 0, a, &items, &p->refused, err) < 0)
		return -1;
	v = ARENA_ARRAY(a, items.n, struct provider_refusal);
	for (size_t i = 0; i < items.n; i++) {
		const struct source_item *item = &items.v[i];

		v[i] = (struct provider_refusal){
			.name = item->name,
			.outcome = names_of(&source_outcome_names, item->outcome),
			.code = item->code,
			.pointer = item->pointer,
			.detail = item->detail,
			.digest = item->digest,
			.at = item->handled_at,
		};
		add_again(&v[i], item, p->health != NULL, a);
	}
	p->refusals = (struct list){v, items.n};
	return 0;
}

size_t providers_named(const struct engine *e, const struct policy *p, struct arena *a,
	struct provider_record **ret)
{
	struct provider_record *v =
		ARENA_ARRAY(a, p->providers.n + source_count(e), struct provider_record);
	size_t n = 0;

	for (size_t i = 0; i < p->providers.n; i++) {
		const struct policy_provider *o = LIST_AT(&p->providers, struct policy_provider, i);

		fields_init(&provider_record_table, &v[n]);
		v[n].name = o->name;
		v[n].facility = o->facility;
		v[n++].roles = o->roles;
	}
	/* A connector of a provider that the policy does not have: somebody forgot one of them. */
	for (size_t i = 0; i < source_count(e); i++) {
		struct source_stats st;

		source_stats(e, i, &st);
		if (policy_provider(p, st.provider))
			continue;
		fields_init(&provider_record_table, &v[n]);
		v[n++].name = st.provider;
	}
	*ret = v;
	return n;
}

int provider_show(const struct engine *e, struct db *db, struct provider_record *p, bool whole,
	struct arena *a, struct err *err)
{
	int64_t now = clock_now(engine_clock(e));

	p->connector = source_connector(e, p->name);
	p->note = source_note(e, p->name, a);
	add_health(e, p, a);
	if (add_source(db, p, now, a, err) < 0 || add_delivery(db, p, now, a, err) < 0)
		return -1;
	return add_refusals(db, p, whole, a, err);
}
