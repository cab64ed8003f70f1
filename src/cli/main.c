/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line's entry: what a process sets up once, then cli_main().
 */
#include <locale.h>
#include <signal.h>

#include "base/jcs.h"
#include "cli/command.h"

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_ALL, "C");
	jcs_setup();
	return cli_main(argc, argv, clock_system(), stdout, stderr);
}
