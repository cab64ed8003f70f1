/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an issuer of tokens (OpenID Connect) publishes its keys: discovery
 * (<issuer>/.well-known/openid-configuration, OpenID Connect Discovery 1.0, section 4), then the key
 * set that it names. Any thread.
 */
#ifndef PROVIDER_ISSUER_H
#define PROVIDER_ISSUER_H

#include "provider/provider.h"

/* The text of the key set, in the call's arena, unread. ERR_UNREACHABLE, ERR_IO: which document could not
 * be had; the discovery is none, names another issuer, or keys that lie where anybody on the way could
 * replace them. */
int issuer_fetch(const char *issuer, const struct provider_call *call, const char **ret,
	size_t *ret_len, struct err *err);

#endif
