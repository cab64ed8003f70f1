/* SPDX-License-Identifier: Apache-2.0
 *
 * The place where pipelines leave their manifests, as a connector sees it: each has its newest one
 * there. Every other provider has one, and its manifests wait for the ingest job; the others' pipelines
 * POST theirs, and so does everyone where the policy has no such job.
 */
#include <string.h>

#include "cli/sim.h"
#include "provider/provider.h"

/* A kind's open() is told the provider and nothing else. One simulation for each process. */
static struct sim *subject;

struct connector {
	char *provider;
};

static int source_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	struct connector *c = xcalloc(1, sizeof(*c));

	c->provider = xstrdup(o->provider);
	*ret = c;
	return 0;
}

static void source_close(struct connector *c)
{
	if (c)
		free(c->provider);
	free(c);
}

static bool has_left(const struct connector *c, const struct sim_pipeline *p)
{
	return !strcmp(p->provider, c->provider) && p->text[0];
}

static int source_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	*ret = (struct source_listing){
		.v = ARENA_ARRAY(call->arena, subject->n_pipelines, struct source_entry)};
	if (subject->unreachable_until > sim_now(subject))
		return err_set(err, ERR_UNREACHABLE, "%s: no answer", c->provider);
	for (size_t i = 0; i < subject->n_pipelines; i++) {
		const struct sim_pipeline *p = &subject->pipelines[i];

		if (has_left(c, p))
			ret->v[ret->n++] = (struct source_entry){
				.name = p->slot,
				.version = arena_printf(call->arena, "%lld", (long long)p->number),
			};
	}
	ret->n = source_entries_sort(ret->v, ret->n);
	return 0;
}

static int source_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	for (size_t i = 0; i < subject->n_pipelines; i++) {
		const struct sim_pipeline *p = &subject->pipelines[i];

		if (!has_left(c, p) || strcmp(p->slot, entry->name) != 0)
			continue;
		*ret = (struct source_document){
			.text = arena_strdup(call->arena, p->text), .len = strlen(p->text)};
		return FETCH_DONE;
	}
	return FETCH_GONE;
}

static int source_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	*ret = (struct probe){
		.verdict = PROBE_REACHABLE, .detail = "a place that is made up is always there"};
	return 0;
}

/* Looking for what is always there takes a quarter of the time: some of the bad years do. */
static bool source_probes(const struct connector *c)
{
	return subject->options.faults && subject->options.seed % 4 == 0;
}

static const struct connector_kind source_kind = {
	.name = "pipelines",
	.open = source_open,
	.close = source_close,
	.list = source_list,
	.fetch = source_fetch,
	.probes = source_probes,
	.probe = source_probe,
};

size_t sim_sources(struct sim *s, struct engine_source ret[SIM_SOURCES_MAX])
{
	subject = s;
	for (size_t i = 0; i < s->n_sources; i++)
		ret[i] = (struct engine_source){.kind = &source_kind,
			.options = {.provider = s->sources[i], .timeout = SIM_MINUTE}};
	return s->n_sources;
}
