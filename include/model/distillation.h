/* SPDX-License-Identifier: Apache-2.0
 *
 * A distillation that fell due, and how its run went: GET /v1/distillations.
 */
#ifndef MODEL_DISTILLATION_H
#define MODEL_DISTILLATION_H

#include "model/field.h"

struct distillation {
	int64_t id;
	const char *release;
	int phase; /* enum phase: Pending; Running, until what it made has come; Succeeded; Failed;
 * Inconclusive: nobody runs it */
	const char *provider; /* whose connector runs it; NULL: none */
	const char *token;    /* by which the provider knows that it was asked before */
	const char *job;      /* the provider's name of the run */
	const char *reason;   /* why it is not further, or how it failed */
	const char *teacher,
		*student;      /* ids of their artifacts, when they are units of the release */
	const char *candidate; /* id of what came of it */
	int64_t due_at, started_at;
	int64_t stopped_at;	 /* the provider took the order to stop it */
	int64_t finished_at;	 /* its run */
	int64_t awaited_until;	 /* for its candidate */
	int64_t settled_at;	 /* nothing more will change */
	int64_t acknowledged_at; /* somebody knows that it failed */
	const char *plan;	 /* as in the event */
};
extern const struct field_table distillation_table;

#endif
