/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of connectors, and when a call has to end.
 */
#include "provider/provider.h"

#include <string.h>

static const struct connector_kind *const kinds[] = {&connector_dir};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

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

int provider_call_check(const struct provider_call *call, struct err *err)
{
	if (call->stop && *call->stop)
		return err_set(err, ERR_UNAVAILABLE, "the daemon is shutting down");
	if (clock_mono(call->clock) >= call->deadline)
		return err_set(err, ERR_UNAVAILABLE, "it took longer than `timeout` allows");
	return 0;
}
