/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the command line against the two tables and calls the handler. What the tables do not name
 * is refused with the nearest name that they do.
 */
#include "cli/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/terminal.h"

enum { WIDTH_OF_TERMS = 34 };

const struct cli_option cli_options[CLI_OPTIONS] = {
#define X(id, name, argument, help) {name, argument, help},
#include "cli/options.def"
#undef X
};

const struct cli_command cli_commands[] = {
#define X(name, arguments, fewest, most, options, summary) \
	{#name, arguments, fewest, most, options, summary, cli_##name},
#include "cli/commands.def"
#undef X
};
const size_t cli_n_commands = sizeof(cli_commands) / sizeof(cli_commands[0]);

/* Every command takes --help; those that speak to a daemon also take these. */
static bool is_common(const struct cli_command *c, enum cli_option_id id)
{
	if (id == CLI_OPTION_HELP)
		return true;
	if (c->run == cli_fuse || c->run == cli_manifest || c->run == cli_simulate ||
		c->run == cli_completion)
		return false;
	return id == CLI_OPTION_SERVER || id == CLI_OPTION_TOKEN_FILE || id == CLI_OPTION_JSON;
}

enum cli_takes cli_command_takes(const struct cli_command *c, enum cli_option_id id)
{
	const char *name = cli_options[id].name;
	size_t len = strlen(name);
	struct word w;

	for (const char *at = c->options; words_next(&at, &w);) {
		bool required = *w.s == '!';
		if (w.n - required == len && !memcmp(w.s + required, name, len))
			return required ? CLI_TAKES_REQUIRED : CLI_TAKES;
	}
	return is_common(c, id) ? CLI_TAKES : CLI_TAKES_NOT;
}

int cli_fail(struct cli *cli, int code, const char *fmt, ...)
{
	va_list ap;

	fputs("spiralfed: ", cli->errors);
	va_start(ap, fmt);
	vfprintf(cli->errors, fmt, ap);
	va_end(ap);
	fputc('\n', cli->errors);
	return code;
}

int cli_misuse(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fputs("spiralfed: ", cli->errors);
	va_start(ap, fmt);
	vfprintf(cli->errors, fmt, ap);
	va_end(ap);
	fprintf(cli->errors, "\nTry: spiralfed %s%s--help\n",
		cli->command ? cli->command->name : "", cli->command ? " " : "");
	return CLI_USAGE;
}

void cli_print_faults(struct cli *cli, const struct faults *faults)
{
	int width = 0;

	for (size_t i = 0; i < faults->n; i++) {
		int len = (int)strlen(faults->list[i].pointer);
		width = len > width && len <= WIDTH_OF_TERMS ? len : width;
	}
	for (size_t i = 0; i < faults->n; i++)
		fprintf(cli->errors, "  %-*s  %s\n", width,
			*faults->list[i].pointer ? faults->list[i].pointer : "(document)",
			faults->list[i].detail);
	if (faults->total > faults->n)
		fprintf(cli->errors, "  and %zu more\n", faults->total - faults->n);
}

static void help_option(FILE *out, const struct cli_command *c, enum cli_option_id id)
{
	const struct cli_option *o = &cli_options[id];
	char term[64];

	snprintf(term, sizeof(term), "--%s%s%s", o->name, *o->argument ? " " : "", o->argument);
	fprintf(out, "  %-*s %s%s\n", WIDTH_OF_TERMS, term, o->help,
		cli_command_takes(c, id) == CLI_TAKES_REQUIRED ? " (required)" : "");
}

/* NULL: of the whole. */
static void cli_help(FILE *out, const struct cli_command *c)
{
	if (c) {
		fprintf(out, "Usage: spiralfed %s%s%s [OPTION]...\n\n  %s\n\nOptions:\n", c->name,
			*c->arguments ? " " : "", c->arguments, c->summary);
		for (int id = 0; id < CLI_OPTIONS; id++)
			if (cli_command_takes(c, id) != CLI_TAKES_NOT)
				help_option(out, c, id);
		fprintf(out,
			"\nExit status: 0 done, 1 refused, 2 wrong usage, 3 daemon not "
			"reached%s.\n",
			cli_command_takes(c, CLI_OPTION_CHECK) == CLI_TAKES_NOT
				? ""
				: ", 4 with --check: not all is well");
		return;
	}
	fputs("Usage: spiralfed COMMAND [ARGUMENT]... [OPTION]...\n\n"
	      "Federated model releases from the command line.\n\nCommands:\n",
		out);
	for (size_t i = 0; i < cli_n_commands; i++) {
		const struct cli_command *each = &cli_commands[i];
		int width = fprintf(out, "  %s %s", each->name, each->arguments) - 2;

		fprintf(out, "%*s%s\n", width < WIDTH_OF_TERMS ? WIDTH_OF_TERMS + 1 - width : 1, "",
			each->summary);
	}
	fputs("\n`spiralfed COMMAND --help` lists a command's options; `--version` says which this "
	      "is.\n",
		out);
}

static const struct cli_command *command_find(const char *name)
{
	for (size_t i = 0; i < cli_n_commands; i++)
		if (!strcmp(cli_commands[i].name, name))
			return &cli_commands[i];
	return NULL;
}

static int unknown_command(struct cli *cli, const char *name)
{
	const char **names = ARENA_ARRAY(cli->arena, cli_n_commands, const char *);

	for (size_t i = 0; i < cli_n_commands; i++)
		names[i] = cli_commands[i].name;
	const char *near = suggest_name(name, names, cli_n_commands);
	return near ? cli_misuse(cli, "no command is called %s; did you mean %s?", name, near)
		    : cli_misuse(cli, "no command is called %s", name);
}

/* `dashes` as they were written: -provider is none, and its double is meant. */
static int unknown_option(struct cli *cli, const char *dashes, const char *name)
{
	const char *names[CLI_OPTIONS];
	size_t n = 0;

	for (int id = 0; id < CLI_OPTIONS; id++)
		if (cli_command_takes(cli->command, id) != CLI_TAKES_NOT)
			names[n++] = cli_options[id].name;
	const char *near = suggest_name(name, names, n);
	return near ? cli_misuse(cli, "%s takes no option %s%s; did you mean --%s?",
			      cli->command->name, dashes, name, near)
		    : cli_misuse(cli, "%s takes no option %s%s", cli->command->name, dashes, name);
}

static int option_find(const struct cli_command *c, const char *name)
{
	for (int id = 0; id < CLI_OPTIONS; id++)
		if (!strcmp(cli_options[id].name, name) &&
			cli_command_takes(c, id) != CLI_TAKES_NOT)
			return id;
	return -1;
}

/* One option at argv[*i], its value attached or in the next word. 0, or an exit code. */
static int parse_option(struct cli *cli, int argc, char *const *argv, int *i)
{
	const char *word = argv[*i] + 2, *equals = strchr(word, '=');
	const char *name = equals ? arena_strndup(cli->arena, word, (size_t)(equals - word)) : word;
	int id = option_find(cli->command, name);

	if (id < 0)
		return unknown_option(cli, "--", name);
	if (cli->option[id])
		return cli_misuse(cli, "--%s is given twice", name);
	if (!*cli_options[id].argument) {
		if (equals)
			return cli_misuse(cli, "--%s takes no value", name);
		cli->option[id] = "";
		return 0;
	}
	if (!equals && *i + 1 >= argc)
		return cli_misuse(cli, "--%s wants %s", name, cli_options[id].argument);
	cli->option[id] = equals ? equals + 1 : argv[++*i];
	if (!*cli->option[id])
		return cli_misuse(cli, "--%s is empty", name);
	return 0;
}

static int parse(struct cli *cli, int argc, char *const *argv)
{
	const char **args = ARENA_ARRAY(cli->arena, (size_t)argc + 1, const char *);
	bool only_arguments = false;

	for (int i = 0; i < argc; i++) {
		int rc = 0;
		if (!only_arguments && !strcmp(argv[i], "--"))
			only_arguments = true;
		else if (!only_arguments && text_starts(argv[i], "--"))
			rc = parse_option(cli, argc, argv, &i);
		else if (!only_arguments && !strcmp(argv[i], "-h"))
			cli->option[CLI_OPTION_HELP] = "";
		else if (!only_arguments && argv[i][0] == '-' && argv[i][1])
			rc = unknown_option(cli, "-", argv[i] + 1);
		else
			args[cli->n_args++] = argv[i];
		if (rc)
			return rc;
	}
	cli->args = args;
	return 0;
}

static int check(struct cli *cli)
{
	const struct cli_command *c = cli->command;

	for (int id = 0; id < CLI_OPTIONS; id++)
		if (cli_command_takes(c, id) == CLI_TAKES_REQUIRED && !cli->option[id])
			return cli_misuse(cli, "%s needs --%s %s", c->name, cli_options[id].name,
				cli_options[id].argument);
	if (cli->n_args < c->fewest)
		return cli_misuse(cli, "%s needs %s", c->name, c->arguments);
	if (cli->n_args > c->most)
		return cli_misuse(
			cli, "%s: one argument too many: %s", c->name, cli->args[c->most]);
	return 0;
}

static int run(int argc, char *const *argv, struct cli *cli)
{
	if (argc < 2)
		return cli_misuse(cli, "which command?");
	if (!strcmp(argv[1], "--version")) {
		fprintf(cli->out, "spiralfed %s\n", SPIRALFED_VERSION);
		return CLI_DONE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
		(argc == 2 && !strcmp(argv[1], "help"))) {
		cli_help(cli->out, NULL);
		return CLI_DONE;
	}
	cli->command = command_find(argv[1]);
	if (!cli->command)
		return unknown_command(cli, argv[1]);
	int rc = parse(cli, argc - 2, argv + 2);
	if (rc)
		return rc;
	if (cli->option[CLI_OPTION_HELP]) {
		cli_help(cli->out, cli->command);
		return CLI_DONE;
	}
	rc = check(cli);
	return rc ? rc : cli->command->run(cli);
}

int cli_main(int argc, char *const *argv, const struct clock *clock, FILE *out, FILE *errors)
{
	ARENA_AUTO arena = arena_new();
	struct cli cli = {.clock = clock,
		.arena = arena,
		.out = terminal_open(out),
		.errors = terminal_open(errors)};
	const char *no_colour = getenv("NO_COLOR");

	cli.colour = isatty(fileno(out)) && !(no_colour && *no_colour);

	int rc = run(argc, argv, &cli);

	if (terminal_close(out, cli.out) != 0 && rc == CLI_DONE)
		rc = cli_fail(&cli, CLI_REFUSED, "cannot write the output");
	terminal_close(errors, cli.errors);
	return rc;
}
