/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes: takes their reports, which may name nothing that the registry does not know; says where each
 * stands, and how far the fleet follows the channel.
 */
#include "engine/node.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/drill.h"
#include "engine/internal.h"
#include "engine/release.h"
#include "engine/render.h"
#include "store/event.h"
#include "store/node.h"

enum { FORGET_PAGE = 100, FORGET_LOOK_S = 3600 };

#define LIVE_USEC (NODE_LIVE_S * USEC_PER_SEC)

/* ---- Where a node stands ---- */

/* The activation that a serial belongs to; 0: none. */
static int activation_of(
	struct db *db, int64_t serial, struct arena *a, int64_t *ret, struct err *err)
{
	struct activation_row row = {0};
	int rc = activation_begun(db, serial, a, &row, err);

	*ret = rc > 0 ? row.serial : 0;
	return rc < 0 ? -1 : 0;
}

static bool follows(const struct snapshot *s, int64_t activation, int64_t current,
	const char *release, bool ready)
{
	return ready && activation == current && strcmp(release, s->channel.version) == 0;
}

/* Does it have ready what it says it serves? */
static bool has_ready(const struct node_report *r)
{
	for (size_t i = 0; i < r->loaded.n; i++) {
		const struct node_loaded *l = LIST_AT(&r->loaded, struct node_loaded, i);

		if (strcmp(l->version, r->release) == 0)
			return l->ready;
	}
	return true;
}

static int view_of(struct db *db, const struct snapshot *s, const struct node_row *row, int64_t now,
	struct arena *a, struct node_view *ret, struct err *err)
{
	int64_t its, current;

	fields_init(&node_view_table, ret);
	if (fields_load_text(&node_report_table, row->report, a, &ret->report, err) < 0 ||
		activation_of(db, row->serial, a, &its, err) < 0 ||
		activation_of(db, s->channel.serial, a, &current, err) < 0)
		return -1;
	ret->id = row->id;
	ret->first_seen_at = row->first_seen_at;
	ret->serial_since = row->serial_since;
	ret->seen_at = row->seen_at;
	bool current_one = follows(s, its, current, ret->report.release, has_ready(&ret->report));

	ret->state = row->seen_at <= now - LIVE_USEC	  ? "silent"
		     : ret->report.health == NODE_FAILING ? "unhealthy"
		     : current_one			  ? "current"
							  : "behind";
	return 0;
}

int node_view(struct db *db, const struct snapshot *s, const char *id, int64_t now, struct arena *a,
	struct node_view *ret, struct err *err)
{
	struct node_row row;
	int rc = node_find(db, id, a, &row, err);

	if (rc > 0 && view_of(db, s, &row, now, a, ret, err) < 0)
		return -1;
	return rc;
}

int node_list(struct db *db, const struct snapshot *s, int64_t now, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err)
{
	struct node_row *rows;
	size_t n;

	if (node_page(db, after, limit + 1, a, &rows, &n, err) < 0)
		return -1;
	*ret = (struct page){.bodies = ARENA_ARRAY(a, n + 1, const char *)};
	for (; ret->n < n && ret->n < (size_t)limit; ret->n++) {
		struct node_view view;

		if (view_of(db, s, &rows[ret->n], now, a, &view, err) < 0)
			return -1;
		ret->bodies[ret->n] = fields_canonical(&node_view_table, &view, a, NULL);
	}
	ret->next = n > (size_t)limit ? rows[limit - 1].seq : 0;
	return 0;
}

int drill_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err)
{
	struct drill *rows;
	size_t n;

	if (drill_page(db, after, limit + 1, a, &rows, &n, err) < 0)
		return -1;
	*ret = (struct page){.bodies = ARENA_ARRAY(a, n + 1, const char *)};
	for (; ret->n < n && ret->n < (size_t)limit; ret->n++)
		ret->bodies[ret->n] = fields_canonical(&drill_table, &rows[ret->n], a, NULL);
	ret->next = n > (size_t)limit ? rows[limit - 1].id : 0;
	return 0;
}

/* ---- The fleet ---- */

/* Since when the group is behind: since its activation was left, or since the one of them that has stood
 * so the longest came to that, when that was later (a node that begins with an old pointer). */
static int behind_since(struct db *db, const struct node_group *g, int64_t activation,
	int64_t current, struct arena *a, struct fleet *f, struct err *err)
{
	int64_t since = g->since;
	struct activation_row next;
	int rc = activation == current ? 0 : activation_next(db, activation, a, &next, err);

	if (rc < 0)
		return -1;
	if (rc > 0 && next.at > since)
		since = next.at;
	if (!f->behind_since || since < f->behind_since)
		f->behind_since = since;
	return 0;
}

static int count_group(struct db *db, const struct snapshot *s, const struct node_group *g,
	int64_t current, struct arena *a, struct fleet *f, struct err *err)
{
	struct fleet_serial *last =
		f->serials.n ? LIST_AT(&f->serials, struct fleet_serial, f->serials.n - 1) : NULL;
	int64_t its;

	if (activation_of(db, g->serial, a, &its, err) < 0)
		return -1;
	f->live += g->n;
	if (!last || last->serial != g->serial || strcmp(last->release, g->release) != 0) {
		last = LIST_AT(&f->serials, struct fleet_serial, f->serials.n++);
		*last = (struct fleet_serial){.serial = g->serial, .release = g->release};
	}
	last->nodes += g->n;
	if (strcmp(g->health, names_of(&node_health_names, NODE_FAILING)) == 0) {
		f->unhealthy += g->n;
		return 0;
	}
	if (follows(s, its, current, g->release, g->ready)) {
		f->current += g->n;
		return 0;
	}
	f->behind += g->n;
	return behind_since(db, g, its, current, a, f, err);
}

int fleet_view(struct db *db, const struct snapshot *s, int64_t now, struct arena *a,
	struct fleet *ret, struct err *err)
{
	struct node_group *groups;
	int64_t current = 0;
	size_t n;

	*ret = (struct fleet){0};
	if (!s->has_release)
		return 0;
	if (node_count(db, &ret->known, err) < 0 ||
		node_groups(db, now - LIVE_USEC, a, &groups, &n, err) < 0 ||
		activation_of(db, s->channel.serial, a, &current, err) < 0)
		return -1;
	ret->serials.v = ARENA_ARRAY(a, n + 1, struct fleet_serial);
	for (size_t i = 0; i < n; i++)
		if (count_group(db, s, &groups[i], current, a, ret, err) < 0)
			return -1;
	ret->silent = ret->known - ret->live;
	return 0;
}

/* ---- Reports ---- */

struct reporting {
	const char *id;
	const struct node_report *request;
	struct node_report report; /* versions without v, `release` among those loaded */
	const char *text;
};

static int check_release(struct db *db, struct command *c, const char *version, const char *pointer,
	const char **ret, struct err *err)
{
	const char *plain = version_plain(version, false, c->arena);
	struct release_row row;
	int rc = plain ? release_find(db, plain, c->arena, &row, err) : 0;

	if (rc < 0)
		return -1;
	if (rc == 0)
		fault_add(c->faults, pointer, "there is no release %s", version);
	else
		*ret = row.version;
	return 0;
}

/* Loaded and ready, and loaded and not: which one holds? With v and without is the same. */
static void named_once(
	struct command *c, const struct node_loaded *all, size_t i, const char *pointer)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(all[i].version, all[j].version) == 0) {
			fault_add(c->faults, pointer, "%s is named before, at /loaded/%zu",
				all[i].version, j);
			return;
		}
}

static int check_loaded(struct db *db, struct command *c, struct reporting *x, struct err *err)
{
	const struct list *loaded = &x->request->loaded;
	struct node_loaded *out = ARENA_ARRAY(c->arena, loaded->n + 1, struct node_loaded);
	struct list *list = &x->report.loaded;
	bool serves = false;
	char at[64];

	*list = (struct list){out, loaded->n};
	for (size_t i = 0; i < loaded->n; i++) {
		out[i] = *LIST_AT(loaded, struct node_loaded, i);
		pointer_index(at, sizeof(at), "/loaded", i);
		if (check_release(db, c, out[i].version, at, &out[i].version, err) < 0)
			return -1;
		named_once(c, out, i, at);
		serves = serves ||
			 (x->report.release && strcmp(out[i].version, x->report.release) == 0);
	}
	if (!serves && x->report.release)
		out[list->n++] =
			(struct node_loaded){x->report.release, x->report.health != NODE_FAILING};
	return 0;
}

static int reporting_prepare(
	struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct reporting *x = c->args;
	const struct snapshot *s = c->prepared;

	if (!s->has_release)
		return err_set(err, ERR_NO_RELEASE, "nothing has been promoted yet");
	command_check_begin(c);
	x->report = *x->request;
	x->report.release = NULL;
	if (x->request->serial > s->channel.serial)
		fault_add(c->faults, "/serial",
			"the channel has not come to serial %lld; it is at %lld",
			(long long)x->request->serial, (long long)s->channel.serial);
	if (check_release(reader, c, x->request->release, "/release", &x->report.release, err) <
			0 ||
		check_loaded(reader, c, x, err) < 0)
		return -1;
	if (command_check_end(c, err) < 0)
		return -1;
	x->text = fields_canonical(&node_report_table, &x->report, c->arena, NULL);
	return 0;
}

static int check_room(struct tx *tx, struct err *err)
{
	int64_t n = 0;

	if (node_count(tx->db, &n, err) < 0)
		return -1;
	if (n >= NODES_MAX)
		return err_set(err, ERR_STATE_CONFLICT,
			"%d nodes are known, which is the limit; one that is silent for %d days is "
			"forgotten",
			NODES_MAX, NODE_KEPT_S / 86400);
	return 0;
}

static bool converged(const struct fleet *f)
{
	return f->live > 0 && f->current == f->live;
}

/* The first moment at which every live node serves what the channel says: once for an activation. */
static int check_converged(struct tx *tx, const struct snapshot *s, struct err *err)
{
	struct activation_row activation;
	struct fleet f;
	const char *subject;
	int rc;

	if (fleet_view(tx->db, s, tx->now, tx->arena, &f, err) < 0)
		return -1;
	if (!converged(&f))
		return 0;
	if (activation_begun(tx->db, s->channel.serial, tx->arena, &activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "the present activation is missing");
	subject = arena_printf(tx->arena, "%s/%lld", CHANNEL_STABLE, (long long)activation.serial);
	rc = event_seen(tx->db, event_name(EVENT_FLEET_CONVERGED), subject, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return tx_event(tx, EVENT_FLEET_CONVERGED, subject, NULL,
		arena_printf(tx->arena,
			"{\"nodes\":%lld,\"release\":\"%s\",\"silent\":%lld,\"took_ms\":%lld}",
			(long long)f.live, s->channel.version, (long long)f.silent,
			(long long)((tx->now - activation.at) / USEC_PER_MSEC)),
		NULL, err);
}

/* Does it stand otherwise than before? */
static int has_moved(struct tx *tx, const struct reporting *x, const struct node_row *row,
	bool *ret, struct err *err)
{
	struct node_report before;

	if (fields_load_text(&node_report_table, row->report, tx->arena, &before, err) < 0)
		return -1;
	*ret = row->serial != x->report.serial || strcmp(row->release, x->report.release) != 0 ||
	       has_ready(&before) != has_ready(&x->report);
	return 0;
}

static int store_report(
	struct tx *tx, struct reporting *x, const struct snapshot *s, struct err *err)
{
	struct node_row row = {.id = x->id};
	int rc = node_find(tx->db, x->id, tx->arena, &row, err);
	bool is_new = rc == 0, moved = is_new, other;

	if (rc < 0 || (is_new && check_room(tx, err) < 0))
		return -1;
	other = is_new || strcmp(row.report, x->text) != 0;
	if (other && !is_new && has_moved(tx, x, &row, &moved, err) < 0)
		return -1;
	row.id = x->id;
	row.serial = x->report.serial;
	row.release = x->report.release;
	row.health = names_of(&node_health_names, x->report.health);
	row.report = x->text;
	if (moved)
		row.serial_since = tx->now;
	if (node_put(tx->db, &row, tx->now, err) < 0 ||
		(other && node_set_loaded(tx->db, row.seq, &x->report.loaded, err) < 0))
		return -1;
	/* No event, and yet the status shows it. */
	tx->engine->state.conditions += other;
	if (is_new && tx_event(tx, EVENT_NODE_JOINED, x->id, NULL,
			      arena_printf(tx->arena, "{\"release\":\"%s\",\"serial\":%lld}",
				      row.release, (long long)row.serial),
			      NULL, err) < 0)
		return -1;
	return other ? check_converged(tx, s, err) : 0;
}

/* With what it should know: where the channel is, and the drill that waits for it. */
static int answer(struct tx *tx, struct command *c, const char *id, struct err *err)
{
	const struct snapshot *s = c->prepared;
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;
	struct node_view view;
	struct drill drill;
	struct body body;
	int rc;

	if (node_view(tx->db, s, id, tx->now, tx->arena, &view, err) < 0)
		return -1;
	rc = drill_running(tx->db, tx->arena, &drill, err);
	if (rc < 0)
		return -1;
	json_writer_init(&w, &sb);
	jw_object(&w);
	fields_emit_members(&node_view_table, &view, &w);
	jw_kraw(&w, "channel", s->channel_body.text);
	if (rc > 0) {
		jw_key(&w, "drill");
		fields_emit(&drill_table, &drill, &w);
	}
	jw_end(&w);
	body_set(&body, arena_strndup(c->arena, sb.buf, sb.len), sb.len);
	command_answer(c, 200, NULL, &body);
	return 0;
}

static int reporting_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct reporting *x = c->args;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (store_report(tx, x, c->prepared, err) < 0 || drill_check(tx, err) < 0)
		return -1;
	return answer(tx, c, x->id, err);
}

static const struct command_kind reporting_kind = {
	.name = "node_report",
	.prepare = reporting_prepare,
	.apply = reporting_apply,
};

int node_submit(struct engine *e, struct db *reader, struct command *c, const char *id,
	const struct node_report *r, struct err *err)
{
	struct reporting *x = ARENA_NEW(c->arena, struct reporting);

	x->id = id;
	x->request = r;
	c->kind = &reporting_kind;
	c->args = x;
	return command_submit_here(e, reader, c, err);
}

/* ---- Silence ---- */

static int forget_apply(struct tx *tx, struct command *c, struct err *err)
{
	int n = node_forget_silent(
		tx->db, tx->now - NODE_KEPT_S * USEC_PER_SEC, FORGET_PAGE, tx->arena, err);

	*(int *)c->args = n;
	return n < 0 ? -1 : 0;
}

/* The last that was behind may fall silent instead of following: no report tells of that. */
static int converged_apply(struct tx *tx, struct command *c, struct err *err)
{
	return command_stale(tx, c) ? COMMAND_STALE : check_converged(tx, c->prepared, err);
}

static void watch_converged(struct engine *e, struct db *reader)
{
	static const struct command_kind kind = {
		.name = "fleet_converged", .apply = converged_apply};
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(e);
	struct err err = {0};
	struct fleet f;
	struct command c = engine_job(&kind, "controller:nodes", NULL, a, s);
	int rc = 0;

	if (!s->has_release || s->channel.serial == e->converged)
		return;
	if (fleet_view(reader, s, engine_now(e), a, &f, &err) < 0 ||
		(converged(&f) && (rc = engine_commit(e, &c, &err)) < 0))
		log_warn("nodes.fleet_failed", LOG_ERR(&err));
	else if (converged(&f) && rc == 0)
		e->converged = s->channel.serial;
}

static const struct command_kind forget_kind = {.name = "nodes_forget", .apply = forget_apply};

void nodes_watch(struct engine *e, struct db *reader)
{
	int64_t now = clock_mono(e->clock);
	ARENA_AUTO a = arena_new();
	struct err err = {0};
	int64_t known = 0;
	int n = 0;
	struct command c = engine_job(&forget_kind, "controller:nodes", &n, a, NULL);

	if (now < e->next_nodes)
		return;
	e->next_nodes = now + USEC_PER_SEC;
	drill_watch(e, reader);
	watch_converged(e, reader);
	if (now < e->next_forgetting)
		return;
	e->next_forgetting = now + FORGET_LOOK_S * USEC_PER_SEC;
	if (node_count(reader, &known, &err) < 0 || (known && engine_commit(e, &c, &err) < 0))
		log_warn("nodes.forget_failed", LOG_ERR(&err));
	if (n == FORGET_PAGE)
		e->next_forgetting = now;
}
