/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `aws` with an environment other than the process's, for tests.
 */
#ifndef PROVIDER_AWS_H
#define PROVIDER_AWS_H

#include "provider/provider.h"

/* As open of struct connector_kind; `env` gives a variable, or NULL. */
int aws_open_with(const struct connector_options *o, const char *(*env)(const char *name),
	struct connector **ret, struct err *err);

#endif
