/* SPDX-License-Identifier: Apache-2.0
 *
 * Service levels that are judged by how fast they burn their budget, and the rules of the way back.
 * Keys are those of the reference cases. policy/burnrate.h judges, policy/rollback_controller.h acts.
 *
 * A level without `kind` is a plain threshold: {name, bad, of, limit, window_s, min_total} is one rule
 * over one window, acted on at once. It is turned into the kind that it amounts to: a share of `of`,
 * micro-units for 1000 tokens when it is cost over tokens, a number when there is no `of`.
 */
#ifndef MODEL_BURN_H
#define MODEL_BURN_H

#include "model/field.h"

enum burn_kind {
	BURN_RATIO, /* bad of `of`, against a budget */
	BURN_VALUE, /* bad for 1000 of `of`, against a limit */
	BURN_COUNT, /* bad alone, against a number */
};
enum burn_coverage {
	BURN_SCALE,    /* what lies before the activation counts as free of faults */
	BURN_FULL,     /* says nothing until the activation is as old as the long window */
	BURN_OBSERVED, /* what was observed, however little of the window that is */
};
enum burn_action { BURN_ROLLBACK, BURN_WARN };
extern const struct field_names burn_kind_names, burn_coverage_names, burn_action_names;

/* The limits that keep the arithmetic within 127 bits. */
#define BURN_WINDOW_MAX (31 * 86400)
#define BURN_FACTOR_MAX INT64_C(1000000)    /* a thousand times the budget */
#define BURN_LIMIT_MAX	INT64_C(1000000000) /* micro-units for 1000 of `of` */
enum { BURN_RULES_MAX = 16, BURN_SLOS_MAX = 32 };

struct burn_rule {
	int64_t long_s, short_s; /* seconds, short <= long */
	int64_t factor_milli;	 /* thousandths of the budget or limit */
	int action;		 /* enum burn_action */
	int coverage;		 /* enum burn_coverage; -1: the service level's */
	int64_t only_first_s;	 /* counts until the activation is this old; -1: always */
};

/* A service level. Defaults are filled in: a count has one rule, made of `window`. */
struct burn_slo {
	const char *name, *bad, *of; /* names of observation counters; `of` NULL for a count */
	int kind, coverage;
	int64_t budget_ppm;	    /* ratio */
	int64_t limit_micro_per_1k; /* value */
	int64_t max_count, window;  /* count */
	int action;		    /* count */
	int64_t min_total, min_short, min_bad, warmup_s;
	double guard_alpha; /* 0: no guard */
	int64_t for_evals;  /* -1 or 0: once for a count, else as the rules say; 1: at once */
	struct list rules;  /* struct burn_rule */
	double limit;	    /* plain threshold */
	int64_t window_s;   /* plain threshold */
};
extern const struct field_table burn_slo_table;

enum exhausted_action { EXHAUSTED_HOLD, EXHAUSTED_SAFE_MODE };
extern const struct field_names exhausted_action_names;

/* Keys stand beside `slos`. Defaults are filled in by burn_rules_table. */
struct burn_rules {
	int automatic;
	int on_exhausted;
	int64_t eval_s, for_evals;
	int64_t cooldown_s, max_auto, max_auto_window_s, holdoff_s;
	struct list slos; /* struct burn_slo */
};
extern const struct field_table burn_rules_table;

/* What is absent. */
void burn_rules_defaults(struct burn_rules *r);
/* Names are told apart, and every value has its limit: `cost_limit` (-1: none) is that of cost over
 * tokens that names none. `pointer` is where the list stands. */
void burn_slos_check(
	struct list *slos, int64_t cost_limit, const char *pointer, struct faults *faults);
/* Evaluations in a row that it has to fire. */
int64_t burn_evaluations(const struct burn_rules *r, const struct burn_slo *s);

#endif
