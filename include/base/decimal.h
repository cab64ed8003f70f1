/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as people write them: doubles rounded to the decimal that was meant, and counts. Pure; any thread.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdint.h>

/* The double nearest to v's decimal of 12 significant digits: a difference without the noise of binary
 * fractions. NAN and infinities stay as they are. */
double tidy(double v);

/* The number that begins `text`: decimal digits and nothing else, as others' headers give it; what is
 * larger than `most` counts as `most`. *ret_end (may be NULL) is behind them. -1: there is no digit. */
int64_t decimal_count(const char *text, int64_t most, const char **ret_end);

#endif /* BASE_DECIMAL_H */
