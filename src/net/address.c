/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocks of addresses that are not public. It resolves nothing.
 */
#include "net/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct block {
	uint32_t prefix; /* the first 32 bits of an address */
	int bits;
};

static const struct block v4_inside[] = {
	{0x00000000, 8},  /* this network */
	{0x0a000000, 8},  /* private */
	{0x64400000, 10}, /* shared by carriers */
	{0x7f000000, 8},  /* loopback */
	{0xa83f8110, 32}, /* what Azure hands out to its machines */
	{0xa9fe0000, 16}, /* link-local, and the clouds' metadata servers */
	{0xac100000, 12}, /* private */
	{0xc0000000, 24}, /* protocol assignments */
	{0xc0000200, 24}, /* documentation */
	{0xc0586300, 24}, /* 6to4 relays */
	{0xc0a80000, 16}, /* private */
	{0xc6120000, 15}, /* benchmarks */
	{0xc6336400, 24}, /* documentation */
	{0xcb007100, 24}, /* documentation */
	{0xe0000000, 4},  /* multicast */
	{0xf0000000, 4},  /* reserved, broadcast */
};
static const struct block v6_outside = {0x20000000, 3};
static const struct block v6_inside[] = {
	{0x20010000, 23}, /* protocol assignments: Teredo, ORCHID, benchmarks */
	{0x20010db8, 32}, /* documentation */
	{0x20020000, 16}, /* 6to4: carries an IPv4 address */
	{0x3fff0000, 20}, /* documentation */
};

static bool is_in(uint32_t head, const struct block *b)
{
	return (head ^ b->prefix) >> (32 - b->bits) == 0;
}

static bool is_in_any(uint32_t head, const struct block *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_in(head, &list[i]))
			return true;
	return false;
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

bool address_is_public(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)a;

		return !is_in_any(ntohl(in->sin_addr.s_addr), v4_inside, COUNT(v4_inside));
	}
	if (a->sa_family == AF_INET6) {
		const unsigned char *b =
			((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr;
		uint32_t head =
			(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

		return is_in(head, &v6_outside) && !is_in_any(head, v6_inside, COUNT(v6_inside));
	}
	return false;
}
