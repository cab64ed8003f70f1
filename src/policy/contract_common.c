/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of several units that were built against different versions of one. Owns no rule of the
 * comparison itself, which is contract.c's.
 */
#include "policy/contract.h"

/* Does everyone serve contract i? If not, *ret_other breaks it. */
static bool is_served(const struct contract *const *c, size_t n, size_t i, struct arena *a,
	size_t *ret_other, struct contract_diff *ret_diff)
{
	for (size_t k = 0; k < n; k++) {
		if (k == i)
			continue;
		contract_compare(c[i], c[k], a, ret_diff);
		*ret_other = k;
		if (ret_diff->relation == CONTRACT_BREAKING)
			return false;
	}
	return true;
}

int contract_common(
	const struct contract *const *c, size_t n, struct arena *a, struct contract_common *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct contract_diff d;
		size_t other;

		if (is_served(c, n, i, a, &other, &d)) {
			*ret = (struct contract_common){.index = i};
			return 0;
		}
		if (i == 0)
			*ret = (struct contract_common){.other = other, .change = &d.change[0]};
	}
	return -1;
}
