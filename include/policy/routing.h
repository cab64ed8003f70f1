/* SPDX-License-Identifier: Apache-2.0
 *
 * Explains where a request goes by a fusion block: the rule, the branch, who votes, and the models on
 * the way with the units that they are made of. Pure; any thread.
 */
#ifndef POLICY_ROUTING_H
#define POLICY_ROUTING_H

#include "model/release.h"
#include "model/routing.h"
#include "policy/fusion.h"

enum { ROUTING_FIELDS_MAX = 64 };

/* A field as people type it: a number, true and false are those; a text in quotes is a text; anything
 * else is one, too, and so is whatever a split of the block hashes. -1: the name is no name of a
 * field. */
int routing_field(const struct fusion *f, const char *name, const char *text, struct arena *a,
	struct fusion_entry *ret, struct err *err);

/* The block that holds when this provider is lost (NULL: none is); `plans`: MAP of struct plan_b. NULL
 * with *err set: there is no such provider, or no plan. */
const struct fusion *routing_block(
	const struct fusion *f, const struct list *plans, const char *without, struct err *err);

/* `slots`: MAP of struct fused_unit, empty when nothing is known of them. */
void routing_make(const struct fusion *f, const struct list *slots,
	const struct fusion_request *request, struct arena *a, struct routing *ret);

#endif
