/* SPDX-License-Identifier: Apache-2.0
 *
 * Words in colour and gates in columns.
 */
#include "cli/print.h"

#include <string.h>

#include "cli/client.h"

static const struct field gate_fields[] = {
	ANSWER_STRING(struct answer_gate, gate),
	ANSWER_STRING(struct answer_gate, verdict),
	ANSWER_STRING(struct answer_gate, reason),
	ANSWER_STRING(struct answer_gate, detail),
};
const struct field_table answer_gate_table =
	FIELD_TABLE("AnswerGate", "One gate.", struct answer_gate, gate_fields, .open = true);

static const char *colour_of(const char *word)
{
	static const struct {
		const char *word, *colour;
	} colours[] = {{"pass", "32"}, {"Succeeded", "32"}, {"active", "32"}, {"go", "32"},
		{"fail", "31"}, {"no_go", "31"}, {"Failed", "31"}, {"breached", "31"}};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (!strcmp(colours[i].word, word))
			return colours[i].colour;
	return "33";
}

void print_verdict(struct cli *cli, const char *word, int width)
{
	word = word ? word : "";
	if (cli->colour)
		fprintf(cli->out, "\033[%sm%-*s\033[0m", colour_of(word), width, word);
	else
		fprintf(cli->out, "%-*s", width, word);
}

void print_gates(struct cli *cli, const struct list *gates, const char *indent)
{
	for (size_t i = 0; i < gates->n; i++) {
		const struct answer_gate *g = LIST_AT(gates, struct answer_gate, i);
		const char *said = g->detail && *g->detail ? g->detail : g->reason;
		fprintf(cli->out, "%s%-13s  ", indent, g->gate ? g->gate : "");
		print_verdict(cli, g->verdict, 12);
		fprintf(cli->out, "  %s\n", said ? said : "");
	}
}
