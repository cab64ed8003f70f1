/* SPDX-License-Identifier: Apache-2.0
 *
 * What training and its evaluations leave behind, read into what a manifest can carry. Pure: bytes in,
 * findings out; all memory is the arena's; any thread, one at a time for each harvest.
 *
 * A finding is a number with its evidence and with the file and the place it came from. It is taken when
 * nothing speaks against it, kept for a call when only a person can say what it means (which checkpoint,
 * which scale), and unfit when it must never count. Nothing is guessed: a number that could be read in
 * two ways is left out, and says so.
 */
#ifndef MODEL_HARVEST_H
#define MODEL_HARVEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "model/evidence.h"

/* TEXT_MAX: bytes of where numbers stand and what they are called. */
enum {
	HARVEST_FILE_MAX = 64 << 20,
	HARVEST_FINDINGS_MAX = 20000,
	HARVEST_FILES_MAX = 2000,
	HARVEST_TEXT_MAX = 32 << 20
};

enum harvest_outcome {
	HARVEST_READ,	 /* something of it can go into a manifest */
	HARVEST_EMPTY,	 /* understood, but it holds no evidence */
	HARVEST_UNKNOWN, /* no format that is read here */
	HARVEST_REFUSED, /* must not count: no request came through, a dry run, not JSON, cut off */
};

enum finding_use { FOUND_TAKEN, FOUND_ON_CALL, FOUND_UNFIT };

struct finding {
	const char *name; /* as a key of a manifest's metrics */
	struct metric metric;
	const char *file, *pointer; /* RFC 6901; of JSON Lines "/<line>/..." */
	enum finding_use use;
	const char *why; /* a sentence unless taken */
	int quantile;	 /* 95 for a p95; 0: none */
	bool is_ms;	 /* a duration; always in milliseconds here */
	bool is_train;	 /* measured on the data that it was trained with */
	bool is_divided; /* was on a scale to 100, and is not any more */
	bool is_scaled;	 /* on which scale is open: a map has to say /1 or /100 */
	bool is_told;	 /* a map said on which */
	int rank;	 /* of two with one name the higher counts; equal ones must agree */
	const char *prefix, *stem; /* its task, or NULL; the metric's own name */
	const char *as;		   /* what a map calls it; NULL: nothing. Set by harvest_settle() */
};

struct found_suite {
	struct suite suite;
	const char *file, *pointer;
	enum finding_use use;
	const char *why;
	const char *as;
};

/* Something said about the artifact: what it is called, its base, its licence. */
struct said {
	const char *text, *file, *pointer;
};

struct harvest_source {
	const char *file, *format; /* format: a title, NULL for none */
	enum harvest_outcome outcome;
	const char *why; /* NULL when read */
	size_t n_found;	 /* findings and suites */
};

struct harvest {
	struct arena *arena;
	struct finding *findings;
	struct found_suite *suites;
	struct harvest_source *sources;
	struct said *models, *notes; /* models: the names that files give to what was measured */
	size_t n_findings, n_suites, n_sources, n_models, n_notes;
	size_t room_findings, room_suites, room_sources, room_models, room_notes;
	struct said base_model, license, kind;
	double tokens_per_s; /* of a serving benchmark, all tokens; NAN: not known */
	const char *tokens_file;
	size_t n_text;	    /* of HARVEST_TEXT_MAX */
	size_t values_left; /* of all files that are still to come; SIZE_MAX: no limit but each file's */
	/* Of the file that is being read. */
	const char *file, *format;
};

void harvest_init(struct harvest *h, struct arena *a);

/* Read one file; `file` names it in messages, and its last part helps to tell formats apart. The bytes
 * need not outlive the call. What is not HARVEST_READ fills *err: the file, the place, what to do.
 * Of an empty one what it says about the artifact is kept, of others nothing but that they were seen. */
enum harvest_outcome harvest_read(
	struct harvest *h, const char *file, const char *bytes, size_t len, struct err *err);

/* "policy's name = found name", "/100" behind it when it is on a scale to 100 ("/1": it is not). */
struct harvest_map {
	const char *as, *found;
	double divisor; /* 1 or 100; 0: not said */
};
struct harvest_maps {
	const struct harvest_map *v;
	size_t n;
};
/* "as=found, as=found/100". -1 with ERR_INVALID_PARAMETER. */
int harvest_map_parse(const char *text, struct arena *a, struct harvest_maps *ret, struct err *err);

struct policy_gates;

/* What no file can say. */
struct harvest_target {
	const char *provider, *role; /* both required */
	const char *id;	     /* NULL: when the files agree on one of the form namespace/family-vN */
	const char *uri;     /* NULL: hf://<id> for provider hf */
	const char *subject; /* NULL: it speaks about itself */
	const char *base_model, *license; /* NULL: as the files say */
	const char *known_as; /* names, separated by commas, that files may use for it */
	double cost_per_hour; /* of what served the benchmark; NAN: not known */
	struct harvest_maps map;
	/* Whose limits say what a share is; NULL: task_accuracy, retrieval_score, quality and safety are. */
	const struct policy_gates *gates;
};

/* Make one name of one finding: the final results before a training's log, the same number from two
 * files once; then give findings and suites the names of the map. Once, after the last file. -1 with *err
 * when two files disagree or speak of two models, a map asks for what must not be, or a number is on
 * another scale than the policy's limit for it. */
int harvest_settle(struct harvest *h, const struct harvest_target *t, struct err *err);

/* After harvest_settle: the manifest as compact JSON. -1 with *err when something is missing. Its rules
 * are manifest_parse()'s to check. */
int harvest_manifest(const struct harvest *h, const struct harvest_target *t, struct strbuf *out,
	struct err *err);
/* Both, one after the other. */
int harvest_make(
	struct harvest *h, const struct harvest_target *t, struct strbuf *out, struct err *err);

#endif
