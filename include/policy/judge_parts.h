/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge, split off for length: how a gate collects its checks and writes its
 * sentences. Nobody but judge*.c includes this.
 */
#ifndef POLICY_JUDGE_PARTS_H
#define POLICY_JUDGE_PARTS_H

#include "base/decimal.h"
#include "policy/judge.h"
#include "policy/judge_evidence.h"
#include "policy/metric.h"

struct gate_case {
	const struct judge_input *in;
	const struct unit *candidate, *baseline; /* of in */
	const struct policy *policy;
	struct arena *arena;
	bool is_full; /* the candidate, or the live unit, is of the full form */
	double share; /* of every alpha, after the splits */
	struct gate_check *checks;
	size_t n, max;
	const char *pass_reason;    /* of the gate when all pass; NULL: "ok" */
	const char *verdict_reason; /* of the gate when it comes out as `reasoned`; NULL: the
				     * worst check's */
	int reasoned;		    /* enum verdict */
	const char *contract_level; /* what the compatibility gate found, or NULL */
};

/* One more check; all numbers absent. The detail is formatted into the arena. The pointer holds until
 * the next one is added. */
struct gate_check *gate_case_add(struct gate_case *c, const char *name, enum verdict verdict,
	const char *reason, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

enum limit_kind { LIMIT_FLOOR, LIMIT_CEILING };
const char *limit_name(enum limit_kind kind); /* floor, ceiling */

/* The value at most or at least the limit, as a check that says so. */
struct gate_check *gate_case_limit(
	struct gate_case *c, const char *name, double value, enum limit_kind kind, double limit);

/* One that is broken, whatever else may be said of it. */
struct gate_check *gate_case_broken(
	struct gate_case *c, const char *name, double value, enum limit_kind kind, double limit);

/* ">= floor 0.95" */
const char *limit_text(struct gate_case *c, enum limit_kind kind, double limit);

/* A required metric or suite that is not there: awaited when the policy says that it comes from
 * evidence for the candidate's role, else missing. `names` stands in the sentence. */
void gate_case_missing(struct gate_case *c, const char *name, const char *names,
	const struct strings *from_evidence);

/* Is the value within the limit? NAN limits nothing. By how much is it not? */
bool limit_holds(double value, enum limit_kind kind, double limit);
double limit_gap(double value, enum limit_kind kind, double limit);

/* What a check's numbers are; its `evidence` is one of the two. */
extern const char evidence_point[], evidence_samples[];

/* How many units are in a check's numbers. */
void check_reading(struct gate_check *check, const struct reading *r);

void judge_quality(struct gate_case *c);
void judge_latency(struct gate_case *c);
void judge_safety(struct gate_case *c);
void judge_compatibility(struct gate_case *c);

/* Does the policy's metric speak of units of this role? */
bool policy_metric_applies(const struct policy_metric *m, const char *role);
/* One that the safety or the latency gate requires anyway. */
bool policy_metric_elsewhere(const char *name);

/* Is this look the last one that counts, or already behind it? */
bool no_look_left(const struct gate_case *c);
bool strings_have(const struct strings *s, const char *what);

/* ---- One metric on both sides (judge_match.c) ---- */

struct match {
	struct reading mine, theirs; /* metric NULL: not given, or no such unit */
	const char *incomparable;    /* "was measured with another data set than s/b-v1", or NULL */
	const char *stray_pairs; /* the unit of its pairs, when that is not the baseline; or NULL */
};

/* The readings of candidate and `other` that can be compared: of those, the first of which most of
 * suite, data set and judge are named on both sides. Without another side the candidate's first that
 * the current suite allows, one of that suite before one of none. */
void match_find(const struct gate_case *c, const char *name, enum pool pool, bool by_suite,
	const struct judge_side *other, struct match *ret);

/* ---- Sentences (judge_text.c) ---- */

/* Short text of a number; of two that differ, texts that differ. */
const char *number_text(struct arena *a, double v);
void number_texts(struct arena *a, double v, double w, const char **ret_v, const char **ret_w);

/* A loss that is allowed: "2 pp", "0.03", "5 %". */
const char *margin_text(struct arena *a, const struct metric_policy *p);

/* "task_accuracy 0.863 vs 0.841 (+2.2 pp, p = 0.003, McNemar, n = 1318)"; p NAN: none. */
const char *comparison_text(struct arena *a, const char *name, const struct match *m,
	const struct metric_policy *policy, const struct metric_verdict *v, double p);

/* "; about 1200 samples would tell", or nothing when n is -1; when no look is left, in whose hands. */
const char *needed_text(const struct gate_case *c, int64_t n);
/* The same of a comparison, where more of the candidate's own may not be enough. */
const char *compared_needed_text(const struct gate_case *c, const struct metric_verdict *v);
/* "bare numbers are no evidence here, give n" */
const char *bare_text(enum metric_kind kind);

/* The numbers of a verdict in a check. */
void check_verdict(
	struct gate_check *check, const struct match *m, const struct metric_verdict *v, double p);

/* ---- The quality gate on bare numbers (judge_point.c) and on samples (judge_tested.c) ---- */

/* A policy's metric that applies to the candidate and is given by it. */
struct contest {
	const struct policy_metric *rule;
	struct match match;
	double gain; /* > 0: better, as points; NAN without theirs */
};

/* Success metrics: how many the candidate gives, both give alike, and are better. */
struct tally {
	size_t given, common, better;
};

/* Is it a metric that has to be better? */
bool contest_is_success(const struct gate_case *c, const struct contest *k);
bool contest_is_common(const struct contest *k);

void judge_points(struct gate_case *c, const struct contest *k, size_t n, const struct tally *t);
void judge_samples(struct gate_case *c, const struct contest *k, size_t n);

/* The rules of a contest with alpha after the splits. */
struct metric_policy contest_policy(const struct gate_case *c, const struct policy_metric *rule);

#endif
