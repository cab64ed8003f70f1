/* SPDX-License-Identifier: Apache-2.0
 *
 * What a comparison found: from the effect of a change and its direction to whether it breaks, and
 * the list in the order a person wants to read it. Keeps a bounded number and counts all.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/contract_parts.h"

enum { FOUND_KEPT_MAX = 4096 };

struct found {
	struct arena *arena;
	struct contract_change *change;
	size_t n, alloc;
	size_t uncounted, uncounted_breaking; /* past FOUND_KEPT_MAX */
	enum contract_level level;
	bool quiet; /* a trial: only the level */
	bool too_large_said;
};

static const char *const relation_names[] = {"identical", "compatible", "breaking"};
static const char *const direction_names[] = {"request", "response", "document"};
static const char *const level_names[] = {"none", "patch", "minor", "major"};
static const char *const kind_names[] = {
#define X(id, word, help) word,
#include "policy/contract_kinds.def"
#undef X
};

const char *contract_relation_name(enum contract_relation relation)
{
	return relation_names[relation];
}

const char *contract_direction_name(enum contract_direction direction)
{
	return direction_names[direction];
}

const char *contract_level_name(enum contract_level level)
{
	return level_names[level];
}

const char *contract_kind_name(enum contract_kind kind)
{
	return kind_names[kind];
}

struct found *found_new(struct arena *a)
{
	struct found *f = ARENA_NEW(a, struct found);

	f->arena = a;
	return f;
}

enum contract_level found_level(const struct found *f)
{
	return f->level;
}

static enum contract_level level_of(const struct where *w, enum effect effect)
{
	bool wider;

	switch (effect) {
	case EFFECT_NOTE:
		return CONTRACT_PATCH;
	case EFFECT_ADDITIVE:
		return CONTRACT_MINOR;
	case EFFECT_WIDER:
	case EFFECT_NARROWER:
		wider = (effect == EFFECT_WIDER) != w->flipped;
		return wider == (w->direction == CONTRACT_REQUEST) ? CONTRACT_MINOR
								   : CONTRACT_MAJOR;
	case EFFECT_EITHER:
	case EFFECT_UNKNOWN:
		break;
	}
	return CONTRACT_MAJOR;
}

static struct contract_change *found_slot(struct found *f)
{
	if (f->n == f->alloc) {
		size_t alloc = f->alloc ? f->alloc * 2 : 16;
		struct contract_change *bigger =
			ARENA_ARRAY(f->arena, alloc, struct contract_change);

		if (f->n)
			memcpy(bigger, f->change, f->n * sizeof(*bigger));
		f->change = bigger;
		f->alloc = alloc;
	}
	return &f->change[f->n++];
}

void changed(struct comparison *c, const struct where *w, enum effect effect,
	enum contract_kind kind, const struct json_value *old, const struct json_value *new,
	const char *fmt, ...)
{
	struct found *f = c->found;
	enum contract_level level = level_of(w, effect);
	struct contract_change *change;
	char sentence[CONTRACT_SENTENCE_MAX];
	va_list ap;

	if (level > f->level)
		f->level = level;
	if (f->quiet)
		return;
	if (f->n == FOUND_KEPT_MAX) {
		f->uncounted++;
		f->uncounted_breaking += level == CONTRACT_MAJOR;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	if (sentence[0] >= 'a' && sentence[0] <= 'z')
		sentence[0] = (char)(sentence[0] - 'a' + 'A');

	change = found_slot(f);
	change->pointer = json_pointer(new ? new : old, f->arena);
	change->in_old = !new;
	change->direction = w->direction;
	change->kind = kind;
	change->level = level;
	change->breaking = level == CONTRACT_MAJOR;
	change->undecided = effect == EFFECT_UNKNOWN;
	change->sentence = arena_strndup(f->arena, sentence, utf8_cut(sentence, strlen(sentence)));
}

static int by_weight(const void *a, const void *b)
{
	const struct contract_change *x = a, *y = b;
	int order;

	if (x->breaking != y->breaking)
		return x->breaking ? -1 : 1;
	order = strcmp(x->pointer, y->pointer);
	if (!order)
		order = (int)x->direction - (int)y->direction;
	if (!order)
		order = (int)x->kind - (int)y->kind;
	if (!order)
		order = (int)x->in_old - (int)y->in_old;
	return order ? order : strcmp(x->sentence, y->sentence);
}

void found_finish(struct found *f, struct contract_diff *ret)
{
	size_t n = 0, breaking = 0;

	if (f->n)
		qsort(f->change, f->n, sizeof(*f->change), by_weight);
	/* One component may be reached by several ways. */
	for (size_t i = 0; i < f->n; i++) {
		if (n && !by_weight(&f->change[n - 1], &f->change[i]))
			continue;
		breaking += f->change[i].breaking;
		f->change[n++] = f->change[i];
	}
	ret->level = f->level;
	ret->relation = f->level == CONTRACT_MAJOR  ? CONTRACT_BREAKING
			: f->level == CONTRACT_NONE ? CONTRACT_IDENTICAL
						    : CONTRACT_COMPATIBLE;
	ret->change = f->change;
	ret->n = n < CONTRACT_CHANGES_MAX ? n : CONTRACT_CHANGES_MAX;
	ret->total = n + f->uncounted;
	ret->breaking = breaking + f->uncounted_breaking;
}

void trial_start(const struct comparison *c, enum trial what, struct comparison *ret)
{
	*ret = *c;
	ret->arena = arena_new();
	ret->found = found_new(ret->arena);
	ret->found->quiet = true;
	ret->memo = NULL;
	ret->outer = what == TRIAL_REPLACES || c->found->quiet ? c : NULL;
}

enum contract_level trial_end(struct comparison *trial)
{
	enum contract_level level = trial->found->level;

	arena_free(trial->arena);
	return level;
}

void charge(struct comparison *c, size_t comparisons)
{
	*c->work += comparisons;
}

bool out_of_steps(const struct comparison *c)
{
	return *c->work >= (size_t)CONTRACT_STEPS_MAX * STEP_COMPARISONS;
}

bool step(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new)
{
	if (w->depth > CONTRACT_DEPTH_MAX) {
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_TOO_DEEP, old, new,
			"The schemas lie more than %d deep here, which is not compared.",
			CONTRACT_DEPTH_MAX);
		return false;
	}
	if (!out_of_steps(c)) {
		charge(c, STEP_COMPARISONS);
		return true;
	}
	/* Later ones only repeat it; in a trial it makes the trial fail. */
	if (c->found->quiet || !c->found->too_large_said) {
		c->found->too_large_said = !c->found->quiet;
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_TOO_LARGE, old, new,
			"The comparison took more than %d steps and was not finished.",
			CONTRACT_STEPS_MAX);
	}
	return false;
}

const char *value_text(const struct json_value *v, struct arena *a)
{
	enum { SHOWN = 40 };
	size_t cut;

	switch (v->kind) {
	case JSON_KIND_NULL:
		return "null";
	case JSON_KIND_BOOL:
		return v->boolean ? "true" : "false";
	case JSON_KIND_NUMBER:
		return arena_printf(a, "%.15g", v->number);
	case JSON_KIND_STRING:
		if (strlen(v->string) <= SHOWN)
			return arena_printf(a, "\"%s\"", v->string);
		cut = utf8_cut(v->string, SHOWN);
		return arena_printf(a, "\"%.*s...\"", (int)cut, v->string);
	case JSON_KIND_ARRAY:
		return "an array";
	case JSON_KIND_OBJECT:
		break;
	}
	return "an object";
}
