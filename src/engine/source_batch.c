/* SPDX-License-Identifier: Apache-2.0
 *
 * A listing, handled a batch at a time: what is new or changed is fetched and handed in as a POST would
 * be, and what became of it is written down with the batch, so that it stays handled when the rest fails.
 */
#include <string.h>

#include "engine/source_run.h"
#include "policy/refusal.h"

/* KEPT_MAX: bytes of the documents that wait for the writer; at least one does. */
enum { BATCH_MAX = 32, BUSY_MS = 100, KEPT_MAX = 4 << 20 };

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
	struct provider_call call; /* its arena is one entry's, for as long as it is fetched */
	struct arena *arena;	   /* of what is written down with the batch */
	int64_t policy_version, now;
	bool remote; /* what a server answered may be its error, whatever the status said */
	struct entry *v;
	size_t n, room, kept;
	struct source_record record;
	bool *told;
	struct err deaf; /* why the provider could not be asked for an entry; the first one's */
	size_t n_deaf;	 /* in a row */
	/* Of each command: the writer applies one while the next is prepared here. */
	struct arena *arenas[BATCH_MAX];
};

static bool is_as_it_was(const struct entry *x)
{
	return x->row && strcmp(x->row->version, x->entry->version) == 0;
}

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
	b->told[b->record.n++] =
		is_as_it_was(x) &&
		(x->row->outcome == (int)what || (what == SOURCE_REFUSED && x->row->refused_at));
	return i;
}

static void refuse(
	struct batch *b, const struct entry *x, enum source_outcome what, const struct err *err)
{
	struct source_item *i = became(b, x, what);

	/* Also while it can't be read: afterwards it is refused for what it was refused for before. */
	if (is_as_it_was(x) && x->row->refused_at) {
		i->refused_at = x->row->refused_at;
		i->tries = x->row->tries + (what != SOURCE_FAILED);
	}
	i->code = err_info(err->code)->code;
	i->pointer = *err->pointer ? arena_strdup(b->arena, err->pointer) : NULL;
	i->detail = arena_strdup(b->arena, err->msg);
}

/* Another time. What could not be read before now has this reason, and is told no more than it was. */
static void left(struct batch *b, const struct entry *x)
{
	struct err why = {0};

	b->s->report.left++;
	if (!x->row || x->row->outcome != SOURCE_FAILED)
		return;
	err_set(&why, ERR_UNAVAILABLE,
		"%s is still being written, or too new to be whole: the next ingest looks again",
		x->entry->name);
	refuse(b, x, SOURCE_FAILED, &why);
	b->record.items[b->record.n - 1].version = x->row->version;
	b->told[b->record.n - 1] = true;
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
	x->built = d->built ? arena_strdup(b->arena, d->built) : NULL;
	x->sent = true;
	x->command = (struct command){.arena = own_arena(b, x), .actor = b->s->actor};
	manifest_command(&x->command, b->s->provider,
		arena_strndup(x->command.arena, d->text, d->len), d->len);
	b->kept += d->len;
}

/* The entry stays as it was: it is the provider that failed, which is told once and for all. */
static void deaf(struct batch *b, const struct err *err)
{
	b->s->report.failed++;
	if (b->deaf.code == ERR_NONE)
		b->deaf = *err;
	if (++b->n_deaf >= SOURCE_DEAF_MAX || !err_info(err->code)->retryable)
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
	arena_reset(b->call.arena);
	rc = b->s->kind->fetch(b->s->connector, &b->call, x->entry, &d, &err);
	if (rc < 0 && err.code != ERR_IO) {
		deaf(b, &err);
		return;
	}
	b->n_deaf = 0;
	if (rc == FETCH_DONE) {
		fetched(b, x, &d);
	} else if (rc == FETCH_UNSETTLED) {
		left(b, x);
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
		*x->digest = '\0';
		left(b, x);
	} else if (b->remote && err->code == ERR_BAD_JSON) {
		/* A page of some proxy's has other bytes each time: it is told of the entry. */
		*x->digest = '\0';
		r->failed++;
		refuse(b, x, SOURCE_FAILED, err);
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

static size_t send(struct batch *b, size_t from, size_t to, struct command **list)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++) {
		struct entry *x = &b->v[i];

		if (x->sent && (x->command.attempts == 0 || x->command.err.code == ERR_UNAVAILABLE))
			list[n++] = &x->command;
	}
	command_run(b->s->e, b->reader, list, n);
	for (n = from; n < to; n++)
		if (b->v[n].sent && b->v[n].command.err.code == ERR_UNAVAILABLE)
			return 1;
	return 0;
}

/* From `from` on as many as may be kept; to where. */
static size_t fetch_some(struct batch *b, size_t from)
{
	b->kept = 0;
	while (from < b->n && b->kept < KEPT_MAX && b->s->report.err.code == ERR_NONE)
		fetch(b, &b->v[from++]);
	return from;
}

static int finish_batch(struct batch *b)
{
	struct command *list[BATCH_MAX];
	struct err ignored;

	for (size_t from = 0, to; from < b->n && b->s->report.err.code == ERR_NONE; from = to) {
		to = fetch_some(b, from);
		while (send(b, from, to, list) && b->s->e->threads &&
			!provider_call_check(&b->call, &ignored))
			pause_a_moment(b->s->e);
		for (size_t i = from; i < to; i++) {
			if (b->v[i].sent)
				answered(b, &b->v[i]);
			if (b->arenas[i])
				arena_reset(b->arenas[i]);
		}
	}
	b->n = 0;
	int rc = source_write_down(b->s, b->reader, &b->record, b->arena);

	arena_reset(b->arena);
	return rc < 0 || b->s->report.err.code != ERR_NONE ? -1 : 0;
}

/* Empty, with its memory in the arena, which the batch before has left. */
static void begin_batch(struct batch *b)
{
	struct arena *a = b->arena;

	b->v = ARENA_ARRAY(a, b->room, struct entry);
	b->told = ARENA_ARRAY(a, b->room, bool);
	b->record = (struct source_record){
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

/* Is it time to ask for what was refused? A file that has not changed is what it was, and what may not be
 * fetched is not; but a server's error may have looked like a document. */
static bool is_due(
	const struct batch *b, const struct source_entry *entry, const struct source_item *row)
{
	const struct refusal r = {
		row->refused_at ? row->refused_at : row->handled_at, row->handled_at, row->tries};

	if (source_is_partial(b->s))
		return true;
	return b->remote && !entry->fault && (b->s->thorough || b->now >= refusal_again_at(&r));
}

/* Handled before as it is now? What a policy refused may be right for another one; and what somebody
 * names is looked at. */
static bool is_settled(
	const struct batch *b, const struct source_entry *entry, const struct source_item *row)
{
	if (!row || strcmp(row->version, entry->version) != 0 || row->outcome == SOURCE_FAILED)
		return false;
	if (row->outcome == SOURCE_STORED)
		return true;
	/* Rows of before such an answer was told from a manifest. */
	if (b->remote && row->code && strcmp(row->code, err_info(ERR_BAD_JSON)->code) == 0)
		return false;
	return row->policy_version == b->policy_version && !is_due(b, entry, row);
}

/* Both lists go by name. */
static int walk(struct batch *b, const struct source_listing *l, const struct source_items *rows,
	struct source_vanished *gone)
{
	size_t j = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct source_entry *entry = &l->v[i];
		const struct source_item *row = NULL;

		while (j < rows->n && strcmp(rows->v[j].name, entry->name) < 0)
			gone->v[gone->n++] = rows->v[j++].name;
		if (j < rows->n && strcmp(rows->v[j].name, entry->name) == 0)
			row = &rows->v[j++];
		if (is_settled(b, entry, row))
			b->s->report.unchanged++;
		else if (add(b, entry, row) < 0)
			return -1;
	}
	while (j < rows->n)
		gone->v[gone->n++] = rows->v[j++].name;
	return b->n ? finish_batch(b) : 0;
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

int source_walk(struct source *s, struct db *reader, const struct provider_call *call,
	const struct source_listing *l, const struct source_items *rows,
	struct source_vanished *gone)
{
	ARENA_AUTO a = arena_new();
	ARENA_AUTO scratch = arena_new();
	struct session_health health;
	struct batch b = {
		.s = s,
		.arena = a,
		.reader = reader,
		.call = *call,
		.policy_version = policy_version(s->e),
		.now = engine_now(s->e),
		.remote = source_health(s->e, s->provider, &health),
		.room = batch_size(s->e),
	};
	int rc;

	b.call.arena = scratch;
	rc = walk(&b, l, rows, gone);
	if (rc == 0 && b.deaf.code != ERR_NONE) {
		s->report.err = b.deaf;
		rc = -1;
	}
	for (size_t i = 0; i < BATCH_MAX; i++)
		arena_free(b.arenas[i]);
	return rc;
}
