/* SPDX-License-Identifier: Apache-2.0
 *
 * Every SQL statement of the product, made at build time from sql/<resource>.sql. There, each one
 * stands below a line that declares it:
 *
 *	-- name: artifact_by_id :one (provider, id)
 *	SELECT ... WHERE provider = $1 AND id = $2;
 *
 * name, kind and the names of $1, $2, ... Kinds: `one` (at most one row), `many`, `exec` (a write
 * without a result), `cas` (a write that changes one row or none: compare and set). `one` and `many`
 * are prepared on every connection, the writes only on the read-write one.
 *
 * Developer builds log a warning for each statement that reads a whole table; one that means to says
 * so with `-- scan ok` at the end of its declaration.
 */
#ifndef DB_CATALOGUE_H
#define DB_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

enum sql_kind { SQL_KIND_one, SQL_KIND_many, SQL_KIND_exec, SQL_KIND_cas };

enum sql_id {
#define SQL(name, kind, params, text, scan_ok) SQL_##name,
#include "sql_catalogue.def"
#undef SQL
	SQL_IDS
};

struct sql_info {
	const char *name;
	enum sql_kind kind;
	const char *params; /* "provider,id" */
	const char *text;
	bool scan_ok;
};
const struct sql_info *sql_info(enum sql_id id);

#endif
