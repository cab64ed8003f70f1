/* SPDX-License-Identifier: Apache-2.0
 *
 * A published version of a contract: the document that nodes and models agree on, known by the
 * digest of its RFC 8785 form. Whether two versions fit is policy/contract.h's question.
 */
#ifndef MODEL_CONTRACT_H
#define MODEL_CONTRACT_H

#include "model/field.h"

struct contract_record {
	const char *name, *version; /* X.Y.Z */
	const char *schema;	    /* the document, canonical */
	/* ours */
	const char *digest; /* of schema */
	/* Against the newest version below it; all NULL for the first. */
	const char *previous, *relation, *level;
	const char *actor;
	int64_t created_at;
};
extern const struct field_table contract_table;		/* with the document */
extern const struct field_table contract_summary_table; /* without: for lists */

struct contract_change_record {
	const char *pointer, *document; /* "new"; "old": what it points to is gone */
	const char *direction, *kind, *level, *detail;
	int undecided;
};

struct contract_diff_record {
	const char *name, *from, *to, *relation, *level;
	int64_t total;	     /* changes found; not all are listed when there are many */
	struct list changes; /* struct contract_change_record */
};
extern const struct field_table contract_diff_table;

#endif
