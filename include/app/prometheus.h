/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks Prometheus for each minute of the active release, on a thread of its own, and hands in what it
 * says as observations of the node `prometheus`.
 */
#ifndef APP_PROMETHEUS_H
#define APP_PROMETHEUS_H

#include "engine/engine.h"
#include "provider/prometheus.h"

struct prometheus_poller;

/* Start it; `o` must live as long. NULL in *ret when `o` has no URL. */
int prometheus_start(struct engine *e, const struct prometheus_options *o,
	struct prometheus_poller **ret, struct err *err);
/* Before the engine closes; waits for the query that is under way. NULL is allowed. */
void prometheus_stop(struct prometheus_poller *p);

#endif
