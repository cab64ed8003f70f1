/* SPDX-License-Identifier: Apache-2.0
 *
 * What Prometheus answered to an instant query (/api/v1/query): one number, or why there is none. An
 * empty vector is no data and not 0; NaN and infinities are no numbers to count with; more than one
 * element means that the query does not sum up. Pure: the bytes in, a verdict out.
 */
#ifndef PROVIDER_PROMETHEUS_REPLY_H
#define PROVIDER_PROMETHEUS_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum prometheus_verdict {
	PROMETHEUS_NUMBER,
	PROMETHEUS_NO_DATA,  /* an empty vector: neither breach nor health */
	PROMETHEUS_NAN,	     /* 0/0: no traffic */
	PROMETHEUS_INFINITE, /* x/0 */
	PROMETHEUS_MANY,     /* more than one element */
	PROMETHEUS_TYPE,     /* a matrix, a string: the query is of the wrong kind */
	PROMETHEUS_REFUSED,  /* its error, in `detail`: the query or its execution */
	PROMETHEUS_BROKEN,   /* not its API: another server, a proxy, cut or wrong JSON */
};
const char *prometheus_verdict_name(enum prometheus_verdict verdict);

enum { PROMETHEUS_REPLY_MAX = 1 << 20 };

struct prometheus_reply {
	enum prometheus_verdict verdict;
	double value; /* NAN unless a number */
	double time;  /* of the evaluation, Unix seconds; NAN unless there was one */
	char detail[240];
};

/* Always fills *ret. */
void prometheus_reply_parse(
	int http_status, const char *body, size_t len, struct prometheus_reply *ret);

/* The same number as a count: 0 to 2^53 - 1, rounded, because increase() extrapolates. -1: none. */
int64_t prometheus_count(const struct prometheus_reply *reply);

#endif
