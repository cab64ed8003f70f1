/* SPDX-License-Identifier: Apache-2.0
 *
 * The half of `spiralfed policy` that asks the daemon.
 */
#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include "cli/command.h"

int cli_policy_simulate(struct cli *cli);

#endif
