/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator would want to know of without asking for each: one function for each condition. It
 * says nothing of what is not configured, and decides nothing.
 */
#include <string.h>

#include "engine/breach.h"
#include "engine/internal.h"
#include "engine/node.h"
#include "engine/publisher.h"
#include "engine/source.h"
#include "engine/standing.h"
#include "engine/watch.h"
#include "model/phase.h"
#include "store/distillation.h"
#include "store/schedule.h"
#include "store/webhook.h"

enum {
	BEHIND_S = 300,
	TRYING_S = 300,	    /* a receiver may be restarting */
	INGEST_S = 3600,    /* longer than that no ingest takes */
	MERGE_S = 86400,    /* it may wait for deliveries */
	DISTILLED_DAYS = 7, /* after that it is history */
	LOOKS = 2,	    /* of the drift guard, that may be left out */
};

static int say(struct condition *c, enum condition_status status, const char *reason, int64_t since,
	const char *message)
{
	*c = (struct condition){
		.status = status, .reason = reason, .message = message, .since = since};
	return 1;
}

static int well(struct condition *c, const char *reason, const char *message)
{
	return say(c, CONDITION_TRUE, reason, 0, message);
}

static const char *time_of(int64_t at, struct arena *a)
{
	char text[TIME_STRLEN];

	return arena_strdup(a, time_format(at, text));
}

/* ---- The registry and the channel ---- */

static int look_registry(const struct standing_look *l, struct condition *c, struct err *err)
{
	if (!l->e->broken)
		return well(c, "Writable", "what comes is stored");
	return say(c, CONDITION_FALSE, "NotWritable", 0,
		"nothing can be stored: see to the space and the health of the disk; the log has "
		"it "
		"under registry.broken; it goes on by itself");
}

static int look_channel(const struct standing_look *l, struct condition *c, struct err *err)
{
	if (!l->s->has_release)
		return 0;
	if (l->s->pointer.expires > l->now)
		return well(c, "Signed", "nodes may trust the channel");
	return say(c, CONDITION_FALSE, "Expired", l->s->pointer.expires,
		"the signed channel has expired, and nodes take it for frozen: see what the log "
		"says "
		"of signing, and `spiralfed key list`");
}

static int look_release(const struct standing_look *l, struct condition *c, struct err *err)
{
	const char *version = l->s->channel.version;
	WAY_BACK_AUTO w = {0};
	bool silent;
	int64_t newest;

	if (!l->s->has_release)
		return 0;
	if (way_back_load(l->db, l->s, l->arena, &w, err) < 0)
		return -1;
	lock_take(&l->e->watch_lock);
	silent = l->e->watch.serial == w.activation.serial && l->e->watch.silent;
	newest = l->e->watch.newest;
	lock_give(&l->e->watch_lock);
	if (w.row.quarantined)
		return say(c, CONDITION_FALSE, "Quarantined", 0,
			arena_printf(l->arena,
				"%s serves on in quarantine, a breach was not led back from: "
				"`spiralfed slo` says "
				"why; then `spiralfed rollback`, or `spiralfed unquarantine %s`",
				version, version));
	if (w.row.latched)
		return say(c, CONDITION_FALSE, "Breached", 0,
			arena_printf(
				l->arena, "%s breached a service level: `spiralfed slo`", version));
	if (silent)
		return say(c, CONDITION_UNKNOWN, "NoReports", newest,
			arena_printf(l->arena,
				"nobody reports how %s does: see to the nodes, `spiralfed nodes`",
				version));
	return well(c, "NoBreach", "no breach of the active release is known");
}

static int look_hold(const struct standing_look *l, struct condition *c, struct err *err)
{
	struct promotion_hold hold;
	int rc = promotions_held(l->db, l->s, l->now, l->arena, &hold, err);

	if (rc <= 0)
		return rc < 0 ? -1 : well(c, "Free", "no breach holds promotions");
	return say(c, CONDITION_FALSE, hold.until ? "HoldOff" : "Locked", hold.since,
		arena_printf(l->arena,
			"%s: look at `spiralfed slo`, then `spiralfed acknowledge --reason WHY`",
			hold.detail));
}

/* ---- What comes in ---- */

/* "hf: it says no; gcp: nobody is there" */
static void add(const char **list, const char *name, const char *what, struct arena *a)
{
	*list = *list ? arena_printf(a, "%s; %s: %s", *list, name, what)
		      : arena_printf(a, "%s: %s", name, what);
}

static void earlier(int64_t *since, int64_t at)
{
	if (at && (!*since || at < *since))
		*since = at;
}

static int look_providers(const struct standing_look *l, struct condition *c, struct err *err)
{
	size_t n = source_count(l->e);
	const char *list = NULL;
	bool open = false;
	int64_t since = 0;

	for (size_t i = 0; i < n; i++) {
		struct source_stats st;
		struct source_row row;
		int rc;

		source_stats(l->e, i, &st);
		rc = source_find(l->db, st.provider, l->arena, &row, err);
		if (rc < 0)
			return -1;
		open = open || st.breaker_open;
		if (rc > 0 && row.failing_since) {
			earlier(&since, row.failing_since);
			add(&list, st.provider, row.detail ? row.detail : "failing", l->arena);
		} else if (st.breaker_open) {
			add(&list, st.provider, "left alone for a while, it failed too often",
				l->arena);
		}
	}
	if (!n)
		return 0;
	if (!list)
		return well(c, "Reachable", "no connector failed when it ran last");
	return say(c, CONDITION_FALSE, open ? "BreakerOpen" : "Failing", since,
		arena_printf(l->arena, "%s: `spiralfed providers`", list));
}

static int look_ingest(const struct standing_look *l, struct condition *c, struct err *err)
{
	const struct cadence *cadence = l->s->policy.cadence;
	const struct quorum *q = cadence && cadence->ingest ? cadence->ingest->quorum : NULL;
	const char *list = NULL;
	int64_t since = 0;

	for (size_t i = 0; q && i < q->providers.n; i++) {
		const char *name = LIST_AT(&q->providers, struct quorum_provider, i)->name;
		struct ingest_due due;
		int64_t newest = 0;
		int rc = ingest_due_last(l->db, name, l->arena, &due, err);

		if (rc > 0)
			rc = delivery_newest(l->db, name, 0, &newest, err) < 0 ? -1 : 1;
		if (rc < 0)
			return -1;
		if (rc == 0 || due.due_at > l->now || newest > due.since)
			continue;
		earlier(&since, due.due_at);
		add(&list, name,
			newest ? arena_printf(
					 l->arena, "nothing since %s", time_of(newest, l->arena))
			       : "nothing ever",
			l->arena);
	}
	if (!q)
		return 0;
	if (!list)
		return well(c, "Delivered", "who has to deliver has");
	return say(c, CONDITION_FALSE, "Overdue", since,
		arena_printf(l->arena, "%s: see to those pipelines, `spiralfed providers`", list));
}

static int look_jobs(const struct standing_look *l, struct condition *c, struct err *err)
{
	static const int64_t takes[JOBS] = {[JOB_INGEST] = INGEST_S, [JOB_MERGE] = MERGE_S};

	for (int job = 0; job < JOBS; job++) {
		const char *name = names_of(&job_names, job);
		struct job_run run;
		int rc = takes[job]
				 ? job_run_open(l->db, (enum job)job,
					   l->now - takes[job] * USEC_PER_SEC, l->arena, &run, err)
				 : 0;

		if (rc > 0)
			return say(c, CONDITION_FALSE, "Overdue", run.due,
				arena_printf(l->arena,
					"%s was due at %s and is not over (%s): `spiralfed "
					"schedule runs %s`",
					name, time_of(run.due, l->arena),
					run.reason ? run.reason : "it runs", name));
		if (rc == 0)
			rc = job_run_last(l->db, (enum job)job, l->arena, &run, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && run.outcome == JOB_FAILED)
			return say(c, CONDITION_FALSE, "Failed", run.finished_at,
				arena_printf(l->arena,
					"%s failed (%s): `spiralfed schedule runs %s`", name,
					run.reason ? run.reason : "it does not say why", name));
	}
	return well(c, "OnTime", "no job is overdue, and none failed when it ran last");
}

/* ---- What goes out ---- */

static int look_hub(const struct standing_look *l, struct condition *c, struct err *err)
{
	int64_t stale = LOOKS * publisher_interval(l->e);
	struct publication_status p;

	if (!publisher_source(l->e))
		return 0;
	if (publication_glance(l->e, l->db, l->arena, &p, err) < 0)
		return -1;
	if (p.drift.n) {
		const struct publication_drift *d = LIST_AT(&p.drift, struct publication_drift, 0);
		const char *more =
			p.drift.n == 1 ? ""
				       : arena_printf(l->arena, ", and %zu more", p.drift.n - 1);

		return say(c, CONDITION_FALSE, "Drifted", p.drift_since,
			arena_printf(l->arena, "%s%s: `spiralfed hub` says what puts it right",
				d->detail, more));
	}
	if (p.failing_since)
		return say(c, CONDITION_FALSE, "Failing", p.failing_since,
			arena_printf(l->arena, "publishing fails (%s): `spiralfed hub`",
				p.last_error ? p.last_error->detail : "it does not say why"));
	if (!p.checked_at || l->now - p.checked_at > stale)
		return say(c, CONDITION_UNKNOWN, "NotLooked", p.checked_at,
			"nobody has looked at the repository of releases lately: `spiralfed hub`");
	return well(c, "Agrees", "the repository of releases is as it was left");
}

/* By id: the address may be a secret, and the status is for many. */
static int look_webhooks(const struct standing_look *l, struct condition *c, struct err *err)
{
	const char *list = NULL;
	struct webhook_list all;
	int64_t since = 0;
	bool disabled = false;

	if (webhook_all(l->db, l->arena, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		const struct webhook *w = &all.v[i].webhook;
		bool off = w->status == WEBHOOK_DISABLED,
		     asked = w->disabled_cause == WEBHOOK_BY_REQUEST;

		if (off && !asked) {
			disabled = true;
			earlier(&since, w->disabled_at);
			add(&list, w->id,
				w->disabled_cause == WEBHOOK_BY_GONE
					? "disabled, its receiver says that it is gone"
					: "disabled, its receiver took nothing for days",
				l->arena);
		} else if (!off && w->failing_since &&
			   l->now - w->failing_since > TRYING_S * USEC_PER_SEC) {
			earlier(&since, w->failing_since);
			add(&list, w->id, "its receiver takes nothing", l->arena);
		}
	}
	if (!all.n)
		return 0;
	if (!list)
		return well(c, "Delivered", "what is to be told is told");
	return say(c, CONDITION_FALSE, disabled ? "Disabled" : "Failing", since,
		arena_printf(l->arena, "%s: `spiralfed webhooks deliveries ID`%s", list,
			disabled ? ", then `spiralfed webhooks enable ID`" : ""));
}

static int look_distillations(const struct standing_look *l, struct condition *c, struct err *err)
{
	int64_t since = l->now - DISTILLED_DAYS * INT64_C(86400) * USEC_PER_SEC;
	struct distillation d;
	int rc = distillation_settled(l->db, l->arena, &d, err);

	if (rc <= 0)
		return rc;
	if ((d.phase != PHASE_FAILED && d.phase != PHASE_ERROR) || d.settled_at < since)
		return well(c, "Settled", "the last distillation that was run did not fail");
	if (d.acknowledged_at)
		return well(c, "Acknowledged", "that the last distillation failed is known");
	return say(c, CONDITION_FALSE, "Failed", d.settled_at,
		arena_printf(l->arena,
			"distillation %lld of %s failed (%s): `spiralfed distillations %lld`, then "
			"`spiralfed distillations acknowledge %lld --reason WHY`",
			(long long)d.id, d.release, d.reason ? d.reason : "it does not say why",
			(long long)d.id, (long long)d.id));
}

static int look_fleet(const struct standing_look *l, struct condition *c, struct err *err)
{
	const struct fleet *f = l->fleet;

	if (!f)
		return err_set(err, ERR_STORAGE, "the nodes could not be read");
	if (!f->known)
		return 0;
	if (!f->live)
		return say(c, CONDITION_FALSE, "Silent", 0,
			arena_printf(l->arena,
				"none of %lld nodes has been heard of for %d s: `spiralfed nodes`",
				(long long)f->known, NODE_LIVE_S));
	if (f->unhealthy)
		return say(c, CONDITION_FALSE, "Unhealthy", 0,
			arena_printf(l->arena, "%lld of %lld live nodes fail: `spiralfed nodes`",
				(long long)f->unhealthy, (long long)f->live));
	if (f->behind_since && l->now - f->behind_since > BEHIND_S * USEC_PER_SEC)
		return say(c, CONDITION_FALSE, "Behind", f->behind_since,
			arena_printf(l->arena,
				"%lld of %lld live nodes do not follow the channel: `spiralfed "
				"nodes`",
				(long long)f->behind, (long long)f->live));
	return well(c, "Follows", "the live nodes follow the channel");
}

/* ---- All of them ---- */

static const struct {
	const char *type;
	int (*look)(const struct standing_look *l, struct condition *c, struct err *err);
} looks[] = {
	{"RegistryWritable", look_registry},
	{"ChannelSigned", look_channel},
	{"ReleaseHealthy", look_release},
	{"PromotionsFree", look_hold},
	{"FleetFollowing", look_fleet},
	{"ProvidersReachable", look_providers},
	{"IngestDelivered", look_ingest},
	{"JobsOnTime", look_jobs},
	{"HubInSync", look_hub},
	{"DistillationsSucceeding", look_distillations},
	{"WebhooksDelivering", look_webhooks},
};

size_t conditions_find(const struct standing_look *l, struct condition ret[STANDING_MAX])
{
	size_t n = 0;

	_Static_assert(sizeof(looks) / sizeof(looks[0]) <= STANDING_MAX, "room for each");
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct err err = {0};
		int rc = looks[i].look(l, &ret[n], &err);

		if (rc < 0)
			rc = say(&ret[n], CONDITION_UNKNOWN, "NotReadable", 0,
				arena_printf(l->arena, "it could not be read: %s", err.msg));
		if (rc > 0)
			ret[n++].type = looks[i].type;
	}
	return n;
}
