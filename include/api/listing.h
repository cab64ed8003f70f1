/* SPDX-License-Identifier: Apache-2.0
 *
 * Paging: where a list starts, how much it shows, and the answer that holds one page of it.
 */
#ifndef API_LISTING_H
#define API_LISTING_H

#include "base/err.h"
#include "store/page.h"

struct request;

struct listing {
	int64_t after, limit;
	const char *scope; /* route and filters: what a page token is good for */
};

/* Read max_results and page_token. ERR_INVALID_PARAMETER. */
int listing_begin(struct request *r, struct listing *ret, struct err *err);

/* {"<name>": [...], "next_page_token": ...}, with Link when more follows. */
int listing_reply(
	struct request *r, const struct listing *l, const char *name, const struct page *page);

#endif
