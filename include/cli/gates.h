/* SPDX-License-Identifier: Apache-2.0
 *
 * The offline half of `spiralfed gates`.
 */
#ifndef CLI_GATES_H
#define CLI_GATES_H

#include "cli/command.h"

int cli_gates_recompute(struct cli *cli);

#endif
