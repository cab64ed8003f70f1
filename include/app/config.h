/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's configuration: options.def with values from a file (INI, one section or none), then
 * from -o, then defaults. Everything a value can get wrong is said with its place, "FILE:LINE" or
 * "-o". Strings live in the arena. One thread; constant once the daemon runs.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "provider/prometheus.h"
#include "provider/provider.h"

enum option_type { OPTION_TEXT, OPTION_INT, OPTION_SECONDS, OPTION_CHOICE };

enum option_id {
#define X(name, ...) OPTION_ID_##name,
#include "app/options.def"
#undef X
	OPTIONS
};

/* Of a section [provider.NAME]. */
enum provider_option_id {
#define X(name, ...) PROVIDER_OPTION_ID_##name,
#include "app/provider_options.def"
#undef X
	PROVIDER_OPTIONS
};

/* Of the section [slo.prometheus]. */
enum prometheus_option_id {
#define X(name, ...) PROMETHEUS_OPTION_ID_##name,
#include "app/prometheus_options.def"
#undef X
	PROMETHEUS_OPTIONS
};

struct option_info {
	const char *name;
	enum option_type type;
	const char *unit; /* of a CHOICE: its words, separated by "|" */
	int64_t least, most;
	const char *default_text;
	bool reload;
	const char *help;
	size_t offset; /* in struct config; of a provider's in struct connector_config, of
			  [slo.prometheus] in struct prometheus_options */
};
const struct option_info *option_info(size_t i);
const struct option_info *provider_option_info(size_t i);
const struct option_info *prometheus_option_info(size_t i);

struct connector_config {
	struct connector_options options;
	const char *connector;
	const struct connector_kind *kind;
	const char *first;		     /* place of its section, or of its first option */
	const char *where[PROVIDER_OPTIONS]; /* as in struct config */
	const char *text[PROVIDER_OPTIONS];  /* NULL: not set */
};

#define OPTION_MEMBER_TEXT    const char *
#define OPTION_MEMBER_INT     int64_t
#define OPTION_MEMBER_SECONDS int64_t
#define OPTION_MEMBER_CHOICE  int

struct config {
#define X(name, type, ...) OPTION_MEMBER_##type name;
#include "app/options.def"
#undef X
	const char *where[OPTIONS]; /* "FILE:LINE", "-o", or NULL: the default */
	const char *text[OPTIONS];  /* as it was written */
	struct listener *listeners;
	size_t n_listeners;
	struct connector_config *providers; /* in the order of their sections */
	size_t n_providers;
	struct prometheus_options prometheus; /* url NULL: there is none */
	const char *prometheus_where[PROMETHEUS_OPTIONS], *prometheus_text[PROMETHEUS_OPTIONS];
};

struct config_source {
	const char *file; /* NULL: none */
	const char *const *assignments;
	size_t n_assignments;
};

/* Read and check all of it. ERR_CONFIG, with the place first in the message. */
int config_load(
	const struct config_source *source, struct arena *a, struct config *ret, struct err *err);

/* Each file of a secret that can't be read now, in a sentence with its place. */
typedef void config_warn(void *arg, const char *text);
void config_files_check(const struct config *c, struct arena *a, config_warn *warn, void *arg);

/* Compare as written: how many reloadable options differ, and the name of the first other one that
 * does, and so waits for a restart (NULL: none). */
size_t config_changed(const struct config *old, const struct config *fresh);
const char *config_waits(const struct config *old, const struct config *fresh);

bool config_providers_same(const struct config *old, const struct config *fresh);
bool config_prometheus_same(const struct config *old, const struct config *fresh);

#endif
