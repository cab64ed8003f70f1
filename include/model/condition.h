/* SPDX-License-Identifier: Apache-2.0
 *
 * One thing that may be well or not, in the form in which Kubernetes and what grew around it write
 * conditions. `True` is well for every type, so that whoever looks for trouble need not know them all.
 */
#ifndef MODEL_CONDITION_H
#define MODEL_CONDITION_H

#include "model/field.h"

enum condition_status { CONDITION_FALSE, CONDITION_UNKNOWN, CONDITION_TRUE };
extern const struct field_names condition_status_names;

struct condition {
	const char *type;
	int status;	     /* enum condition_status */
	const char *reason;  /* one word in CamelCase, for programs */
	const char *message; /* one sentence: what is, and what to do about it */
	int64_t since;	     /* when `status` became what it is, or was first seen to be */
};
extern const struct field_table condition_table;

#endif
