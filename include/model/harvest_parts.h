/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of the single formats share. For src/model/harvest*.c only.
 */
#ifndef MODEL_HARVEST_PARTS_H
#define MODEL_HARVEST_PARTS_H

#include "model/harvest.h"
#include "model/schema_tree.h"

enum { HARVEST_VALUES_MAX = 4000000, HARVEST_METRICS_MAX = 256 };

struct harvest_file {
	const char *path, *name;       /* name: its last part */
	const struct json_value *root; /* of JSON Lines the first line, of a card its front
					* matter; NULL of what is_text */
	const char *text;	       /* as JSON, or as JSON Lines */
	size_t len;
	bool is_lines, is_card;
	bool is_text;  /* no JSON, and by its name need not be */
	bool has_more; /* lines than the first */
};

/* One format: a row of harvest_formats.def. */
struct harvest_format {
	const char *title;
	bool by_line;
	bool (*recognise)(const struct harvest_file *f);
	enum harvest_outcome (*read)(
		struct harvest *h, const struct harvest_file *f, struct err *err);
};

#define X(id, title, by_line)                               \
	bool harvest_is_##id(const struct harvest_file *f); \
	enum harvest_outcome harvest_read_##id(             \
		struct harvest *h, const struct harvest_file *f, struct err *err);
#include "model/harvest_formats.def"
#undef X

/* ---- For readers ---- */

enum metric_scale {
	SCALE_FREE,   /* any number */
	SCALE_SHARE,  /* 0 to 1, or to 100 */
	SCALE_ERRORS, /* the same, and may be more than the whole */
	SCALE_TO_ONE, /* at most 1, and as low as it likes: R2 */
	SCALE_SIGNED, /* -1 to 1, or to 100: a correlation */
	SCALE_OPEN,   /* 0 to 1 of one tool and to 100 of another: a small one may be either */
};

/* A refusal, or a file without evidence: where, and one sentence. `v` NULL: the document. Return the
 * outcome. */
enum harvest_outcome harvest_refuse(struct harvest *h, const struct json_value *v, struct err *err,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
enum harvest_outcome harvest_empty(struct harvest *h, const struct json_value *v, struct err *err,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Something worth saying that changes nothing. */
void harvest_note(struct harvest *h, const struct json_value *v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The number in `v`; false with a reason when it is none (text, null, "NaN"). */
bool harvest_number(
	const struct harvest *h, const struct json_value *v, double *ret, const char **ret_why);
/* A whole number from 0 on; -1 when it is none. A file of nothing but the largest can be summed up. */
#define HARVEST_COUNT_MAX 1e12
int64_t harvest_count(const struct json_value *v);

/* A finding under prefix.stem (prefix NULL: stem alone), both made fit for a key. Scale, direction and
 * fitness follow from the stem and the value. NULL when the harvest is full. The result may be changed
 * until the next finding is added. */
struct finding *harvest_find(
	struct harvest *h, const struct json_value *v, const char *prefix, const char *stem);
/* The same with a number that was worked out. */
struct finding *harvest_find_number(struct harvest *h, const struct json_value *at, double number,
	const char *prefix, const char *stem);
/* A standard error as the file gives it, on the scale of the value: what says nothing is left out, and with one
 * that no share has the finding is unfit. */
void harvest_stderr(struct harvest *h, struct finding *f, const struct json_value *v);
/* A share is kept from 0 to 1. What may be on either scale waits for harvest_close_scales(). */
void harvest_set_scale(struct finding *f, enum metric_scale scale);
/* Once the file's findings, those from `from` on, are all there: what is on a scale to 100 in one place of a
 * file is hardly on the other in the next. */
void harvest_close_scales(struct harvest *h, size_t from);
/* Is any finding that counts on another scale than the limit that it is held against? -1 with *err. */
int harvest_check_bounds(const struct harvest *h, const struct harvest_target *t, struct err *err);
void harvest_unfit(struct finding *f, const char *why);
void harvest_on_call(struct finding *f, const char *why);

/* A name that no model has: "echo", "mock", "dummy-model". */
bool harvest_is_stand_in(const char *name);
/* What the file says of itself to have been a dry run, at the root or a few levels below; NULL: nothing. */
const struct json_value *harvest_dry_run(const struct json_value *root);
/* What says at the root that the run failed, or is not over; NULL: nothing. */
const struct json_value *harvest_failed_run(const struct json_value *root);
/* As a script would take a flag: whatever does not say no. */
bool harvest_means_yes(const struct json_value *v);
/* Is it a number of samples or requests, and no measurement? */
bool harvest_is_count_name(const char *key);
/* A number of samples or requests that is 0, at the root or a level below; NULL: there is none. */
const struct json_value *harvest_nothing_done(const struct json_value *root);
void harvest_add_source(struct harvest *h, const struct harvest_source *source);

struct found_suite *harvest_suite(struct harvest *h, const struct json_value *at, const char *name);

/* What a file calls the model that it measured. */
void harvest_model(struct harvest *h, const struct json_value *v);
void harvest_model_named(struct harvest *h, const struct json_value *at, const char *name);
void harvest_about(struct harvest *h, struct said *ret, const struct json_value *v);
/* A base model: a path of somebody's disk names none. */
void harvest_base(struct harvest *h, const struct json_value *at, const char *name);

/* ---- Names (harvest_name.c) ---- */

/* Parts joined by dots, each of letters, digits, _ . -; at most 64 bytes. NULL and "" are left out. */
const char *harvest_key(struct arena *a, const char *prefix, const char *stem);

/* 1 higher is better, 0 lower is better, -1 not known. */
int metric_name_direction(const char *stem, enum metric_scale *ret_scale);
/* "latency_ms_p95" and "p95_latency_ms": 95 and milliseconds. 0: no percentile. */
int metric_name_quantile(const char *stem, bool *ret_ms);
/* Is `word` one of its words? */
bool metric_name_has(const char *stem, const char *word);

/* ---- Text (harvest_text.c) ---- */

/* JSON as Python and others write it, as JSON: a byte order mark goes; NaN, Infinity and numbers that
 * doubles hold only in steps become text, so that they are seen and never counted. */
const char *harvest_strict(const char *text, size_t len, struct arena *a, size_t *ret_len);

/* The YAML between the first two lines of ---, as JSON. 0; 1: there is none; -1 with *err. */
int harvest_front_matter(const char *text, size_t len, struct arena *a, const char **ret,
	size_t *ret_len, struct err *err);
int yaml_to_json(const char *text, size_t len, struct strbuf *out, struct err *err);

/* Each line of JSON Lines; blank ones are passed over. Memory of one line's tree goes with it. A nonzero
 * return of `fn` ends it and is returned. HARVEST_REFUSED when a line is no JSON. */
enum harvest_outcome harvest_lines(struct harvest *h, const struct harvest_file *f,
	enum harvest_outcome (*fn)(struct harvest *h, const struct json_value *line, size_t number,
		void *arg, struct err *err),
	void *arg, struct err *err);

#endif
