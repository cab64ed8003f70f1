/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules that hold over the whole of a policy: what one part names, another one has.
 */
#include <string.h>

#include "base/duration.h"
#include "model/policy.h"

enum { POINTER_MAX = 160 };

static void check_slot(const struct policy *p, const struct policy_slot *s, size_t i,
	const char *base, struct faults *faults)
{
	char slot[POINTER_MAX], at[POINTER_MAX];
	const struct policy_provider *provider =
		s->provider ? policy_provider(p, s->provider) : NULL;

	if (!s->provider || !s->role)
		return;
	pointer_join(slot, sizeof(slot), base, s->name);
	if (!provider) {
		pointer_join(at, sizeof(at), slot, "provider");
		fault_add(faults, at, "\"%s\" is not among providers", s->provider);
		return;
	}
	/* Without roles it was refused already. */
	if (provider->roles.n && !policy_provider_has_role(provider, s->role)) {
		pointer_join(at, sizeof(at), slot, "role");
		fault_add(faults, at, "\"%s\" is no role of %s", s->role, s->provider);
	}
	for (size_t j = 0; j < i; j++) {
		const struct policy_slot *other = LIST_AT(&p->slots, struct policy_slot, j);
		if (!other->provider || strcmp(other->provider, s->provider) != 0 || !other->role ||
			strcmp(other->role, s->role) != 0)
			continue;
		fault_add(faults, slot, "slot \"%s\" has the same provider and role", other->name);
	}
}

static void check_slots(const struct policy *p, const char *pointer, struct faults *faults)
{
	char base[POINTER_MAX];
	bool required = false;

	pointer_join(base, sizeof(base), pointer, "slots");
	for (size_t i = 0; i < p->slots.n; i++) {
		const struct policy_slot *s = LIST_AT(&p->slots, struct policy_slot, i);
		required = required || s->required > 0;
		check_slot(p, s, i, base, faults);
	}
	if (p->slots.n && !required)
		fault_add(faults, base, "at least one slot must be required");
}

static void check_roles(const struct policy *p, const struct strings *roles, const char *pointer,
	const char *name, struct faults *faults)
{
	char list[POINTER_MAX], at[POINTER_MAX];

	pointer_join(list, sizeof(list), pointer, name);
	for (size_t i = 0; i < roles->n; i++) {
		if (policy_has_role(p, roles->v[i]))
			continue;
		pointer_index(at, sizeof(at), list, i);
		fault_add(faults, at, "\"%s\" is no role of any provider", roles->v[i]);
	}
}

static void check_limits(const struct policy *p, const char *pointer, struct faults *faults)
{
	const struct policy_safety *safety = p->gates->safety;
	char gates[POINTER_MAX], at[POINTER_MAX], suites[POINTER_MAX];

	pointer_join(gates, sizeof(gates), pointer, "gates");
	pointer_join(at, sizeof(at), gates, "latency");
	check_roles(p, &p->gates->latency->from_evidence, at, "from_evidence", faults);
	pointer_join(at, sizeof(at), gates, "safety");
	check_roles(p, &safety->from_evidence, at, "from_evidence", faults);
	pointer_join(suites, sizeof(suites), at, "suites");
	for (size_t i = 0; i < safety->suites.n; i++) {
		const struct policy_suite *s = LIST_AT(&safety->suites, struct policy_suite, i);
		pointer_join(at, sizeof(at), suites, s->name);
		check_roles(p, &s->from_evidence, at, "from_evidence", faults);
	}
}

static void check_metrics(const struct policy *p, const char *pointer, struct faults *faults)
{
	const struct list *metrics = &p->gates->quality->metrics;
	char base[POINTER_MAX], metric[POINTER_MAX], at[POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "gates");
	pointer_join(base, sizeof(base), base, "quality");
	pointer_join(base, sizeof(base), base, "metrics");
	for (size_t i = 0; i < metrics->n; i++) {
		const struct policy_metric *m = LIST_AT(metrics, struct policy_metric, i);
		bool lower = !strcmp(m->name, "latency_ms_p95") ||
			     !strcmp(m->name, "cost_per_1k_tokens");
		pointer_join(metric, sizeof(metric), base, m->name);
		if ((lower && m->direction == DIRECTION_HIGHER) ||
			(!strcmp(m->name, "safety") && m->direction == DIRECTION_LOWER)) {
			pointer_join(at, sizeof(at), metric, "direction");
			fault_add(faults, at, "of %s, %s is better", m->name,
				lower ? "lower" : "higher");
		}
		check_roles(p, &m->unit_roles, metric, "unit_roles", faults);
		check_roles(p, &m->from_evidence, metric, "from_evidence", faults);
	}
}

static void check_slos(struct policy *p, const char *pointer, struct faults *faults)
{
	double ceiling = p->gates->latency->cost_per_1k_tokens->ceiling * 1e6;
	char base[POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "slos");
	burn_slos_check(&p->slos, ceiling < BURN_LIMIT_MAX ? (int64_t)ceiling : BURN_LIMIT_MAX,
		base, faults);
	p->rollback->rules.slos = p->slos;
}

static void check_promotion(struct policy *p, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];
	const char *why;

	pointer_join(at, sizeof(at), pointer, "checklist");
	policy_signoffs_check(&p->checklist, at, faults);
	if (!p->soak || !duration_parse(p->soak, &p->soak_usec, &why))
		return;
	pointer_join(at, sizeof(at), pointer, "soak");
	fault_add(faults, at, "\"%s\" %s", p->soak, why);
}

/* Without a list every provider counts. */
static void fill_quorum(const struct policy *p, struct quorum *q, struct arena *a)
{
	struct quorum_provider *v = ARENA_ARRAY(a, p->providers.n, struct quorum_provider);

	for (size_t i = 0; i < p->providers.n; i++) {
		v[i].name = LIST_AT(&p->providers, struct policy_provider, i)->name;
		v[i].deadline_usec = q->deadline_usec;
	}
	q->providers = (struct list){v, p->providers.n};
}

static void check_quorum(
	const struct policy *p, const char *pointer, struct arena *a, struct faults *faults)
{
	struct quorum *q = p->cadence->ingest ? p->cadence->ingest->quorum : NULL;
	char base[POINTER_MAX], at[POINTER_MAX], list[POINTER_MAX];

	if (!q)
		return;
	pointer_join(base, sizeof(base), pointer, "cadence");
	pointer_join(base, sizeof(base), base, "ingest");
	pointer_join(base, sizeof(base), base, "quorum");
	pointer_join(list, sizeof(list), base, "providers");
	if (!q->providers.n)
		fill_quorum(p, q, a);
	for (size_t i = 0; i < q->providers.n; i++) {
		const char *name = LIST_AT(&q->providers, struct quorum_provider, i)->name;

		if (policy_provider(p, name))
			continue;
		pointer_join(at, sizeof(at), list, name);
		fault_add(faults, at, "\"%s\" is not among providers", name);
	}
	if (q->min < 0)
		q->min = (int64_t)q->providers.n;
	pointer_join(at, sizeof(at), base, "min");
	if ((size_t)q->min > q->providers.n)
		fault_add(faults, at,
			"is %lld, and only %zu providers count: it could never be met",
			(long long)q->min, q->providers.n);
}

static void check_keyless(const struct policy *p, const char *pointer, struct faults *faults)
{
	char base[POINTER_MAX], at[POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "keyless");
	for (size_t i = 0; i < p->keyless.n; i++) {
		const char *name = LIST_AT(&p->keyless, struct policy_keyless, i)->provider;

		if (!name || policy_provider(p, name))
			continue;
		pointer_index(at, sizeof(at), base, i);
		pointer_join(at, sizeof(at), at, "provider");
		fault_add(faults, at, "\"%s\" is not among providers", name);
	}
}

void policy_check_whole(
	struct policy *p, const char *pointer, struct arena *a, struct faults *faults)
{
	check_slots(p, pointer, faults);
	check_metrics(p, pointer, faults);
	check_limits(p, pointer, faults);
	check_slos(p, pointer, faults);
	check_promotion(p, pointer, faults);
	check_quorum(p, pointer, a, faults);
	check_keyless(p, pointer, faults);
	policy_fusion_check(p, pointer, faults);
}
