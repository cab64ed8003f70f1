/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetches the keys of an issuer. Both documents are small, and each is asked for once: whoever calls
 * comes again. It keeps nothing.
 */
#include "provider/issuer.h"

#include <string.h>

#include "base/jcs.h"
#include "model/keyless.h"
#include "net/http.h"
#include "provider/session.h"

enum { TIMEOUT_S = 10, DISCOVERY_MAX = 64 << 10, KEYS_MAX = 256 << 10 };

/* A URL in its server and the path on it. */
static int get(const char *url, size_t cap, enum http_reach reach, const struct provider_call *call,
	struct http_response *ret, struct err *err)
{
	const char *path = strchr(strstr(url, "://") + 3, '/');
	const char *base = path ? arena_strndup(call->arena, url, (size_t)(path - url)) : url;
	struct http_request r = {
		.method = "GET",
		.path = path ? path : "/",
		.timeout = TIMEOUT_S * USEC_PER_SEC,
		.cap = cap,
		.stop = call->stop,
		.reach = reach,
	};

	if (http_server_parse(base, call->arena, &r.server, err) < 0 ||
		http_perform(&r, call->arena, ret, err) < 0)
		return -1;
	if (ret->status != 200)
		return err_set(err, ERR_UNREACHABLE, "%s answered %d", url, ret->status);
	return 0;
}

/* Where the keys are. */
static const char *keys_url(
	const char *issuer, const struct http_response *r, struct arena *a, struct err *err)
{
	json_auto_t *doc = NULL;
	const char *named, *url;

	if (jcs_load(r->body, r->body_len, &doc, err) < 0) {
		err_wrap(err, "the discovery document of %s", issuer);
		return NULL;
	}
	named = json_string_value(json_object_get(doc, "issuer"));
	url = json_string_value(json_object_get(doc, "jwks_uri"));
	if (!named || strcmp(named, issuer) != 0) {
		err_set(err, ERR_IO,
			"the discovery document of %s is of the issuer %.200s: write it as it does "
			"itself",
			issuer, named ? named : "(none)");
		return NULL;
	}
	if (!url || !issuer_url_valid(url)) {
		err_set(err, ERR_IO, "%s keeps its keys at %.200s, which is no https URL", issuer,
			url ? url : "(nowhere)");
		return NULL;
	}
	return arena_strdup(a, url);
}

int issuer_fetch(const char *issuer, const struct provider_call *call, const char **ret,
	size_t *ret_len, struct err *err)
{
	size_t n = strlen(issuer);
	const char *slash = n && issuer[n - 1] == '/' ? "" : "/", *url;
	struct http_response r;

	if (get(arena_printf(call->arena, "%s%s.well-known/openid-configuration", issuer, slash),
		    DISCOVERY_MAX, HTTP_REACH_ANY, call, &r, err) < 0)
		return -1;
	url = keys_url(issuer, &r, call->arena, err);
	/* Whom to ask an operator wrote; where it leads its own document says. */
	if (!url || get(url, KEYS_MAX,
			    session_same_server(url, issuer) ? HTTP_REACH_ANY : HTTP_REACH_PUBLIC,
			    call, &r, err) < 0)
		return -1;
	*ret = r.body;
	*ret_len = r.body_len;
	return 0;
}
