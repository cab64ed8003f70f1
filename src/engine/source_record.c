/* SPDX-License-Identifier: Apache-2.0
 *
 * What became of a provider's entries, written down: the row of each, and what its history tells once.
 */
#include "base/json_writer.h"
#include "engine/source_run.h"
#include "store/event.h"

enum { DATA_MAX = 64 << 10 };

static int event_data(const struct source_record *r, const struct source_item *i, struct arena *a,
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
static int tell(struct tx *tx, const struct source_record *r, const struct source_item *i,
	bool told, struct err *err)
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
	struct tx *tx, const struct source_record *r, const struct source_item *i, struct err *err)
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
	const struct source_record *r = c->args;

	for (size_t i = 0; i < r->n; i++) {
		struct source_item *item = &r->items[i];

		item->handled_at = tx->now;
		if (item->outcome == SOURCE_REFUSED || item->outcome == SOURCE_CONFLICT)
			item->refused_at = item->refused_at ? item->refused_at : tx->now;
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

int source_run_one(struct source *s, struct db *reader, const struct command_kind *kind, void *args,
	struct arena *a, struct err *err)
{
	struct command c = {.arena = a, .actor = s->actor, .kind = kind, .args = args};

	return command_run_one(s->e, reader, &c, err);
}

int source_write_down(struct source *s, struct db *reader, struct source_record *r, struct arena *a)
{
	static const struct command_kind kind = {.name = "source_record", .apply = record_apply};

	if (r->n + r->n_drops == 0)
		return 0;
	return source_run_one(s, reader, &kind, r, a, &s->report.err);
}
