/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the model card and the changelog. What people wrote is text there, never markup.
 */
#include "engine/publication_card.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "engine/render.h"
#include "store/artifact.h"
#include "store/publication.h"

enum { CARD_MAX = 1 << 20 };

/* A quoted JSON string is one of YAML, too. */
static void quote(struct strbuf *sb, const char *text)
{
	json_quote(sb, text, strlen(text));
}

/* Text of somebody's on one line of Markdown. */
static void plain(struct strbuf *sb, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			strbuf_addch(sb, ' ');
		else if (strchr("\\`*_{}[]<>()#+!|&", c))
			strbuf_addf(sb, "&#%d;", c);
		else
			strbuf_addch(sb, (char)c);
	}
}

static void day(struct strbuf *sb, int64_t usec)
{
	char text[TIME_STRLEN];

	strbuf_addf(sb, "%.10s", time_format(usec, text));
}

static const char *finish(
	const struct strbuf *sb, const char *what, struct arena *a, struct err *err)
{
	if (!sb->overflow)
		return arena_strndup(a, sb->buf, sb->len);
	err_set(err, ERR_IO, "%s would be larger than %d MiB", what, CARD_MAX >> 20);
	return NULL;
}

/* ---- The card ---- */

static void metrics(struct strbuf *sb, const struct fused_unit *u)
{
	for (size_t i = 0; i < u->metrics.n; i++) {
		const struct metric *m = LIST_AT(&u->metrics, struct metric, i);
		char number[JCS_NUMBER_STRLEN];

		if (!isfinite(m->value))
			continue;
		jcs_number(m->value, number);
		strbuf_addstr(sb, "    - type: ");
		quote(sb, m->name);
		strbuf_addf(sb, "\n      value: %s\n", number);
	}
}

static void front_matter(struct strbuf *sb, const struct release *r)
{
	const struct named_digest *suite = r->eval_suite;

	strbuf_addstr(sb, "---\ntags:\n- federated\n- spiralfed\nmodel-index:\n- name: ");
	quote(sb, r->fused_model_id);
	strbuf_addstr(sb, "\n  results:\n");
	for (size_t i = 0; i < r->slots.n; i++) {
		const struct fused_unit *u = LIST_AT(&r->slots, struct fused_unit, i);

		if (!u->metrics.n)
			continue;
		strbuf_addstr(sb, "  - task:\n      type: ");
		quote(sb, u->role);
		strbuf_addstr(sb, "\n      name: ");
		quote(sb, u->id);
		strbuf_addstr(sb, "\n    dataset:\n      type: ");
		quote(sb, suite && suite->name ? suite->name : "unnamed");
		strbuf_addstr(sb, "\n      name: ");
		quote(sb, suite && suite->name ? suite->name : "unnamed");
		strbuf_addstr(sb, "\n    metrics:\n");
		metrics(sb, u);
	}
	strbuf_addstr(sb, "---\n\n");
}

static void units(struct strbuf *sb, const struct release *r)
{
	strbuf_addstr(sb, "| slot | provider | unit | new | where |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < r->slots.n; i++) {
		const struct fused_unit *u = LIST_AT(&r->slots, struct fused_unit, i);

		strbuf_addf(sb, "| %s | %s | %s | %s | ", u->name, u->provider, u->id,
			u->fresh == 1 ? "yes" : "");
		plain(sb, u->uri ? u->uri : "");
		strbuf_addstr(sb, " |\n");
	}
}

const char *publication_card(
	const struct release_row *row, const char *url, struct arena *a, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(CARD_MAX);
	struct release r;

	if (fields_load_text(&release_table, row->body, a, &r, err) < 0)
		return NULL;
	front_matter(&sb, &r);
	strbuf_addf(&sb,
		"# %s\n\nA federated release: units trained on several clouds, judged, fused and "
		"signed as one. Promoted ",
		r.fused_model_id);
	day(&sb, row->created_at);
	strbuf_addf(&sb, ".\n\n");
	units(&sb, &r);
	strbuf_addf(&sb,
		"\nThe release is [%s](%s), `%s`. Its envelope is [%s](%s); check both with\n\n"
		"```\nspiralfed verify %s --key KEY --release %s\n```\n\n"
		"Which release is live stands in [%s](%s). This repository (",
		PUBLISHED_RELEASE, PUBLISHED_RELEASE, row->digest, PUBLISHED_ATTESTATION,
		PUBLISHED_ATTESTATION, PUBLISHED_ATTESTATION, PUBLISHED_RELEASE, PUBLISHED_CHANNEL,
		PUBLISHED_CHANNEL);
	plain(&sb, url);
	strbuf_addf(&sb,
		") is written by spiralfedd: each release is one commit with the tag "
		"`v%s`, and what differs from it is reported. See [%s](%s).\n",
		row->version, PUBLISHED_CHANGELOG, PUBLISHED_CHANGELOG);
	return finish(&sb, PUBLISHED_CARD, a, err);
}

/* ---- The changelog ---- */

static int entry(struct strbuf *sb, struct db *db, const char *version, int64_t created_at,
	struct arena *a, struct err *err)
{
	const char *actor, *reason;
	struct unit_row *rows;
	size_t n;

	if (release_maker(db, version, a, &actor, &reason, err) < 0 ||
		release_units(db, version, a, &rows, &n, err) < 0)
		return -1;
	strbuf_addf(sb, "## v%s (", version);
	day(sb, created_at);
	strbuf_addstr(sb, ")\n\n");
	plain(sb, reason);
	strbuf_addstr(sb, "\n\n");
	for (size_t i = 0; i < n; i++) {
		struct artifact_row row;

		if (!rows[i].fresh)
			continue;
		if (artifact_by_seq(db, rows[i].artifact_seq, a, &row, err) < 0)
			return -1;
		strbuf_addf(sb, "- %s: %s (%s)\n", rows[i].slot, row.id, row.provider);
	}
	strbuf_addch(sb, '\n');
	return 0;
}

const char *publication_changelog(
	struct db *db, const struct release_row *row, struct arena *a, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(CARD_MAX);
	struct publication_row *rows;
	int64_t after = row->seq > CHANGELOG_MAX ? row->seq - CHANGELOG_MAX : 0;
	size_t n;

	if (publication_list(db, after, CHANGELOG_MAX, a, &rows, &n, err) < 0)
		return NULL;
	strbuf_addstr(&sb, "# Changelog\n\n");
	while (n > 0 && rows[n - 1].seq > row->seq)
		n--;
	for (; n > 0; n--)
		if (entry(&sb, db, rows[n - 1].version, rows[n - 1].created_at, a, err) < 0)
			return NULL;
	return finish(&sb, PUBLISHED_CHANGELOG, a, err);
}
