/* SPDX-License-Identifier: Apache-2.0
 *
 * The search for credentials, and what was found until it is about to expire. Nothing that was found is
 * written anywhere; what is dropped is wiped.
 */
#include "provider/aws_credentials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "provider/aws_identity.h"

/* EARLY: before they expire. AGAIN: between attempts to fetch what is held still. LOCAL: how long what a
 * file or the environment says is taken for granted. */
enum { EARLY_S = 900, AGAIN_S = 60, LOCAL_S = 60, SHARED_FILE_MAX = 1 << 20 };

struct aws_identity {
	struct aws_identity_options o;
	char *profile, *file, *sts;
	/* What is held; id NULL: nothing. */
	char *id, *secret, *token;
	int64_t fetched;      /* monotonic */
	int64_t expires;      /* wall; 0: never */
	int64_t refresh_mono; /* not before */
	bool refused;
	const char *source;
};

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void wipe(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

struct aws_identity *aws_identity_new(const struct aws_identity_options *o)
{
	struct aws_identity *i = xcalloc(1, sizeof(*i));

	i->o = *o;
	i->o.profile = i->profile = copy(o->profile);
	i->o.file = i->file = copy(o->file);
	i->o.sts = i->sts = copy(o->sts);
	return i;
}

static void drop(struct aws_identity *i)
{
	wipe(&i->id);
	wipe(&i->secret);
	wipe(&i->token);
}

void aws_identity_free(struct aws_identity *i)
{
	if (!i)
		return;
	drop(i);
	free(i->profile);
	free(i->file);
	free(i->sts);
	free(i);
}

const char *aws_identity_source(const struct aws_identity *i)
{
	return i->source;
}

/* ---- On this machine ---- */

const char *aws_env(const struct aws_identity_options *o, const char *name)
{
	const char *value = o->env(name);

	return value && *value ? value : NULL;
}

static int from_environment(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err)
{
	const char *id = aws_env(o, "AWS_ACCESS_KEY_ID");
	const char *secret = aws_env(o, "AWS_SECRET_ACCESS_KEY");
	const char *expires = aws_env(o, "AWS_CREDENTIAL_EXPIRATION");

	if (o->profile || o->file || !id)
		return 0;
	if (!secret)
		return err_set(
			err, ERR_CONFIG, "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY");
	*ret = (struct aws_found){id, secret, aws_env(o, "AWS_SESSION_TOKEN"), 0};
	if (expires && time_parse(expires, &ret->expires) < 0)
		return err_set(err, ERR_CONFIG, "AWS_CREDENTIAL_EXPIRATION is no time");
	return 1;
}

static const char *shared_path(const struct aws_identity_options *o, struct arena *a)
{
	const char *named = o->file ? o->file : aws_env(o, "AWS_SHARED_CREDENTIALS_FILE");
	const char *home = aws_env(o, "HOME");

	if (named)
		return named;
	return home ? arena_printf(a, "%s/.aws/credentials", home) : NULL;
}

static int from_shared_file(const struct aws_identity_options *o, const struct provider_call *call,
	struct aws_found *ret, struct err *err)
{
	struct arena *a = call->arena;
	const char *path = shared_path(o, a);
	const char *named = o->profile ? o->profile : aws_env(o, "AWS_PROFILE");
	const char *name = named ? named : "default";
	struct aws_profile p;
	char *text;
	size_t len;
	int rc;

	if (!path || (!o->file && access(path, F_OK) < 0)) {
		if (!named)
			return 0;
		return err_set(
			err, ERR_CONFIG, "there is no shared file with the profile %s", name);
	}
	if (file_read(path, SHARED_FILE_MAX, a, &text, &len, err) < 0)
		return -1;
	rc = aws_profile_parse(text, len, name, a, &p, err);
	explicit_bzero(text, len);
	if (rc < 0)
		return err_wrap(err, "%s", path);
	if (rc == 0 || (!p.id && !p.elsewhere)) {
		if (!named && !o->file)
			return 0;
		return err_set(
			err, ERR_CONFIG, "%s holds no credentials for the profile %s", path, name);
	}
	if (!p.id || p.elsewhere)
		return err_set(err, ERR_CONFIG,
			"%s, profile %s: %s is not supported; give it keys, or use a web identity, "
			"a container's or an instance's role",
			path, name, p.elsewhere);
	if (!p.secret)
		return err_set(err, ERR_CONFIG, "%s, profile %s: aws_secret_access_key is missing",
			path, name);
	*ret = (struct aws_found){p.id, p.secret, p.token, 0};
	return 1;
}

/* ---- The search ---- */

static const struct {
	const char *name;
	bool local; /* looked at again now and then, because it costs nothing */
	/* 1: found; 0: it is not set up; -1 */
	int (*find)(const struct aws_identity_options *o, const struct provider_call *call,
		struct aws_found *ret, struct err *err);
} places[] = {
	{"environment", true, from_environment},
	{"web identity", false, aws_from_web_identity},
	{"shared file", true, from_shared_file},
	{"container", false, aws_from_container},
	{"instance", false, aws_from_instance},
};

static void keep(struct aws_identity *i, const struct aws_found *f, const char *source, bool local,
	const struct clock *clock)
{
	int64_t now = clock_now(clock), left = f->expires - EARLY_S * USEC_PER_SEC - now;

	drop(i);
	i->id = xstrdup(f->id);
	i->secret = xstrdup(f->secret);
	i->token = copy(f->token);
	i->expires = f->expires;
	i->fetched = clock_mono(clock);
	i->source = source;
	i->refused = false;
	if (left < AGAIN_S * USEC_PER_SEC)
		left = AGAIN_S * USEC_PER_SEC;
	i->refresh_mono = local	       ? i->fetched + LOCAL_S * USEC_PER_SEC
			  : f->expires ? i->fetched + left
				       : INT64_MAX;
}

/* What is read and answered on the way goes with the secrets in it. */
static int search(struct aws_identity *i, const struct provider_call *call, struct err *err)
{
	ARENA_SECRET a = arena_new();
	struct provider_call own = *call;

	own.arena = a;
	for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
		struct aws_found f = {0};
		int rc = places[k].find(&i->o, &own, &f, err);

		if (rc < 0)
			return err_wrap(err, "credentials (%s)", places[k].name);
		if (rc == 0)
			continue;
		if (f.expires && f.expires <= clock_now(call->clock))
			return err_set(
				err, ERR_IO, "credentials (%s): they have expired", places[k].name);
		keep(i, &f, places[k].name, places[k].local, call->clock);
		return 0;
	}
	return err_set(err, ERR_CONFIG,
		"there are no credentials: not in the environment, by a web identity, in the "
		"shared "
		"file, of a container or of an instance");
}

static bool is_over(const struct aws_identity *i, const struct clock *clock)
{
	return i->expires && i->expires <= clock_now(clock);
}

int aws_identity_get(struct aws_identity *i, const struct provider_call *call,
	struct sigv4_credentials *ret, struct err *err)
{
	int64_t mono = clock_mono(call->clock);
	struct err why;

	if (!i->id || i->refused || mono >= i->refresh_mono || is_over(i, call->clock)) {
		if (search(i, call, &why) < 0) {
			if (!i->id || i->refused || is_over(i, call->clock)) {
				*err = why;
				return -1;
			}
			i->refresh_mono = mono + AGAIN_S * USEC_PER_SEC;
		}
	}
	*ret = (struct sigv4_credentials){i->id, i->secret, i->token};
	return 0;
}

bool aws_identity_refused(struct aws_identity *i, const struct clock *clock)
{
	if (!i->id || clock_mono(clock) - i->fetched < AGAIN_S * USEC_PER_SEC)
		return false;
	i->refused = true;
	return true;
}
