/* SPDX-License-Identifier: Apache-2.0
 *
 * When a student is to be distilled: the trigger of a fusion block over measured signals. Pure.
 *
 * A signal without data is neither below nor above anything. latency_ms_p95 is never measured:
 * nodes count what was slow, not how slow; no new policy may ask for it (fusion_findings.c).
 */
#ifndef POLICY_DISTILLATION_H
#define POLICY_DISTILLATION_H

#include "model/fusion.h"

struct signal_sums {
	double total, errors, tokens, cost_micro;
};

/* NAN: not measured. `target`: of the signal's target. */
double signal_value(const struct fusion_signal *s, const struct signal_sums *whole,
	const struct signal_sums *target);

/* values[i] is that of t->signals[i]. */
bool trigger_fires(const struct fusion_trigger *t, const double *values);

#endif
