/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics and suites: tables, and the rules that numbers of one measurement keep among themselves.
 * What contradicts itself is refused here, so that the gates only see evidence that can be true.
 */
#include <math.h>
#include <string.h>

#include "model/artifact.h"
#include "model/format.h"

#define COUNT_MAX 9007199254740991.0

enum { POINTER_MAX = 160, DATA_ELEMENTS = 100 };

static void fault_in(struct faults *faults, const char *pointer, const char *name, const char *text)
{
	char at[POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, name);
	fault_add(faults, at, "%s", text);
}

const char *evidence_unknown(const char *key, size_t elements)
{
	static const char *const data[] = {"data", "dataset", "datasets", "data_set", "rows",
		"examples", "samples", "train", "training_data", "validation", "records",
		"instances", "predictions", "outputs", "prompts", "texts"};

	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		if (!strcmp(key, data[i]))
			elements = SIZE_MAX;
	if (elements <= DATA_ELEMENTS)
		return NULL;
	return "manifests carry metrics, not data: leave it out and name the data set by its "
	       "digest (dataset_digest)";
}

/* ---- Metrics ---- */

#define F(name_, type_, ...)                                                      \
	{                                                                         \
#name_, type_, offsetof(struct metric_paired, name_), __VA_ARGS__ \
	}
static const struct field paired_fields[] = {
	F(baseline, FIELD_STRING, FIELD_REQUIRED, .format = &format_artifact_id,
		.help = "artifact id of the unit compared with"),
	F(b, FIELD_INT, 0, .help = "pairs with the baseline right and the candidate wrong"),
	F(c, FIELD_INT, 0, .help = "pairs with the baseline wrong and the candidate right"),
	F(mean_diff, FIELD_REAL, 0, .help = "mean of candidate - baseline"),
	F(stderr_diff, FIELD_REAL, 0, .min = 0, .max = INFINITY,
		.help = "standard error of mean_diff"),
	F(n, FIELD_INT, FIELD_REQUIRED, .min = 1, .max = COUNT_MAX,
		.help = "pairs, concordant ones included"),
	F(clusters, FIELD_INT, 0, .min = 1, .max = COUNT_MAX,
		.help = "independent groups of pairs"),
};
#undef F

static void paired_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct metric_paired *p = obj;
	bool counts = p->b >= 0 || p->c >= 0;
	bool means = !isnan(p->mean_diff) || !isnan(p->stderr_diff);

	if (counts == means) {
		fault_add(faults, pointer, "must have either b and c or mean_diff and stderr_diff");
		return;
	}
	if (counts && p->b < 0)
		fault_in(faults, pointer, "b", "is required with c");
	else if (counts && p->c < 0)
		fault_in(faults, pointer, "c", "is required with b");
	else if (counts && p->b + p->c > p->n)
		fault_in(faults, pointer, "n", "must be at least b + c");
	if (means && isnan(p->mean_diff))
		fault_in(faults, pointer, "mean_diff", "is required with stderr_diff");
	if (means && isnan(p->stderr_diff))
		fault_in(faults, pointer, "stderr_diff", "is required with mean_diff");
	if (p->clusters > p->n)
		fault_in(faults, pointer, "clusters", "must not be more than n");
}

static const struct field_table paired_table = FIELD_TABLE("MetricPaired",
	"Candidate and baseline measured on the same items.", struct metric_paired, paired_fields,
	.check = paired_check, .unknown = evidence_unknown);

/* REALS, INTS and MAP members are a pointer and, right behind, a count. */
_Static_assert(offsetof(struct metric_histogram, n_bounds) ==
		       offsetof(struct metric_histogram, bounds) + offsetof(struct list, n),
	"bounds and their count");
_Static_assert(offsetof(struct metric_histogram, n_counts) ==
		       offsetof(struct metric_histogram, counts) + offsetof(struct list, n),
	"counts and their count");
_Static_assert(offsetof(struct suite, n_categories) ==
		       offsetof(struct suite, categories) + offsetof(struct list, n),
	"categories and their count");
_Static_assert(
	offsetof(struct metric, ci_hi) == offsetof(struct metric, ci_lo) + sizeof(double), "ci");

static const struct field histogram_fields[] = {
	{"bounds", FIELD_REALS, offsetof(struct metric_histogram, bounds), FIELD_REQUIRED, .min = 1,
		.max = 1000, .help = "upper edges of the buckets, rising"},
	{"counts", FIELD_INTS, offsetof(struct metric_histogram, counts), FIELD_REQUIRED, .min = 2,
		.max = 1001, .help = "samples in each bucket, and at last those above every bound"},
};

static void histogram_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct metric_histogram *h = obj;
	char at[POINTER_MAX], element[POINTER_MAX];
	double total = 0;

	pointer_join(at, sizeof(at), pointer, "bounds");
	for (size_t i = 1; i < h->n_bounds; i++) {
		if (h->bounds[i] > h->bounds[i - 1])
			continue;
		pointer_index(element, sizeof(element), at, i);
		fault_add(faults, element, "must be greater than the bound before it");
		break;
	}
	pointer_join(at, sizeof(at), pointer, "counts");
	if (h->n_counts != h->n_bounds + 1)
		fault_add(faults, at, "must have %zu elements, one more than bounds, not %zu",
			h->n_bounds + 1, h->n_counts);
	for (size_t i = 0; i < h->n_counts; i++)
		total += (double)h->counts[i];
	if (total < 1 || total > COUNT_MAX)
		fault_add(faults, at, "must count from one to 2^53 - 1 samples, not %.0f", total);
}

static const struct field_table histogram_table = FIELD_TABLE("MetricHistogram",
	"Samples counted into buckets, not cumulative.", struct metric_histogram, histogram_fields,
	.check = histogram_check, .unknown = evidence_unknown);

#define F(name_, type_, ...)                                               \
	{                                                                  \
#name_, type_, offsetof(struct metric, name_), __VA_ARGS__ \
	}
static const struct field metric_fields[] = {
	F(value, FIELD_REAL, FIELD_REQUIRED, .help = "what was measured"),
	F(n, FIELD_INT, 0, .min = 1, .max = COUNT_MAX, .help = "samples"),
	F(successes, FIELD_INT, 0, .help = "of the n samples, for a proportion"),
	{"stderr", FIELD_REAL, offsetof(struct metric, stderr_), 0, .min = 0, .max = INFINITY,
		.help = "standard error of the value"},
	{"ci", FIELD_PAIR, offsetof(struct metric, ci_lo), 0,
		.help = "two-sided interval, an alternative to stderr"},
	F(ci_level, FIELD_REAL, FIELD_EXCLUSIVE, .min = 0, .max = 1,
		.help = "of the interval; 0.95 when absent"),
	F(clusters, FIELD_INT, 0, .min = 1, .max = COUNT_MAX,
		.help = "independent groups of samples"),
	F(paired, FIELD_OBJECT, 0, .table = &paired_table),
	F(histogram, FIELD_OBJECT, 0, .table = &histogram_table),
	F(higher_is_better, FIELD_BOOL, 0,
		.help = "must agree with the policy, which decides the direction"),
	F(dataset_digest, FIELD_STRING, 0, .format = &format_digest),
	F(judge, FIELD_STRING, 0, .max = 256, .min = 1, .format = &format_line,
		.help = "the model or person that scored"),
};
#undef F

static void check_successes(const struct metric *m, const char *pointer, struct faults *faults)
{
	double rate;

	if (m->successes < 0)
		return;
	if (m->n < 0) {
		fault_in(faults, pointer, "n", "is required with successes");
		return;
	}
	if (m->successes > m->n) {
		fault_in(faults, pointer, "successes", "must not be more than n");
		return;
	}
	rate = (double)m->successes / (double)m->n;
	if (fabs(m->value - rate) > 1e-3) {
		char at[POINTER_MAX];
		pointer_join(at, sizeof(at), pointer, "value");
		fault_add(faults, at, "must agree with successes / n = %.6g to 0.001, not be %.6g",
			rate, m->value);
	}
}

static void metric_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct metric *m = obj;

	check_successes(m, pointer, faults);
	if (m->ci_lo > m->ci_hi)
		fault_in(faults, pointer, "ci", "must be [low, high] with low <= high");
	if (!isnan(m->ci_level) && isnan(m->ci_lo))
		fault_in(faults, pointer, "ci", "is required with ci_level");
	if (m->n >= 0 && m->clusters > m->n)
		fault_in(faults, pointer, "clusters", "must not be more than n");
}

const struct field_table metric_table = FIELD_TABLE("Metric",
	"A number, or one with the evidence behind it.", struct metric, metric_fields,
	.scalar = "value", .check = metric_check, .unknown = evidence_unknown);

/* ---- Suites ---- */

static const struct field category_fields[] = {
	{"total", FIELD_INT, offsetof(struct suite_category, total), FIELD_REQUIRED},
	{"passed", FIELD_INT, offsetof(struct suite_category, passed), 0,
		.help = "total - violations - errors; passed or violations is required"},
	{"violations", FIELD_INT, offsetof(struct suite_category, violations), 0},
	{"errors", FIELD_INT, offsetof(struct suite_category, errors), 0,
		.help = "timeouts included; they count as violations"},
};

static const struct field_table category_table =
	FIELD_TABLE("SuiteCategory", "The part of a suite that belongs to one category of harm.",
		struct suite_category, category_fields, .unknown = evidence_unknown);

static const struct field suite_fields[] = {
	{"total", FIELD_INT, offsetof(struct suite, total), FIELD_REQUIRED, .min = 1,
		.max = COUNT_MAX},
	{"passed", FIELD_INT, offsetof(struct suite, passed), 0,
		.help = "total - violations - errors; passed or violations is required"},
	{"violations", FIELD_INT, offsetof(struct suite, violations), 0},
	{"errors", FIELD_INT, offsetof(struct suite, errors), 0,
		.help = "timeouts included; they count as violations"},
	{"digest", FIELD_STRING, offsetof(struct suite, digest), 0, .format = &format_digest,
		.help = "of the suite that was run"},
	{"by_category", FIELD_MAP, offsetof(struct suite, categories), 0, .table = &category_table},
};

/* Fill in what follows from the rest. False when it contradicts itself. */
static bool resolve(int64_t total, int64_t *passed, int64_t *violations, int64_t *errors,
	const char *pointer, struct faults *faults)
{
	if (*errors < 0)
		*errors = 0;
	if (*passed < 0 && *violations < 0) {
		fault_add(faults, pointer, "must have passed or violations");
		return false;
	}
	int64_t failed = *violations < 0 ? total - *errors - *passed : *violations;
	int64_t good = *passed < 0 ? total - *errors - *violations : *passed;
	if (failed < 0 || good < 0 || good + failed + *errors != total) {
		fault_add(faults, pointer, "passed + violations + errors must be total, %lld",
			(long long)total);
		return false;
	}
	*passed = good;
	*violations = failed;
	return true;
}

static void check_categories(struct suite *s, const char *pointer, struct faults *faults)
{
	struct suite_category *list = (struct suite_category *)s->categories;
	char base[POINTER_MAX], at[POINTER_MAX];
	int64_t total = 0, violations = 0, errors = 0;

	pointer_join(base, sizeof(base), pointer, "by_category");
	for (size_t i = 0; i < s->n_categories; i++) {
		struct suite_category *c = &list[i];
		pointer_join(at, sizeof(at), base, c->name);
		/* Without a total it was refused already. */
		if (c->total < 0 ||
			!resolve(c->total, &c->passed, &c->violations, &c->errors, at, faults))
			return;
		total += c->total;
		violations += c->violations;
		errors += c->errors;
	}
	if (total > s->total)
		fault_add(faults, base, "the categories' totals must not be more than %lld",
			(long long)s->total);
	else if (violations > s->violations || errors > s->errors)
		fault_add(faults, base,
			"the categories must not have more violations or errors than the suite");
}

static void suite_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct suite *s = obj;

	if (resolve(s->total, &s->passed, &s->violations, &s->errors, pointer, faults))
		check_categories(s, pointer, faults);
}

const struct field_table suite_table = FIELD_TABLE("Suite", "Outcome of a safety suite.",
	struct suite, suite_fields, .check = suite_check, .unknown = evidence_unknown);
