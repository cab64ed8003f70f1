/* SPDX-License-Identifier: Apache-2.0
 *
 * What a policy says about a provider, a role, a slot or a metric.
 */
#include <math.h>
#include <string.h>

#include "model/policy.h"

double policy_metric_top(const struct policy_metric *m)
{
	if (m->direction != DIRECTION_HIGHER)
		return INFINITY;
	if (!isnan(m->ceiling))
		return m->ceiling;
	return m->kind == KIND_PROPORTION || (m->floor > 0 && m->floor < 1) ? 1 : INFINITY;
}

const struct policy_provider *policy_provider(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->providers.n; i++) {
		const struct policy_provider *o = LIST_AT(&p->providers, struct policy_provider, i);
		if (!strcmp(o->name, name))
			return o;
	}
	return NULL;
}

bool policy_provider_has_role(const struct policy_provider *p, const char *role)
{
	for (size_t i = 0; i < p->roles.n; i++)
		if (!strcmp(p->roles.v[i], role))
			return true;
	return false;
}

bool policy_has_role(const struct policy *p, const char *role)
{
	for (size_t i = 0; i < p->providers.n; i++)
		if (policy_provider_has_role(
			    LIST_AT(&p->providers, struct policy_provider, i), role))
			return true;
	return false;
}

const struct policy_slot *policy_slot_for(
	const struct policy *p, const char *provider, const char *role)
{
	for (size_t i = 0; i < p->slots.n; i++) {
		const struct policy_slot *s = LIST_AT(&p->slots, struct policy_slot, i);
		if (!strcmp(s->provider, provider) && !strcmp(s->role, role))
			return s;
	}
	return NULL;
}

const struct policy_slot *policy_slot(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->slots.n; i++) {
		const struct policy_slot *s = LIST_AT(&p->slots, struct policy_slot, i);
		if (!strcmp(s->name, name))
			return s;
	}
	return NULL;
}
