/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that asks Prometheus. A window is asked for once; when there is no answer it is tried
 * again until the next one is over, and then left: what is missing stays missing.
 */
#include "app/prometheus.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "base/log.h"
#include "store/release.h"

enum { LOOK_S = 1, AGAIN_S = 10 };
#define WINDOW (PROMETHEUS_WINDOW_S * USEC_PER_SEC)
#define ACTOR  "controller:prometheus"

struct prometheus_poller {
	struct engine *engine;
	const struct prometheus_options *options;
	struct db *reader;
	pthread_t thread;
	struct lock lock;
	struct cond cond;
	atomic_bool stop;
	bool over;	  /* the command that waits is */
	int64_t done;	  /* end of the last window that was handed in */
	int64_t next_try; /* monotonic */
	bool failing;
};

static void command_over(struct command *c)
{
	struct prometheus_poller *p = c->owner;
	LOCK_SCOPE(&p->lock);

	p->over = true;
	cond_wake(&p->cond);
}

static int hand_in(
	struct prometheus_poller *p, struct observation *o, struct arena *a, struct err *err)
{
	const struct observations all = {.observations = {.v = o, .n = 1}};
	struct command c = {.arena = a, .actor = ACTOR, .done = command_over, .owner = p};

	p->over = false;
	if (observations_asked(p->engine, &c, &all, err) < 0)
		return -1;
	LOCK_SCOPE(&p->lock);
	while (!p->over)
		cond_wait(&p->cond, &p->lock, -1);
	*err = c.err;
	return err->code == ERR_NONE ? 0 : -1;
}

/* Once for each change, not for each minute. */
static void tell(struct prometheus_poller *p, int rc, const struct err *err)
{
	if (rc < 0 && !p->failing)
		log_warn("prometheus.failed", LOG_ERR(err),
			LOG_STR("hint",
				"until it answers, what it is asked for is counted by nobody"));
	else if (rc == 0 && p->failing)
		log_info("prometheus.recovered");
	p->failing = rc < 0;
}

static int poll_window(struct prometheus_poller *p, const struct snapshot *s, int64_t t_end,
	struct arena *a, struct err *err)
{
	struct activation_row activation;
	struct observation o;

	if (activation_begun(p->reader, s->channel.serial, a, &activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "the present activation is missing");
	/* A minute in which another release served as well says nothing about either. */
	if (t_end - WINDOW < activation.at)
		return 0;
	if (prometheus_observe(p->options, s->channel.version, t_end, &p->stop, a, &o, err) < 0)
		return -1;
	o.serial = activation.serial;
	return hand_in(p, &o, a, err);
}

static void step(struct prometheus_poller *p)
{
	const struct clock *clock = engine_clock(p->engine);
	int64_t now = clock_now(clock) - p->options->lag, t_end = now - now % WINDOW;
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(p->engine);
	struct err err = {0};
	int rc;

	if (!s->has_release || t_end == p->done || clock_mono(clock) < p->next_try)
		return;
	rc = poll_window(p, s, t_end, a, &err);
	if (rc < 0 && p->stop)
		return;
	tell(p, rc, &err);
	if (rc == 0)
		p->done = t_end;
	else
		p->next_try = clock_mono(clock) + AGAIN_S * USEC_PER_SEC;
}

static void *poller_main(void *arg)
{
	struct prometheus_poller *p = arg;
	bool stop = false;

	while (!stop) {
		step(p);
		LOCK_SCOPE(&p->lock);
		if (!p->stop)
			cond_wait(&p->cond, &p->lock, LOOK_S * USEC_PER_SEC);
		stop = p->stop;
	}
	return NULL;
}

static void poller_free(struct prometheus_poller *p)
{
	db_close(p->reader);
	cond_clear(&p->cond);
	lock_clear(&p->lock);
	free(p);
}

int prometheus_start(struct engine *e, const struct prometheus_options *o,
	struct prometheus_poller **ret, struct err *err)
{
	struct prometheus_poller *p;

	*ret = NULL;
	if (!o->url)
		return 0;
	p = xcalloc(1, sizeof(*p));
	p->engine = e;
	p->options = o;
	lock_init(&p->lock, "prometheus", LOCK_PROMETHEUS);
	cond_init(&p->cond);
	if (engine_reader(e, &p->reader, err) < 0) {
		poller_free(p);
		return -1;
	}
	if (pthread_create(&p->thread, NULL, poller_main, p) != 0) {
		poller_free(p);
		return err_set(err, ERR_INTERNAL, "the thread for Prometheus could not be started");
	}
	*ret = p;
	return 0;
}

void prometheus_stop(struct prometheus_poller *p)
{
	if (!p)
		return;
	lock_take(&p->lock);
	p->stop = true;
	cond_wake(&p->cond);
	lock_give(&p->lock);
	pthread_join(p->thread, NULL);
	poller_free(p);
}
