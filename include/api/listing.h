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

/* The filters `provider` and `role`: absent, or one that the policy in force knows, so that a slip is no
 * empty list. ERR_INVALID_PARAMETER names them all. */
int listing_provider(struct request *r, const char **ret, struct err *err);
int listing_role(struct request *r, const char **ret, struct err *err);

/* {"<name>": [...], "next_page_token": ...}, with Link when more follows. */
int listing_reply(
	struct request *r, const struct listing *l, const char *name, const struct page *page);

#endif
