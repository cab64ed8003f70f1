/* SPDX-License-Identifier: Apache-2.0
 *
 * The other half of the connector `dir`: a listing over HTTPS instead of a folder. It is a JSON array of
 * names, or the index of a web server: nginx's, as JSON or HTML, or any other page of links. Entries are
 * relative names that end with .json; all others are passed over, and no link is followed elsewhere.
 */
#ifndef PROVIDER_DIR_WEB_H
#define PROVIDER_DIR_WEB_H

#include "provider/provider.h"
#include "provider/session.h"

struct dir_web;
/* ERR_CONFIG: `url` is none, or not https while the network has to be the open internet. */
int dir_web_new(const char *url, bool private_network, struct dir_web **ret, struct err *err);
void dir_web_free(struct dir_web *w); /* NULL is allowed */
int dir_web_list(struct dir_web *w, const struct provider_call *call, struct source_listing *ret,
	struct err *err);
int dir_web_fetch(struct dir_web *w, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err);
void dir_web_health(struct dir_web *w, const struct clock *clock, struct session_health *ret);

/* Of a file: what tells of a change, in few bytes however many a server says; `size` may be NULL. In the
 * arena. */
const char *dir_state(const char *time, const char *size, struct arena *a);

/* What a listing names, each name once, in its order. Pure; in the arena. */
struct dir_link {
	const char *name;
	const char *state; /* what the listing says of its time and size; NULL: nothing */
};
struct dir_links {
	struct dir_link *v;
	size_t n, ignored;
	bool cut; /* there are more than LISTING_MAX */
};
/* `text` is NUL-terminated, too. ERR_IO: it is none of the forms. */
int dir_links_parse(
	const char *text, size_t len, struct arena *a, struct dir_links *ret, struct err *err);

#endif
