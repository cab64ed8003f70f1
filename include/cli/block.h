/* SPDX-License-Identifier: Apache-2.0
 *
 * The fusion block that a command works with: of a file (a release, a merge, a policy, or the block
 * alone), or of a release that the daemon has.
 */
#ifndef CLI_BLOCK_H
#define CLI_BLOCK_H

#include "cli/command.h"
#include "model/release.h"

struct cli_block {
	const char *version; /* of the release; NULL: not known */
	const struct fusion *fusion;
	struct list slots; /* MAP of struct fused_unit */
};

/* From --file, else `version` of the daemon's releases (NULL or "stable": the active one); as it is
 * --without a provider. 0, or an exit code after saying why. */
int cli_block_load(struct cli *cli, const char *version, struct cli_block *ret);

#endif
