/* SPDX-License-Identifier: Apache-2.0
 *
 * What several commands print alike: words in their colour, and gates. Colour only where the
 * invocation allows it.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "cli/command.h"
#include "model/field.h"

/* A gate of an answer; reads both the receipt's and the judgement's. */
struct answer_gate {
	const char *gate, *verdict, *reason, *detail;
};
extern const struct field_table answer_gate_table;

/* A phase or a verdict, green, red or yellow, padded to `width`. */
void print_verdict(struct cli *cli, const char *word, int width);

/* One line for each gate: name, verdict, the sentence (or the reason where there is none). */
void print_gates(struct cli *cli, const struct list *gates, const char *indent);

#endif
