/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads tests/tables/json.eval: bodies that a JSON parser must take or refuse.
 */
#ifndef SUPPORT_JSON_TABLE_H
#define SUPPORT_JSON_TABLE_H

#include "base/strbuf.h"

enum json_verdict { JSON_IS, JSON_IS_NOT, JSON_EITHER };

/* Calls fn for each row, with the body's bytes; aborts on a malformed row. Returns how many. */
size_t json_table_each(void (*fn)(enum json_verdict verdict, const char *name,
			       const struct strbuf *body, void *arg),
	void *arg);

#endif
