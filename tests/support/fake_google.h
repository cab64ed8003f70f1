/* SPDX-License-Identifier: Apache-2.0
 *
 * Google as a script: rules say what is answered to which request, and what was asked is written down.
 * No network, and no time goes by.
 */
#ifndef SUPPORT_FAKE_GOOGLE_H
#define SUPPORT_FAKE_GOOGLE_H

#include "provider/gcp_auth.h"

enum { GOOGLE_ASKED_MAX = 64, GOOGLE_RULES_MAX = 32 };

struct google_rule {
	const char *url; /* a part of it */
	int status;	 /* 0: nobody is there */
	const char *body;
	int times;	    /* that it holds; 0: always */
	const char *header; /* of the answer, "Name: value"; NULL: none */
};

struct fake_google {
	struct arena *arena;
	struct google_rule rules[GOOGLE_RULES_MAX];
	struct {
		const char *method, *url, *body, *headers; /* headers: "Name: value\n" each */
		int64_t patience;
	} asked[GOOGLE_ASKED_MAX];
	size_t n_rules, n_asked;
};

void google_rule(struct fake_google *g, const char *url, int status, const char *body);
struct gcp_way google_way(struct fake_google *g);
/* How often a URL with `part` in it was asked for. */
size_t google_asked(const struct fake_google *g, const char *part);

#endif
