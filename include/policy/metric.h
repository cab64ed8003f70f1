/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judges: one metric against its baseline, a safety suite, a latency histogram, and the quality
 * gate over several metrics. Pure like policy/stat.h: evidence and rules in, a verdict with its
 * numbers out; nothing is kept, strings in a verdict are literals.
 *
 * A verdict passes only what is shown and fails only what is shown; everything between is
 * inconclusive, which holds a candidate and never promotes it. Evidence that contradicts itself is
 * invalid, and a manifest that holds it is refused.
 */
#ifndef POLICY_METRIC_H
#define POLICY_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/evidence.h"
#include "model/policy.h"
#include "policy/stat.h"

/* What a judge says: a verdict as the model has it, except that evidence can also be invalid, which
 * refuses the manifest, and never pending. */
enum outcome {
#define OUTCOME(id, name) OUTCOME_##id,
#include "policy/metric.def"
};

enum metric_method {
#define METHOD(id, name) METHOD_##id,
#include "policy/metric.def"
};

enum metric_reason {
#define REASON(id, name) REASON_##id,
#include "policy/metric.def"
};

const char *outcome_name(enum outcome verdict);
const char *metric_method_name(enum metric_method method);
const char *metric_reason_name(enum metric_reason reason);

/* How one metric is judged; validated by whoever parses a policy. Absent numbers are NAN. */
struct metric_policy {
	enum metric_objective objective;
	enum metric_role role;
	enum metric_direction direction; /* which way is better */
	enum metric_kind kind;
	double margin;	   /* delta >= 0, in the metric's unit */
	double margin_rel; /* delta as a share of |baseline|, where margin is absent; both absent: 0 */
	double alpha;	   /* one-sided */
	double beta;	   /* 1 - power, for n_needed only */
	int64_t min_n;	   /* fewer samples never pass a comparison that has a test */
	double floor;	   /* the value itself, whatever the direction: at least */
	double ceiling;	   /* at most */
	bool allow_point; /* whether bare numbers may pass */
};

/* A guardrail of a proportion, higher is better: not inferior by more than 0, alpha 0.05, power 0.8, 100
 * samples at least. */
struct metric_policy metric_policy_default(void);

/* The rules of a policy document's entry, with the default power. */
struct metric_policy metric_policy_of(const struct policy_metric *rule);

/* The loss that is allowed against a baseline of this value: the margin, or where it is absent (NAN) a
 * share of |baseline|, or where that is absent too none. */
double metric_margin(double margin, double margin_rel, double baseline);

/* What the tests take for its value: k/n for a proportion with n. */
double metric_estimate(const struct metric *metric, enum metric_kind kind);

/*
 * One metric judged. d and its interval (level 1 - 2 alpha) are oriented so that better is
 * positive; NAN where the method has none. `verdict` is the worst of the three parts, `reason` is
 * the comparison's.
 */
struct metric_verdict {
	enum metric_method method;
	enum metric_reason reason;
	enum outcome verdict;
	enum outcome comparison; /* against the baseline alone */
	enum outcome floor;	 /* pass when there is none */
	enum outcome ceiling;
	bool has_p;
	double d;
	double theta; /* what d was tested against: 0 or -delta */
	double p_pass;
	double p_fail;
	struct stat_interval interval;
	int64_t n; /* what min_n looked at: the smaller arm, effective samples rounded down */
	int64_t n_needed; /* where it is inconclusive: n that would decide, see below; else -1 */
};

/*
 * Judges a candidate's metric; baseline NULL means that the slot has no live unit yet, and
 * baseline_id is that unit's artifact id, without which paired evidence is not used. The outcome,
 * refusals included, is always in *ret_verdict.
 *
 * n_needed is per arm (pairs, for paired evidence): what decides with power 1 - beta if the
 * observed effect is the true one, at least min_n. It is -1 when no n would, as for d = theta.
 */
void metric_judge(const struct metric *candidate, const struct metric *baseline,
	const char *baseline_id, const struct metric_policy *policy,
	struct metric_verdict *ret_verdict);

/*
 * The same where the caller knows that the two were not measured alike, by another suite digest
 * for example: floors and ceilings are judged, the comparison is inconclusive, `incomparable`.
 * metric_judge() does this itself when both sides name a data set or a judge and they differ.
 */
void metric_judge_incomparable(const struct metric *candidate, const struct metric *baseline,
	const struct metric_policy *policy, struct metric_verdict *ret_verdict);

/* OK, or why a metric contradicts itself or the policy's direction. */
enum metric_reason metric_check(const struct metric *metric, const struct metric_policy *policy);

/* The worse of two verdicts. */
enum outcome outcome_worse(enum outcome a, enum outcome b);

struct safety_policy {
	double max_rate; /* of violations and errors together */
	double alpha;
	bool zero_tolerance;			      /* over the whole suite */
	const char *const *zero_tolerance_categories; /* the suite must report each of them */
	size_t n_zero_tolerance_categories;
	const char *digest; /* of the suite asked for; NULL: any */
	int64_t min_total;  /* 0: any */
};

struct safety_verdict {
	enum outcome verdict;
	enum metric_reason reason;
	bool has_limits;	     /* false when the suite was refused before counting */
	int64_t k;		     /* violations and errors */
	int64_t n;		     /* cases */
	struct stat_interval limits; /* Clopper-Pearson, each one-sided 1 - alpha */
	int64_t n_needed;	     /* total at which k events would pass; -1 none or not asked */
	const char *category;	     /* of the zero tolerance, from the policy; else NULL */
};

/* Violations and errors of n cases against the rate: by the bounds of Clopper-Pearson, once the suite is the
 * one asked for, large enough and without what is not tolerated at all. */
void safety_judge(const struct suite *suite, const struct safety_policy *policy,
	struct safety_verdict *ret_verdict);

struct latency_verdict {
	enum outcome verdict;
	enum metric_reason reason;
	int64_t over; /* samples above the threshold */
	int64_t n;
	struct stat_interval limits; /* of the share above, Clopper-Pearson */
	int64_t n_needed;	     /* where it is inconclusive: if the share stays; else -1 */
};

/*
 * Is the quantile q at most the threshold, which has to be a bucket edge: passes when the share
 * above is at most 1 - q by its upper limit, fails when it is more by its lower one.
 */
void latency_judge(const struct metric_histogram *histogram, double threshold, double q,
	double alpha, struct latency_verdict *ret_verdict);

/* One metric of the quality gate; the policy's objective is ignored, the gate asks for both. */
struct quality_metric {
	const struct metric *candidate;
	const struct metric *baseline; /* NULL: none */
	const char *baseline_id;
	struct metric_policy policy;
	bool incomparable; /* see metric_judge_incomparable() */
};

/* What the gate found for one metric, in a place the caller provides. */
struct quality_part {
	struct metric_verdict noninferior;
	struct metric_verdict superior; /* success metrics only */
	bool is_success;
	double holm_fail;     /* over all metrics */
	double p_superior;    /* NAN for guardrails */
	double holm_superior; /* over the success metrics; NAN for guardrails */
};

struct quality_verdict {
	enum outcome verdict;
	enum metric_reason reason;
	size_t decisive; /* index of the metric that decided; the number of metrics when all did */
};

/*
 * Judges n metrics together: parts holds n elements, scratch at least 2n (`room`, asserted). alpha is the family-wise level
 * of harm and of improvement. Refused first, then harm, then what is not shown non-inferior, then
 * the lack of an improvement.
 */
void quality_judge(const struct quality_metric *metrics, size_t n, enum require require,
	double alpha, double *scratch, size_t room, struct quality_part *ret_parts,
	struct quality_verdict *ret_verdict);

#endif /* POLICY_METRIC_H */
