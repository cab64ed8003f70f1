/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a command's result where --output says.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/command.h"

/* "-" is standard output. A regular file is replaced atomically and missing folders are made; devices,
 * pipes and files that stand open for this process are written through (*ret_through: then say
 * nothing more on standard output); anything else is refused. 0; -1 with ERR_IO. */
int output_write(struct cli *cli, const char *path, const char *text, size_t len, bool *ret_through,
	struct err *err);

#endif
