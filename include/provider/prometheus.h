/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus as a source of observations: one instant query for each counter of a window, asked as of
 * the window's end. Numerators and denominators are asked for separately, and a counter that has no
 * number, or is contradicted by another, makes the whole window none: no data is neither breach nor
 * health. Any thread; each call has connections of its own.
 */
#ifndef PROVIDER_PROMETHEUS_H
#define PROVIDER_PROMETHEUS_H

#include "base/err.h"
#include "model/observation.h"
#include "net/http.h"

enum { PROMETHEUS_WINDOW_S = 60 };

/* Queries by the name of the counter; NULL: not asked for, and 0. In a query $release is the version
 * that is live, $window the length of a window ("60s"). */
struct prometheus_options {
	const char *url,
		*token_file; /* url NULL: there is none; token_file NULL: without credentials */
	int64_t timeout;     /* usec, for each query */
	int64_t lag;	     /* usec after a window's end before it is asked for */
	const char *total, *errors, *slow, *tokens, *cost_micro;
	const char *safety_checked, *safety_violations, *safety_critical;
};

/* Is a numerator without its denominator asked for, or nothing at all, is the URL none, or would
 * the token be sent in the open? */
int prometheus_check(const struct prometheus_options *o, struct arena *a, struct err *err);
/* The counters that are asked for; none without a URL. */
struct strings prometheus_asked(const struct prometheus_options *o, struct arena *a);

/* The window of `release` that ends at `t_end` (usec, a whole second): node, release, times and
 * counters. It is given up within a second once *stop is set (NULL: never), with ERR_UNAVAILABLE.
 * ERR_UNREACHABLE without an answer; ERR_IO with the counter and what was wrong otherwise. */
int prometheus_observe(const struct prometheus_options *o, const char *release, int64_t t_end,
	const atomic_bool *stop, struct arena *a, struct observation *ret, struct err *err);

#endif
