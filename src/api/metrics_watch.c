/* SPDX-License-Identifier: Apache-2.0
 *
 * What the watch, the nodes, the conditions and the webhooks say, as series. Labels are bounded: the policy's
 * service levels and windows, four states of nodes, a condition's name. What can't be read now is left out.
 */
#include "api/metrics.h"

#include <string.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/standing.h"
#include "engine/watch.h"
#include "engine/webhook.h"
#include "model/burn.h"
#include "store/webhook.h"

static void family(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct strbuf *out, const char *name, const char *help, double value)
{
	family(out, name, "gauge", help);
	strbuf_addf(out, "%s %.15g\n", name, value);
}

static double seconds(int64_t usec)
{
	return (double)usec / USEC_PER_SEC;
}

static void add_burns(const struct slo_level *l, struct strbuf *out)
{
	for (size_t i = 0; i < l->rules.n; i++) {
		const struct slo_rule_view *r = LIST_AT(&l->rules, struct slo_rule_view, i);
		const struct slo_window *windows[] = {r->longer, r->shorter};

		for (size_t k = 0; k < sizeof(windows) / sizeof(windows[0]); k++)
			if (windows[k]->burn == windows[k]->burn)
				strbuf_addf(out,
					"spiralfed_slo_burn{slo=\"%s\",rule=\"%zu\",window=\"%"
					"llds\"} "
					"%.15g\n",
					l->name, i, (long long)windows[k]->window_s,
					windows[k]->burn);
	}
}

static void add_states(const struct slo_level *l, struct strbuf *out)
{
	for (size_t i = 0; i < l->rules.n; i++) {
		const struct slo_rule_view *r = LIST_AT(&l->rules, struct slo_rule_view, i);

		strbuf_addf(out, "spiralfed_slo_fired{slo=\"%s\",rule=\"%zu\",action=\"%s\"} %d\n",
			l->name, i, names_of(&burn_action_names, r->action),
			strcmp(r->state, "fired") == 0);
	}
}

static void slos(const struct slo_view *v, struct strbuf *out)
{
	family(out, "spiralfed_slo_burn", "gauge",
		"How many times its budget, or limit, each window of a rule burns.");
	for (size_t i = 0; i < v->slos.n; i++)
		add_burns(LIST_AT(&v->slos, struct slo_level, i), out);
	family(out, "spiralfed_slo_fired", "gauge", "1 while a rule fires often enough in a row.");
	for (size_t i = 0; i < v->slos.n; i++)
		add_states(LIST_AT(&v->slos, struct slo_level, i), out);
	gauge(out, "spiralfed_slo_newest_window_timestamp_seconds",
		"Up to when there are counts of the active release, Unix time; 0: none.",
		seconds(v->newest_at));
	gauge(out, "spiralfed_promotions_held", "1 while promotions are held after a breach.",
		v->hold != NULL);
	gauge(out, "spiralfed_rollback_possible", "1 while something warm is there to go back to.",
		v->rollback && v->rollback->target);
}

static void nodes(const struct fleet *f, int64_t now, struct strbuf *out)
{
	family(out, "spiralfed_nodes", "gauge", "Nodes by how they follow the channel.");
	strbuf_addf(out,
		"spiralfed_nodes{state=\"current\"} %lld\nspiralfed_nodes{state=\"behind\"} %lld\n"
		"spiralfed_nodes{state=\"unhealthy\"} %lld\nspiralfed_nodes{state=\"silent\"} "
		"%lld\n",
		(long long)f->current, (long long)f->behind, (long long)f->unhealthy,
		(long long)f->silent);
	gauge(out, "spiralfed_fleet_behind_seconds",
		"How long the live node that is behind the longest is behind; 0: none is.",
		f->behind_since ? seconds(now - f->behind_since) : 0);
}

static void conditions(const struct list *all, struct strbuf *out)
{
	family(out, "spiralfed_condition", "gauge",
		"1 for the status that a condition of GET /v1/status has; True is well.");
	for (size_t i = 0; i < all->n; i++) {
		const struct condition *c = LIST_AT(all, struct condition, i);

		for (int k = CONDITION_FALSE; k <= CONDITION_TRUE; k++)
			strbuf_addf(out, "spiralfed_condition{type=\"%s\",status=\"%s\"} %d\n",
				c->type, names_of(&condition_status_names, k), c->status == k);
	}
}

static void counter(struct strbuf *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "counter", help);
	strbuf_addf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* Only with webhooks: who has none wants no empty families. */
static void webhooks(struct engine *e, struct db *reader, int64_t now, struct strbuf *out)
{
	int64_t all, active, waiting, oldest;
	struct webhook_stats st;
	struct err ignored;

	if (webhook_counts(reader, &all, &active, &ignored) < 0 || !all ||
		webhook_delivery_backlog(reader, &waiting, &oldest, &ignored) < 0)
		return;
	webhook_stats(e, &st);
	family(out, "spiralfed_webhooks", "gauge", "Webhooks by status.");
	strbuf_addf(out,
		"spiralfed_webhooks{status=\"ACTIVE\"} %lld\n"
		"spiralfed_webhooks{status=\"DISABLED\"} %lld\n",
		(long long)active, (long long)(all - active));
	gauge(out, "spiralfed_webhook_deliveries_waiting", "Deliveries that are not over.",
		(double)waiting);
	gauge(out, "spiralfed_webhook_oldest_waiting_seconds",
		"How long the oldest of them waits; 0: none does.",
		oldest ? seconds(now - oldest) : 0);
	family(out, "spiralfed_webhook_attempts_total", "counter",
		"Requests to receivers by what came of them, since the start.");
	strbuf_addf(out,
		"spiralfed_webhook_attempts_total{result=\"taken\"} %llu\n"
		"spiralfed_webhook_attempts_total{result=\"refused\"} %llu\n"
		"spiralfed_webhook_attempts_total{result=\"unanswered\"} %llu\n",
		(unsigned long long)st.taken, (unsigned long long)st.refused,
		(unsigned long long)st.unanswered);
	counter(out, "spiralfed_webhook_deliveries_given_up_total",
		"Deliveries whose last attempt failed, since the start.", st.given_up);
	counter(out, "spiralfed_webhooks_disabled_total",
		"Webhooks that were disabled because of their receiver, since the start.",
		st.disabled);
}

void metrics_watch_text(struct engine *e, struct db *reader, struct arena *a, struct strbuf *out)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	int64_t now = clock_now(engine_clock(e));
	struct slo_view view;
	STANDING_AUTO standing = standing_get(e, reader);
	struct err ignored;

	if (s->has_release && slo_view(e, reader, a, &view, &ignored) == 0)
		slos(&view, out);
	if (standing->counted)
		nodes(&standing->fleet, now, out);
	conditions(&standing->conditions, out);
	webhooks(e, reader, now, out);
}
