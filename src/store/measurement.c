/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on measurements.
 */
#include "store/measurement.h"

int measurement_insert(struct db *db, const char *key, int64_t artifact_seq, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_measurement_insert);

	stmt_bind_text(s, "key", key);
	stmt_bind_int(s, "artifact_seq", artifact_seq);
	return stmt_exec(s, err);
}

int measurement_newest(struct db *db, const char *key, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_measurement_newest);
	int rc;

	stmt_bind_text(s, "key", key);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = stmt_int(s, "artifact_seq");
	return rc;
}
