/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of all SQL statements; the build makes its rows from sql/.
 */
#include "db/catalogue.h"

#include <assert.h>

#include "db/engine.h"

/* One row more than there are statements: a tree without any must compile. */
const struct sql_info sql_catalogue[SQL_IDS + 1] = {
#define SQL(name, kind, params, text, scan_ok) \
	[SQL_##name] = {#name, SQL_KIND_##kind, params, text, scan_ok},
#include "sql_catalogue.def"
#undef SQL
};

const struct sql_info *sql_info(enum sql_id id)
{
	assert((size_t)id + 1 <= SQL_IDS);
	return &sql_catalogue[id];
}
