/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of the fusion block and how to find in it, apart from its tables: a node that has the block
 * already links this and no JSON library.
 */
#include <string.h>

#include "model/fusion.h"

#define NAMES(var, title, ...) \
	const struct field_names var = {title, (const char *const[]){__VA_ARGS__, NULL}}
NAMES(fusion_op_names,
	"operator", [FUSION_EQ] = "eq", [FUSION_NE] = "ne", [FUSION_IN] = "in", [FUSION_GT] = "gt",
	[FUSION_GE] = "ge", [FUSION_LT] = "lt", [FUSION_LE] = "le", [FUSION_EXISTS] = "exists");
NAMES(ensemble_mode_names,
	"mode of an ensemble", [ENSEMBLE_ANSWER] = "answer", [ENSEMBLE_GATE] = "gate");

#define FIND(list_, type_, name_)                                   \
	for (size_t i = 0; i < (list_).n; i++) {                    \
		const type_ *element = LIST_AT(&(list_), type_, i); \
		if (element->name && !strcmp(element->name, name_)) \
			return element;                             \
	}                                                           \
	return NULL

const struct fusion_model *fusion_model(const struct fusion *f, const char *name)
{
	FIND(f->models, struct fusion_model, name);
}

const struct fusion_ensemble *fusion_ensemble(const struct fusion *f, const char *name)
{
	FIND(f->ensembles, struct fusion_ensemble, name);
}

const struct fusion_split *fusion_split(const struct fusion *f, const char *name)
{
	FIND(f->splits, struct fusion_split, name);
}

const struct fusion_then *fusion_then(const struct fusion_ensemble *e, const char *label)
{
	FIND(e->then, struct fusion_then, label);
}

bool fusion_listed(const struct strings *s, const char *what)
{
	for (size_t i = 0; what && i < s->n; i++)
		if (!strcmp(s->v[i], what))
			return true;
	return false;
}

const char *fusion_safest(const struct fusion_ensemble *e)
{
	return e->labels.n ? e->labels.v[e->labels.n - 1] : NULL;
}
