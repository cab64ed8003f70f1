/* SPDX-License-Identifier: Apache-2.0
 *
 * The fusion block: which model answers which request, who votes about it, how traffic is split, and
 * when a smaller model should be distilled from a larger one. A policy holds it with slots for
 * artifacts, a release with digests. policy/fusion.h routes and votes by it.
 *
 * A target is "model:NAME", "ensemble:NAME" or "split:NAME". Parsing checks every reference and every
 * rule that makes the block do something else than it says (a quorum no vote can reach, a tie that is
 * not the safest label); what merely does nothing is a finding of fusion_findings().
 */
#ifndef MODEL_FUSION_H
#define MODEL_FUSION_H

#include "model/field.h"

enum {
	FUSION_MODELS_MAX = 64,
	FUSION_ROUTES_MAX = 128,
	FUSION_CONDITIONS_MAX = 16,
	FUSION_VALUES_MAX = 64,
	FUSION_MEMBERS_MAX = 32,
	FUSION_LABELS_MAX = 32,
	FUSION_SPLIT_BUCKETS = 10000,
};

/* A JSON scalar; NONE is null, absent, or anything that is no scalar. */
enum fusion_value_type { FUSION_NONE, FUSION_STRING, FUSION_NUMBER, FUSION_BOOL };
struct fusion_value {
	enum fusion_value_type type;
	const char *string;
	double number;
	bool boolean;
};

enum fusion_op {
	FUSION_EQ,
	FUSION_NE,
	FUSION_IN,
	FUSION_GT,
	FUSION_GE,
	FUSION_LT,
	FUSION_LE,
	FUSION_EXISTS,
};
extern const struct field_names fusion_op_names;

struct fusion_condition {
	const char *field;
	int op;
	const char *value; /* canonical JSON */
	/* derived: one value, or those of `in` */
	struct fusion_value *values;
	size_t n_values;
};

/* One condition (field set), or all of, or any of. */
struct fusion_when {
	const char *field;
	int op;
	const char *value;
	struct list all, any; /* struct fusion_condition */
	/* derived: the conditions, however they were written */
	struct list conditions;
	bool is_any;
};

struct fusion_model {
	const char *name, *artifact, *adapter; /* adapter NULL: none */
};

struct fusion_route {
	const char *name;
	struct fusion_when *when;
	const char *to;
	struct strings fallback;
};

struct fusion_default {
	const char *to;
	struct strings fallback;
};

enum ensemble_mode { ENSEMBLE_ANSWER, ENSEMBLE_GATE };
extern const struct field_names ensemble_mode_names;

struct fusion_member {
	const char *model;
	double weight; /* 1 when absent */
};

struct fusion_then {
	const char *name; /* the label */
	const char *to;
};

struct fusion_ensemble {
	const char *name;
	int mode;
	struct list members;   /* struct fusion_member */
	struct strings labels; /* from the least safe to the safest */
	double quorum;	       /* weight that the winning label needs */
	int64_t min_votes;
	const char *tie, *no_quorum; /* the safest label */
	struct strings veto;
	const char *abstain_as; /* NULL: abstains */
	int64_t timeout_ms;
	struct list then; /* MAP of struct fusion_then */
};
/* Alone, as a vote needs it: mode and timeout may be left out. */
extern const struct field_table fusion_ensemble_table;

struct fusion_branch {
	const char *to;
	int64_t weight; /* of FUSION_SPLIT_BUCKETS */
};

struct fusion_split {
	const char *name;
	const char *salt;
	const char *key;      /* the request's field; requests without it share one bucket */
	struct list branches; /* struct fusion_branch */
};

extern const struct field_format format_fusion_target;

struct fusion_signal {
	const char *signal; /* of format_name */
	const char *target; /* NULL: of the whole release */
	int op;
	double value;
	const char *window; /* ISO 8601 duration */
};

struct fusion_trigger {
	const char *signal, *target;
	int op;
	double value;
	const char *window;
	struct list all, any; /* struct fusion_signal */
	/* derived */
	struct list signals;
	bool is_any;
};

struct fusion_dataset_filter {
	struct strings route;
};
struct fusion_dataset {
	const char *from;
	struct fusion_dataset_filter *filter;
	int64_t min_samples;
	const char *consent;
};
struct fusion_method {
	const char *kind;
	double temperature, alpha;
};

struct fusion_distillation {
	const char *teacher, *student; /* "model:NAME" */
	struct fusion_trigger *trigger;
	struct fusion_dataset *dataset;
	struct fusion_method *method;
	const char *cooldown; /* ISO 8601 duration */
	const char *produces; /* "candidate" */
};

extern const struct field_table fusion_distillation_table;

/* Of a resolved block, for those who only want to see what it is made of. */
struct fusion_router {
	const char *strategy; /* "first_match" */
	struct strings routes;
	const char *otherwise; /* where the default goes */
};

struct fusion {
	int64_t version;
	struct list models; /* MAP of struct fusion_model */
	struct list routes; /* struct fusion_route, the first that matches */
	struct fusion_default *otherwise;
	struct list ensembles; /* MAP of struct fusion_ensemble */
	struct list splits;    /* MAP of struct fusion_split */
	struct fusion_distillation *distillation;
	/* Only in a merge or a release: the digest of the rules with slots in place of digests, and what
	 * the block is made of. */
	const char *rules;
	struct fusion_router *router;
	struct strings ensemble; /* the ensembles' names */
};
extern const struct field_table fusion_table;

enum fusion_kind { FUSION_MODEL, FUSION_ENSEMBLE, FUSION_SPLIT };
/* Split "kind:name"; false when it is no target. The name points into `target`. */
bool fusion_target_parse(const char *target, enum fusion_kind *ret_kind, const char **ret_name);
/* Is it a target, and of something in the block? */
bool fusion_has_target(const struct fusion *f, const char *target);

const struct fusion_model *fusion_model(const struct fusion *f, const char *name);
const struct fusion_ensemble *fusion_ensemble(const struct fusion *f, const char *name);
const struct fusion_split *fusion_split(const struct fusion *f, const char *name);
const struct fusion_then *fusion_then(const struct fusion_ensemble *e, const char *label);
const char *fusion_safest(const struct fusion_ensemble *e);
bool fusion_listed(const struct strings *s, const char *what);

#endif
