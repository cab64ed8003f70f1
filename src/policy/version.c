/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions: X.Y.Z and X.Y.Z-rc.N, nothing else of what semver allows, because we make no other.
 */
#include "policy/version.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A decimal of at most 9 digits without leading zeros; moves *s behind it. */
static int take(const char **s, int64_t *ret)
{
	size_t n = strspn(*s, "0123456789");
	int64_t v = 0;

	if (n < 1 || n > 9 || (n > 1 && **s == '0'))
		return -1;
	for (; n; n--)
		v = v * 10 + *(*s)++ - '0';
	*ret = v;
	return 0;
}

static int take_literal(const char **s, const char *literal)
{
	size_t n = strlen(literal);

	if (strncmp(*s, literal, n) != 0)
		return -1;
	*s += n;
	return 0;
}

int version_parse(const char *s, struct version *ret)
{
	struct version v = {0};

	take_literal(&s, "v");
	if (take(&s, &v.major) || take_literal(&s, ".") || take(&s, &v.minor) ||
		take_literal(&s, ".") || take(&s, &v.patch))
		return -1;
	if (*s && (take_literal(&s, "-rc.") || take(&s, &v.rc) || v.rc < 1))
		return -1;
	if (*s)
		return -1;
	*ret = v;
	return 0;
}

char *version_format(const struct version *v, char buf[VERSION_STRLEN])
{
	int n = snprintf(buf, VERSION_STRLEN, "%lld.%lld.%lld", (long long)v->major,
		(long long)v->minor, (long long)v->patch);

	if (v->rc)
		snprintf(buf + n, (size_t)(VERSION_STRLEN - n), "-rc.%lld", (long long)v->rc);
	return buf;
}

static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int version_compare(const struct version *a, const struct version *b)
{
	int c = order(a->major, b->major);

	if (!c)
		c = order(a->minor, b->minor);
	if (!c)
		c = order(a->patch, b->patch);
	if (c || a->rc == b->rc)
		return c;
	/* A release comes after all of its candidates. */
	if (!a->rc || !b->rc)
		return a->rc ? -1 : 1;
	return order(a->rc, b->rc);
}

void version_next(const struct version *previous, enum version_level level, struct version *ret)
{
	struct version v = {.major = 1};

	if (previous) {
		v = (struct version){previous->major, previous->minor, previous->patch, 0};
		if (level == LEVEL_MAJOR)
			v = (struct version){.major = v.major + 1};
		else if (level == LEVEL_MINOR)
			v = (struct version){.major = v.major, .minor = v.minor + 1};
		else
			v.patch++;
	}
	*ret = v;
}

enum version_level version_level(const struct version_change *c)
{
	if (c->contract_breaks)
		return LEVEL_MAJOR;
	return c->contract_gains || c->slots_change || c->fusion_changes ? LEVEL_MINOR
									 : LEVEL_PATCH;
}
