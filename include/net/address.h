/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses lie on the open internet (IANA's special-purpose registries, RFC 6890): the rest may
 * lead to what only this machine or its network is meant to reach. Pure.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Of IPv6 only 2000::/3, without 2001::/23, 2001:db8::/32, 2002::/16 and 3fff::/20, which carry other
 * addresses or are none. False for every other family. */
bool address_is_public(const struct sockaddr *a);

#endif
