/* SPDX-License-Identifier: Apache-2.0
 *
 * What AWS says when it refuses: JSON with __type (SageMaker, and the container's agent), XML with
 * Code (S3, STS), or a header alone. Pure.
 */
#ifndef PROVIDER_AWS_ERROR_H
#define PROVIDER_AWS_ERROR_H

#include "provider/session.h"

/* Throttling, time-outs and 5xx will pass; of these only 5xx is the server's ill health. ERR_UNREACHABLE:
 * it will pass; ERR_CONFIG: the credentials or the signature are no good; else ERR_IO. The words are
 * "Code: message (status, request id)", without a code when there is none. */
session_judge_fn aws_judge;

/* Is the code of an error that aws_judge made this one? */
bool aws_error_is(const struct err *err, const char *code);

#endif
