/* SPDX-License-Identifier: Apache-2.0
 *
 * Is the active release keeping its objectives? A plain threshold over the last window of an
 * activation's counts; burn rates replace the inside later. Pure.
 */
#ifndef POLICY_SLO_H
#define POLICY_SLO_H

#include "model/observation.h"
#include "model/policy.h"

struct slo_result {
	const struct policy_slo *slo;
	int64_t bad, of;
	double rate;	    /* NAN when `of` is 0: no data is neither breach nor health */
	bool enough;	    /* of >= min_total */
	bool breached;	    /* enough, and rate > limit */
	const char *detail; /* "errors 40 of 1000 (4 %) over 300 s, limit 1 %" */
};

/* `sum` holds the counters summed over rows with now - window < t_end <= now of this activation. */
void slo_evaluate(const struct policy_slo *slo, const struct observation *sum, struct arena *a,
	struct slo_result *ret);

#endif
