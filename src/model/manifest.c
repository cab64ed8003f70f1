/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests: the whole document, the rules that need the policy, and the content of each unit in it.
 * It refuses what no policy could make right; whether a unit is good enough is the gates' business.
 */
#include "model/manifest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/contradiction.h"
#include "model/format.h"
#include "model/policy.h"

enum { POINTER_MAX = 160 };

/* What floating point makes of a whole. */
#define OVERSHOOT 1e-6

static bool is_schema(const char *s)
{
	return !strcmp(s, MANIFEST_SCHEMA);
}
static const struct field_format format_schema = {
	.title = "the schema of a manifest",
	.example = MANIFEST_SCHEMA,
	.pattern = "^spiralfed\\.manifest/v1$",
	.check = is_schema,
};

#define F(name_, type_, ...)                                            \
	{                                                               \
#name_, type_, offsetof(struct run, name_), __VA_ARGS__ \
	}
static const struct field run_fields[] = {
	F(id, FIELD_STRING, 0, .min = 1, .max = 256, .format = &format_line),
	F(pipeline, FIELD_STRING, 0, .min = 1, .max = 256, .format = &format_line),
	F(commit, FIELD_STRING, 0, .min = 1, .max = 128, .format = &format_line),
	F(started_at, FIELD_TIME, 0),
	F(finished_at, FIELD_TIME, 0),
};
#undef F

static void run_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct run *r = obj;
	char at[POINTER_MAX];

	if (!r->started_at || !r->finished_at || r->started_at <= r->finished_at)
		return;
	pointer_join(at, sizeof(at), pointer, "finished_at");
	fault_add(faults, at, "must not be before started_at");
}

static const struct field_table run_table =
	FIELD_TABLE("Run", "The pipeline run that made the artifacts.", struct run, run_fields,
		.check = run_check, .unknown = evidence_unknown);

static const struct field manifest_fields[] = {
	{"schema", FIELD_STRING, offsetof(struct manifest, schema), 0, .format = &format_schema},
	{"provider", FIELD_STRING, offsetof(struct manifest, provider), FIELD_REQUIRED,
		.format = &format_provider, .help = "e.g. hf, gcp or aws"},
	{"run", FIELD_OBJECT, offsetof(struct manifest, run), 0, .table = &run_table},
	{"eval_suite", FIELD_OBJECT, offsetof(struct manifest, eval_suite), 0,
		.table = &eval_suite_table},
	{"contract", FIELD_OBJECT, offsetof(struct manifest, contract), 0,
		.table = &contract_ref_table},
	{"artifacts", FIELD_LIST, offsetof(struct manifest, artifacts), FIELD_REQUIRED, .min = 1,
		.max = 256, .table = &artifact_table},
};

/* Where member `name` of artifact i stands. */
static void artifact_pointer(char buf[POINTER_MAX], const char *pointer, size_t i, const char *name)
{
	char list[POINTER_MAX], artifact[POINTER_MAX];

	pointer_join(list, sizeof(list), pointer, "artifacts");
	pointer_index(artifact, sizeof(artifact), list, i);
	pointer_join(buf, POINTER_MAX, artifact, name);
}

static void check_places(const struct manifest *m, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];

	for (size_t i = 0; i < m->artifacts.n; i++) {
		const char *uri = LIST_AT(&m->artifacts, struct artifact, i)->uri;

		if (!uri || artifact_is_place(uri))
			continue;
		artifact_pointer(at, pointer, i, "uri");
		fault_add(faults, at,
			"is no place where a connector could look for an "
			"artifact: " ARTIFACT_PLACES);
	}
}

static void check_ids(const struct manifest *m, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];

	for (size_t i = 1; i < m->artifacts.n; i++) {
		const char *id = LIST_AT(&m->artifacts, struct artifact, i)->id;
		for (size_t j = 0; id && j < i; j++) {
			const char *other = LIST_AT(&m->artifacts, struct artifact, j)->id;
			if (!other || strcmp(id, other) != 0)
				continue;
			artifact_pointer(at, pointer, i, "id");
			fault_add(faults, at, "is the id of artifact %zu of this manifest, too", j);
			break;
		}
	}
}

static void check_itself(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	check_ids(obj, pointer, faults);
	check_places(obj, pointer, faults);
}

const struct field_table manifest_table = FIELD_TABLE("Manifest",
	"What a pipeline submits: a provider's artifacts, their metrics and evidence.",
	struct manifest, manifest_fields, .check = check_itself, .unknown = evidence_unknown);

/* ---- Rules that need the policy ---- */

/* What the policy, or the gates by their nature, say of a metric of this name. */
struct metric_rule {
	int direction;
	double min, max;
	double floor;	  /* of a mean that it may not go beyond 1 for; NAN: none */
	bool is_positive; /* 0 is no measurement, either */
};

static bool is_rate(const struct metric_rule *rule)
{
	return rule->min == 0 && rule->max == 1;
}

static bool find_rule(const struct policy *policy, const char *name, struct metric_rule *ret)
{
	static const struct {
		const char *name;
		struct metric_rule rule;
	} own[] = {
		{"safety", {DIRECTION_HIGHER, 0, 1, NAN, false}},
		{"latency_ms_p95", {DIRECTION_LOWER, 0, INFINITY, NAN, true}},
		{"cost_per_1k_tokens", {DIRECTION_LOWER, 0, INFINITY, NAN, true}},
	};
	const struct list *metrics = &policy->gates->quality->metrics;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(name, own[i].name) != 0)
			continue;
		*ret = own[i].rule;
		return true;
	}
	for (size_t i = 0; i < metrics->n; i++) {
		const struct policy_metric *m = LIST_AT(metrics, struct policy_metric, i);
		if (strcmp(name, m->name) != 0)
			continue;
		bool rate = m->kind == KIND_PROPORTION;
		bool ends = !rate && policy_metric_top(m) == 1 && isnan(m->ceiling);
		*ret = (struct metric_rule){m->direction, rate ? 0 : -INFINITY,
			rate || ends ? 1 : INFINITY, ends ? m->floor : NAN, false};
		return true;
	}
	return false;
}

/* No test on counts knows of groups: without a standard error that does, each sample would count for
 * one of its own. */
static void check_clusters(const struct metric *m, const struct metric_rule *rule,
	const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];

	if (m->clusters > 0 && (m->successes >= 0 || (rule && is_rate(rule))) &&
		isnan(m->stderr_) && isnan(m->ci_lo)) {
		pointer_join(at, sizeof(at), pointer, "clusters");
		fault_add(faults, at,
			"is of no use for a proportion without a standard error: give stderr, and "
			"let it account for the clusters");
	}
	if (m->paired && m->paired->clusters > 0 && m->paired->b >= 0) {
		pointer_join(at, sizeof(at), pointer, "paired");
		pointer_join(at, sizeof(at), at, "clusters");
		fault_add(faults, at,
			"is of no use with b and c, which count each pair for one: give mean_diff "
			"and stderr_diff, and let it account for the clusters");
	}
}

static void check_range(const struct metric *m, const struct metric_rule *rule, const char *at,
	struct faults *faults)
{
	if (!isnan(rule->floor)) {
		if (m->value > 1 + OVERSHOOT)
			fault_add(faults, at,
				"%s of %.6g passes the policy's floor of %.6g on any scale beyond "
				"1: give it from 0 to 1, or let the policy's ceiling for it say "
				"where its scale ends",
				m->name, m->value, rule->floor);
	} else if (rule->is_positive && m->value == 0) {
		fault_add(faults, at, "%s must be more than 0: it was not measured", m->name);
	} else if (m->value < rule->min && isinf(rule->max)) {
		fault_add(faults, at, "%s must not be negative, as %.6g is", m->name, m->value);
	} else if (m->value < rule->min || m->value > rule->max) {
		fault_add(faults, at, "%s is a proportion, from 0 to 1; %.6g is not", m->name,
			m->value);
	}
}

static void check_metric(const struct policy *policy, const struct metric *m, const char *pointer,
	struct faults *faults)
{
	struct metric_rule rule;
	char at[POINTER_MAX];

	bool has_rule = find_rule(policy, m->name, &rule);

	pointer_join(at, sizeof(at), pointer, m->name);
	check_clusters(m, has_rule ? &rule : NULL, at, faults);
	if (!has_rule)
		return;
	check_range(m, &rule, at, faults);
	if (m->higher_is_better < 0 || m->higher_is_better == (rule.direction == DIRECTION_HIGHER))
		return;
	pointer_join(at, sizeof(at), at, "higher_is_better");
	fault_add(faults, at, "disagrees with the policy: of %s, %s is better", m->name,
		rule.direction == DIRECTION_HIGHER ? "higher" : "lower");
}

static const char *join(struct arena *a, const struct strings *s)
{
	const char *out = "";

	for (size_t i = 0; i < s->n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? ", " : "", s->v[i]);
	return out;
}

static void check_artifact(const struct policy *policy, const struct policy_provider *provider,
	const struct artifact *o, size_t i, struct arena *a, struct faults *faults)
{
	char at[POINTER_MAX];

	if (provider && o->role && !policy_provider_has_role(provider, o->role)) {
		artifact_pointer(at, "", i, "role");
		fault_add(faults, at, "\"%s\" is no role of %s; it has %s", o->role, provider->name,
			join(a, &provider->roles));
	} else if (provider && o->role && o->subject &&
		   policy_slot_for(policy, provider->name, o->role)) {
		artifact_pointer(at, "", i, "subject");
		fault_add(faults, at,
			"only evidence speaks of another artifact, and one of role %s is a unit",
			o->role);
	}
	pointer_index(at, sizeof(at), "/artifacts", i);
	artifact_contradictions(o, at, faults);
	artifact_pointer(at, "", i, "metrics");
	for (size_t k = 0; k < o->metrics.n; k++)
		check_metric(policy, LIST_AT(&o->metrics, struct metric, k), at, faults);
}

static void manifest_check(const struct policy *policy, const struct manifest *m, struct arena *a,
	struct faults *faults)
{
	const struct policy_provider *provider = NULL;

	if (m->provider && !(provider = policy_provider(policy, m->provider))) {
		const char *known = "";
		for (size_t i = 0; i < policy->providers.n; i++)
			known = arena_printf(a, "%s%s%s", known, i ? ", " : "",
				LIST_AT(&policy->providers, struct policy_provider, i)->name);
		fault_add(faults, "/provider", "\"%s\" is no provider; the policy knows %s",
			m->provider, known);
	}
	for (size_t i = 0; i < m->artifacts.n; i++)
		check_artifact(
			policy, provider, LIST_AT(&m->artifacts, struct artifact, i), i, a, faults);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_map(struct list *map, size_t size)
{
	if (map->n > 1)
		qsort(map->v, map->n, size, by_name);
}

/* The order of the canonical form, in which the unit comes back from the registry: a verdict must not
 * depend on how the sender happened to order its keys. */
static void sort_maps(struct artifact *o)
{
	sort_map(&o->metrics, sizeof(struct metric));
	sort_map(&o->suites, sizeof(struct suite));
	for (size_t i = 0; i < o->suites.n; i++) {
		const struct suite *s = LIST_AT(&o->suites, struct suite, i);
		struct list categories = {(void *)s->categories, s->n_categories};

		sort_map(&categories, sizeof(*s->categories));
	}
}

static void make_units(struct parsed_manifest *p, struct arena *a)
{
	const struct manifest *m = &p->manifest;

	p->units = ARENA_ARRAY(a, m->artifacts.n, struct unit);
	p->contents = ARENA_ARRAY(a, m->artifacts.n, const char *);
	for (size_t i = 0; i < m->artifacts.n; i++) {
		struct unit *u = &p->units[i];
		char digest[DIGEST_STRLEN];
		size_t len;

		u->provider = m->provider;
		u->artifact = LIST_AT(&m->artifacts, struct artifact, i);
		sort_maps(u->artifact);
		u->contract = m->contract;
		u->eval_suite = m->eval_suite;
		p->contents[i] = fields_canonical(&unit_table, u, a, &len);
		u->content_digest = arena_strdup(a, digest_string(p->contents[i], len, digest));
	}
}

int manifest_parse(const char *text, size_t len, const struct policy *policy, struct arena *a,
	struct parsed_manifest *ret, struct faults *faults, struct err *err)
{
	struct parsed_manifest p = {0};

	if (fields_parse_canonical(&manifest_table, text, len, a, &p.manifest, &p.canonical,
		    &p.canonical_len, faults, err) &&
		!faults->total)
		return -1;
	manifest_check(policy, &p.manifest, a, faults);
	if (faults->total)
		return -1;
	digest_string(p.canonical, p.canonical_len, p.digest);
	make_units(&p, a);
	*ret = p;
	return 0;
}
