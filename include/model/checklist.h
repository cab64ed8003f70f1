/* SPDX-License-Identifier: Apache-2.0
 *
 * The checklist of a merge: machine items, sign-offs that the policy asks of people, and those that
 * they gave. What an item says at an instant is policy/checklist.h's question.
 */
#ifndef MODEL_CHECKLIST_H
#define MODEL_CHECKLIST_H

#include "model/field.h"

enum check_item {
#define X(id, ...) CHECK_##id,
#include "model/checklist_items.def"
#undef X
	CHECK_ITEMS
};
extern const struct field_names check_item_names; /* "window", ... */

/* From best to worst: an aggregate takes the worst. not_configured blocks nothing. */
enum check_verdict { CHECK_GO, CHECK_NOT_CONFIGURED, CHECK_WAITING, CHECK_NO_GO };
extern const struct field_names check_verdict_names;

enum check_kind { CHECK_MACHINE, CHECK_HUMAN };
extern const struct field_names check_kind_names;

/* ---- In the policy ---- */

/* A person's item: promotions wait for somebody's word on it. */
struct policy_signoff {
	const char *item;
	const char *scope; /* "promote", when absent, too */
	const char *fresh; /* how long a word counts; for ever when absent */
	int evidence;	   /* 1, when absent, too: a "go" must link to its evidence */
	/* derived */
	int64_t fresh_usec; /* 0: for ever */
};
extern const struct field_table policy_signoff_table;

/* Adds a fault for each item that is named twice, or like one of the machine's. */
void policy_signoffs_check(const struct list *signoffs, const char *pointer, struct faults *faults);

/* ---- Given by people ---- */

enum signoff_verdict { SIGNOFF_GO, SIGNOFF_NO_GO };
extern const struct field_names signoff_verdict_names; /* "go", "no_go" */

/* Immutable; of each item the newest counts. Only what is marked may stand in a request. */
struct signoff {
	const char *id, *merge;
	const char *item;      /* request */
	int verdict;	       /* request: enum signoff_verdict, go when absent */
	const char *evidence;  /* request: where to read what it rests on */
	const char *reason;    /* request */
	const char *signed_by; /* request without authentication; else the token is it */
	int64_t signed_at;
};
extern const struct field_table signoff_table;

/* ---- The answer ---- */

struct checklist_item {
	const char *item;
	int kind, verdict;  /* enum check_kind, enum check_verdict */
	const char *reason; /* a stable word */
	const char *detail, *needs;
	const char
		*code; /* of the problem that a promotion answers with; NULL unless it stops one */
	int64_t since; /* it says so; 0: not known */
	int64_t until; /* it says so, by time alone; 0: not by time */
	int overridable;		  /* 1: `override` passes it */
	const char *evidence, *signed_by; /* of a sign-off */
};

struct checklist {
	const char *merge, *state;
	int verdict; /* the worst of the items */
	int64_t at;
	int recorded;	      /* 1: as it was when the merge was promoted */
	int64_t earliest;     /* of a promotion; 0: something has to come first, see `needs` */
	struct strings needs; /* what has to come, each once */
	struct list items;    /* struct checklist_item */
};
extern const struct field_table checklist_table;

#endif
