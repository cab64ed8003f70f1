/* SPDX-License-Identifier: Apache-2.0
 *
 * One look at a provider's place: list, fetch what is new or changed, hand it in as a POST would be,
 * and write down what became of it, a batch at a time, so that what was handled stays handled when
 * the rest fails. It judges nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/source_run.h"
#include "store/event.h"

enum { BATCH_MAX = 32, DROPS_MAX = 1000, BUSY_MS = 100, DATA_MAX = 64 << 10 };
/* Entries in a row for which the provider could not be asked: then nobody asks for the rest. */
enum { DEAF_MAX = 3 };

static bool is_partial(const struct source *s)
{
	return s->task == SOURCE_INGEST_ASKED && !s->taken.all;
}

/* ---- What is written down ---- */

struct record {
	const char *provider;
	struct source_item *items;
	const bool *told; /* of each: it stands in the history already */
	size_t n;
	const char **drops; /* entries that are no longer listed */
	size_t n_drops;
};

static int event_data(const struct record *r, const struct source_item *i, struct arena *a,
	const char **ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "code", i->code);
	jw_kstring(&w, "detail", i->detail);
	jw_kstring(&w, "name", i->name);
	if (i->pointer)
		jw_kstring(&w, "pointer", i->pointer);
	jw_kstring(&w, "provider", r->provider);
	jw_end(&w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "the name of an entry is too long to be told");
	*ret = arena_strndup(a, sb.buf, sb.len);
	return 0;
}

/* Once for each content; of what was never read, once for each state of the entry. */
static int tell(struct tx *tx, const struct record *r, const struct source_item *i, bool told,
	struct err *err)
{
	static const enum event_type types[] = {
		[SOURCE_REFUSED] = EVENT_MANIFEST_REFUSED,
		[SOURCE_CONFLICT] = EVENT_MANIFEST_CONFLICTED,
		[SOURCE_FAILED] = EVENT_MANIFEST_UNREADABLE,
	};
	enum event_type type = types[i->outcome];
	const char *subject =
		i->digest ? i->digest : arena_printf(tx->arena, "%s/%s", r->provider, i->name);
	int rc = i->digest ? event_seen(tx->db, event_name(type), subject, err) : told;
	const char *data = NULL;

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return event_data(r, i, tx->arena, &data, err) < 0
		       ? -1
		       : tx_event(tx, type, subject, NULL, data, NULL, err);
}

/* Of a manifest that its provider did not write: from where each number is. */
static int tell_built(
	struct tx *tx, const struct record *r, const struct source_item *i, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kraw(&w, "built", i->built);
	jw_kstring(&w, "name", i->name);
	jw_kstring(&w, "provider", r->provider);
	jw_kstring(&w, "version", i->version);
	jw_end(&w);
	return tx_event(tx, EVENT_MANIFEST_BUILT,
		arena_printf(tx->arena, "%s/%s", r->provider, i->name), NULL,
		json_writer_done(&w) ? sb.buf : NULL, NULL, err);
}

static int record_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct record *r = c->args;

	for (size_t i = 0; i < r->n; i++) {
		struct source_item *item = &r->items[i];

		item->handled_at = tx->now;
		if ((item->outcome != SOURCE_STORED && tell(tx, r, item, r->told[i], err) < 0) ||
			(item->built && tell_built(tx, r, item, err) < 0) ||
			source_item_put(tx->db, r->provider, item, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->n_drops; i++)
		if (source_item_drop(tx->db, r->provider, r->drops[i], err) < 0)
			return -1;
	return 0;
}

static int run_one(struct source *s, struct db *reader, const struct command_kind *kind, void *args,
	struct arena *a, struct err *err)
{
	struct command c = {.arena = a, .actor = s->actor, .kind = kind, .args = args};

	return command_run_one(s->e, reader, &c, err);
}

static int write_down(struct source *s, struct db *reader, struct record *r, struct arena *a)
{
	static const struct command_kind kind = {.name = "source_record", .apply = record_apply};

	if (r->n + r->n_drops == 0)
		return 0;
	return run_one(s, reader, &kind, r, a, &s->report.err);
}

/* ---- A batch ---- */

struct entry {
	const struct source_entry *entry;
	const struct source_item *row; /* as it was handled last, or NULL */
	struct command command;
	char digest[DIGEST_STRLEN];
	bool young, sent;
	const char *built;
};

struct batch {
	struct source *s;
	struct db *reader;
	struct provider_call call;
	int64_t policy_version;
	struct entry *v;
	size_t n, room;
	struct record record;
	bool *told;
	struct err deaf; /* why the provider could not be asked for an entry; the first one's */
	size_t n_deaf;	 /* in a row */
	/* Of each command: the writer applies one while the next is prepared here. */
	struct arena *arenas[BATCH_MAX];
};

/* Add to the record what became of the entry. */
static struct source_item *became(struct batch *b, const struct entry *x, enum source_outcome what)
{
	struct source_item *i = &b->record.items[b->record.n];

	*i = (struct source_item){
		.name = x->entry->name,
		.version = x->entry->version,
		.outcome = what,
		.digest = *x->digest ? x->digest : NULL,
		.policy_version = b->policy_version,
	};
	b->told[b->record.n++] = x->row && x->row->outcome == (int)what &&
				 strcmp(x->row->version, x->entry->version) == 0;
	return i;
}

static void refuse(
	struct batch *b, const struct entry *x, enum source_outcome what, const struct err *err)
{
	struct source_item *i = became(b, x, what);

	i->code = err_info(err->code)->code;
	i->pointer = *err->pointer ? arena_strdup(b->call.arena, err->pointer) : NULL;
	i->detail = arena_strdup(b->call.arena, err->msg);
}

static struct arena *own_arena(struct batch *b, const struct entry *x)
{
	struct arena **a = &b->arenas[x - b->v];

	if (*a)
		arena_reset(*a);
	else
		*a = arena_new();
	return *a;
}

static void fetched(struct batch *b, struct entry *x, const struct source_document *d)
{
	digest_string(d->text, d->len, x->digest);
	if (x->row && x->row->outcome == SOURCE_STORED && x->row->digest &&
		strcmp(x->row->digest, x->digest) == 0) {
		b->s->report.unchanged++;
		became(b, x, SOURCE_STORED);
		return;
	}
	x->young = d->young;
	x->built = d->built;
	x->sent = true;
	x->command = (struct command){.arena = own_arena(b, x), .actor = b->s->actor};
	manifest_command(&x->command, b->s->provider, d->text, d->len);
}

/* The entry stays as it was: it is the provider that failed, which is told once and for all. */
static void deaf(struct batch *b, const struct err *err)
{
	b->s->report.failed++;
	if (b->deaf.code == ERR_NONE)
		b->deaf = *err;
	if (++b->n_deaf >= DEAF_MAX || !err_info(err->code)->retryable)
		b->s->report.err = *err;
}

static void fetch(struct batch *b, struct entry *x)
{
	struct source_report *r = &b->s->report;
	struct source_document d = {0};
	struct err err = {0};
	int rc;

	if (x->entry->fault) {
		err_set(&err, ERR_INVALID_MANIFEST, "%s %s", x->entry->name, x->entry->fault);
		r->refused++;
		refuse(b, x, SOURCE_REFUSED, &err);
		return;
	}
	rc = b->s->kind->fetch(b->s->connector, &b->call, x->entry, &d, &err);
	if (rc < 0 && err.code != ERR_IO) {
		deaf(b, &err);
		return;
	}
	b->n_deaf = 0;
	if (rc == FETCH_DONE) {
		fetched(b, x, &d);
	} else if (rc == FETCH_UNSETTLED) {
		r->left++;
	} else if (rc == FETCH_REFUSED) {
		r->refused++;
		refuse(b, x, SOURCE_REFUSED, &err);
	} else if (rc < 0) {
		r->failed++;
		refuse(b, x, SOURCE_FAILED, &err);
	}
}

/* What the registry said of it. */
static void answered(struct batch *b, struct entry *x)
{
	struct source_report *r = &b->s->report;
	const struct err *err = &x->command.err;

	if (err->code == ERR_NONE) {
		bool fresh = x->command.answer.status == 201;

		became(b, x, SOURCE_STORED)->built = fresh ? x->built : NULL;
		r->fresh += fresh;
		r->known += !fresh;
	} else if (err_info(err->code)->retryable) {
		r->err = *err;
	} else if (x->young && (err->code == ERR_BAD_JSON)) {
		r->left++;
	} else if (err->code == ERR_ARTIFACT_CONFLICT) {
		r->conflicts++;
		refuse(b, x, SOURCE_CONFLICT, err);
	} else {
		r->refused++;
		refuse(b, x, SOURCE_REFUSED, err);
	}
}

/* A registry that is busy with others is waited for. */
static void pause_a_moment(struct engine *e)
{
	LOCK_SCOPE(&e->ops_lock);
	cond_wait(&e->ops_cond, &e->ops_lock, BUSY_MS * USEC_PER_MSEC);
}

static size_t send(struct batch *b, struct command **list)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct entry *x = &b->v[i];

		if (x->sent && (x->command.attempts == 0 || x->command.err.code == ERR_UNAVAILABLE))
			list[n++] = &x->command;
	}
	command_run(b->s->e, b->reader, list, n);
	for (n = 0; n < b->n; n++)
		if (b->v[n].sent && b->v[n].command.err.code == ERR_UNAVAILABLE)
			return 1;
	return 0;
}

static int finish_batch(struct batch *b)
{
	struct command *list[BATCH_MAX];
	struct err ignored;

	for (size_t i = 0; i < b->n && b->s->report.err.code == ERR_NONE; i++)
		fetch(b, &b->v[i]);
	while (send(b, list) && b->s->e->threads && !provider_call_check(&b->call, &ignored))
		pause_a_moment(b->s->e);
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].sent)
			answered(b, &b->v[i]);
	b->n = 0;
	int rc = write_down(b->s, b->reader, &b->record, b->call.arena);

	arena_reset(b->call.arena);
	return rc < 0 || b->s->report.err.code != ERR_NONE ? -1 : 0;
}

/* Empty, with its memory in the arena, which the batch before has left. */
static void begin_batch(struct batch *b)
{
	struct arena *a = b->call.arena;

	b->v = ARENA_ARRAY(a, b->room, struct entry);
	b->told = ARENA_ARRAY(a, b->room, bool);
	b->record = (struct record){
		.provider = b->s->provider,
		.items = ARENA_ARRAY(a, b->room, struct source_item),
		.told = b->told,
	};
}

static int add(struct batch *b, const struct source_entry *entry, const struct source_item *row)
{
	if (b->n == 0)
		begin_batch(b);
	b->v[b->n++] = (struct entry){.entry = entry, .row = row};
	if (b->n < b->room)
		return 0;
	if (finish_batch(b) < 0)
		return -1;
	return provider_call_check(&b->call, &b->s->report.err);
}

/* ---- The whole listing ---- */

/* Handled before as it is now? What a policy refused may be right for another one. */
static bool is_settled(
	const struct source_entry *entry, const struct source_item *row, int64_t policy_version)
{
	if (!row || strcmp(row->version, entry->version) != 0 || row->outcome == SOURCE_FAILED)
		return false;
	return row->outcome == SOURCE_STORED || row->policy_version == policy_version;
}

struct vanished {
	const char **v;
	size_t n;
};

/* Both lists go by name. */
static int walk(struct batch *b, const struct source_listing *l, const struct source_items *rows,
	struct vanished *gone)
{
	size_t j = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct source_entry *entry = &l->v[i];
		const struct source_item *row = NULL;

		while (j < rows->n && strcmp(rows->v[j].name, entry->name) < 0)
			gone->v[gone->n++] = rows->v[j++].name;
		if (j < rows->n && strcmp(rows->v[j].name, entry->name) == 0)
			row = &rows->v[j++];
		if (is_settled(entry, row, b->policy_version))
			b->s->report.unchanged++;
		else if (add(b, entry, row) < 0)
			return -1;
	}
	while (j < rows->n)
		gone->v[gone->n++] = rows->v[j++].name;
	return b->n ? finish_batch(b) : 0;
}

static int forget(struct source *s, struct db *reader, const struct vanished *gone)
{
	for (size_t i = 0; i < gone->n; i += DROPS_MAX) {
		ARENA_AUTO a = arena_new();
		struct record r = {.provider = s->provider, .drops = gone->v + i};

		r.n_drops = gone->n - i < DROPS_MAX ? gone->n - i : DROPS_MAX;
		if (write_down(s, reader, &r, a) < 0)
			return -1;
	}
	return 0;
}

static int64_t policy_version(struct engine *e)
{
	SNAPSHOT_AUTO snap = snapshot_get(e);

	return snap->policy.version;
}

/* Whole commands of others must find room in the queue, too. */
static size_t batch_size(const struct engine *e)
{
	size_t n = e->queue_max / 4;

	return n < 1 ? 1 : n > BATCH_MAX ? BATCH_MAX : n;
}

static int walk_in_batches(struct source *s, struct db *reader, const struct provider_call *call,
	const struct source_listing *l, const struct source_items *rows, struct vanished *gone)
{
	ARENA_AUTO a = arena_new();
	struct batch b = {
		.s = s,
		.reader = reader,
		.call = *call,
		.policy_version = policy_version(s->e),
		.room = batch_size(s->e),
	};
	int rc;

	b.call.arena = a;
	rc = walk(&b, l, rows, gone);
	if (rc == 0 && b.deaf.code != ERR_NONE) {
		s->report.err = b.deaf;
		rc = -1;
	}
	for (size_t i = 0; i < BATCH_MAX; i++)
		arena_free(b.arenas[i]);
	return rc;
}

/* Of all that is there, what was asked for by name. One that can't be looked up keeps no other from being
 * pulled: *ret_missed is why, of the first. */
static int list_asked(struct source *s, const struct provider_call *call,
	struct source_listing *ret, struct err *ret_missed)
{
	struct source_listing l = {.v = ARENA_ARRAY(call->arena, s->taken.n, struct source_entry)};
	size_t in_a_row = 0;

	for (size_t i = 0; i < s->taken.n; i++) {
		struct err why = {0};
		int rc = s->kind->find(s->connector, call, s->taken.v[i].name, &l.v[l.n], &why);

		l.n += rc > 0;
		in_a_row = rc < 0 ? in_a_row + 1 : 0;
		if (rc < 0 && ret_missed->code == ERR_NONE)
			*ret_missed = why;
		if (in_a_row == DEAF_MAX || (rc < 0 && provider_call_check(call, &why) < 0))
			break;
	}
	l.n = source_entries_sort(l.v, l.n);
	*ret = l;
	return 0;
}

static int list(struct source *s, const struct provider_call *call, struct source_listing *ret,
	struct err *ret_missed, struct err *err)
{
	return is_partial(s) ? list_asked(s, call, ret, ret_missed)
			     : s->kind->list(s->connector, call, ret, err);
}

/* Said when it begins, not with each listing. */
static void take_note(struct source *s, const char *note)
{
	bool had;

	lock_take(&s->e->ops_lock);
	had = s->note != NULL;
	free(s->note);
	s->note = note ? xstrdup(note) : NULL;
	lock_give(&s->e->ops_lock);
	if (note && !had)
		log_warn("source.note", LOG_STR("provider", s->provider), LOG_STR("note", note));
}

static int look(struct source *s, struct db *reader, struct arena *a)
{
	struct source_report *r = &s->report;
	const struct provider_call call = {
		.clock = s->e->clock,
		.deadline = clock_mono(s->e->clock) + s->timeout,
		.stop = &s->e->sources->stop,
		.arena = a,
	};
	struct source_listing l;
	struct source_items rows;
	struct vanished gone;
	struct err missed = {0};

	if (list(s, &call, &l, &missed, &r->err) < 0 ||
		source_items_load(reader, s->provider, a, &rows, &r->err) < 0)
		return -1;
	r->listed = l.n;
	if (!is_partial(s))
		take_note(s, l.note);
	gone = (struct vanished){ARENA_ARRAY(a, rows.n + 1, const char *), 0};
	if (walk_in_batches(s, reader, &call, &l, &rows, &gone) < 0)
		return -1;
	if (is_partial(s)) {
		r->err = missed;
		return missed.code == ERR_NONE ? 0 : -1;
	}
	if (l.cut)
		return err_set(&r->err, ERR_IO,
			"there are more than %d entries: move those that came in to another place",
			(int)LISTING_MAX);
	return forget(s, reader, &gone);
}

/* ---- How it went ---- */

static int went_event(
	struct tx *tx, const struct source *s, const struct source_row *old, struct err *err)
{
	const struct err *why = &s->report.err;
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	if (why->code == ERR_NONE)
		return old->failing_since ? tx_event(tx, EVENT_PROVIDER_RECOVERED, s->provider,
						    NULL, NULL, NULL, err)
					  : 0;
	if (old->failing_since)
		return 0;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "code", err_info(why->code)->code);
	jw_kstring(&w, "connector", s->kind->name);
	jw_kstring(&w, "detail", why->msg);
	jw_end(&w);
	if (!json_writer_done(&w))
		return err_set(
			err, ERR_INTERNAL, "why %s fails is too long to be told", s->provider);
	return tx_event(tx, EVENT_PROVIDER_FAILED, s->provider, NULL, sb.buf, NULL, err);
}

static int went_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct source *s = c->args;
	const struct err *why = &s->report.err;
	struct source_row old = {0};

	/* That a part could be read says nothing of the whole. */
	if (is_partial(s) && why->code == ERR_NONE)
		return asked_settle(tx, s, false, err);
	if (source_find(tx->db, s->provider, tx->arena, &old, err) < 0 ||
		went_event(tx, s, &old, err) < 0 ||
		asked_settle(tx, s, why->code != ERR_NONE, err) < 0)
		return -1;
	struct source_row row = old;

	row.provider = s->provider;
	row.connector = s->kind->name;
	row.last_run_at = tx->now;
	row.listed = (int64_t)s->report.listed;
	if (why->code == ERR_NONE) {
		row.last_success_at = tx->now;
		row.failing_since = 0;
	} else {
		row.failing_since = old.failing_since ? old.failing_since : tx->now;
		row.code = err_info(why->code)->code;
		row.detail = why->msg;
		row.failed_at = tx->now;
		row.listed = old.listed;
	}
	return source_put(tx->db, &row, err);
}

static void count(struct source *s)
{
	const struct source_report *r = &s->report;
	bool failed = r->err.code != ERR_NONE;

	s->runs++;
	s->failures += failed;
	s->failing = failed || (is_partial(s) && s->failing);
	s->fresh += r->fresh;
	s->refused += r->refused + r->conflicts;
	if (!failed && !is_partial(s))
		s->last_success = engine_now(s->e);
}

static void say(const struct source *s)
{
	const struct source_report *r = &s->report;

	if (r->err.code != ERR_NONE)
		log_warn("source.failed", LOG_STR("provider", s->provider), LOG_ERR(&r->err));
	log_info("source.read", LOG_STR("provider", s->provider),
		LOG_INT("listed", (int64_t)r->listed), LOG_INT("unchanged", (int64_t)r->unchanged),
		LOG_INT("new", (int64_t)r->fresh), LOG_INT("known", (int64_t)r->known),
		LOG_INT("refused", (int64_t)r->refused), LOG_INT("failed", (int64_t)r->failed),
		LOG_INT("left", (int64_t)r->left));
}

void source_went(struct source *s, struct db *reader)
{
	static const struct command_kind kind = {.name = "source_went", .apply = went_apply};
	ARENA_AUTO a = arena_new();
	struct err err = {0};

	/* Cut off: the next start takes it up. */
	if (s->e->sources->stop)
		return;
	if (run_one(s, reader, &kind, s, a, &err) < 0) {
		log_error("source.not_recorded", LOG_STR("provider", s->provider), LOG_ERR(&err));
		if (s->task == SOURCE_INGEST_ASKED)
			s->report.err = err;
	}
	count(s);
	say(s);
}

void source_ingest(struct source *s, struct db *reader)
{
	ARENA_AUTO a = arena_new();

	look(s, reader, a);
	source_went(s, reader);
}
