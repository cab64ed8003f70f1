/* SPDX-License-Identifier: Apache-2.0
 *
 * Query parameters: only those a route declares, each at most once, percent-decoded; and the opaque
 * page token. Each fault is ERR_INVALID_PARAMETER and names the legal ones.
 */
#ifndef API_PARAMS_H
#define API_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/field.h"

/* Every query parameter of the product; see params.def. */
struct param_info {
	const char *name, *schema, *help;
};
const struct param_info *param_info(size_t i); /* NULL beyond the last */

enum { PARAMS_MAX = 16 };

struct params {
	struct {
		const char *name, *value;
	} list[PARAMS_MAX];
	size_t n;
};

/* `query` without '?', NULL for none. `allowed` is space separated; `pretty` is always allowed, and
 * with `fields` in it any name that a field can have. */
int params_parse(const char *query, const char *allowed, struct arena *a, struct params *ret,
	struct err *err);

const char *params_get(const struct params *p, const char *name); /* NULL: absent */
int params_int(const struct params *p, const char *name, int64_t min, int64_t max, int64_t absent,
	int64_t *ret, struct err *err);
/* Present without a value, "1" or "true" is true. */
int params_flag(const struct params *p, const char *name, bool *ret, struct err *err);
/* One of an enum's names; absent is fine. */
int params_enum(const struct params *p, const char *name, const struct field_names *names,
	const char **ret, struct err *err);
/* A string of a format; absent is fine. */
int params_format(const struct params *p, const char *name, const struct field_format *format,
	const char **ret, struct err *err);

/* Percent-decode s[0..n) into the arena; '+' is a space when `plus`. NULL when it breaks UTF-8 or
 * holds a control character. */
char *percent_decode(const char *s, size_t n, bool plus, struct arena *a);

/* A cursor of one list with one set of filters, in base64url. `scope` names list and filters. */
enum { PAGE_TOKEN_LEN = 22 };
void page_token_make(int64_t cursor, const char *scope, char buf[PAGE_TOKEN_LEN + 1]);
int page_token_read(const char *token, const char *scope, int64_t *ret, struct err *err);

#endif
