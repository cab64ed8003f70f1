/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups of a file of evaluations and what belongs to them, at whatever remove: read once, in time that
 * grows with the file, whoever holds whom. For src/model/harvest*.c only.
 */
#ifndef MODEL_HARVEST_GROUPS_H
#define MODEL_HARVEST_GROUPS_H

#include "model/schema_tree.h"

struct harvest_groups;

/* `groups`: {"group": ["task", "group"]}, or no object: then there are none. `results` is an object with what
 * was measured; `counts` tells whether a group's result has numbers of its own. All memory is the arena's. */
struct harvest_groups *harvest_groups_new(const struct json_value *groups,
	const struct json_value *results, bool (*counts)(const struct json_value *result),
	struct arena *a);

/* All names, of results, groups and members, go by number, from 0 on. */
size_t harvest_groups_n(const struct harvest_groups *g);
const char *harvest_groups_name(const struct harvest_groups *g, size_t id);
/* Of a key of `results`. */
size_t harvest_groups_id(const struct harvest_groups *g, const char *name);

/* The nearest group with numbers to which it belongs; NULL for none. */
const char *harvest_group_above(const struct harvest_groups *g, size_t id);

struct harvest_leaves {
	const size_t *id; /* until the next call */
	size_t n;
	bool is_all; /* false: a member is no name */
};
/* What the group comes down to, each once, in the order of the file; what is no group is its own leaf. -1: the
 * groups of the file hold one another so often that nobody counts them. */
int harvest_group_leaves(struct harvest_groups *g, size_t id, struct harvest_leaves *ret);

#endif
