/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies of the tests, made from the built-in one.
 */
#include "support/calm_policy.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "model/policy.h"

static json_t *built_in(void)
{
	json_t *policy = json_loadb(embed_policy_json, embed_policy_json_len, 0, NULL);

	ck_assert_ptr_nonnull(policy);
	return policy;
}

const char *calm_policy(void)
{
	static char text[1 << 16];
	json_t *policy = built_in();
	char *dump;

	json_object_del(policy, "cadence");
	dump = json_dumps(policy, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
	snprintf(text, sizeof(text), "%s", dump);
	free(dump);
	json_decref(policy);
	return text;
}

const char *policy_with_cadence(const char *cadence, struct arena *a)
{
	json_t *policy = built_in();
	char *quoted = arena_strdup(a, cadence), *dump;

	for (char *p = quoted; *p; p++)
		if (*p == '\'')
			*p = '"';
	json_t *value = json_loads(quoted, 0, NULL);
	ck_assert_msg(value != NULL, "%s", quoted);
	json_object_set_new(policy, "cadence", value);
	dump = json_dumps(policy, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
	char *text = arena_strdup(a, dump);
	free(dump);
	json_decref(policy);
	return text;
}
