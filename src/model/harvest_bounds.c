/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the numbers of a harvest are on the scale of the limits that a policy holds them against.
 * Refuses 74 where the floor is 0.75, and a share where the ceiling is 20: either would pass for its
 * scale alone.
 */
#include <math.h>
#include <string.h>

#include "model/harvest_parts.h"
#include "model/policy.h"

struct bound {
	bool is_share;	/* lies between 0 and 1: nothing else can be meant */
	bool is_asked;	/* the floor is 0 or 1, which may belong to either scale */
	double floor;	/* between 0 and 1, so that it is passed on any other scale; NAN: none */
	double ceiling; /* above 1, of what is better low; NAN: none */
};

/* Of a number without a policy: as the built-in one has them. */
static struct bound bound_by_name(const char *name)
{
	static const char *const names[] = {
		"task_accuracy", "retrieval_score", "quality", "safety"};
	struct bound b = {.floor = NAN, .ceiling = NAN};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		b.is_share = b.is_share || !strcmp(names[i], name);
	return b;
}

static struct bound bound_of_metric(const struct policy_metric *rule)
{
	struct bound b = {.is_share = rule->kind == KIND_PROPORTION, .floor = NAN, .ceiling = NAN};

	if (rule->direction == DIRECTION_LOWER && rule->ceiling > 1)
		b.ceiling = rule->ceiling;
	if (policy_metric_top(rule) == 1)
		b.floor = rule->floor;
	b.is_asked = rule->direction == DIRECTION_HIGHER && !(rule->ceiling > 1) &&
		     (rule->floor == 0 || rule->floor == 1);
	return b;
}

static struct bound bound_of(const struct policy_gates *gates, const char *name)
{
	if (!gates)
		return bound_by_name(name);
	for (size_t i = 0; gates->quality && i < gates->quality->metrics.n; i++) {
		const struct policy_metric *rule =
			LIST_AT(&gates->quality->metrics, struct policy_metric, i);
		if (!strcmp(rule->name, name))
			return bound_of_metric(rule);
	}
	return (struct bound){.is_share = !strcmp(name, "safety"), .floor = NAN, .ceiling = NAN};
}

static int check(const struct finding *f, const struct policy_gates *gates, struct err *err)
{
	const char *name = f->as ? f->as : f->name;
	struct bound b = bound_of(gates, name);
	double v = f->metric.value;

	if (v > 1 && (b.is_share || (b.is_asked && !f->is_told)))
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s is %.6g in %s (%s), and %s lies between 0 and 1: when it is on a scale "
			"to 100, say so with --map %s=%s/100%s",
			f->name, v, f->file, f->pointer, name, name, f->name,
			b.is_share ? "" : "; when it is none, with /1 behind it");
	if (v > 1 && !isnan(b.floor))
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s is %.6g in %s (%s), and the policy's floor for %s is %.6g, which that "
			"passes on any scale beyond 1: when it is on a scale to 100, say so with "
			"--map %s=%s/100; else write the policy's floor on its scale, or with a "
			"ceiling where the scale ends",
			f->name, v, f->file, f->pointer, name, b.floor, name, f->name);
	if (b.is_share && v < 0)
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s is %.6g in %s (%s), and %s lies between 0 and 1: leave it out, or name "
			"another number with --map",
			f->name, v, f->file, f->pointer, name);
	if (!isnan(b.ceiling) && f->is_divided)
		return err_set(err, ERR_INVALID_PARAMETER,
			"%s (%s at %s) is the share %.6g here, and the ceiling of %s is %.6g, on "
			"another scale: write the policy's limits as shares",
			f->name, f->file, f->pointer, v, name, b.ceiling);
	return 0;
}

int harvest_check_bounds(const struct harvest *h, const struct harvest_target *t, struct err *err)
{
	for (size_t i = 0; i < h->n_findings; i++)
		if (h->findings[i].use == FOUND_TAKEN && check(&h->findings[i], t->gates, err))
			return -1;
	return 0;
}
