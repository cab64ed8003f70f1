/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounding to decimals. Owns the agreement of its quick way with printing and reading back: what lies
 * too near to the middle of two decimals, or is too large or small, goes the slow way.
 */
#include "base/decimal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double tidy_by_printing(double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.12g", v);
	return strtod(text, NULL);
}

/*
 * The twelve digits are a whole number, and so is the power of ten: both are exact doubles, so that
 * their quotient is the nearest to the decimal. The product is off by less than 1e-4.
 */
double tidy(double v)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	double size = fabs(v);
	int k = 0;

	if (isnan(v))
		return v;
	if (FLT_EVAL_METHOD != 0 || !(size >= 1e-10 && size < 1e12))
		return tidy_by_printing(v);
	while (size * powers[k] < 1e11)
		k++;
	double digits = size * powers[k];
	double whole = rint(digits);

	if (fabs(digits - whole) > 0.499)
		return tidy_by_printing(v);
	return copysign(whole / powers[k], v);
}

int64_t decimal_count(const char *text, int64_t most, const char **ret_end)
{
	const char *at = text;
	int64_t n = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		int digit = *at - '0';

		n = n > most / 10 || digit > most - n * 10 ? most : n * 10 + digit;
	}
	if (ret_end)
		*ret_end = at;
	return at == text ? -1 : n;
}
