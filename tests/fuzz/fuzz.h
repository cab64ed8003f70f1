/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzzer shares: a claim that must hold for any input. Each fuzz_*.c is one entry point of
 * libFuzzer, linked with the library; tests/fuzz/run.sh makes the seeds and runs them.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define CLAIM(what)                                                                               \
	do {                                                                                      \
		if (!(what)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/* A refusal tells what is wrong: faults that have words, or an error that has some. */
#define CLAIM_TOLD(faults, err)                                                    \
	do {                                                                       \
		CLAIM((faults).n > 0 || ((err).code != ERR_NONE && (err).msg[0])); \
		for (size_t i_ = 0; i_ < (faults).n; i_++)                         \
			CLAIM((faults).list[i_].detail[0] &&                       \
				(!(faults).list[i_].pointer[0] ||                  \
					(faults).list[i_].pointer[0] == '/' ||     \
					strchr((faults).list[i_].pointer, ':')));  \
	} while (0)

#endif
