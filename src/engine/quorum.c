/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has delivered. A run of the ingest by the schedule opens a delivery for each provider of the
 * quorum: it is met by a manifest, through a connector or by POST, that comes after the provider's
 * deadline before and up to this one. A run by hand opens none. What is missed is an event, once; what
 * comes late counts from then on.
 */
#include <string.h>

#include "base/duration.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "engine/source_run.h"

enum { LOOK_S = 60, DETAIL_MAX = 16384 };

static const struct quorum *quorum_of(const struct policy *p)
{
	return p->cadence->ingest ? p->cadence->ingest->quorum : NULL;
}

/* ---- Opening ---- */

struct opening {
	int64_t run_seq;
	const struct quorum *quorum;
};

static int open_one(
	struct tx *tx, const struct opening *o, const struct quorum_provider *q, struct err *err)
{
	struct ingest_due last, due = {
					.run_seq = o->run_seq,
					.provider = q->name,
					.due_at = tx->now + q->deadline_usec,
				};
	int rc = ingest_due_last(tx->db, q->name, tx->arena, &last, err);

	/* The first time whatever is there counts. */
	if (rc > 0)
		due.since = last.due_at < tx->now ? last.due_at : tx->now;
	return rc < 0 ? -1 : ingest_due_insert(tx->db, &due, err);
}

static int open_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct opening *o = c->args;

	for (size_t i = 0; i < o->quorum->providers.n; i++)
		if (open_one(tx, o, LIST_AT(&o->quorum->providers, struct quorum_provider, i),
			    err) < 0)
			return -1;
	return 0;
}

int deliveries_open(struct engine *e, int64_t run_seq, struct err *err)
{
	static const struct command_kind kind = {.name = "deliveries_open", .apply = open_apply};
	SNAPSHOT_AUTO s = snapshot_get(e);
	ARENA_AUTO a = arena_new();
	struct opening o = {.run_seq = run_seq, .quorum = quorum_of(&s->policy)};
	struct command c = engine_job(&kind, "controller:ingest", &o, a, NULL);

	if (!o.quorum)
		return 0;
	e->sources->next_look = 0;
	return engine_commit(e, &c, err);
}

/* ---- Closing ---- */

static int missed(struct tx *tx, const struct ingest_due *d, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(DETAIL_MAX);
	struct json_writer w;
	int64_t newest = 0;

	if (delivery_newest(tx->db, d->provider, 0, &newest, err) < 0)
		return -1;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_ktime(&w, "deadline", d->due_at);
	jw_ktime(&w, "newest_at", newest);
	jw_kint(&w, "run", d->run_seq);
	jw_ktime(&w, "since", d->since);
	jw_end(&w);
	return tx_event(tx, EVENT_PROVIDER_MISSED_INGEST, d->provider, NULL, sb.buf, NULL, err);
}

static int close_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct ingest_dues *overdue = c->args;

	for (size_t i = 0; i < overdue->n; i++) {
		struct ingest_due *d = &overdue->v[i];
		int64_t at = 0;
		int rc = delivery_newest(tx->db, d->provider, d->due_at, &at, err);

		if (rc < 0)
			return -1;
		d->closed_at = tx->now;
		d->delivered_at = rc && at > d->since ? at : 0;
		rc = ingest_due_close(tx->db, d, err);
		if (rc < 0 || (rc && !d->delivered_at && missed(tx, d, err) < 0))
			return -1;
	}
	return 0;
}

static int close_overdue(struct engine *e, struct db *reader, int64_t now, struct err *err)
{
	static const struct command_kind kind = {.name = "deliveries_close", .apply = close_apply};
	ARENA_AUTO a = arena_new();
	struct ingest_dues overdue;
	struct command c = engine_job(&kind, "controller:ingest", &overdue, a, NULL);

	if (ingest_dues_overdue(reader, now, a, &overdue, err) < 0)
		return -1;
	return overdue.n ? engine_commit(e, &c, err) : 0;
}

void deliveries_watch(struct engine *e, struct db *reader)
{
	struct source_set *set = e->sources;
	int64_t now = engine_now(e), mono = clock_mono(e->clock);
	struct err err = {0};
	int64_t next = INT64_MAX;

	if (now < set->next_due && mono < set->next_look)
		return;
	set->next_look = mono + LOOK_S * USEC_PER_SEC;
	if (close_overdue(e, reader, now, &err) < 0 || ingest_due_next(reader, &next, &err) < 0) {
		/* Not at once again: it would be the same. */
		set->next_look = mono + USEC_PER_SEC;
		next = INT64_MAX;
		log_error("deliveries.watch_failed", LOG_ERR(&err));
	}
	set->next_due = next;
}

/* ---- What others ask ---- */

struct standing {
	const struct ingest_due *due; /* NULL: the provider was not asked in the newest run */
	int64_t newest;		      /* 0: never */
	bool delivered, waits;
};

static const struct ingest_due *due_of(const struct ingest_dues *dues, const char *provider)
{
	for (size_t i = 0; i < dues->n; i++)
		if (strcmp(dues->v[i].provider, provider) == 0)
			return &dues->v[i];
	return NULL;
}

static int stand(struct db *db, const struct quorum_provider *q, const struct ingest_dues *dues,
	int64_t now, struct standing *ret, struct err *err)
{
	struct standing s = {.due = due_of(dues, q->name)};

	if (delivery_newest(db, q->name, 0, &s.newest, err) < 0)
		return -1;
	s.delivered = !s.due || s.newest > s.due->since;
	s.waits = !s.delivered && now < s.due->due_at;
	*ret = s;
	return 0;
}

static void say_provider(struct json_writer *w, const struct quorum_provider *q,
	const struct standing *s, int64_t now)
{
	jw_object(w);
	jw_kstring(w, "provider", q->name);
	jw_kbool(w, "delivered", s->delivered);
	jw_ktime(w, "newest_at", s->newest);
	if (s->newest)
		jw_kint(w, "age_s", (now - s->newest) / USEC_PER_SEC);
	if (s->due)
		jw_ktime(w, "deadline", s->due->due_at);
	jw_end(w);
}

/* "gcp (newest 3 d old)" of each that did not deliver. */
static const char *who_is_missing(
	const struct quorum *q, const struct standing *s, int64_t now, struct arena *a)
{
	const char *out = "";
	char age[DURATION_STRLEN];

	for (size_t i = 0; i < q->providers.n; i++) {
		const char *name = LIST_AT(&q->providers, struct quorum_provider, i)->name;

		if (s[i].delivered)
			continue;
		out = s[i].newest ? arena_printf(a, "%s%s%s (newest %s old)", out, *out ? ", " : "",
					    name, duration_say(now - s[i].newest, age))
				  : arena_printf(a, "%s%s%s (never delivered)", out,
					    *out ? ", " : "", name);
	}
	return out;
}

struct tally {
	size_t delivered;
	int64_t wait_until;   /* of those that may still come, the earliest deadline */
	const char *required; /* one that is missing, or NULL */
};

static struct tally count(const struct quorum *q, const struct standing *s)
{
	struct tally t = {0};

	for (size_t i = 0; i < q->providers.n; i++) {
		const struct quorum_provider *o = LIST_AT(&q->providers, struct quorum_provider, i);

		t.delivered += s[i].delivered;
		if (s[i].waits && (!t.wait_until || s[i].due->due_at < t.wait_until))
			t.wait_until = s[i].due->due_at;
		if (!s[i].delivered && o->required)
			t.required = o->name;
	}
	return t;
}

static const char *detail(const struct quorum *q, const struct standing *s, size_t delivered,
	int64_t now, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DETAIL_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "min", q->min);
	jw_kint(&w, "delivered", (int64_t)delivered);
	jw_kint(&w, "of", (int64_t)q->providers.n);
	jw_key(&w, "providers");
	jw_array(&w);
	for (size_t i = 0; i < q->providers.n; i++)
		say_provider(&w, LIST_AT(&q->providers, struct quorum_provider, i), &s[i], now);
	jw_end(&w);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static const char *reason(const struct quorum *q, const struct standing *s, const struct tally *t,
	bool met, int64_t now, struct arena *a)
{
	const char *who = who_is_missing(q, s, now, a);
	char at[TIME_STRLEN];

	if (t->delivered == q->providers.n)
		return NULL;
	if (t->wait_until)
		return arena_printf(a, "%zu of %zu providers delivered; until %s it waits for %s",
			t->delivered, q->providers.n, time_format(t->wait_until, at), who);
	if (met)
		return arena_printf(a,
			"%zu of %zu providers delivered, which is enough; without %s", t->delivered,
			q->providers.n, who);
	if (t->required)
		return arena_printf(
			a, "%s did not deliver, and is required; missing: %s", t->required, who);
	return arena_printf(a, "%zu of %zu providers delivered, and %lld must; missing: %s",
		t->delivered, q->providers.n, (long long)q->min, who);
}

int ingest_quorum(struct db *db, const struct policy *p, int64_t now, struct arena *a,
	struct ingest_quorum *ret, struct err *err)
{
	const struct quorum *q = quorum_of(p);
	struct standing *s;
	struct ingest_dues dues;
	struct tally t;
	bool met;

	if (!q) {
		*ret = (struct ingest_quorum){.met = true};
		return 0;
	}
	if (ingest_dues_newest(db, a, &dues, err) < 0)
		return -1;
	s = ARENA_ARRAY(a, q->providers.n, struct standing);
	for (size_t i = 0; i < q->providers.n; i++)
		if (stand(db, LIST_AT(&q->providers, struct quorum_provider, i), &dues, now, &s[i],
			    err) < 0)
			return -1;
	t = count(q, s);
	met = t.delivered >= (size_t)q->min && !t.required;
	*ret = (struct ingest_quorum){
		.met = met,
		.wait_until = t.wait_until,
		.why = reason(q, s, &t, met, now, a),
		.detail = detail(q, s, t.delivered, now, a),
	};
	return 0;
}
