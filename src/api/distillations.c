/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/distillations: those that fell due, and how their runs go.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/distillation.h"
#include "store/distillation.h"

int handle_distillations(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;

	if (listing_begin(r, &l, err) < 0 ||
		distillation_list(request_reader(r), l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "distillations", &page);
}

/* -1: it is none. */
static int64_t number_of(const char *s)
{
	int64_t n = 0;

	if (!*s || strlen(s) > 15 || s[strspn(s, "0123456789")])
		return -1;
	for (; *s; s++)
		n = n * 10 + (*s - '0');
	return n;
}

int handle_distillation(struct request *r, struct err *err)
{
	struct distillation d;
	int rc = distillation_find(request_reader(r), number_of(r->bindings[0]), r->arena, &d, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no distillation %s", r->bindings[0]);
	return reply_document(r, &distillation_table, &d, err);
}

int handle_distillation_acknowledge(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = distillation_acknowledge(
		request_engine(r), c, number_of(r->bindings[0]), body, &refused);

	return request_submitted(r, rc, &refused);
}
