/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys that a person trusts: --key FILE.
 */
#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "cli/command.h"
#include "spiralfed/node.h"

/* Every public key of the file. CLI_DONE, or an exit code after saying why. */
int cli_trusted_keys(struct cli *cli, struct spiralfed_key ret[SPIRALFED_KEYS_MAX], size_t *ret_n);

#endif
