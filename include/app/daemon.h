/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon as an object: everything it owns, in the order in which it starts, so that a test runs
 * one inside itself with a clock of its own. Its functions are called by one thread.
 */
#ifndef APP_DAEMON_H
#define APP_DAEMON_H

#include <signal.h>

#include "app/config.h"
#include "base/clock.h"

struct daemon;

struct daemon_options {
	const struct config *config;
	const struct config_source
		*source; /* read again by a reload; NULL: reloads change nothing */
	const struct clock *clock;
};

/* Start all of it; options must live as long. ERR_CONFIG when the options are at fault,
 * ERR_STATE_CONFLICT when another daemon holds the state folder. */
int daemon_open(const struct daemon_options *o, struct daemon **ret, struct err *err);

/* Handle signals until one ends it. The caller has blocked those of daemon_signals() in every thread. */
void daemon_serve(struct daemon *d);
void daemon_signals(sigset_t *ret);

/* What SIGHUP does. */
void daemon_reload(struct daemon *d);

/* Finish what is in flight, commit, close. NULL is allowed. */
void daemon_close(struct daemon *d);

int daemon_port(const struct daemon *d); /* of the first TCP address */

/* Make an admin token and write it to the state folder: by the running daemon when there is one. */
int daemon_new_admin_token(const struct daemon_options *o, struct err *err);

/* Begin with another signing key, while no daemon runs: the one before signs on for a week if its secret
 * is there. */
int daemon_new_signing_key(const struct daemon_options *o, struct err *err);
/* Begin with another key of bundles in place of one that was lost, while no daemon runs. */
int daemon_new_bundle_key(const struct daemon_options *o, struct err *err);

/* What --check-config looks at beyond the options themselves: the policy file. */
int daemon_check(const struct config *c, struct err *err);

#endif
