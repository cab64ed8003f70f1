/* SPDX-License-Identifier: Apache-2.0
 *
 * Start here: daemon_open() reads as the start-up script, daemon_close() as its reverse. This file
 * owns the order of things and the signals; it decides nothing about releases.
 */
#include "app/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/server.h"
#include "app/admin_token.h"
#include "net/listener.h"
#include "app/notify.h"
#include "app/policy_diff.h"
#include "app/prometheus.h"
#include "app/state.h"
#include "base/file.h"
#include "base/words.h"
#include "engine/engine.h"
#include "policy/cadence.h"

enum { POLICY_FILE_MAX = 1 << 20, DIFFERENCES_SHOWN = 5, LOOPS_MAX_BY_DEFAULT = 4 };

struct daemon {
	const struct daemon_options *options;
	const struct config *config; /* as started */
	struct config live;	     /* the reloadable options as they are now */
	struct arena *arena, *live_arena;
	struct state state;
	const char *policy_text; /* of the file, NULL without one */
	struct engine *engine;
	struct server *server;
	struct prometheus_poller *prometheus;
	bool inherited; /* its sockets came from the service manager */
};

/* ---- start ------------------------------------------------------------------------------------ */

static void setup_log(const struct config *c)
{
	log_setup((enum log_level)c->log_level, (enum log_format)c->log_format, -1);
}

static int read_policy(
	const struct config *c, struct arena *a, const char **ret_text, struct err *err)
{
	struct policy policy;
	struct faults faults;
	const char *canonical;
	char *text;
	size_t len;

	*ret_text = NULL;
	if (!*c->policy)
		return 0;
	faults_init(&faults);
	if (file_read(c->policy, POLICY_FILE_MAX, a, &text, &len, err) < 0)
		return err_set(err, ERR_CONFIG, "policy = %s: cannot be read", c->policy);
	/* As of the beginning of time: a rule that has run out is no reason not to start. */
	if (policy_accept(text, len, 0, a, &policy, &canonical, &faults, err) < 0) {
		if (faults.n)
			return err_set(err, ERR_CONFIG, "policy = %s: %s %s", c->policy,
				faults.list[0].pointer, faults.list[0].detail);
		return err_wrap(err, "policy = %s", c->policy);
	}
	*ret_text = canonical;
	return 0;
}

static const struct engine_source *sources(const struct config *c, struct arena *a)
{
	struct engine_source *v = ARENA_ARRAY(a, c->n_providers, struct engine_source);

	for (size_t i = 0; i < c->n_providers; i++)
		v[i] = (struct engine_source){c->providers[i].kind, c->providers[i].options};
	return v;
}

/* The file that was named, else the credential of the service manager when there is one. */
static const char *key_credential(const struct config *c, struct arena *a)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY"), *path;

	if (*c->signing_key)
		return c->signing_key;
	if (!folder || !*folder)
		return NULL;
	path = arena_printf(a, "%s/signing.key", folder);
	return access(path, F_OK) == 0 ? path : NULL;
}

enum new_key { NEW_KEY_NONE, NEW_KEY_SIGNING, NEW_KEY_BUNDLES };

static int open_engine(struct daemon *d, enum new_key wanted, struct err *err)
{
	const struct engine_options o = {
		.path = d->state.registry,
		.key_credential = key_credential(d->config, d->arena),
		.new_key = wanted == NEW_KEY_SIGNING,
		.bundles = d->config->bundles,
		.new_bundle_key = wanted == NEW_KEY_BUNDLES,
		.pointer_lifetime = d->config->pointer_expires,
		.clock = d->options->clock,
		.policy_text = d->policy_text,
		.queue_max = (size_t)d->config->queue_max,
		.sources = sources(d->config, d->arena),
		.n_sources = d->config->n_providers,
		.webhook_private = d->config->webhook_private,
		.webhook_source = d->config->webhook_source,
		.asked = prometheus_asked(&d->config->prometheus, d->arena),
		.threads = true,
	};

	return engine_open(&o, &d->engine, err);
}

static void warn_of_file(void *arg, const char *text)
{
	(void)arg;
	log_warn("config.file", LOG_STR("detail", text));
}

/* The registry's policy rules; a file that says otherwise is only a first version come too late. */
static void compare_policy(struct daemon *d)
{
	SNAPSHOT_AUTO s = snapshot_get(d->engine);
	ARENA_AUTO a = arena_new();

	if (!d->policy_text)
		return;
	const char *diff = policy_diff(s->policy_text, d->policy_text, DIFFERENCES_SHOWN, a);
	if (*diff)
		log_warn("policy.file_differs", LOG_STR("file", d->config->policy),
			LOG_INT("version", s->policy.version), LOG_STR("diff", diff),
			LOG_STR("hint",
				"the registry's policy is in force; PUT /v1/policy changes it"));
}

static int first_token(struct daemon *d, struct err *err)
{
	int made = d->config->auth ? admin_token_first(d->engine, &d->state, err) : 0;

	if (made > 0)
		log_info("token.first", LOG_STR("file", d->state.admin_token),
			LOG_STR("hint", "it may do everything; keep it"));
	return made < 0 ? -1 : 0;
}

/* A list of words as a NULL-terminated array; NULL for none. */
static const char *const *split(const char *list, struct arena *a)
{
	const char **v = ARENA_ARRAY(a, strlen(list) + 2, const char *);
	struct word w;
	size_t n = 0;

	while (words_next(&list, &w))
		v[n++] = arena_strndup(a, w.s, w.n);
	return n ? v : NULL;
}

static int loops(const struct config *c)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->loops > 0)
		return (int)c->loops;
	return cpus < 1 ? 1 : cpus > LOOPS_MAX_BY_DEFAULT ? LOOPS_MAX_BY_DEFAULT : (int)cpus;
}

/* auth = off was granted for addresses of this machine; that holds for a socket passed in as well. */
static int check_inherited(const struct config *c, const int *fds, size_t n, struct err *err)
{
	for (size_t i = 0; !c->auth && i < n; i++) {
		struct listener l = {.address_len = sizeof(l.address)};
		if (getsockname(fds[i], (struct sockaddr *)&l.address, &l.address_len) < 0 ||
			!listener_is_local(&l))
			return err_set(err, ERR_CONFIG,
				"auth = off, but the service manager's socket can be reached from "
				"other machines");
	}
	return 0;
}

static int open_server(struct daemon *d, struct err *err)
{
	const struct config *c = d->config;
	struct server_options o;
	int *inherited;

	server_options_init(&o);
	o.engine = d->engine;
	o.clock = d->options->clock;
	o.n_inherited = notify_sockets(d->arena, &inherited);
	o.inherited = inherited;
	d->inherited = o.n_inherited > 0;
	if (check_inherited(c, inherited, o.n_inherited, err) < 0)
		return -1;
	/* Sockets of the service manager stand for the option. */
	o.listen = c->listeners;
	o.n_listen = o.n_inherited ? 0 : c->n_listeners;
	o.loops = loops(c);
	o.max_connections = (int)c->max_connections;
	o.request_timeout = c->request_timeout;
	o.auth = c->auth;
	o.cors_origins = split(c->cors_origins, d->arena);
	return server_open(&o, &d->server, err);
}

static void say_ready(const struct daemon *d)
{
	const char *listen = d->inherited ? "inherited" : d->config->listen;
	int port = server_port(d->server);

	if (!d->config->auth)
		log_warn("auth.off", LOG_STR("listen", listen),
			LOG_STR("hint",
				"everyone who can connect may do everything, without a token"));
	log_info("daemon.ready", LOG_STR("version", SPIRALFED_VERSION), LOG_STR("listen", listen),
		LOG_INT("port", port), LOG_STR("state", d->state.path),
		LOG_BOOL("auth", d->config->auth));
}

int daemon_open(const struct daemon_options *o, struct daemon **ret, struct err *err)
{
	struct daemon *d = xcalloc(1, sizeof(*d));

	d->options = o;
	d->config = o->config;
	d->live = *o->config;
	d->arena = arena_new();
	d->state.lock_fd = -1;
	setup_log(d->config);

	if (read_policy(d->config, d->arena, &d->policy_text, err) < 0 ||
		state_open(d->config->state, d->arena, &d->state, err) < 0 ||
		open_engine(d, NEW_KEY_NONE, err) < 0 || first_token(d, err) < 0 ||
		open_server(d, err) < 0 ||
		prometheus_start(d->engine, &d->config->prometheus, &d->prometheus, err) < 0) {
		daemon_close(d);
		return -1;
	}
	compare_policy(d);
	config_files_check(d->config, d->arena, warn_of_file, NULL);
	say_ready(d);
	*ret = d;
	return 0;
}

int daemon_port(const struct daemon *d)
{
	return server_port(d->server);
}

/* ---- while it serves -------------------------------------------------------------------------- */

static void grant_token(struct daemon *d)
{
	struct err err = {0};

	if (!state_token_wished(&d->state))
		return;
	if (admin_token_new(d->engine, &d->state, &err) < 0) {
		log_error("token.admin_failed", LOG_ERR(&err));
		return;
	}
	state_token_granted(&d->state);
	log_warn("token.admin_made", LOG_STR("file", d->state.admin_token),
		LOG_STR("hint", "asked for on this host; revoke the old one if it may be known"));
}

void daemon_reload(struct daemon *d)
{
	struct arena *a = arena_new();
	struct config fresh;
	struct err err = {0};

	grant_token(d);
	if (!d->options->source || config_load(d->options->source, a, &fresh, &err) < 0) {
		if (err.code != ERR_NONE)
			log_error("config.refused", LOG_ERR(&err),
				LOG_STR("hint", "the values from before stay"));
		arena_free(a);
		return;
	}
	const char *waits = config_waits(d->config, &fresh);
	size_t changed = config_changed(&d->live, &fresh);
	d->live = fresh;
	arena_free(d->live_arena);
	d->live_arena = a;
	setup_log(&d->live);
	log_info("config.reloaded", LOG_INT("changed", (int64_t)changed));
	if (waits)
		log_warn("config.waits", LOG_STR("option", waits),
			LOG_STR("hint", "takes effect at the next start"));
}

void daemon_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
}

/* The next signal, or 0 when `usec` passed first (0: no limit). */
static int next_signal(const sigset_t *set, int64_t usec)
{
	const struct timespec ts = {
		.tv_sec = usec / USEC_PER_SEC, .tv_nsec = usec % USEC_PER_SEC * 1000};
	int sig = usec ? sigtimedwait(set, NULL, &ts) : sigwaitinfo(set, NULL);

	return sig < 0 ? 0 : sig;
}

/* A registry that can't be written any more wants a restart: the watchdog then gives it one. */
static void say_alive(const struct daemon *d)
{
	struct engine_stats stats;

	engine_stats(d->engine, &stats);
	if (!stats.broken)
		notify_alive();
}

void daemon_serve(struct daemon *d)
{
	int64_t interval = notify_interval();
	sigset_t set;

	daemon_signals(&set);
	notify_ready();
	for (;;) {
		int sig = next_signal(&set, interval);
		if (sig == SIGTERM || sig == SIGINT) {
			log_info("daemon.stopping", LOG_STR("signal", sigabbrev_np(sig)));
			break;
		}
		if (sig == SIGHUP) {
			notify_reloading();
			daemon_reload(d);
			notify_ready();
		}
		if (interval)
			say_alive(d);
	}
	notify_stopping();
}

/* ---- the end ---------------------------------------------------------------------------------- */

void daemon_close(struct daemon *d)
{
	if (!d)
		return;
	if (d->server)
		server_drain(d->server, d->live.drain_timeout);
	prometheus_stop(d->prometheus);
	engine_close(d->engine);
	server_close(d->server);
	if (d->server)
		log_info("daemon.stopped", LOG_STR("state", d->state.path));
	state_close(&d->state);
	arena_free(d->live_arena);
	arena_free(d->arena);
	free(d);
}

/* ---- other things the program does with the same parts ------------------------------------------ */

int daemon_check(const struct config *c, struct err *err)
{
	ARENA_AUTO a = arena_new();
	const char *text;

	return read_policy(c, a, &text, err);
}

int daemon_new_admin_token(const struct daemon_options *o, struct err *err)
{
	struct daemon d = {.options = o, .config = o->config, .arena = arena_new()};
	int rc = state_found(o->config->state, d.arena, err);

	if (rc == 0)
		rc = read_policy(o->config, d.arena, &d.policy_text, err);
	if (rc == 0)
		rc = state_open(o->config->state, d.arena, &d.state, err);
	if (rc == 0) {
		rc = open_engine(&d, NEW_KEY_NONE, err);
		if (rc == 0)
			rc = admin_token_new(d.engine, &d.state, err);
		engine_close(d.engine);
		state_close(&d.state);
	} else if (err->code == ERR_STATE_CONFLICT) {
		rc = state_wish_token(o->config->state, d.arena, err);
	}
	arena_free(d.arena);
	return rc;
}

/* Nothing but the start of an engine makes keys. */
static int begin_with_another(struct daemon *d, enum new_key wanted, struct err *err)
{
	int rc = state_found(d->config->state, d->arena, err);

	if (rc == 0)
		rc = read_policy(d->config, d->arena, &d->policy_text, err);
	if (rc == 0)
		rc = state_open(d->config->state, d->arena, &d->state, err);
	if (rc == 0) {
		rc = open_engine(d, wanted, err);
		engine_close(d->engine);
		state_close(&d->state);
	}
	return rc;
}

int daemon_new_signing_key(const struct daemon_options *o, struct err *err)
{
	struct daemon d = {.options = o, .config = o->config, .arena = arena_new()};
	const char *given = key_credential(d.config, d.arena);
	int rc = given ? err_set(err, ERR_CONFIG,
				 "the signing key is %s: put another one there and restart the "
				 "daemon",
				 given)
		       : begin_with_another(&d, NEW_KEY_SIGNING, err);

	if (rc < 0 && err->code == ERR_STATE_CONFLICT)
		err_wrap(err, "a running daemon rotates by `spiralfed key rotate`");
	arena_free(d.arena);
	return rc;
}

int daemon_new_bundle_key(const struct daemon_options *o, struct err *err)
{
	struct daemon d = {.options = o, .config = o->config, .arena = arena_new()};
	int rc = o->config->bundles
			 ? begin_with_another(&d, NEW_KEY_BUNDLES, err)
			 : err_set(err, ERR_CONFIG, "bundles = off: there are none to be signed");

	arena_free(d.arena);
	return rc;
}
