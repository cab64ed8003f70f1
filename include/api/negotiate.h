/* SPDX-License-Identifier: Apache-2.0
 *
 * The arithmetic of conditional and negotiated answers: entity tags (RFC 9110 section 8.8.3, 13.1),
 * Accept (section 12.5.1), Idempotency-Key, request ids. Pure.
 */
#ifndef API_NEGOTIATE_H
#define API_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "engine/command.h"

/* If-None-Match: a list of tags or "*", weakly compared. `etag` with its quotes. */
bool etag_none_match(const char *header, const char *etag);

/* If-Match: a list of tags or "*", strongly compared: a weak one matches nothing. The marks of other
 * forms ("-pretty", "-text") are taken off, so that the tag of any form names the resource. */
const struct if_match *if_match_parse(const char *header, struct arena *a);

/* How much `accept` wants type/subtype, in thousandths; -1 for a header that is none. NULL accepts
 * all. */
int accept_quality(const char *accept, const char *type);

/* A bare or quoted key, 1 to 255 printable characters. -1 with ERR_BAD_REQUEST. */
int idempotency_key(const char *header, struct arena *a, const char **ret, struct err *err);

/* The id that the client gave: a sane X-Request-Id, else a traceparent's trace id. 0 when copied. */
int request_id_given(const char *header, const char *traceparent, char *ret, size_t size);

/* The media type of a Content-Type is JSON (application/json or any +json). */
bool content_type_is_json(const char *header);

#endif
