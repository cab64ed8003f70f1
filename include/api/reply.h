/* SPDX-License-Identifier: Apache-2.0
 *
 * The only writer of answers. It adds what every answer carries (request id, ETag, caching, CORS,
 * nosniff), turns the form that was asked for (indented, a text table), answers 304, and makes the
 * problem document of each error. A body handed in must live as long as the request: in its arena or
 * in its snapshot.
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/strbuf.h"

struct request;
struct command;
struct body;
struct field_table;

struct reply {
	int status;
	const char *type; /* NULL: application/json */
	const char *body; /* NULL: none */
	size_t len;
	const char *digest; /* of the body; NULL: made when an ETag is wanted */
	const char *location, *link, *allow;
	bool replayed, close, error;
	bool fixed; /* no other form: as it is */
};

/* Each returns 0, or -1 when the connection can't be answered and must be closed. */
int reply_send(struct request *r, const struct reply *reply);
int reply_json(struct request *r, int status, const char *body, size_t len, const char *digest);
int reply_body(struct request *r, const struct body *body); /* of request->snapshot */
/* An object by its table. -1 with *err set when it would be too large. */
int reply_document(
	struct request *r, const struct field_table *t, const void *obj, struct err *err);
int reply_text(struct request *r, int status, const char *type, const char *body, size_t len);

/* The problem document. `faults` and `members` (a JSON object's text) may be NULL. */
int reply_problem(
	struct request *r, const struct err *err, const struct faults *faults, const char *members);
/* The same, and the connection closed: what follows on it can't be trusted or is not wanted. */
int reply_refusal(struct request *r, const struct err *err);

/* What a command that is done answers. */
int reply_command(struct request *r, const struct command *c);

#endif
