/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections [provider.NAME]. Refused are names that no provider can have, a section without a
 * connector, and what the connector does not take.
 */
#include <string.h>

#include "app/config_parts.h"
#include "base/text.h"
#include "base/words.h"
#include "model/format.h"

enum { PROVIDERS_MAX = 32 };
#define PREFIX "provider."

static const struct provider_option {
	struct option_info info; /* first: one is the other */
	const char *connectors;
} option_table[PROVIDER_OPTIONS] = {
#define X(name, member, type, unit, least, most, default_text, connectors, help) \
	{{#name, OPTION_##type, unit, least, most, default_text, false, help,    \
		 offsetof(struct connector_config, member)},                     \
		connectors},
#include "app/provider_options.def"
#undef X
};

const struct option_info *provider_option_info(size_t i)
{
	return &option_table[i].info;
}

bool config_is_provider(const char *name)
{
	return text_starts(name, PREFIX);
}

static int unknown(const char *where, const char *name, struct err *err)
{
	const char *near = option_near(provider_option_info, PROVIDER_OPTIONS, name);

	return near ? config_refuse(err, where,
			      "no option of a provider is called %s; did you "
			      "mean %s?",
			      name, near)
		    : config_refuse(err, where,
			      "no option of a provider is called %s; spiralfedd --help lists them",
			      name);
}

/* The provider's, made when it is the first of its options. */
static struct connector_config *find_provider(
	struct config *c, const char *name, const char *where, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < c->n_providers; i++)
		if (!strcmp(c->providers[i].options.provider, name))
			return &c->providers[i];
	if (!format_provider.check(name)) {
		config_refuse(err, where, "[provider.%s]: %s is not %s, e.g. %s", name, name,
			format_provider.title, format_provider.example);
		return NULL;
	}
	if (c->n_providers == PROVIDERS_MAX) {
		config_refuse(err, where, "there are more than %d providers", PROVIDERS_MAX);
		return NULL;
	}
	if (!c->providers)
		c->providers = ARENA_ARRAY(a, PROVIDERS_MAX, struct connector_config);
	struct connector_config *p = &c->providers[c->n_providers++];

	p->options.provider = arena_strdup(a, name);
	p->first = where;
	return p;
}

int config_provider_begin(
	struct config *c, const char *section, const char *where, struct arena *a, struct err *err)
{
	return find_provider(c, section + strlen(PREFIX), where, a, err) ? 0 : -1;
}

int config_provider_set(struct config *c, const char *section, const char *name, const char *text,
	const char *where, bool again, struct arena *a, struct err *err)
{
	const struct option_info *o = option_find(provider_option_info, PROVIDER_OPTIONS, name);
	struct connector_config *p;

	if (!o)
		return unknown(where, name, err);
	p = find_provider(c, section + strlen(PREFIX), where, a, err);
	if (!p)
		return -1;
	size_t i = (size_t)((const struct provider_option *)o - option_table);
	if (p->where[i] && !again)
		return config_refuse(err, where, "%s is set already at %s", name, p->where[i]);
	p->where[i] = where;
	p->text[i] = arena_strdup(a, text);
	return option_store(o, p, text, where, a, err);
}

int config_provider_assign(
	struct config *c, const char *name, const char *text, struct arena *a, struct err *err)
{
	const char *dot = strrchr(name, '.');

	if (dot < name + strlen(PREFIX))
		return config_refuse(err, "-o", "%s is not provider.NAME.OPTION", name);
	return config_provider_set(
		c, arena_strndup(a, name, (size_t)(dot - name)), dot + 1, text, "-o", true, a, err);
}

/* ---- Checks ---- */

static bool takes(const struct provider_option *o, const char *connector)
{
	return !*o->connectors || words_have(o->connectors, connector);
}

static int check_options(struct connector_config *p, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < PROVIDER_OPTIONS; i++) {
		const struct provider_option *o = &option_table[i];

		if (p->where[i] && !takes(o, p->connector))
			return config_refuse(err, p->where[i],
				"%s is no option of the connector %s", o->info.name, p->connector);
		if (p->where[i] || !*o->info.default_text)
			continue;
		if (option_store(&o->info, p, o->info.default_text, "default", a, err) < 0)
			return -1;
	}
	return 0;
}

/* What stands in each manifest that is made is looked at now, and not once for each artifact. */
static int check_values(const struct connector_config *p, struct arena *a, struct err *err)
{
	const struct connector_options *o = &p->options;
	struct artifact_name ignored;

	if (o->role && !format_name.check(o->role))
		return config_refuse(err, p->where[PROVIDER_OPTION_ID_role],
			"role = %s: no artifact can have it; write %s, e.g. textgen", o->role,
			format_name.title);
	if (o->name_space &&
		artifact_name_parse(arena_printf(a, "%s/x-v1", o->name_space), a, &ignored) < 0)
		return config_refuse(err, p->where[PROVIDER_OPTION_ID_namespace],
			"namespace = %s: no artifact can have it; write what stands before the "
			"slash of an id, e.g. spiralverse",
			o->name_space);
	if (o->group && text_starts(o->group, "arn:"))
		return config_refuse(err, p->where[PROVIDER_OPTION_ID_group],
			"group = %s: is an ARN; write the name of the group, which is what stands "
			"behind its last slash",
			o->group);
	return 0;
}

/* Opening reaches for nothing: it is the connector's own check. */
static int check_connector(const struct connector_config *p, struct err *err)
{
	struct connector *probe;

	if (!p->options.webhook_audience != !p->options.webhook_email)
		return config_refuse(err, p->first,
			"[provider.%s] has one of webhook_audience and webhook_email: without the "
			"other any token would do",
			p->options.provider);
	if (p->kind->open(&p->options, &probe, err) < 0)
		return err_wrap(err, "%s: [provider.%s]", p->first, p->options.provider);
	p->kind->close(probe);
	return 0;
}

/* Releases go to one place. */
static int check_publish(const struct config *c, struct err *err)
{
	const struct connector_config *first = NULL;

	for (size_t i = 0; i < c->n_providers; i++) {
		const struct connector_config *p = &c->providers[i];

		if (!p->options.publish)
			continue;
		if (first)
			return config_refuse(err, p->where[PROVIDER_OPTION_ID_publish],
				"[provider.%s] publishes already (%s); releases go to one place",
				first->options.provider, first->options.publish);
		first = p;
	}
	return 0;
}

int config_providers_check(struct config *c, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < c->n_providers; i++) {
		struct connector_config *p = &c->providers[i];

		if (!p->connector)
			return config_refuse(err, p->first,
				"[provider.%s] has no connector; set one of %s",
				p->options.provider, connector_kind_names(a));
		p->kind = connector_kind_find(p->connector);
		if (!p->kind)
			return config_refuse(err, p->where[PROVIDER_OPTION_ID_connector],
				"connector = %s: not one of %s", p->connector,
				connector_kind_names(a));
		if (check_options(p, a, err) < 0 || check_values(p, a, err) < 0 ||
			check_connector(p, err) < 0)
			return -1;
	}
	return check_publish(c, err);
}

bool config_providers_same(const struct config *old, const struct config *fresh)
{
	if (old->n_providers != fresh->n_providers)
		return false;
	for (size_t i = 0; i < old->n_providers; i++) {
		const struct connector_config *p = &old->providers[i], *q = &fresh->providers[i];

		if (strcmp(p->options.provider, q->options.provider) != 0)
			return false;
		for (size_t k = 0; k < PROVIDER_OPTIONS; k++)
			if (!p->text[k] != !q->text[k] ||
				(p->text[k] && strcmp(p->text[k], q->text[k]) != 0))
				return false;
	}
	return true;
}
