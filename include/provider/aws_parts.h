/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the connector `aws`, shared by its files: what a model package shows of itself, the
 * listing of all of them, pipelines.
 */
#ifndef PROVIDER_AWS_PARTS_H
#define PROVIDER_AWS_PARTS_H

#include "provider/aws_client.h"
#include "provider/aws_package.h"

/* A request's body, and a name that AWS gives. */
enum { AWS_BODY_MAX = 64 << 10, AWS_NAME_MAX = 2048 };

struct connector {
	struct arena *arena;
	struct aws_client *client;
	struct aws_package_options package;
	struct aws_list *list;
	const char *group, *pipeline;
};

/* ---- What is said of a package, wherever it is shown ---- */

/* NULL: it is no text. */
const char *aws_text(const json_t *o, const char *key);
bool aws_is(const json_t *o, const char *key, const char *value);
/* Approved, and completed. */
bool aws_is_wanted(const json_t *package);
/* As a listing shows it; in the arena. ERR_CONFIG: it is no package as SageMaker has shown them. */
int aws_entry_of(const json_t *package, struct arena *a, struct source_entry *ret, struct err *err);

/* ---- aws_list.c ---- */

struct aws_list;
struct aws_list *aws_list_new(struct aws_client *c, const char *group); /* both are borrowed */
void aws_list_free(struct aws_list *l);					/* NULL is allowed */
/* As list of struct connector_kind. */
int aws_list_all(struct aws_list *l, const struct provider_call *call, struct source_listing *ret,
	struct err *err);
/* May it be listed here: is it of the account and the region that the last listing showed? While that
 * was empty, of the region. The role may be allowed to describe what others share. */
bool aws_list_is_near(const struct aws_list *l, const char *arn);
/* The same, by the ARN alone: any thread. */
bool aws_is_of_region(const struct aws_client *c, const char *arn);
/* An ARN's account, and that of the last whole listing; 0: not known. Any thread. */
int64_t aws_account_of(const char *arn);
int64_t aws_list_account(const struct aws_list *l);
/* One that was looked up by name is there; one that was listed is not, any more. */
void aws_list_found(struct aws_list *l, const struct source_entry *e);
void aws_list_gone(struct aws_list *l, const char *name);

/* ---- aws_pipeline.c: as those of struct connector_kind ---- */

/* Has it a pipeline to start? */
bool aws_works(const struct connector *c);
int aws_start_job(struct connector *c, const struct provider_call *call,
	const struct work_order *order, const char **ret_job, struct err *err);
int aws_job_state(struct connector *c, const struct provider_call *call, const char *job,
	struct work_report *ret, struct err *err);
int aws_stop_job(struct connector *c, const struct provider_call *call, const char *job,
	const char *token, struct err *err);

#endif
