/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line as data: which commands there are (commands.def), which options each takes
 * (options.def), and one invocation after it was parsed. A handler is `int cli_<name>(struct cli *)`
 * and returns an exit code. One thread.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fault.h"

enum cli_exit {
	CLI_DONE = 0,
	CLI_REFUSED = 1,
	CLI_USAGE = 2,
	CLI_UNREACHABLE = 3,
	CLI_ATTENTION = 4
};

enum cli_option_id {
#define X(id, name, argument, help) CLI_OPTION_##id,
#include "cli/options.def"
#undef X
	CLI_OPTIONS
};

struct cli_option {
	const char *name, *argument, *help;
};
extern const struct cli_option cli_options[CLI_OPTIONS];

struct cli;
struct cli_command {
	const char *name, *arguments;
	size_t fewest, most;
	const char *options, *summary;
	int (*run)(struct cli *cli);
};
extern const struct cli_command cli_commands[];
extern const size_t cli_n_commands;

enum cli_takes { CLI_TAKES_NOT, CLI_TAKES, CLI_TAKES_REQUIRED };
enum cli_takes cli_command_takes(const struct cli_command *c, enum cli_option_id id);

struct cli {
	const struct cli_command *command;
	const struct clock *clock;
	struct arena *arena;
	FILE *out, *errors;
	bool colour;			 /* out is a terminal and NO_COLOR is not set */
	const char *option[CLI_OPTIONS]; /* "" for a switch that was given, NULL: not given */
	const char *const *args;
	size_t n_args;
};

/* Parse argv and run the command. Reads the environment; argv[0] is skipped. */
int cli_main(int argc, char *const *argv, const struct clock *clock, FILE *out, FILE *errors);

/* "spiralfed: ..." on standard error; the second form adds a pointer to --help. Return the code. */
int cli_fail(struct cli *cli, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int cli_misuse(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_print_faults(struct cli *cli, const struct faults *faults);

#define X(name, ...) int cli_##name(struct cli *cli);
#include "cli/commands.def"
#undef X

#endif
