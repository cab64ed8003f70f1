/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands that judge without the daemon share, and the half of `spiralfed policy` that asks it.
 */
#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include "cli/command.h"
#include "model/policy.h"
#include "policy/judge.h"

/* The policy of a file, or the built-in one (path NULL). 0, or an exit code after saying why. */
int cli_read_policy(
	struct cli *cli, const char *path, struct policy *ret, const char **ret_canonical);

/* What the gates say of a unit, for people. `b` NULL: against nothing. */
void print_judgement(
	struct cli *cli, const struct unit *u, const struct unit *b, const struct judgement *j);

int cli_policy_simulate(struct cli *cli);

#endif
