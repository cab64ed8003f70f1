/* SPDX-License-Identifier: Apache-2.0
 *
 * How many elements a table of cases has, for tcase_add_loop_test.
 */
#ifndef SUPPORT_COUNT_H
#define SUPPORT_COUNT_H

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

#endif
