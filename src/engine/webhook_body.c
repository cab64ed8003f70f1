/* SPDX-License-Identifier: Apache-2.0
 *
 * What a receiver reads: the event in a CloudEvent (1.0, structured JSON), or a sentence for a chat. It
 * depends on the history alone, so that each attempt carries the same bytes.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "engine/webhook_run.h"

/* Of a sentence each part is cut to PART_MAX bytes, which are five times as many when escaped. */
enum { PART_MAX = 1024, SENTENCE_MAX = 4 * 5 * PART_MAX, TEST_MAX = 4096 };

struct entry {
	const char *actor, *reason, *subject, *type;
};
static const struct field entry_fields[] = {
	{"actor", FIELD_STRING, offsetof(struct entry, actor), 0, .min = 0, .max = EVENT_ENTRY_MAX},
	{"reason", FIELD_STRING, offsetof(struct entry, reason), 0, .min = 0,
		.max = EVENT_ENTRY_MAX},
	{"subject", FIELD_STRING, offsetof(struct entry, subject), 0, .min = 0,
		.max = EVENT_ENTRY_MAX},
	{"type", FIELD_STRING, offsetof(struct entry, type), 0, .min = 0, .max = EVENT_ENTRY_MAX},
};
static const struct field_table entry_table =
	FIELD_TABLE("WebhookEntry", NULL, struct entry, entry_fields, .open = true);

/* The entry of the history; of a test one that looks like it. */
static const char *entry_of(
	const struct webhook_row *w, const struct webhook_delivery_row *d, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(TEST_MAX);
	struct json_writer out;

	if (d->entry)
		return d->entry;
	json_writer_init(&out, &sb);
	jw_object(&out);
	jw_kstring(&out, "actor", "local");
	jw_ktime(&out, "at", d->delivery.created_at);
	jw_kstring(&out, "reason", "a test: nothing happened");
	jw_kstring(&out, "subject", w->webhook.id);
	jw_kstring(&out, "type", d->delivery.type);
	jw_end(&out);
	return arena_strndup(a, sb.buf, sb.len);
}

static void add_data(struct json_writer *out, const struct webhook_delivery_row *d,
	const char *entry, int64_t at, struct arena *a)
{
	const char *type = d->delivery.type, *dot = strchr(type, '.');
	size_t n = dot ? (size_t)(dot - type) : strlen(type);

	jw_object(out);
	jw_kstring(out, "entity", arena_strndup(a, type, n));
	jw_kstring(out, "action", dot ? dot + 1 : "");
	jw_ktime(out, "timestamp", at);
	jw_kraw(out, "data", entry);
	jw_end(out);
}

static void add_cloudevent(struct strbuf *sb, const struct webhook_set *set,
	const struct webhook_row *w, const struct webhook_delivery_row *d, struct arena *a)
{
	const struct webhook_delivery *x = &d->delivery;
	int64_t at = d->entry ? d->at : x->created_at;
	struct json_writer out;

	json_writer_init(&out, sb);
	jw_object(&out);
	jw_kstring(&out, "specversion", "1.0");
	/* Of the event, whoever is told: source and id together name one event. */
	jw_kstring(&out, "id", d->entry ? arena_printf(a, "evt_%lld", (long long)x->event) : x->id);
	jw_kstring(&out, "source", set->source);
	jw_kstring(&out, "type", x->type);
	jw_kstring(&out, "subject", d->subject ? d->subject : w->webhook.id);
	jw_ktime(&out, "time", at);
	jw_kstring(&out, "datacontenttype", "application/json");
	jw_key(&out, "data");
	add_data(&out, d, entry_of(w, d, a), at, a);
	jw_end(&out);
}

/* As a chat reads it: its three special characters are escaped, lines do not break, no part is long. */
static void add_text(struct strbuf *sb, const char *s)
{
	size_t len = strlen(s), n = len > PART_MAX ? utf8_cut(s, PART_MAX) : len;

	for (const char *end = s + n; s < end; s++)
		if (*s == '&')
			strbuf_addstr(sb, "&amp;");
		else if (*s == '<')
			strbuf_addstr(sb, "&lt;");
		else if (*s == '>')
			strbuf_addstr(sb, "&gt;");
		else
			strbuf_addch(sb, *s == '\n' ? ' ' : *s);
	if (n < len)
		strbuf_addstr(sb, "...");
}

/* "release.activated" of 1.0.1: "Release 1.0.1 activated". */
static void add_deed(struct strbuf *sb, const struct webhook_delivery *x, const char *subject)
{
	const char *dot = strchr(x->type, '.'), *action = dot ? dot + 1 : "";
	size_t n = dot ? (size_t)(dot - x->type) : strlen(x->type);

	if (n == 3 && !strncmp(x->type, "slo", n)) {
		strbuf_addstr(sb, "SLO");
	} else {
		strbuf_addch(sb, (char)(*x->type & ~0x20));
		strbuf_add(sb, x->type + 1, n - 1);
	}
	strbuf_addch(sb, ' ');
	add_text(sb, subject);
	strbuf_addch(sb, ' ');
	for (; *action; action++)
		strbuf_addch(sb, *action == '_' ? ' ' : *action);
}

static void add_sentence(struct strbuf *sb, const struct webhook_row *w,
	const struct webhook_delivery_row *d, struct arena *a)
{
	struct entry e = {0};
	struct err ignored;

	fields_load_text(&entry_table, entry_of(w, d, a), a, &e, &ignored);
	add_deed(sb, &d->delivery, e.subject ? e.subject : "");
	if (e.actor) {
		strbuf_addstr(sb, " by ");
		add_text(sb, e.actor);
	}
	if (e.reason && *e.reason) {
		strbuf_addstr(sb, ": ");
		add_text(sb, e.reason);
	}
}

static void add_slack(struct strbuf *sb, const struct webhook_row *w,
	const struct webhook_delivery_row *d, struct arena *a)
{
	STRBUF_AUTO text = STRBUF_INIT(SENTENCE_MAX);
	struct json_writer out;

	add_sentence(&text, w, d, a);
	json_writer_init(&out, sb);
	jw_object(&out);
	jw_kstring(&out, "text", text.buf);
	jw_end(&out);
}

void webhook_compose(const struct webhook_set *set, const struct webhook_row *w,
	const struct webhook_delivery_row *d, struct arena *a, struct webhook_message *ret)
{
	STRBUF_AUTO sb = STRBUF_INIT(WEBHOOK_BODY_MAX);
	bool slack = w->webhook.format == WEBHOOK_SLACK;

	if (slack)
		add_slack(&sb, w, d, a);
	else
		add_cloudevent(&sb, set, w, d, a);
	*ret = (struct webhook_message){
		.id = d->delivery.id,
		.content_type = slack ? "application/json" : "application/cloudevents+json",
	};
	if (sb.overflow) {
		ret->fault = arena_printf(a,
			"the message would be longer than %d bytes: GET /v1/events has the event",
			WEBHOOK_BODY_MAX);
		return;
	}
	ret->body = arena_strndup(a, sb.buf, sb.len);
	ret->len = sb.len;
}
