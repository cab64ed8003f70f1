/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets: the loops of one server share an address, two servers never do.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/loop.h"

Suite *test_suite(void);

START_TEST(test_listen__two_servers_never_share_an_address)
{
	static const char *const hosts[] = {"127.0.0.1", "[::1]"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct err err = {0};
		char address[64];
		int port = 0, other = 0;

		snprintf(address, sizeof(address), "%s:0", hosts[i]);
		int first = listen_open(address, true, 0, &port, NULL, &err);
		if (first < 0 && i > 0)
			continue; /* no IPv6 here */
		ck_assert_msg(first >= 0, "%s", err.msg);
		int sibling = listen_open(address, true, 0, &port, NULL, &err);
		ck_assert_msg(sibling >= 0, "%s", err.msg);

		snprintf(address, sizeof(address), "%s:%d", hosts[i], port);
		ck_assert_int_eq(listen_open(address, true, 0, &other, NULL, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.msg, "in use"));
		ck_assert_int_eq(listen_open(address, false, 0, &other, NULL, &err), -1);
		close(first);
		close(sibling);
		int later = listen_open(address, true, 0, &other, NULL, &err);
		ck_assert_msg(later >= 0, "%s", err.msg);
		close(later);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("listen");
	TCase *tcase = tcase_create("listen");

	tcase_add_test(tcase, test_listen__two_servers_never_share_an_address);
	suite_add_tcase(suite, tcase);
	return suite;
}
