/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of conditions. The names are those of Kubernetes, not of this API: their readers exist.
 */
#include "model/condition.h"

const struct field_names condition_status_names = {
	"condition status", (const char *const[]){[CONDITION_FALSE] = "False",
				    [CONDITION_UNKNOWN] = "Unknown",
				    [CONDITION_TRUE] = "True",
				    NULL}};

static const struct field condition_fields[] = {
	{"type", FIELD_STRING, offsetof(struct condition, type), FIELD_REQUIRED},
	{"status", FIELD_ENUM, offsetof(struct condition, status), FIELD_REQUIRED,
		.names = &condition_status_names, .help = "True is well, whichever the type"},
	{"reason", FIELD_STRING, offsetof(struct condition, reason), FIELD_REQUIRED,
		.help = "one word, for programs"},
	{"message", FIELD_STRING, offsetof(struct condition, message), FIELD_REQUIRED,
		.help = "what is, and what to do about it"},
	{"lastTransitionTime", FIELD_TIME, offsetof(struct condition, since), 0,
		.help = "when the status became what it is, as far as the daemon knows"},
};
const struct field_table condition_table =
	FIELD_TABLE("Condition", "One thing that may be well or not, as Kubernetes writes it.",
		struct condition, condition_fields, .open = true);
