/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main() of every unit test executable: runs the one suite its test file defines. Each check
 * runs in a process of its own, except under a sanitizer, whose leak report would then be lost.
 * CK_FORK=yes|no in the environment decides otherwise.
 */
#include <check.h>
#include <stdlib.h>

Suite *test_suite(void);

int main(void)
{
	SRunner *runner = srunner_create(test_suite());

#ifdef SPIRALFED_SANITIZE
	if (!getenv("CK_FORK"))
		srunner_set_fork_status(runner, CK_NOFORK);
#endif
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
