/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses are on the open internet.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>

#include "net/address.h"

Suite *test_suite(void);

static const struct {
	const char *text;
	bool is_public;
} cases[] = {
	{"8.8.8.8", true},
	{"1.1.1.1", true},
	{"100.63.255.255", true},
	{"100.64.0.0", false},
	{"100.127.255.255", false},
	{"100.128.0.0", true},
	{"0.0.0.0", false},
	{"10.1.2.3", false},
	{"127.0.0.1", false},
	{"127.255.255.255", false},
	{"128.0.0.0", true},
	{"168.63.129.15", true},
	{"168.63.129.16", false},
	{"168.63.129.17", true},
	{"169.254.169.254", false},
	{"169.255.0.0", true},
	{"172.15.255.255", true},
	{"172.16.0.1", false},
	{"172.31.255.255", false},
	{"172.32.0.0", true},
	{"192.168.0.1", false},
	{"192.0.2.1", false},
	{"198.18.0.1", false},
	{"198.19.255.255", false},
	{"198.20.0.0", true},
	{"203.0.113.9", false},
	{"224.0.0.1", false},
	{"255.255.255.255", false},
	{"::", false},
	{"::1", false},
	{"::ffff:8.8.8.8", false},
	{"64:ff9b::808:808", false},
	{"fe80::1", false},
	{"fc00::1", false},
	{"ff02::1", false},
	{"2606:4700::1111", true},
	{"2001:4860:4860::8888", true},
	{"2001::1", false},
	{"2001:1ff::1", false},
	{"2001:200::1", true},
	{"2001:db8::1", false},
	{"2002:7f00:1::", false},
	{"3fff::1", false},
	{"4000::1", false},
};

START_TEST(test_address__knows_what_is_public)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const struct sockaddr *a = (const void *)&in;

	if (!inet_pton(AF_INET, cases[_i].text, &in.sin_addr)) {
		ck_assert_int_eq(inet_pton(AF_INET6, cases[_i].text, &in6.sin6_addr), 1);
		a = (const void *)&in6;
	}
	ck_assert_msg(address_is_public(a) == cases[_i].is_public, "%s", cases[_i].text);
}
END_TEST

START_TEST(test_address__a_socket_of_another_family_is_not)
{
	struct sockaddr a = {.sa_family = AF_UNIX};

	ck_assert(!address_is_public(&a));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("which addresses are on the open internet");
	TCase *t = tcase_create("address");

	tcase_add_loop_test(
		t, test_address__knows_what_is_public, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, test_address__a_socket_of_another_family_is_not);
	suite_add_tcase(s, t);
	return s;
}
