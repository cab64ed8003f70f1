/* SPDX-License-Identifier: Apache-2.0
 *
 * The fusion rules inside a policy: the simple router that holds when it gives none, and that models
 * are made of slots, so that no weights answer that no gate has judged.
 */
#include <string.h>

#include "model/policy.h"

enum { POINTER_MAX = 160 };

/* ---- The simple router ---- */

/* Of several the one whose name comes first: members of an object have no order. */
static const struct policy_slot *first_slot(
	const struct policy *p, const char *role, bool required_only)
{
	const struct policy_slot *found = NULL;

	for (size_t i = 0; i < p->slots.n; i++) {
		const struct policy_slot *s = LIST_AT(&p->slots, struct policy_slot, i);

		if ((role && (!s->role || strcmp(s->role, role) != 0)) ||
			(required_only && s->required != 1))
			continue;
		if (!found || (s->required == 1) > (found->required == 1) ||
			((s->required == 1) == (found->required == 1) &&
				strcmp(s->name, found->name) < 0))
			found = s;
	}
	return found;
}

void policy_fusion_fill(struct policy *p, struct arena *a)
{
	const struct policy_slot *to = first_slot(p, "textgen", false);
	const struct policy_slot *other = first_slot(p, "runtime", false);
	struct fusion_model *models = ARENA_ARRAY(a, 2, struct fusion_model);
	struct fusion *f;

	if (p->fusion)
		return;
	if (!to) {
		to = other ? other : first_slot(p, NULL, true);
		other = NULL;
	}
	/* Refused already: no slot, or none that is required. */
	if (!to)
		return;
	f = ARENA_NEW(a, struct fusion);
	fields_init(&fusion_table, f);
	f->version = 1;
	models[0] = (struct fusion_model){.name = to->name, .artifact = to->name};
	if (other)
		models[1] = (struct fusion_model){.name = other->name, .artifact = other->name};
	f->models = (struct list){models, other ? 2 : 1};
	f->otherwise = ARENA_NEW(a, struct fusion_default);
	f->otherwise->to = arena_printf(a, "model:%s", to->name);
	f->otherwise->fallback.v = ARENA_ARRAY(a, 1, const char *);
	if (other)
		f->otherwise->fallback.v[f->otherwise->fallback.n++] =
			arena_printf(a, "model:%s", other->name);
	p->fusion = f;
}

/* ---- What models are made of ---- */

static void check_adapter(const struct policy *p, const struct fusion_model *m, const char *pointer,
	struct faults *faults)
{
	char at[POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, "adapter");
	if (!policy_slot(p, m->adapter))
		fault_add(faults, at, "\"%s\" is not among slots", m->adapter);
	else if (m->artifact && strcmp(m->artifact, m->adapter) == 0)
		fault_add(faults, at, "must be another slot than the artifact's");
}

static void check_model(const struct policy *p, const struct fusion_model *m, const char *pointer,
	struct faults *faults)
{
	char at[POINTER_MAX];

	if (m->adapter)
		check_adapter(p, m, pointer, faults);
	if (!m->artifact || policy_slot(p, m->artifact))
		return;
	pointer_join(at, sizeof(at), pointer, "artifact");
	if (!digest_valid(m->artifact))
		fault_add(faults, at, "\"%s\" is not among slots, nor a digest", m->artifact);
	else if (!m->adapter)
		fault_add(faults, at,
			"no gate judges these weights: a digest goes only beneath an adapter of a "
			"slot");
}

void policy_fusion_check(const struct policy *p, const char *pointer, struct faults *faults)
{
	char base[POINTER_MAX], at[POINTER_MAX];

	if (!p->fusion)
		return;
	pointer_join(base, sizeof(base), pointer, "fusion");
	pointer_join(base, sizeof(base), base, "models");
	for (size_t i = 0; i < p->fusion->models.n; i++) {
		const struct fusion_model *m = LIST_AT(&p->fusion->models, struct fusion_model, i);

		pointer_join(at, sizeof(at), base, m->name);
		check_model(p, m, at, faults);
	}
}
