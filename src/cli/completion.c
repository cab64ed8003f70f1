/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed completion bash`: a script made from the tables, so that it knows what they know.
 */
#include <string.h>

#include "cli/command.h"

int cli_completion(struct cli *cli)
{
	FILE *out = cli->out;

	if (strcmp(cli->args[0], "bash") != 0)
		return cli_misuse(cli, "completion is there for bash only");
	fputs("# Put into ~/.bashrc: source <(spiralfed completion bash)\n"
	      "_spiralfed() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n"
	      "\tcase $before in\n\t",
		out);
	const char *separator = "";
	for (int id = 0; id < CLI_OPTIONS; id++)
		if (!strcmp(cli_options[id].argument, "FILE")) {
			fprintf(out, "%s--%s", separator, cli_options[id].name);
			separator = "|";
		}
	fputs(") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n\tesac\n"
	      "\tcase ${COMP_CWORD}:${COMP_WORDS[1]} in\n\t1:*) words=\"",
		out);
	for (size_t i = 0; i < cli_n_commands; i++)
		fprintf(out, "%s ", cli_commands[i].name);
	fputs("--help --version\" ;;\n", out);
	for (size_t i = 0; i < cli_n_commands; i++) {
		fprintf(out, "\t*:%s) words=\"", cli_commands[i].name);
		for (int id = 0; id < CLI_OPTIONS; id++)
			if (cli_command_takes(&cli_commands[i], id) != CLI_TAKES_NOT)
				fprintf(out, "--%s ", cli_options[id].name);
		fputs("\" ;;\n", out);
	}
	fputs("\tesac\n"
	      "\tif [[ $word == -* || $COMP_CWORD == 1 ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\tfi\n}\n"
	      "complete -F _spiralfed spiralfed\n",
		out);
	return CLI_DONE;
}
