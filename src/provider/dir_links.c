/* SPDX-License-Identifier: Apache-2.0
 *
 * Which manifests a listing names, and what it says of each. A page of HTML is not parsed as such: its
 * links are looked for, and what stands behind one up to the end of the line (nginx) or of the row
 * (Apache) is its time and size. It refuses names that would lead elsewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/hex.h"
#include "base/jcs.h"
#include "base/text.h"
#include "base/utf8.h"
#include "provider/dir_web.h"

enum { NAME_MAX_BYTES = 255, STATE_MAX = 200, LINK_MAX = 2048, FIRST_ROOM = 256 };
/* More links that are no manifests than a page of manifests has. */
enum { LINKS_MAX = 4 * LISTING_MAX };
/* An object with a comma for each of its members. */
enum { LIST_VALUES_MAX = 8 * LISTING_MAX };

struct links {
	struct dir_link *v;
	size_t n, room, ignored;
	bool cut;
};

static bool is_manifest(const char *name)
{
	size_t len = strlen(name);

	if (*name == '.' || len <= 5 || len > NAME_MAX_BYTES || !utf8_valid(name, len) ||
		strcmp(name + len - 5, ".json") != 0)
		return false;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || strchr("/\\:?#\x7f", *p))
			return false;
	return true;
}

static void add(struct links *l, const char *name, const char *state)
{
	if (!is_manifest(name)) {
		l->ignored++;
		return;
	}
	l->cut = l->n == LISTING_MAX;
	if (l->cut)
		return;
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : FIRST_ROOM;
		l->v = xrealloc(l->v, l->room * sizeof(*l->v));
	}
	l->v[l->n++] = (struct dir_link){name, state};
}

const char *dir_state(const char *time, const char *size, struct arena *a)
{
	const char *state = size ? arena_printf(a, "%s %s", time, size) : arena_strdup(a, time);
	size_t len = strlen(state);

	return len > STATE_MAX ? digest_string(state, len, arena_alloc(a, DIGEST_STRLEN)) : state;
}

/* ---- JSON: ["a.json", ...] or [{"name", "type", "mtime", "size"}, ...] ---- */

static const char *text_of(const json_t *v, struct arena *a)
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		return arena_printf(a, "%lld", (long long)json_integer_value(v));
	return NULL;
}

static int read_json(
	struct links *l, const char *text, size_t len, struct arena *a, struct err *err)
{
	json_auto_t *list = NULL;

	if (jcs_load_upto(text, len, LIST_VALUES_MAX, &list, err) < 0) {
		err->code = ERR_IO;
		return err_wrap(err, "the listing");
	}
	for (size_t i = 0; i < json_array_size(list) && !l->cut; i++) {
		const json_t *one = json_array_get(list, i), *named = json_object_get(one, "name");
		const char *name = json_string_value(named ? named : one);
		const char *type = json_string_value(json_object_get(one, "type"));
		const char *mtime = text_of(json_object_get(one, "mtime"), a);
		const char *size = text_of(json_object_get(one, "size"), a);

		if (!name)
			return err_set(
				err, ERR_IO, "the listing: entry %zu is no name, and has none", i);
		if (type && strcmp(type, "file") != 0)
			l->ignored++;
		else
			add(l, arena_strdup(a, name),
				mtime ? dir_state(mtime, size ? size : "", a) : NULL);
	}
	return 0;
}

/* ---- HTML ---- */

/* Undo %XX and &amp;. */
static const char *plain(const char *href, size_t n, struct arena *a)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int byte = href[i] == '%' && i + 2 < n ? hex_byte(href + i + 1) : -1;

		if (byte >= 0) {
			out[len++] = (char)byte;
			i += 2;
		} else {
			out[len++] = href[i];
			if (href[i] == '&' && n - i >= 5 && text_starts(href + i, "&amp;"))
				i += 4;
		}
	}
	out[len] = '\0';
	return text_starts(out, "./") ? out + 2 : out;
}

/* The text behind a link, without tags, up to the next one or the end of its line. */
static const char *behind(const char *at, const char *end, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(STATE_MAX);
	const char *stop = end - at < LINK_MAX ? end : at + LINK_MAX;
	bool in_tag = false, blank = false;

	for (; at < stop && *at != '\n' && !sb.overflow; at++) {
		if (*at == '<' && end - at > 3 && !strncasecmp(at, "<a ", 3))
			break;
		if (*at == '<' || *at == '>') {
			in_tag = *at == '<';
			blank = true;
		} else if (!in_tag && (unsigned char)*at > ' ') {
			if (blank && sb.len)
				strbuf_addch(&sb, ' ');
			blank = false;
			strbuf_addch(&sb, *at);
		} else {
			blank = true;
		}
	}
	/* Only a time makes it tell of a change. */
	return sb.len && strpbrk(sb.buf, "0123456789") && strchr(sb.buf, ':')
		       ? arena_strndup(a, sb.buf, sb.len)
		       : NULL;
}

/* Behind `<a ... href=` up to the closing quote; NULL at the end. */
static const char *next_link(const char *at, const char *end, size_t *ret_len)
{
	while ((at = memmem(at, (size_t)(end - at), "href=", 5))) {
		char quote = at + 5 < end ? at[5] : '\0';
		const char *from = at + 6;
		const char *to = quote == '"' || quote == '\''
					 ? memchr(from, quote, (size_t)(end - from))
					 : NULL;

		if (to) {
			*ret_len = (size_t)(to - from);
			return from;
		}
		at += 5;
	}
	return NULL;
}

static void read_html(struct links *l, const char *text, size_t len, struct arena *a)
{
	const char *end = text + len, *at = text;
	size_t n, links = 0;

	while (!l->cut && (at = next_link(at, end, &n))) {
		l->cut = links++ == LINKS_MAX;
		if (l->cut)
			break;
		const char *name = plain(at, n, a);
		size_t rest = (size_t)(end - at);
		const char *close = memmem(at, rest < LINK_MAX ? rest : LINK_MAX, "</a>", 4);

		add(l, name, close ? behind(close + 4, end, a) : NULL);
		at += n;
	}
}

/* ---- The whole ---- */

/* One that tells of its state first, then in their order. */
static int by_name(const void *a, const void *b)
{
	const struct dir_link *x = *(const struct dir_link *const *)a,
			      *y = *(const struct dir_link *const *)b;
	int rc = strcmp(x->name, y->name);

	return rc ? rc : !x->state != !y->state ? (x->state ? -1 : 1) : (x > y) - (x < y);
}

/* Each name once: an icon may lead there, too, and each may cost a request. */
static void take_once(struct links *l)
{
	struct dir_link **sorted = xcalloc(l->n + 1, sizeof(struct dir_link *));
	const char *name = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		sorted[i] = &l->v[i];
	qsort(sorted, l->n, sizeof(struct dir_link *), by_name);
	for (size_t i = 0; i < l->n; i++)
		if (name && !strcmp(sorted[i]->name, name))
			sorted[i]->name = NULL;
		else
			name = sorted[i]->name;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].name)
			l->v[kept++] = l->v[i];
	l->n = kept;
	free(sorted);
}

int dir_links_parse(
	const char *text, size_t len, struct arena *a, struct dir_links *ret, struct err *err)
{
	struct links l = {0};
	size_t blank = strspn(text, " \t\r\n");
	int rc = 0;

	if (text[blank] == '[')
		rc = read_json(&l, text, len, a, err);
	else if (text[blank] == '<')
		read_html(&l, text, len, a);
	else
		rc = err_set(
			err, ERR_IO, "the listing is neither a JSON array nor a page of links");
	take_once(&l);
	if (rc == 0)
		*ret = (struct dir_links){
			.v = l.n ? arena_memdup(a, l.v, l.n * sizeof(*l.v)) : NULL,
			.n = l.n,
			.ignored = l.ignored,
			.cut = l.cut,
		};
	free(l.v);
	return rc;
}
