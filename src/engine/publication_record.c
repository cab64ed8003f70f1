/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes down what was published and what was found, each in one transaction with its history.
 */
#include <string.h>

#include "base/json_writer.h"
#include "engine/publisher.h"

enum { DRIFT_MAX = 8 << 20, DATA_MAX = 64 << 10, TOLD_MAX = 20 };
#define ACTOR "controller:publisher"

static int run(struct engine *e, struct db *reader, const struct command_kind *kind, void *args,
	struct arena *a, struct err *err)
{
	struct command c = {.arena = a, .actor = ACTOR, .kind = kind, .args = args};

	return command_run_one(e, reader, &c, err);
}

/* ---- What was published ---- */

static int tell_published(
	struct tx *tx, const struct publication_left *l, int64_t *ret_seq, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "commit", l->commit);
	jw_kstring(&w, "tag", publication_tag(l->version, tx->arena));
	jw_end(&w);
	return tx_event(tx, EVENT_RELEASE_PUBLISHED, l->version, NULL,
		arena_strndup(tx->arena, sb.buf, sb.len), ret_seq, err);
}

static int left_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct publication_left *l = c->args;
	struct published_state s;
	char digest[DIGEST_STRLEN];

	if (published_state_find(tx->db, tx->arena, &s, err) < 0)
		return -1;
	for (size_t i = 0; i < l->n_files; i++)
		if (published_file_put(tx->db, l->files[i].path,
			    digest_string(l->files[i].text, l->files[i].len, digest), err) < 0)
			return -1;
	if (l->version && (publication_insert(tx->db, l->version, l->commit, tx->now, err) < 0 ||
				  tell_published(tx, l, NULL, err) < 0))
		return -1;
	s.head = l->head;
	s.checked_at = tx->now;
	if (l->serial >= 0)
		s.serial = l->serial;
	return published_state_put(tx->db, &s, err);
}

int publication_left(struct engine *e, struct db *reader, const struct publication_left *l,
	struct arena *a, struct err *err)
{
	static const struct command_kind kind = {.name = "publication_left", .apply = left_apply};

	return run(e, reader, &kind, (void *)l, a, err);
}

/* ---- What was found ---- */

struct found {
	const char *head;
	const struct list *drift;
	const char *text; /* of it, as JSON */
	const struct err *why;
};

static const char *first_of(const struct list *drift, size_t limit, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DRIFT_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_array(&w);
	for (size_t i = 0; i < drift->n && i < limit; i++)
		fields_emit(
			&publication_drift_table, LIST_AT(drift, struct publication_drift, i), &w);
	jw_end(&w);
	return json_writer_done(&w) ? arena_strndup(a, sb.buf, sb.len) : NULL;
}

const char *publication_drift_text(const struct list *drift, struct arena *a)
{
	return first_of(drift, drift->n, a);
}

static int tell_drift(struct tx *tx, const struct found *f, struct err *err)
{
	const struct publication_drift *first = LIST_AT(f->drift, struct publication_drift, 0);
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "differences", (int64_t)f->drift->n);
	jw_kraw(&w, "drift", first_of(f->drift, TOLD_MAX, tx->arena));
	jw_kstring(&w, "needs", first->needs);
	jw_end(&w);
	return tx_event(tx, EVENT_HUB_DRIFT_DETECTED,
		*first->subject ? first->subject : "repository", first->detail,
		arena_strndup(tx->arena, sb.buf, sb.len), NULL, err);
}

static int note_drift(
	struct tx *tx, struct published_state *s, const struct found *f, struct err *err)
{
	bool changed = strcmp(s->drift, f->text) != 0;

	s->checked_at = tx->now;
	s->drift = f->text;
	/* Whatever somebody committed there, it is none of ours. */
	if (!f->drift->n && f->head && *s->head)
		s->head = f->head;
	if (!changed)
		return 0;
	if (f->drift->n) {
		s->drift_since = s->drift_since ? s->drift_since : tx->now;
		return tell_drift(tx, f, err);
	}
	s->drift_since = 0;
	return tx_event(tx, EVENT_HUB_SETTLED, "repository", NULL, NULL, NULL, err);
}

static int note_failure(
	struct tx *tx, struct published_state *s, const struct err *why, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;
	bool first = !s->failing_since;

	s->failing_since = first ? tx->now : s->failing_since;
	s->failed_at = tx->now;
	s->code = err_info(why->code)->code;
	s->detail = why->msg;
	if (!first)
		return 0;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "code", s->code);
	jw_kstring(&w, "detail", s->detail);
	jw_end(&w);
	return tx_event(tx, EVENT_HUB_FAILED, "repository", NULL,
		arena_strndup(tx->arena, sb.buf, sb.len), NULL, err);
}

static int found_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct found *f = c->args;
	struct published_state s;

	if (published_state_find(tx->db, tx->arena, &s, err) < 0)
		return -1;
	if (f->why->code != ERR_NONE) {
		if (note_failure(tx, &s, f->why, err) < 0)
			return -1;
		return published_state_put(tx->db, &s, err);
	}
	if (s.failing_since &&
		tx_event(tx, EVENT_HUB_RECOVERED, "repository", NULL, NULL, NULL, err) < 0)
		return -1;
	s.failing_since = 0;
	if (note_drift(tx, &s, f, err) < 0)
		return -1;
	return published_state_put(tx->db, &s, err);
}

int publication_found(struct engine *e, struct db *reader, const char *head,
	const struct list *drift, const struct err *why, struct arena *a, struct err *err)
{
	static const struct command_kind kind = {.name = "publication_found", .apply = found_apply};
	struct found f = {
		.head = head, .drift = drift, .text = publication_drift_text(drift, a), .why = why};

	if (!f.text)
		return err_set(
			err, ERR_INTERNAL, "what drifted is more than %d MiB", DRIFT_MAX >> 20);
	return run(e, reader, &kind, &f, a, err);
}
