/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule as alternatives, each a conjunction, with `in` taken apart.
 */
#include <string.h>

#include "policy/fusion_parts.h"

enum { ALTERNATIVES_MAX = 4096 };

void fusion_alternatives_add(struct fusion_alternatives *l, struct fusion_conjunction c)
{
	if (l->n == l->alloc) {
		size_t alloc = l->alloc ? 2 * l->alloc : 16;
		struct fusion_conjunction *v =
			ARENA_ARRAY(l->arena, alloc, struct fusion_conjunction);

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->alloc = alloc;
	}
	l->v[l->n++] = c;
}

/* One for each way of choosing a value from each `in`; left whole when there are too many. */
static void add_expanded(struct fusion_alternatives *l, const struct fusion_condition *c, size_t n)
{
	size_t ways = 1;

	for (size_t i = 0; i < n; i++) {
		if (c[i].op == FUSION_IN && ways <= ALTERNATIVES_MAX)
			ways *= c[i].n_values;
	}
	if (ways > FUSION_VALUES_MAX || l->n + ways > ALTERNATIVES_MAX) {
		fusion_alternatives_add(l, (struct fusion_conjunction){c, n});
		return;
	}
	for (size_t way = 0; way < ways; way++) {
		struct fusion_condition *copy = ARENA_ARRAY(l->arena, n, struct fusion_condition);
		size_t rest = way;

		memcpy(copy, c, n * sizeof(*copy));
		for (size_t i = 0; i < n; i++) {
			if (copy[i].op != FUSION_IN)
				continue;
			copy[i].op = FUSION_EQ;
			copy[i].values = &c[i].values[rest % c[i].n_values];
			copy[i].n_values = 1;
			rest /= c[i].n_values;
		}
		fusion_alternatives_add(l, (struct fusion_conjunction){copy, n});
	}
}

void fusion_alternatives_of(struct fusion_alternatives *l, const struct fusion_when *w)
{
	const struct fusion_condition *c = w->conditions.v;

	if (!w->is_any) {
		add_expanded(l, c, w->conditions.n);
		return;
	}
	for (size_t i = 0; i < w->conditions.n; i++)
		add_expanded(l, &c[i], 1);
}
