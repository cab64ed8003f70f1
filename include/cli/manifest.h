/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of `spiralfed manifest`: the files that it reads, and what it says of them.
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include "cli/command.h"
#include "model/gate.h"
#include "model/harvest.h"

/* Read what the arguments name into the harvest; a folder with all below it, but for hidden ones and
 * checkpoints. 0, or an exit code after saying why. */
int manifest_gather(struct cli *cli, struct harvest *h);

/* Where each number came from; with --explain also what was not taken, and why. On standard error. */
void manifest_explain(struct cli *cli, const struct harvest *h);

/* A line for each gate that wants something which the files did not give. On standard error. */
void manifest_say_next(struct cli *cli, const struct judgement *j, const char *id);

/* Commit the manifest of artifact `id` to the Hub's repository of --push, beside the checkpoint. Never
 * over another manifest of the same id, and only onto the commit that was read. 0, or an exit code after
 * saying why. */
int manifest_push(
	struct cli *cli, const char *text, size_t len, const char *id, const char *digest);

#endif
