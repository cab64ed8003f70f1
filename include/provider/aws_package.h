/* SPDX-License-Identifier: Apache-2.0
 *
 * From a model package of SageMaker's registry to a manifest: where one may lie, in which order it is
 * looked for, and how one is made of the package's own reports when there is none.
 */
#ifndef PROVIDER_AWS_PACKAGE_H
#define PROVIDER_AWS_PACKAGE_H

#include <jansson.h>

#include "provider/aws_client.h"
#include "provider/provider.h"

struct aws_package_options {
	const char *provider;
	const char *name_space, *role; /* of artifacts without a manifest; NULL: not said */
	const char *metrics;	       /* which number counts as which; NULL: by their names */
};

/* `package` as DescribeModelPackage gives it. As fetch of struct connector_kind. */
int aws_package_document(struct aws_client *c, const struct aws_package_options *o,
	const struct provider_call *call, const json_t *package, struct source_document *ret,
	struct err *err);

#endif
