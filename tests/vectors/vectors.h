/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a file of reference cases. A format is one function that walks the file's lists and, for
 * each case, computes an object of answers and hands it over with the expected one.
 */
#ifndef VECTORS_VECTORS_H
#define VECTORS_VECTORS_H

#include <jansson.h>
#include <math.h>
#include <stdint.h>

/* Where a run stands: shared by the cases of one file. */
struct vectors {
	const char *file; /* as shown in front of each failure */
	double tolerance; /* absolute, for numbers */
	const char *note; /* ends the line of a case that fails; NULL: nothing */
	unsigned passed;
	unsigned failed;
};

/*
 * Counts one case: each member of `expected` has to be in `computed` and to agree, numbers within
 * the tolerance, everything else exactly. Takes `computed`; NULL is a case nobody can compute.
 */
void vectors_case(struct vectors *run, const char *name, const json_t *expected, json_t *computed);

/* A case that could not even be read. */
void vectors_unreadable(struct vectors *run, const char *name, const char *why);

/* Reading: NAN for what is absent or no number; -1 for an absent count, INT64_MIN for one that is
 * no count. */
double vectors_number(const json_t *object, const char *key);
int64_t vectors_count(const json_t *object, const char *key);
const char *vectors_string(const json_t *object, const char *key);

/* Writing: null for NAN. */
json_t *vectors_real(double value);

/* The formats. */
void vectors_gates(struct vectors *run, const json_t *root);
void vectors_burnrate(struct vectors *run, const json_t *root);
void vectors_fusion(struct vectors *run, const json_t *root);
void vectors_prometheus(struct vectors *run, const json_t *root);
void vectors_wycheproof(struct vectors *run, const json_t *root);
void vectors_schedule(struct vectors *run, const json_t *root);

/* The lists of the gates format. */
void vectors_gate_functions(struct vectors *run, const json_t *cases);
void vectors_gate_verdicts(struct vectors *run, const json_t *root);

#endif /* VECTORS_VECTORS_H */
