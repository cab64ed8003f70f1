/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as RFC 8785 writes them: the shortest decimal that reads back as the same double, laid out as
 * ECMA-262 does. Whatever the locale's decimal point is.
 */
#include "base/jcs.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal: 0.d1d2d3... x 10^point, without leading or trailing zeros. */
struct decimal {
	char digits[24];
	int n, point;
};

/* v > 0, times 10^scale */
static void decimal_from_int(uint64_t v, int scale, struct decimal *ret)
{
	char *end = ret->digits + sizeof(ret->digits), *p = end;

	while (v % 10 == 0) {
		v /= 10;
		scale++;
	}
	for (; v; v /= 10)
		*--p = (char)('0' + v % 10);
	ret->n = (int)(end - p);
	ret->point = ret->n + scale;
	memmove(ret->digits, p, (size_t)ret->n);
}

/*
 * Most numbers are short: m / 10^k with an integer m below 10^15. Both are exact doubles, so their
 * quotient is the double nearest to that decimal; when it is v, no other decimal of 15 digits is.
 */
static bool decimal_by_division(double v, struct decimal *ret)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

	if (FLT_EVAL_METHOD != 0)
		return false;
	for (int k = 0; k <= 22; k++) {
		double m = rint(v * powers[k]);

		if (m >= 1e15)
			return false;
		if (m > 0 && m / powers[k] == v) {
			decimal_from_int((uint64_t)m, -k, ret);
			return true;
		}
	}
	return false;
}

/* digits x 10^exponent, read back without a decimal point, which would depend on the locale. */
static bool reads_back(uint64_t digits, int exponent, double v)
{
	char text[48];

	snprintf(text, sizeof(text), "%llue%d", (unsigned long long)digits, exponent);
	return strtod(text, NULL) == v;
}

/*
 * The nearest decimal of `precision` digits, or a neighbour: below a power of two doubles lie closer than
 * above, so that the nearest may read back as another double while the next does not. Elsewhere the
 * neighbours are farther away on both sides.
 */
static bool decimal_by_printing(double v, int precision, struct decimal *ret)
{
	static const int nudges[] = {1, -1};
	char text[48], *e;
	uint64_t nearest = 0;
	int exponent;

	snprintf(text, sizeof(text), "%.*e", precision - 1, v);
	bool is_read_back = strtod(text, NULL) == v;
	if (!is_read_back && frexp(v, &exponent) != 0.5)
		return false;
	e = strchr(text, 'e');
	/* Skips the locale's decimal point, whatever it is. */
	for (char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			nearest = nearest * 10 + (uint64_t)(*p - '0');
	exponent = (int)strtol(e + 1, NULL, 10) - (precision - 1);
	if (is_read_back) {
		decimal_from_int(nearest, exponent, ret);
		return true;
	}
	for (size_t i = 0; i < sizeof(nudges) / sizeof(nudges[0]); i++) {
		uint64_t digits = nearest + (uint64_t)(int64_t)nudges[i];

		if (digits && reads_back(digits, exponent, v)) {
			decimal_from_int(digits, exponent, ret);
			return true;
		}
	}
	return false;
}

static int first_precision(double v)
{
	/* Below DBL_MIN doubles hold fewer than 15 digits, and several short decimals may be right. */
	if (v < DBL_MIN)
		return 1;
	/* Here the division has tried all of 15. */
	return FLT_EVAL_METHOD == 0 && v >= 1e-7 && v < 1e15 ? 16 : 15;
}

static void shortest_decimal(double v, struct decimal *ret)
{
	int precision = first_precision(v);

	if (decimal_by_division(v, ret))
		return;
	while (!decimal_by_printing(v, precision, ret)) {
		precision++;
		assert(precision <= DBL_DECIMAL_DIG);
	}
}

static char *put(char *p, const char *s, int n)
{
	memcpy(p, s, (size_t)n);
	return p + n;
}

static char *put_zeros(char *p, int n)
{
	memset(p, '0', (size_t)n);
	return p + n;
}

/* The layout of ECMA-262, Number::toString: plain from 1e-6 up to 1e21, else with an exponent. */
static char *put_decimal(char *p, const struct decimal *d)
{
	if (d->point > 0 && d->point <= 21) {
		if (d->n <= d->point)
			return put_zeros(put(p, d->digits, d->n), d->point - d->n);
		p = put(p, d->digits, d->point);
		*p++ = '.';
		return put(p, d->digits + d->point, d->n - d->point);
	}
	if (d->point > -6 && d->point <= 0) {
		p = put_zeros(put(p, "0.", 2), -d->point);
		return put(p, d->digits, d->n);
	}
	*p++ = d->digits[0];
	if (d->n > 1) {
		*p++ = '.';
		p = put(p, d->digits + 1, d->n - 1);
	}
	return p + snprintf(p, 8, "e%+d", d->point - 1);
}

size_t jcs_number(double v, char buf[JCS_NUMBER_STRLEN])
{
	struct decimal d;
	char *p = buf;

	assert(isfinite(v));
	if (v == 0) {
		*p++ = '0';
	} else {
		if (v < 0)
			*p++ = '-';
		v = fabs(v);
		if (v <= (double)JSON_INTEGER_MAX && v == (double)(int64_t)v)
			decimal_from_int((uint64_t)v, 0, &d);
		else
			shortest_decimal(v, &d);
		p = put_decimal(p, &d);
	}
	*p = '\0';
	return (size_t)(p - buf);
}
