/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of metric_judge(), split off for length: one side's numbers as the methods want them,
 * and the choice of the method. Nobody but metric_*.c includes this.
 */
#ifndef POLICY_METRIC_COMPARE_H
#define POLICY_METRIC_COMPARE_H

#include "policy/metric.h"

/* What one side offers, once metric_check() has let it through. */
struct metric_side {
	double estimate;     /* k/n for a proportion with n, else the value */
	double se;	     /* from stderr or interval; NAN when neither is given */
	bool is_counted;     /* a proportion with n, described by arm */
	struct stat_arm arm; /* effective, after clustering */
	double stretch;	     /* given samples for each effective one */
	int64_t n;	     /* effective, rounded down; 0 when unknown */
	double df;	     /* of a mean: (clusters or n) - 1; infinite when n is unknown */
};

/* From a metric as given, clustering taken into account. */
void metric_side_read(
	const struct metric *metric, enum metric_kind kind, struct metric_side *ret_side);

/* Interval of the side's own value, level 1 - 2 alpha; -1 when it has neither n nor se. */
int metric_side_interval(
	const struct metric_side *side, double alpha, struct stat_interval *ret_interval);

/* A difference tested by the method that applies first; verdicts are left to the caller. */
struct metric_comparison {
	enum metric_method method;
	double d;	       /* oriented: better is positive */
	struct stat_test test; /* NAN without a test */
	struct stat_interval interval;
	int64_t n;	   /* smaller arm, or pairs */
	double variance;   /* of one sample's contribution to d; NAN when unknown */
	double discordant; /* share of discordant pairs where McNemar's test judged, else NAN */
	double stretch;
};

/* Tests candidate - baseline (oriented) against theta, in the metric's unit: by the pairs with `baseline_id`
 * when the candidate brings some, else by the two arms, else point against point. */
void metric_compare(const struct metric *candidate, const struct metric *baseline,
	const char *baseline_id, const struct metric_policy *policy, double theta,
	struct metric_comparison *ret_comparison);

#endif /* POLICY_METRIC_COMPARE_H */
