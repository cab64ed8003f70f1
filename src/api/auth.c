/* SPDX-License-Identifier: Apache-2.0
 *
 * Authentication and authorisation. It remembers nothing between requests.
 */
#include "api/auth.h"

#include <string.h>
#include <strings.h>

#include "api/loop.h"
#include "base/base64.h"
#include "base/words.h"
#include "engine/issuer.h"
#include "engine/token.h"

/* What is given as the password; NULL when it can't be read. */
static const char *basic_password(const char *given, struct arena *a)
{
	enum base64_alphabet alphabet;
	unsigned char *text;
	const char *colon;
	size_t len;

	if (base64_decode(given, strlen(given), a, &text, &len, &alphabet) < 0 ||
		memchr(text, '\0', len))
		return NULL;
	colon = strchr((const char *)text, ':');
	return colon ? colon + 1 : NULL;
}

/* Calendar programs ask for a name and a password, and can send no other header. Elsewhere a password
 * would be one that browsers send by themselves. */
static const char *given_token(const struct request *r, const char *header)
{
	if (strncasecmp(header, "Bearer ", 7) == 0)
		return header + 7 + strspn(header + 7, " ");
	if (r->route->flags & ROUTE_CALENDAR && strncasecmp(header, "Basic ", 6) == 0)
		return basic_password(header + 6 + strspn(header + 6, " "), r->arena);
	return NULL;
}

int auth_authenticate(struct request *r, struct err *err)
{
	struct principal p;
	const char *header, *token;

	if (!r->server->options.auth) {
		r->caller = (struct caller){"local", "admin"};
		return 0;
	}
	header = request_header(r, "Authorization");
	if (!header)
		return err_set(err, ERR_UNAUTHENTICATED, "%s needs a token", r->route->name);
	token = given_token(r, header);
	if (!token)
		return err_set(err, ERR_UNAUTHENTICATED, "the only Authorization understood is %s",
			r->route->flags & ROUTE_CALENDAR
				? "Bearer, or Basic with the token as the password"
				: "Bearer");
	int64_t now = clock_now(r->server->options.clock);
	int rc = token_is_foreign(token)
			 ? keyless_verify(request_engine(r), token, now, r->arena, &p, err)
			 : token_verify(r->loop->reader, token, now, r->arena, &p, err);

	if (rc < 0 && token_is_foreign(token) && err->code == ERR_INVALID_TOKEN)
		r->hint = "Tokens of others are taken as `keyless` of the policy binds them: GET "
			  "/v1/policy.";
	if (rc < 0)
		return -1;
	r->caller = (struct caller){p.actor, p.scopes};
	return 0;
}

static bool may_submit(const char *scopes)
{
	struct word w;

	while (words_next(&scopes, &w))
		if (w.n > 7 && memcmp(w.s, "submit:", 7) == 0)
			return true;
	return false;
}

bool caller_may(const struct caller *c, const char *scope)
{
	if (!*scope || scopes_allow(c->scopes, scope))
		return true;
	if (strcmp(scope, "submit") == 0)
		return may_submit(c->scopes);
	if (strcmp(scope, "report") == 0)
		return scopes_allow(c->scopes, "operate");
	return strcmp(scope, "read") == 0 &&
	       (scopes_allow(c->scopes, "operate") || scopes_allow(c->scopes, "promote") ||
		       scopes_allow(c->scopes, "report"));
}

int auth_authorize(struct request *r, const char *scope, struct err *err)
{
	if (caller_may(&r->caller, scope))
		return 0;
	r->need = scope;
	return err_set(err, ERR_INSUFFICIENT_SCOPE, "%s needs the scope %s%s; this token has %s",
		r->route->name, scope, strcmp(scope, "submit") == 0 ? ":<provider>" : "",
		*r->caller.scopes ? r->caller.scopes : "none");
}

bool auth_stands(struct request *r)
{
	ARENA_AUTO a = arena_new();
	struct arena *own = r->arena;
	struct caller caller = r->caller;
	struct err ignored;
	bool stands;

	if (r->route->flags & ROUTE_PUBLIC)
		return true;
	/* What it goes on for may take weeks: nothing is left behind in the request's arena. */
	r->arena = a;
	stands = auth_authenticate(r, &ignored) == 0 && caller_may(&r->caller, r->route->scope);
	r->arena = own;
	r->caller = caller;
	r->hint = NULL;
	return stands;
}
