/* SPDX-License-Identifier: Apache-2.0
 *
 * Observations: windows of counts, refused when they count more bad than there was.
 */
#include "model/observation.h"

#include <string.h>

#include "base/clock.h"
#include "model/format.h"
#include "model/fusion.h"

static const struct field target_fields[] = {
	{"target", FIELD_STRING, offsetof(struct target_count, target), FIELD_REQUIRED,
		.format = &format_fusion_target},
	{"requests", FIELD_INT, offsetof(struct target_count, requests), FIELD_REQUIRED, .min = 0,
		.max = (double)OBSERVATION_COUNT_MAX},
};
static const struct field_table target_table = FIELD_TABLE("TargetCount",
	"Requests that went to a target of the fusion block.", struct target_count, target_fields);

#define F(name_, type_, flags_, ...)                                                    \
	{                                                                               \
#name_, type_, offsetof(struct observation, name_), flags_, __VA_ARGS__ \
	}
#define COUNT(name_, ...) \
	F(name_, FIELD_INT, FIELD_ZERO, .max = (double)OBSERVATION_COUNT_MAX, __VA_ARGS__)
static const struct field observation_fields[] = {
	F(node, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(release, FIELD_STRING, FIELD_REQUIRED, .format = &format_release,
		.help = "version that the node served"),
	F(serial, FIELD_INT, 0, .min = 1, .max = 9007199254740991.0,
		.help = "of the channel as the node read it; the release's newest when absent"),
	F(t_start, FIELD_TIME, FIELD_REQUIRED),
	F(t_end, FIELD_TIME, FIELD_REQUIRED, .help = "at most 60 s after t_start"),
	COUNT(total, .help = "requests"),
	COUNT(errors, .help = "of total"),
	COUNT(slow, .help = "of total, above the latency limit"),
	COUNT(tokens, .help = "produced"),
	COUNT(cost_micro, .help = "millionths of the currency"),
	COUNT(safety_checked, .help = "answers that were checked"),
	COUNT(safety_violations, .help = "of safety_checked"),
	COUNT(safety_critical,
		.help = "one is one too many; of total, or of safety_checked when that is more"),
	F(targets, FIELD_LIST, 0, .min = 0, .max = 64, .table = &target_table,
		.help = "of total, by target of the fusion block"),
};
#undef COUNT
#undef F

static void at_most(int64_t part, const char *part_name, int64_t whole, const char *whole_name,
	const char *pointer, struct faults *faults)
{
	char at[160];

	if (part <= whole)
		return;
	pointer_join(at, sizeof(at), pointer, part_name);
	fault_add(faults, at, "must not be more than %s", whole_name);
}

static void named_once(
	const struct list *targets, size_t i, const char *pointer, struct faults *faults)
{
	const char *name = LIST_AT(targets, struct target_count, i)->target;
	char at[160];

	for (size_t j = 0; name && j < i; j++) {
		const char *other = LIST_AT(targets, struct target_count, j)->target;

		if (!other || strcmp(name, other) != 0)
			continue;
		pointer_join(at, sizeof(at), pointer, "target");
		fault_add(faults, at, "is counted before, at number %zu of the list", j);
		return;
	}
}

static void observation_check(
	void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct observation *o = obj;
	char at[160], list[160];

	pointer_join(at, sizeof(at), pointer, "t_end");
	if (o->t_end <= o->t_start)
		fault_add(faults, at, "must be after t_start");
	else if (o->t_end - o->t_start > OBSERVATION_MAX_S * USEC_PER_SEC)
		fault_add(faults, at, "must be at most %d s after t_start", OBSERVATION_MAX_S);
	at_most(o->errors, "errors", o->total, "total", pointer, faults);
	at_most(o->slow, "slow", o->total, "total", pointer, faults);
	for (size_t i = 0; i < o->targets.n; i++) {
		const struct target_count *t = LIST_AT(&o->targets, struct target_count, i);

		pointer_join(list, sizeof(list), pointer, "targets");
		pointer_index(at, sizeof(at), list, i);
		at_most(t->requests, "requests", o->total, "total", at, faults);
		named_once(&o->targets, i, at, faults);
	}
	at_most(o->safety_violations, "safety_violations", o->safety_checked, "safety_checked",
		pointer, faults);
	/* What is critical may have been found without a check, but not without an answer. */
	if (o->safety_checked > o->total)
		at_most(o->safety_critical, "safety_critical", o->safety_checked, "safety_checked",
			pointer, faults);
	else
		at_most(o->safety_critical, "safety_critical", o->total, "total", pointer, faults);
}

const struct field_table observation_table =
	FIELD_TABLE("Observation", "One window of counts from one node.", struct observation,
		observation_fields, .check = observation_check);

static const struct field observations_fields[] = {
	{"observations", FIELD_LIST, offsetof(struct observations, observations), FIELD_REQUIRED,
		.min = 1, .max = OBSERVATIONS_MAX, .table = &observation_table},
	{"dry_run", FIELD_BOOL, offsetof(struct observations, dry_run), 0,
		.help = "answer what would be, and change nothing; ?dry_run, too"},
};
const struct field_table observations_table = FIELD_TABLE(
	"Observations", "Windows of counts from nodes.", struct observations, observations_fields);

/* Where the counter of this name is; NULL: there is none. */
static const struct field *counter_find(const char *name)
{
	for (size_t i = 0; i < observation_table.n_fields; i++) {
		const struct field *f = &observation_fields[i];

		if (f->flags & FIELD_ZERO && strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

int64_t observation_counter(const struct observation *o, const char *name)
{
	const struct field *f = counter_find(name);

	return f ? *(const int64_t *)field_member(f, o) : -1;
}

void observation_leave_out(struct observation *o, const struct strings *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct field *f = counter_find(names->v[i]);

		if (f)
			memset((char *)o + f->offset, 0, sizeof(int64_t));
	}
}

bool observation_counts(const struct observation *o)
{
	for (size_t i = 0; i < observation_table.n_fields; i++)
		if (observation_fields[i].flags & FIELD_ZERO &&
			*(const int64_t *)field_member(&observation_fields[i], o) != 0)
			return true;
	return false;
}
