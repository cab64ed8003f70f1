/* SPDX-License-Identifier: Apache-2.0
 *
 * When a student is to be distilled: the trigger of a fusion block over measured signals; and which
 * artifact is what the run made. Pure.
 *
 * A signal without data is neither below nor above anything. latency_ms_p95 is never measured:
 * nodes count what was slow, not how slow; no new policy may ask for it (fusion_findings.c).
 */
#ifndef POLICY_DISTILLATION_H
#define POLICY_DISTILLATION_H

#include "model/distillation.h"
#include "model/fusion.h"

struct signal_sums {
	double total, errors, tokens, cost_micro;
};

/* NAN: not measured. `target`: of the signal's target. */
double signal_value(const struct fusion_signal *s, const struct signal_sums *whole,
	const struct signal_sums *target);

/* values[i] is that of t->signals[i]. */
bool trigger_fires(const struct fusion_trigger *t, const double *values);

/* A unit of the provider's that is derived from the teacher. */
struct distilled {
	const char *id;
	const char *ns, *family;
	const char *run; /* that its manifest names; NULL: none */
	int64_t received_at;
};

/* What the run made, of v with the newest first: the newest whose manifest names the run, by the job or the
 * token; when none does, the newest that names no run, came since the start and is of the student's
 * family. NULL: none of them. */
const struct distilled *distillation_output(
	const struct distillation *d, const struct distilled *v, size_t n);

#endif
