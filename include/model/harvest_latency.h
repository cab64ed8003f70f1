/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of serving benchmarks share. For src/model/harvest*.c only.
 */
#ifndef MODEL_HARVEST_LATENCY_H
#define MODEL_HARVEST_LATENCY_H

#include "model/harvest_parts.h"

/* Beside the percentiles, 1 to 99, and 100, which is the largest: */
enum { QUANTILE_MEAN = 0, QUANTILE_LEAST = -1, QUANTILE_MOST = 100 };

/* What the latency gate reads: from the request to the last of its answer. */
extern const char harvest_whole_request[];

/* A duration, `to_ms` of which are a millisecond's worth of its unit, of `n` requests (-1: not known). */
void harvest_duration(struct harvest *h, const struct json_value *v, const char *what, int quantile,
	double to_ms, int64_t n);

/* Enough came through to be a measurement: then the share that did not is found, too. `failed` -1: not
 * known. */
enum harvest_outcome harvest_failures(struct harvest *h, const struct json_value *at,
	int64_t completed, int64_t failed, struct err *err);

/* A count that is there has to be one: "8" failed requests are not none. */
enum harvest_outcome harvest_check_count(
	struct harvest *h, const struct json_value *v, struct err *err);

/* The durations of one run, from the finding `from` on, can all be true of the same requests. */
enum harvest_outcome harvest_check_order(
	struct harvest *h, const struct json_value *at, size_t from, struct err *err);

/* Of several runs in one file the worst number counts. */
void harvest_keep_worst(struct harvest *h, size_t from);

#endif
