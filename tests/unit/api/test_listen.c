/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets: the loops of one server share an address, two servers never do.
 */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/loop.h"
#include "support/scratch.h"

Suite *test_suite(void);

static int open_at(const char *address, bool share, int *port, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct listener *l;
	size_t n;

	ck_assert_int_eq(listeners_parse(address, a, &l, &n, err), 0);
	ck_assert_uint_eq(n, 1);
	return listen_open(l, share, 0600, port, err);
}

START_TEST(test_listen__two_servers_never_share_an_address)
{
	static const char *const hosts[] = {"127.0.0.1", "[::1]"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct err err = {0};
		char address[64];
		int port = 0, other = 0;

		snprintf(address, sizeof(address), "%s:0", hosts[i]);
		int first = open_at(address, true, &port, &err);
		if (first < 0 && i > 0)
			continue; /* no IPv6 here */
		ck_assert_msg(first >= 0, "%s", err.msg);
		int sibling = open_at(address, true, &port, &err);
		ck_assert_msg(sibling >= 0, "%s", err.msg);

		snprintf(address, sizeof(address), "%s:%d", hosts[i], port);
		ck_assert_int_eq(open_at(address, true, &other, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.msg, "in use"));
		ck_assert_int_eq(open_at(address, false, &other, &err), -1);
		close(first);
		close(sibling);
		int later = open_at(address, true, &other, &err);
		ck_assert_msg(later >= 0, "%s", err.msg);
		close(later);
	}
}
END_TEST

/* What is told of an address must hold for the socket: no file of this machine says where localhost is. */
START_TEST(test_listen__binds_what_was_judged)
{
	static const char *const addresses[] = {"localhost:0", "127.0.0.2:0", "0.0.0.0:0"};
	ARENA_AUTO a = arena_new();
	struct listener *l, bound = {.address_len = sizeof(bound.address)};
	struct err err = {0};
	int port = 0;
	size_t n;

	ck_assert_int_eq(listeners_parse(addresses[_i], a, &l, &n, &err), 0);
	int fd = listen_open(l, false, 0, &port, &err);
	ck_assert_msg(fd >= 0, "%s", err.msg);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound.address, &bound.address_len), 0);
	ck_assert_int_gt(port, 0);
	ck_assert_int_eq(memcmp(&((struct sockaddr_in *)&bound.address)->sin_addr,
				 &((struct sockaddr_in *)&l->address)->sin_addr, 4),
		0);
	ck_assert_int_eq(listener_is_local(&bound), listener_is_local(l));
	close(fd);
}
END_TEST

START_TEST(test_listen__replaces_a_socket_that_nobody_has)
{
	char address[SCRATCH_PATH + 8], path[SCRATCH_PATH];
	struct err err = {0};
	int port = 0;

	snprintf(address, sizeof(address), "unix:%s", scratch_file(path, "s"));
	int first = open_at(address, false, &port, &err);
	ck_assert_msg(first >= 0, "%s", err.msg);
	ck_assert_int_eq(port, -1);
	ck_assert_int_eq(open_at(address, false, &port, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "in use"));
	close(first);
	int second = open_at(address, false, &port, &err);
	ck_assert_msg(second >= 0, "%s", err.msg);
	close(second);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("listen");
	TCase *tcase = tcase_create("listen");

	tcase_add_checked_fixture(tcase, scratch_make, scratch_remove);
	tcase_add_loop_test(tcase, test_listen__binds_what_was_judged, 0, 3);
	tcase_add_test(tcase, test_listen__replaces_a_socket_that_nobody_has);
	tcase_add_test(tcase, test_listen__two_servers_never_share_an_address);
	suite_add_tcase(suite, tcase);
	return suite;
}
