/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of connectors, how a call waits, and when it has to end.
 */
#include "provider/provider.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct connector_kind *const kinds[] = {
	&connector_dir, &connector_hf, &connector_aws, &connector_gcp};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), SLICE_MS = 100 };

const struct connector_kind *connector_kind_find(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

const char *connector_kind_names(struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < KINDS; i++)
		out = arena_printf(a, "%s%s%s", out, i ? ", " : "", kinds[i]->name);
	return out;
}

static int by_name(const void *a, const void *b)
{
	const struct source_entry *e = a, *o = b;

	return strcmp(e->name, o->name);
}

int source_listing_page(size_t *bytes, size_t page, struct err *err)
{
	if (page > LISTING_BYTES_MAX - *bytes)
		return err_set(err, ERR_IO, "the pages of the listing have more than %d MiB",
			LISTING_BYTES_MAX >> 20);
	*bytes += page;
	return 0;
}

void source_pages_clear(struct source_pages *p)
{
	free(p->next);
	free(p->seen);
	*p = (struct source_pages){0};
}

int source_pages_turn(struct source_pages *p, const char *next, struct err *err)
{
	char *name = next && *next ? xstrdup(next) : NULL;

	/* It may be p->next itself. */
	free(p->next);
	p->next = name;
	if (!name)
		return 0;
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 16;
		p->seen = xrealloc(p->seen, p->room * sizeof(*p->seen));
	}
	digest_string(name, strlen(name), p->seen[p->n]);
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->seen[i], p->seen[p->n]))
			return err_set(err, ERR_IO,
				"the listing goes on with a page that was read, %.100s", name);
	p->n++;
	return 0;
}

size_t source_entries_sort(struct source_entry *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(v[kept - 1].name, v[i].name) != 0)
			v[kept++] = v[i];
	return kept;
}

struct source_entry *source_entries_find(struct source_entry *v, size_t n, const char *name)
{
	const struct source_entry key = {.name = name};

	return n ? bsearch(&key, v, n, sizeof(*v), by_name) : NULL;
}

int provider_call_check(const struct provider_call *call, struct err *err)
{
	if (call->stop && *call->stop)
		return err_set(err, ERR_UNAVAILABLE, "the daemon is shutting down");
	if (clock_mono(call->clock) >= call->deadline)
		return err_set(err, ERR_UNAVAILABLE, "it took longer than `timeout` allows");
	return 0;
}

/* In slices, so that the end of the process is seen. */
static void wait_really(const struct provider_call *call, int64_t usec)
{
	int64_t until = clock_mono(call->clock) + usec, left;

	while ((left = until - clock_mono(call->clock)) > 0 && !(call->stop && *call->stop)) {
		int64_t slice = left < SLICE_MS * USEC_PER_MSEC ? left : SLICE_MS * USEC_PER_MSEC;
		struct timespec t = {.tv_sec = 0, .tv_nsec = (long)slice * 1000};

		nanosleep(&t, NULL);
	}
}

int provider_call_wait(const struct provider_call *call, int64_t usec, struct err *err)
{
	if (provider_call_check(call, err) < 0)
		return -1;
	if (usec >= call->deadline - clock_mono(call->clock))
		return err_set(err, ERR_UNAVAILABLE, "it took longer than `timeout` allows");
	if (call->wait)
		call->wait(call, usec);
	else
		wait_really(call, usec);
	return provider_call_check(call, err);
}
