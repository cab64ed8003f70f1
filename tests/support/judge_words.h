/* SPDX-License-Identifier: Apache-2.0
 *
 * Units, policies and suites for tests of the judge, written as the head of
 * tests/tables/gates_full.eval says. What is malformed fails the test. All memory is the arena's.
 */
#ifndef SUPPORT_JUDGE_WORDS_H
#define SUPPORT_JUDGE_WORDS_H

#include "policy/judge.h"

/* "quality=0.8 suite:policy=5/5 contract=a"; the content digest is of the text it makes. */
struct unit *words_unit(struct arena *a, const char *id, const char *role, const char *description);

struct policy *words_policy(struct arena *a, const char *text);
struct policy *words_policy_of_gates(struct arena *a, const char *gates);
struct canonical_suite *words_suite(struct arena *a, const char *text);

#endif
