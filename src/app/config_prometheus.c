/* SPDX-License-Identifier: Apache-2.0
 *
 * The section [slo.prometheus]. Refused are queries without a URL, and a URL without the queries that
 * make sense of it.
 */
#include <string.h>

#include "app/config_parts.h"

#define SECTION "slo.prometheus"

static const struct option_info option_table[PROMETHEUS_OPTIONS] = {
#define X(name, member, type, unit, least, most, default_text, help)         \
	{#name, OPTION_##type, unit, least, most, default_text, false, help, \
		offsetof(struct prometheus_options, member)},
#include "app/prometheus_options.def"
#undef X
};

const struct option_info *prometheus_option_info(size_t i)
{
	return &option_table[i];
}

bool config_is_prometheus(const char *name)
{
	size_t len = strlen(SECTION);

	return strncmp(name, SECTION, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

static int unknown(const char *where, const char *name, struct err *err)
{
	const char *near = option_near(prometheus_option_info, PROMETHEUS_OPTIONS, name);

	return config_refuse(err, where, "no option of [" SECTION "] is called %s%s%s%s", name,
		near ? "; did you mean " : "; spiralfedd --help lists them", near ? near : "",
		near ? "?" : "");
}

int config_prometheus_set(struct config *c, const char *name, const char *text, const char *where,
	bool again, struct arena *a, struct err *err)
{
	const struct option_info *o = option_find(prometheus_option_info, PROMETHEUS_OPTIONS, name);

	if (!o)
		return unknown(where, name, err);
	size_t i = (size_t)(o - option_table);
	if (c->prometheus_where[i] && !again)
		return config_refuse(
			err, where, "%s is set already at %s", name, c->prometheus_where[i]);
	c->prometheus_where[i] = where;
	c->prometheus_text[i] = arena_strdup(a, text);
	return option_store(o, &c->prometheus, text, where, a, err);
}

int config_prometheus_assign(
	struct config *c, const char *name, const char *text, struct arena *a, struct err *err)
{
	size_t len = strlen(SECTION);

	if (name[len] != '.')
		return config_refuse(err, "-o", "%s is not " SECTION ".OPTION", name);
	return config_prometheus_set(c, name + len + 1, text, "-o", true, a, err);
}

int config_prometheus_check(struct config *c, struct arena *a, struct err *err)
{
	const char *first = NULL;

	for (size_t i = 0; i < PROMETHEUS_OPTIONS; i++) {
		const struct option_info *o = &option_table[i];

		if (c->prometheus_where[i] && !first)
			first = c->prometheus_where[i];
		if (!c->prometheus_where[i] && *o->default_text &&
			option_store(o, &c->prometheus, o->default_text, "default", a, err) < 0)
			return -1;
	}
	if (!first)
		return 0;
	if (!c->prometheus.url)
		return config_refuse(err, first, "[" SECTION "] has no url");
	if (prometheus_check(&c->prometheus, a, err) < 0)
		return err_wrap(
			err, "%s: [" SECTION "]", c->prometheus_where[PROMETHEUS_OPTION_ID_url]);
	return 0;
}

bool config_prometheus_same(const struct config *old, const struct config *fresh)
{
	for (size_t i = 0; i < PROMETHEUS_OPTIONS; i++) {
		const char *p = old->prometheus_text[i], *q = fresh->prometheus_text[i];

		if (!p != !q || (p && strcmp(p, q) != 0))
			return false;
	}
	return true;
}
