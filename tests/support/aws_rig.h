/* SPDX-License-Identifier: Apache-2.0
 *
 * The stand-in for Amazon, one for a suite, and the connector `aws` that asks it on a fake clock. Waiting
 * steps the clock.
 */
#ifndef SUPPORT_AWS_RIG_H
#define SUPPORT_AWS_RIG_H

#include <check.h>

#include "provider/provider.h"
#include "support/scratch.h"

#define DAY (INT64_C(86400) * USEC_PER_SEC)

enum { AWS_RIG_URL = 200 };
extern struct aws_rig {
	char url[AWS_RIG_URL], folder[SCRATCH_PATH]; /* folder: where its keys are */
	struct arena *arena;
	struct fake_clock fake;
	struct provider_call call;
	struct connector *connector;
	struct err err;
	bool as_task;	/* credentials come from the agent of a container */
	int64_t waited; /* usec */
} aws_rig;

/* A suite of one case with the stand-in around it and the connector around each test; nothing runs where
 * Python is missing. */
Suite *aws_rig_suite(const char *title, const char *name, TCase **ret);

/* ' is written for ". */
const char *aws_rig_quoted(const char *text);
/* Its control, in JSON with ' for "; the answer. */
const char *aws_rig_control(const char *method, const char *what, const char *body);
/* Of its statistics, e.g. "requests" or an operation. */
int64_t aws_rig_counted(const char *what);
/* Time goes by, here and there. */
void aws_rig_later(int64_t usec);

const char *aws_rig_env(const char *name);
struct connector_options aws_rig_options(const char *group);
void aws_rig_open_with(const struct connector_options *o);
void aws_rig_open_group(const char *group);

/* Packages with manifests; one package, approved unless `more` says otherwise: its ARN; an object. */
void aws_rig_seed(const char *group, int count);
void aws_rig_seed_aged(const char *group, int count, int days);
const char *aws_rig_create(const char *group, const char *more);
void aws_rig_put(const char *key, const char *text);

/* What the connector says; list and fetched fail the test when it does not. */
struct source_listing aws_rig_list(void);
int aws_rig_fetch_it(const char *arn, struct source_document *ret);
const char *aws_rig_fetched(const char *arn);

#endif
