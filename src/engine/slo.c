/* SPDX-License-Identifier: Apache-2.0
 *
 * The watch over the active release: sums what nodes reported for its activation, has the objectives
 * judged, and takes the way back when one is breached. At most one rollback for each look, and only
 * rows of the activation that is live count.
 */
#include "policy/slo.h"

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/internal.h"
#include "engine/release.h"
#include "store/event.h"
#include "store/observation.h"

int slo_results(struct db *db, const struct policy *p, int64_t serial, int64_t now, struct arena *a,
	struct slo_result **ret, struct err *err)
{
	struct slo_result *r = ARENA_ARRAY(a, p->slos.n, struct slo_result);
	struct observation sum = {0};
	int64_t window = -1;

	for (size_t i = 0; i < p->slos.n; i++) {
		const struct policy_slo *slo = LIST_AT(&p->slos, struct policy_slo, i);

		if (slo->window_s != window &&
			observation_sum(
				db, serial, now - slo->window_s * USEC_PER_SEC, now, &sum, err) < 0)
			return -1;
		window = slo->window_s;
		slo_evaluate(slo, &sum, a, &r[i]);
	}
	*ret = r;
	return 0;
}

struct breach {
	const struct slo_result *slo;
	bool rolled_back;
	struct channel_row channel;
};

static const char *breach_data(
	const struct slo_result *r, const struct snapshot *s, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(4096);
	struct json_writer w;

	/* Canonical: keys in the order of RFC 8785. */
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "bad", r->bad);
	jw_kint(&w, "of", r->of);
	jw_kstring(&w, "release", s->channel.version);
	jw_kint(&w, "serial", s->channel.serial);
	jw_kstring(&w, "slo", r->slo->name);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static int breach_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct breach *b = c->args;
	const struct snapshot *s = c->prepared;
	const char *subject = arena_printf(
		tx->arena, "%s/%lld", s->channel.channel, (long long)s->channel.serial);
	const char *data = breach_data(b->slo, s, tx->arena);
	const char *reason = arena_printf(tx->arena, "slo %s: %s", b->slo->slo->name,
		b->slo->detail ? b->slo->detail : "breached");
	struct release_row *warm;
	size_t n;
	int rc;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	/* Once for each activation, however long the breach goes on. */
	rc = event_seen(tx->db, event_name(EVENT_SLO_BREACHED), subject, err);
	if (rc < 0 ||
		(rc == 0 && tx_event(tx, EVENT_SLO_BREACHED, subject, reason, data, NULL, err) < 0))
		return -1;
	if (!s->policy.rollback->automatic)
		return 0;
	if (release_in_state(tx->db, "warm", 1, tx->arena, &warm, &n, err) < 0)
		return -1;
	if (n > 0) {
		b->rolled_back = true;
		return rollback_apply(tx, s, NULL, "slo", reason, &b->channel, err);
	}
	rc = event_seen(tx->db, event_name(EVENT_ROLLBACK_IMPOSSIBLE), subject, err);
	if (rc == 0)
		rc = tx_event(tx, EVENT_ROLLBACK_IMPOSSIBLE, subject,
			"no release is warm; the breached one keeps serving", data, NULL, err);
	return rc < 0 ? -1 : 0;
}

static const struct command_kind breach_kind = {.name = "slo_breach", .apply = breach_apply};

static void breached(struct engine *e, struct db *reader, struct snapshot *s,
	const struct slo_result *r, struct arena *a)
{
	struct breach b = {.slo = r};
	struct err err = {0};
	struct command c = engine_job(&breach_kind, "controller:slo", &b, a, s);
	int rc = engine_commit(e, &c, &err);

	if (rc < 0) {
		log_error("slo.rollback_failed", LOG_STR("slo", r->slo->name), LOG_ERR(&err));
	} else if (rc == 0 && b.rolled_back) {
		log_warn("slo.rolled_back", LOG_STR("slo", r->slo->name),
			LOG_STR("from", s->channel.version),
			LOG_STR("to", b.channel.release_version));
		rejudge_newest(e, reader);
	}
}

void slo_watch(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(e);
	struct slo_result *r;
	struct err err = {0};

	if (!s->has_release)
		return;
	if (slo_results(reader, &s->policy, s->channel.serial, engine_now(e), a, &r, &err) < 0) {
		log_error("slo.failed", LOG_ERR(&err));
		return;
	}
	for (size_t i = 0; i < s->policy.slos.n; i++)
		if (r[i].breached) {
			breached(e, reader, s, &r[i], a);
			return;
		}
}
