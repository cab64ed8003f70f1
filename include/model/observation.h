/* SPDX-License-Identifier: Apache-2.0
 *
 * One window of counts from one node, at most 60 s long. `serial` names the activation it speaks of
 * (what the node read from the channel); absent: the release's newest activation.
 */
#ifndef MODEL_OBSERVATION_H
#define MODEL_OBSERVATION_H

#include "model/field.h"

#define OBSERVATION_ASKED_NODE "prometheus" /* as whose the counts of Prometheus are kept */

enum { OBSERVATION_MAX_S = 60, OBSERVATION_FUTURE_S = 120, OBSERVATIONS_MAX = 1000 };

/* More than any node counts in a minute, and so little that 9 million windows can be summed: a sum
 * that overflows is an error, and then the watch would be blind for as long as such rows count. */
#define OBSERVATION_COUNT_MAX INT64_C(1000000000000)

struct target_count {
	const char *target; /* "model:large" */
	int64_t requests;
};

struct observation {
	const char *node, *release;
	int64_t serial; /* -1: absent */
	int64_t t_start, t_end;
	int64_t total, errors, slow, tokens, cost_micro;
	int64_t safety_checked, safety_violations, safety_critical;
	struct list targets; /* struct target_count */
};
extern const struct field_table observation_table;

struct observations {
	struct list observations; /* struct observation, 1 to OBSERVATIONS_MAX */
	int dry_run;
};
extern const struct field_table observations_table;

/* The value of the counter of this name, -1 when there is none of that name. */
int64_t observation_counter(const struct observation *o, const char *name);
/* These counters are counted elsewhere: 0 from here on. */
void observation_leave_out(struct observation *o, const struct strings *names);
/* Is any counter above 0? */
bool observation_counts(const struct observation *o);

#endif
