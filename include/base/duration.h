/* SPDX-License-Identifier: Apache-2.0
 *
 * Durations in ISO 8601's form PnDTnHnMnS: lengths of elapsed time, a day being 24 hours. What has no
 * fixed length (years, months) is none, and neither are weeks, signs and fractions. Pure.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdint.h>

/* The longest one: ten years of 366 days. */
#define DURATION_MAX_DAYS 3660

/* Returns 0 and the length in usec (PT0S is 0), or -1 and a sentence's end that says what was meant,
 * such as "is not a duration, e.g. PT4H"; static text. */
int duration_parse(const char *s, int64_t *ret_usec, const char **ret_why);

/* The length for people, whole seconds: "4 h", "1 d 30 min", "0 s". Returns buf. */
enum { DURATION_STRLEN = 40 };
char *duration_say(int64_t usec, char buf[DURATION_STRLEN]);

#endif
