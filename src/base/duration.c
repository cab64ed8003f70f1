/* SPDX-License-Identifier: Apache-2.0
 *
 * Durations: PnDTnHnMnS in and out.
 */
#include "base/duration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const struct {
	char letter;
	const char *word;
	int64_t seconds;
} units[] = {{'D', "d", 86400}, {'H', "h", 3600}, {'M', "min", 60}, {'S', "s", 1}};
enum { UNITS = sizeof(units) / sizeof(units[0]), DIGITS_MAX = 9 };

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -1;
}

/* Why a text that is no duration may have been meant as one. */
static int explain(const char *s, const char **ret_why)
{
	const char *t = strchr(s, 'T');

	if (*s != 'P')
		return refuse(ret_why,
			"is not a duration, which begins with P: PT4H is four hours, P1D a day");
	if (strchr(s, 'W'))
		return refuse(ret_why, "counts weeks: write days, such as P7D");
	if (strchr(s, 'Y') || (strchr(s, 'M') && (!t || strchr(s, 'M') < t)))
		return refuse(ret_why,
			"counts years or months, which have no fixed length: write "
			"days, such as P30D; minutes stand behind a T, such as PT30M");
	if (!t && (strchr(s, 'H') || strchr(s, 'S')))
		return refuse(ret_why, "lacks the T that stands before hours: PT4H is four hours");
	return refuse(ret_why, "is not a duration, e.g. PT4H, PT30M, P1DT12H");
}

int duration_parse(const char *s, int64_t *ret_usec, const char **ret_why)
{
	const char *at = s;
	int64_t sum = 0;
	size_t unit = 0;

	if (*at++ != 'P' || !*at)
		return explain(s, ret_why);
	for (bool in_time = false; *at;) {
		int64_t n = 0;
		size_t digits;

		if (*at == 'T' && !in_time) {
			in_time = true;
			unit = unit ? unit : 1;
			at++;
		}
		digits = strspn(at, "0123456789");
		if (!digits)
			return explain(s, ret_why);
		if (digits > DIGITS_MAX)
			return refuse(ret_why, "is longer than ten years");
		for (; digits; digits--)
			n = n * 10 + (*at++ - '0');
		while (unit < UNITS && units[unit].letter != *at)
			unit++;
		if (unit == UNITS || in_time != (unit > 0))
			return explain(s, ret_why);
		sum += n * units[unit++].seconds;
		at++;
	}
	if (sum > INT64_C(86400) * DURATION_MAX_DAYS)
		return refuse(ret_why, "is longer than ten years");
	*ret_usec = sum * USEC_PER_SEC;
	return 0;
}

char *duration_say(int64_t usec, char buf[DURATION_STRLEN])
{
	int64_t left = usec / USEC_PER_SEC;
	size_t n = 0;

	for (size_t i = 0; i < UNITS; i++) {
		int64_t count = left / units[i].seconds;

		left -= count * units[i].seconds;
		if (count || (i == UNITS - 1 && !n))
			n += (size_t)snprintf(buf + n, DURATION_STRLEN - n, "%s%lld %s",
				n ? " " : "", (long long)count, units[i].word);
	}
	return buf;
}
