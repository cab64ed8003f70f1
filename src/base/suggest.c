/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the nearest name by edits: insert, delete, replace, swap of neighbours, each counted as one.
 * Long names are compared by their first letters only, so that the work stays small.
 */
#include "base/suggest.h"

#include <string.h>

enum { LETTERS_MAX = 40 };

static size_t min3(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

size_t suggest_distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t d[3][LETTERS_MAX + 1];

	na = na < LETTERS_MAX ? na : LETTERS_MAX;
	nb = nb < LETTERS_MAX ? nb : LETTERS_MAX;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *now = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] =
				min3(up[j] + 1, now[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				up2[j - 2] + 1 < now[j])
				now[j] = up2[j - 2] + 1;
		}
	}
	return d[na % 3][nb];
}

const char *suggest_name(const char *wrong, const char *const *names, size_t n)
{
	size_t len = strnlen(wrong, LETTERS_MAX), best = len / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t distance =
			suggest_distance(wrong, len, names[i], strnlen(names[i], LETTERS_MAX));
		if (distance <= best && (!found || distance < best)) {
			best = distance;
			found = names[i];
		}
	}
	return found;
}
