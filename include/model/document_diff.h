/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two canonical JSON documents, leaf by leaf: for policies, whose members have
 * names that are worth pointing at. Pure.
 */
#ifndef MODEL_DOCUMENT_DIFF_H
#define MODEL_DOCUMENT_DIFF_H

#include "model/field.h"

struct document_change {
	const char *pointer;   /* RFC 6901 */
	const char *old, *new; /* JSON text; NULL: not there */
};

/* The changes in the order of their pointers (bytes); their number. Both texts must be what this
 * program rendered: no syntax is checked. An array is compared place by place. */
size_t document_diff(
	const char *from, const char *to, struct arena *a, struct document_change **ret);

/* Two versions of the policy. */
struct policy_diff_record {
	int64_t from, to;
	const char *from_digest, *to_digest;
	struct list changes; /* struct document_change */
};
extern const struct field_table policy_diff_table;

#endif
