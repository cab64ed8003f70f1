/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody outside said has changed at a provider's place: kept by name, each name once, until the
 * connector is free to look. It believes nothing but that it is worth a look.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/schedule.h"
#include "engine/source_run.h"

enum { AGAIN_S = 300 };

void asked_clear(struct asked *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->names[i]);
	*a = (struct asked){0};
}

static void add(struct asked *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->names[i], name) == 0)
			return;
	if (a->n == ASKED_MAX)
		a->all = true;
	else
		a->names[a->n++] = xstrdup(name);
}

int source_ask(struct engine *e, const char *provider, const char *body, size_t len, bool dry_run,
	struct arena *a, const char **ret_name, struct err *err)
{
	struct source *s = source_find_in(e->sources, provider);

	if (!s || !s->kind->hook || !s->kind->find)
		return err_set(err, ERR_NOT_FOUND, "no connector of %s takes messages", provider);
	if (s->kind->hook(s->connector, body, len, a, ret_name, err) < 0)
		return -1;
	if (!*ret_name || dry_run)
		return 0;
	lock_take(&e->ops_lock);
	add(&s->asked, *ret_name);
	lock_give(&e->ops_lock);
	schedule_wake(e);
	return 0;
}

/* Take over what is to be pulled now; false: nothing is. */
static bool take(struct source *s)
{
	LOCK_SCOPE(&s->e->ops_lock);
	if ((!s->asked.n && !s->asked.all) || clock_mono(s->e->clock) < s->asked.not_before)
		return false;
	s->taken = s->asked;
	s->asked = (struct asked){0};
	return true;
}

void asked_watch(struct engine *e)
{
	struct source_set *set = e->sources;

	for (size_t i = 0; i < set->n; i++) {
		struct source *s = &set->v[i];

		if (s->state == SOURCE_IDLE && take(s) && !source_start(s, SOURCE_INGEST_ASKED))
			asked_over(s, true);
	}
}

void asked_over(struct source *s, bool failed)
{
	/* One more try, at everything; after that the schedule. */
	bool again = failed && !s->taken.all;

	asked_clear(&s->taken);
	if (!again)
		return;
	LOCK_SCOPE(&s->e->ops_lock);
	s->asked.all = true;
	s->asked.not_before = clock_mono(s->e->clock) + AGAIN_S * USEC_PER_SEC;
}

void asked_all(struct source *s)
{
	lock_take(&s->e->ops_lock);
	s->asked.all = true;
	lock_give(&s->e->ops_lock);
	schedule_wake(s->e);
}
