/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles as people count: rounded to the decimal that was meant. Pure; any thread.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

/* The double nearest to v's decimal of 12 significant digits: a difference without the noise of binary
 * fractions. NAN and infinities stay as they are. */
double tidy(double v);

#endif /* BASE_DECIMAL_H */
