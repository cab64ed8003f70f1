/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of contracts and of what differs between two.
 */
#include "model/contract.h"

#include "model/format.h"

#define F(name_, type_, ...)                                                        \
	{                                                                           \
#name_, type_, offsetof(struct contract_record, name_), __VA_ARGS__ \
	}
#define HEAD                                                           \
	F(name, FIELD_STRING, FIELD_REQUIRED, .format = &format_name), \
		F(version, FIELD_STRING, FIELD_REQUIRED, .format = &format_core)
#define TAIL                                                                                \
	F(digest, FIELD_STRING, FIELD_READ_ONLY | FIELD_REQUIRED, .format = &format_digest, \
		.help = "of the schema's RFC 8785 form"),                                   \
		F(previous, FIELD_STRING, FIELD_READ_ONLY, .format = &format_core,          \
			.help = "the newest version below it when it was published"),       \
		F(relation, FIELD_STRING, FIELD_READ_ONLY,                                  \
			.help = "to previous: identical, compatible or breaking"),          \
		F(level, FIELD_STRING, FIELD_READ_ONLY,                                     \
			.help = "that the changes force: none, patch, minor or major"),     \
		F(actor, FIELD_STRING, FIELD_READ_ONLY),                                    \
		F(created_at, FIELD_TIME, FIELD_READ_ONLY)

static const struct field contract_fields[] = {
	HEAD,
	F(schema, FIELD_JSON, FIELD_REQUIRED,
		.help = "{name, version, request, response} of JSON Schema 2020-12, or OpenAPI "
			"3.1"),
	TAIL,
};
const struct field_table contract_table = FIELD_TABLE("Contract",
	"A version of a contract. Never changes.", struct contract_record, contract_fields);

static const struct field summary_fields[] = {HEAD, TAIL};
const struct field_table contract_summary_table = FIELD_TABLE("ContractSummary",
	"A version of a contract, without the document.", struct contract_record, summary_fields);
#undef F
#undef HEAD
#undef TAIL

#define F(name_, type_, ...)                                                               \
	{                                                                                  \
#name_, type_, offsetof(struct contract_change_record, name_), __VA_ARGS__ \
	}
static const struct field change_fields[] = {
	F(pointer, FIELD_STRING, FIELD_REQUIRED, .min = 0, .max = 65536,
		.help = "RFC 6901, into the document named"),
	F(document, FIELD_STRING, FIELD_REQUIRED, .help = "new; old: what is there is gone"),
	F(direction, FIELD_STRING, FIELD_REQUIRED, .help = "request, response or document"),
	F(kind, FIELD_STRING, FIELD_REQUIRED, .help = "a stable word"),
	F(level, FIELD_STRING, FIELD_REQUIRED, .help = "patch, minor or major"),
	F(undecided, FIELD_BOOL, 0, .help = "counts as breaking because it can't be decided"),
	F(detail, FIELD_STRING, FIELD_REQUIRED, .help = "one sentence"),
};
#undef F
static const struct field_table change_table = FIELD_TABLE("ContractChange",
	"What differs in one place.", struct contract_change_record, change_fields);

#define F(name_, type_, ...)                                                             \
	{                                                                                \
#name_, type_, offsetof(struct contract_diff_record, name_), __VA_ARGS__ \
	}
static const struct field diff_fields[] = {
	F(name, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(from, FIELD_STRING, FIELD_REQUIRED, .format = &format_core),
	F(to, FIELD_STRING, FIELD_REQUIRED, .format = &format_core),
	F(relation, FIELD_STRING, FIELD_REQUIRED, .help = "identical, compatible or breaking"),
	F(level, FIELD_STRING, FIELD_REQUIRED,
		.help = "the least version step: none, patch, minor or major"),
	F(total, FIELD_INT, FIELD_REQUIRED | FIELD_ZERO, .help = "changes found"),
	F(changes, FIELD_LIST, FIELD_REQUIRED | FIELD_EMIT_EMPTY, .table = &change_table,
		.help = "breaking ones first; at most 200"),
};
#undef F
const struct field_table contract_diff_table =
	FIELD_TABLE("ContractDiff", "What differs between two versions of a contract.",
		struct contract_diff_record, diff_fields);
