/* SPDX-License-Identifier: Apache-2.0
 *
 * The table behind test_harvest: files in, a piece of the manifest or of the refusal out.
 */
#ifndef SUPPORT_HARVEST_CASES_H
#define SUPPORT_HARVEST_CASES_H

#include "model/harvest.h"

enum { HARVEST_CASE_FILES = 4 };

struct harvest_case_file {
	const char *name, *text;
	enum harvest_outcome outcome;
};

struct harvest_case {
	const char *what;
	struct harvest_case_file file[HARVEST_CASE_FILES];
	const char *map;
	const char *holds, *lacks; /* in the manifest */
	const char *says;	   /* in the refusal; NULL: there is none */
	bool no_id;
	double cost_per_hour;
	const char *known_as;
};

extern const struct harvest_case harvest_cases[], harvest_traps[];
extern const size_t harvest_n_cases, harvest_n_traps;

#endif
