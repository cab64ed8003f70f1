/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files that find credentials; nobody else includes it.
 */
#ifndef PROVIDER_AWS_IDENTITY_H
#define PROVIDER_AWS_IDENTITY_H

#include "provider/aws_credentials.h"

struct aws_found {
	const char *id, *secret, *token; /* token NULL: none */
	int64_t expires;		 /* wall; 0: never */
};

/* A variable that is set and not empty. */
const char *aws_env(const struct aws_identity_options *o, const char *name);

/* 1: found; 0: it is not set up here; -1: it is, and failed. */
int aws_from_web_identity(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err);
int aws_from_container(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err);
int aws_from_instance(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err);

#endif
