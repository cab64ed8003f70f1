/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed requests to SageMaker and S3 of one region and one set of credentials, sent by the provider's
 * session: which server, which form, what an error means. It knows nothing of manifests.
 *
 * Used by one thread at a time. Results live in the call's arena.
 */
#ifndef PROVIDER_AWS_CLIENT_H
#define PROVIDER_AWS_CLIENT_H

#include <jansson.h>

#include "provider/session.h"

enum aws_service { AWS_SAGEMAKER, AWS_S3, AWS_STS, AWS_SERVICES };

struct aws_client_options {
	const char *region;	    /* NULL: AWS_REGION, then AWS_DEFAULT_REGION */
	const char *endpoint;	    /* of all services; NULL: AWS_ENDPOINT_URL..., then AWS's own */
	const char *profile, *file; /* of credentials; NULL: where AWS's tools look */
	const char *(*env)(const char *name); /* a variable; NULL: it is not set */
};

struct aws_client;
/* ERR_CONFIG: no region, or an endpoint that is no URL. Sends nothing. */
int aws_client_new(const struct aws_client_options *o, struct aws_client **ret, struct err *err);
void aws_client_free(struct aws_client *c); /* NULL is allowed */
const char *aws_client_region(const struct aws_client *c);
/* Any thread. */
void aws_client_health(struct aws_client *c, const struct clock *clock, struct session_health *ret);

/* SageMaker's operation `name` with the JSON text `body`; *ret is a new reference. What must not be done
 * twice has a token of its own in the body. */
int aws_operation(struct aws_client *c, const struct provider_call *call, const char *name,
	const char *body, json_t **ret, struct err *err);
/* A page of a listing, counted as source_listing_page() does. */
int aws_page(struct aws_client *c, const struct provider_call *call, const char *name,
	const char *body, size_t *bytes, json_t **ret, struct err *err);

struct s3_place {
	const char *bucket,
		*key; /* the key as it is meant, not encoded; "" for the bucket itself */
};
/* "s3://bucket/key", as SageMaker writes it: not encoded. False when it is none, or its bucket's name
 * could not be part of a host's. */
bool s3_parse(const char *uri, struct arena *a, struct s3_place *ret);

/* 1 with the answer, 0 when there is no such object, -1. ERR_IO with AccessDenied when nobody says
 * whether there is. */
int s3_get(struct aws_client *c, const struct provider_call *call, const struct s3_place *p,
	size_t cap, struct http_response *ret, struct err *err);
int s3_head(struct aws_client *c, const struct provider_call *call, const struct s3_place *p,
	struct http_response *ret, struct err *err);
/* 1: the bucket holds an object whose key begins so, 0, -1. */
int s3_any(struct aws_client *c, const struct provider_call *call, const struct s3_place *prefix,
	struct err *err);

#endif
