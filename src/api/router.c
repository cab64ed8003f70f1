/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the route of a path by comparing segments. It looks at the raw path, never at a decoded one,
 * so that no encoding can lead to another route; only what a {name} binds is decoded.
 */
#include "api/router.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/params.h"
#include "base/suggest.h"
#include "model/manifest.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/canonical_suite.h"
#include "model/checklist.h"
#include "model/contract.h"
#include "model/job_run.h"
#include "model/policy.h"
#include "model/provider.h"
#include "model/publication.h"
#include "model/promotability.h"
#include "model/request.h"
#include "model/waiver.h"
#include "model/webhook.h"

static const struct route routes[ROUTES] = {
#define ROUTE(id_, method_, pattern_, scope_, body_, status_, handler_, params_, columns_, \
	schema_, errors_, flags_, summary_)                                                \
	[ROUTE_##id_] = {.id = ROUTE_##id_,                                                \
		.method = method_,                                                         \
		.pattern = pattern_,                                                       \
		.scope = scope_,                                                           \
		.body = body_,                                                             \
		.status = status_,                                                         \
		.handler = handler_,                                                       \
		.params = params_,                                                         \
		.columns = columns_,                                                       \
		.schema = schema_,                                                         \
		.errors = errors_,                                                         \
		.flags = (flags_),                                                         \
		.summary = summary_,                                                       \
		.name = method_ " " pattern_},
#include "api/routes.def"
#undef ROUTE
};

const struct route *route_at(enum route_id id)
{
	return id < ROUTES ? &routes[id] : NULL;
}

struct segment {
	const char *s;
	size_t n;
};

/* Splits "/a/b" into segments; returns their number, or SEGMENTS_MAX + 1 when there are too many. */
static size_t split(const char *path, struct segment *segments)
{
	size_t n = 0;

	for (const char *p = path; *p == '/';) {
		size_t len = strcspn(++p, "/");

		if (n == SEGMENTS_MAX)
			return SEGMENTS_MAX + 1;
		segments[n++] = (struct segment){p, len};
		p += len;
	}
	return n;
}

static bool pattern_matches(const char *pattern, const struct segment *path, size_t n)
{
	struct segment want[SEGMENTS_MAX];

	if (split(pattern, want) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (want[i].s[0] == '{') {
			if (path[i].n == 0)
				return false;
			continue;
		}
		if (want[i].n != path[i].n || memcmp(want[i].s, path[i].s, want[i].n) != 0)
			return false;
	}
	return true;
}

/* False when a segment does not decode to text. */
static bool bind(const struct route *route, const struct segment *path, struct arena *a,
	struct route_match *ret)
{
	struct segment want[SEGMENTS_MAX];
	size_t n = split(route->pattern, want), bound = 0;

	for (size_t i = 0; i < n; i++) {
		if (want[i].s[0] != '{')
			continue;
		ret->bindings[bound] = percent_decode(path[i].s, path[i].n, false, a);
		if (!ret->bindings[bound++])
			return false;
	}
	return true;
}

static void allow_add(char *allow, size_t size, const char *method)
{
	size_t len = strlen(allow);

	snprintf(allow + len, size - len, "%s%s", len ? ", " : "", method);
}

void router_find(const char *method, const char *path, struct arena *a, struct route_match *ret)
{
	struct route_match m = {0};
	struct segment segments[SEGMENTS_MAX];
	const char *as = strcmp(method, "HEAD") == 0 ? "GET" : method;
	size_t n = split(path, segments);

	for (size_t i = 0; n <= SEGMENTS_MAX && i < ROUTES; i++) {
		if (!pattern_matches(routes[i].pattern, segments, n))
			continue;
		if (strcmp(routes[i].method, as) == 0 && bind(&routes[i], segments, a, &m)) {
			m.route = &routes[i];
			m.path_known = true;
			break;
		}
		m.path_known = true;
		allow_add(m.allow, sizeof(m.allow), routes[i].method);
		if (strcmp(routes[i].method, "GET") == 0)
			allow_add(m.allow, sizeof(m.allow), "HEAD");
	}
	if (m.path_known && !m.route)
		allow_add(m.allow, sizeof(m.allow), "OPTIONS");
	*ret = m;
}

static size_t distance(const struct segment *have, size_t n, const struct segment *want, size_t m)
{
	enum { MISSING = 3 };
	size_t cost = 0;

	for (size_t k = 0; k < n || k < m; k++) {
		if (k >= n || k >= m)
			cost += MISSING;
		else if (want[k].s[0] != '{')
			cost += suggest_distance(have[k].s, have[k].n, want[k].s, want[k].n);
	}
	return cost;
}

const char *router_nearest(const char *path)
{
	struct segment have[SEGMENTS_MAX], want[SEGMENTS_MAX];
	size_t n = split(path, have), best = SIZE_MAX;
	const char *nearest = routes[ROUTE_INDEX].pattern;

	if (n > SEGMENTS_MAX)
		n = SEGMENTS_MAX;
	if (n > 1 && have[n - 1].n == 0) /* a trailing slash */
		n--;
	for (size_t i = 0; i < ROUTES; i++) {
		size_t m = split(routes[i].pattern, want), cost = distance(have, n, want, m);
		bool versioned = m > 1 && want[0].n == 2 && memcmp(want[0].s, "v1", 2) == 0;

		/* Who leaves out /v1 means what stands behind it. */
		if (versioned && 1 + distance(have, n, want + 1, m - 1) < cost)
			cost = 1 + distance(have, n, want + 1, m - 1);
		if (cost < best) {
			best = cost;
			nearest = routes[i].pattern;
		}
	}
	return nearest;
}

bool route_binding_name(const struct route *r, size_t i, char *buf, size_t size)
{
	const char *p = r->pattern;

	for (size_t k = 0; (p = strchr(p, '{')); k++) {
		size_t n = strcspn(++p, "}");

		if (k == i) {
			snprintf(buf, size, "%.*s", (int)n, p);
			return true;
		}
	}
	return false;
}
