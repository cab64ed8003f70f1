/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files that read the configuration, and nobody else.
 */
#ifndef APP_CONFIG_PARTS_H
#define APP_CONFIG_PARTS_H

#include "app/config.h"

/* ERR_CONFIG with the place first. */
int config_refuse(struct err *err, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Check a value and store it in its member of *base. */
int option_store(const struct option_info *o, void *base, const char *text, const char *where,
	struct arena *a, struct err *err);

/* In a list of options: by its name; the name next to one that is not there. NULL: none. */
enum { OPTIONS_MAX = 64 };
typedef const struct option_info *option_at(size_t i);
const struct option_info *option_find(option_at *at, size_t n, const char *name);
const char *option_near(option_at *at, size_t n, const char *name);

_Static_assert((int)OPTIONS <= OPTIONS_MAX && (int)PROVIDER_OPTIONS <= OPTIONS_MAX &&
		       (int)PROMETHEUS_OPTIONS <= OPTIONS_MAX,
	"a list of options is longer");

/* Is this section, or this "provider.NAME.OPTION", a provider's? */
bool config_is_provider(const char *name);
/* A section "provider.NAME" begins. */
int config_provider_begin(
	struct config *c, const char *section, const char *where, struct arena *a, struct err *err);
/* One option of section "provider.NAME". `again`: it may be set already (-o wins). */
int config_provider_set(struct config *c, const char *section, const char *name, const char *text,
	const char *where, bool again, struct arena *a, struct err *err);
/* The same of "provider.NAME.OPTION". */
int config_provider_assign(
	struct config *c, const char *name, const char *text, struct arena *a, struct err *err);
/* Defaults, and what a connector needs, once all is read. */
int config_providers_check(struct config *c, struct arena *a, struct err *err);

/* The same of section "slo.prometheus", and "slo.prometheus.OPTION". */
bool config_is_prometheus(const char *name);
int config_prometheus_set(struct config *c, const char *name, const char *text, const char *where,
	bool again, struct arena *a, struct err *err);
int config_prometheus_assign(
	struct config *c, const char *name, const char *text, struct arena *a, struct err *err);
int config_prometheus_check(struct config *c, struct arena *a, struct err *err);

#endif
