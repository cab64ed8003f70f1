/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs of the pipeline that distils: started once for each token, and followed.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "provider/aws_error.h"
#include "provider/aws_parts.h"

enum { REASON_MAX = 1 << 10 }; /* bytes of why it failed */

bool aws_works(const struct connector *c)
{
	return c->pipeline != NULL;
}

static const char *order_body(
	const struct connector *c, const struct work_order *order, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(AWS_BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "ClientRequestToken", order->token);
	jw_kstring(&w, "PipelineName", c->pipeline);
	jw_key(&w, "PipelineParameters");
	jw_array(&w);
	for (size_t i = 0; i < order->n; i++) {
		jw_object(&w);
		jw_kstring(&w, "Name", order->v[i].name);
		jw_kstring(&w, "Value", order->v[i].value);
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

/* The option's fault or that of its rights, not the order's: somebody will mend it. */
static bool is_set_up_wrong(const struct err *err)
{
	return aws_error_is(err, "ResourceNotFound") || aws_error_is(err, "AccessDenied") ||
	       aws_error_is(err, "AccessDeniedException");
}

int aws_start_job(struct connector *c, const struct provider_call *call,
	const struct work_order *order, const char **ret_job, struct err *err)
{
	json_auto_t *answer = NULL;
	const char *arn;

	if (aws_operation(c->client, call, "StartPipelineExecution",
		    order_body(c, order, call->arena), &answer, err) < 0) {
		if (is_set_up_wrong(err))
			err->code = ERR_CONFIG;
		return -1;
	}
	arn = aws_text(answer, "PipelineExecutionArn");
	if (!arn || !*arn || strlen(arn) > AWS_NAME_MAX)
		return err_set(err, ERR_CONFIG,
			"StartPipelineExecution answered without a PipelineExecutionArn: its "
			"answers have changed");
	*ret_job = arena_strdup(call->arena, arn);
	return 0;
}

static const struct {
	const char *name;
	enum work_state state;
} executions[] = {
	{"Executing", WORK_RUNNING},
	{"Stopping", WORK_RUNNING},
	{"Stopped", WORK_FAILED},
	{"Failed", WORK_FAILED},
	{"Succeeded", WORK_SUCCEEDED},
};

int aws_job_state(struct connector *c, const struct provider_call *call, const char *job,
	struct work_report *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(AWS_BODY_MAX);
	json_auto_t *answer = NULL;
	struct json_writer w;
	const char *why;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "PipelineExecutionArn", job);
	jw_end(&w);
	if (aws_operation(c->client, call, "DescribePipelineExecution", sb.buf, &answer, err) < 0)
		return -1;
	why = aws_text(answer, "FailureReason");
	for (size_t i = 0; i < sizeof(executions) / sizeof(executions[0]); i++)
		if (aws_is(answer, "PipelineExecutionStatus", executions[i].name)) {
			*ret = (struct work_report){executions[i].state,
				arena_printf(call->arena, "%s%s%.*s", executions[i].name,
					why ? ": " : "", why ? (int)utf8_cut(why, REASON_MAX) : 0,
					why ? why : "")};
			return 0;
		}
	return err_set(err, ERR_CONFIG,
		"DescribePipelineExecution answered with no status that is known: its answers have "
		"changed");
}

int aws_stop_job(struct connector *c, const struct provider_call *call, const char *job,
	const char *token, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(AWS_BODY_MAX);
	json_auto_t *answer = NULL;
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "ClientRequestToken", token);
	jw_kstring(&w, "PipelineExecutionArn", job);
	jw_end(&w);
	return aws_operation(c->client, call, "StopPipelineExecution", sb.buf, &answer, err);
}
