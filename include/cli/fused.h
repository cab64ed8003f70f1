/* SPDX-License-Identifier: Apache-2.0
 *
 * The fused release as a file: what `spiralfed fuse` writes, and what it reads back as --previous.
 * A release served by the daemon is read as well; what it says beyond this is passed over.
 */
#ifndef CLI_FUSED_H
#define CLI_FUSED_H

#include "model/artifact.h"
#include "model/release.h"
#include "policy/version.h"

enum { FUSED_HF, FUSED_GCP, FUSED_AWS, FUSED_UNITS };
extern const char *const fused_providers[FUSED_UNITS];

struct fused_part {
	const char *id, *role, *uri;
	struct list metrics; /* MAP of struct metric */
};

struct fused_parts {
	struct fused_part *part[FUSED_UNITS];
};

struct fused_file {
	const char *fused_model_id;
	int64_t generated_at;
	struct strings providers;
	struct gate_limits *gates;
	struct fused_parts *units;
	struct named_digest *contract, *eval_suite;
};
extern const struct field_table fused_file_table;

/* Read one. `version` comes from fused_model_id. -1 with faults, or with err. */
int fused_read(const char *path, struct arena *a, struct fused_file *ret,
	struct version *ret_version, struct faults *faults, struct err *err);

/* The part as a unit that a candidate can be judged against; content_digest is set. */
const struct unit *fused_unit_of(const struct fused_file *f, int provider, struct arena *a);
struct fused_part *fused_part_of(const struct artifact *artifact, struct arena *a);
/* Same id, role, uri and metrics. */
bool fused_part_equal(const struct fused_part *x, const struct fused_part *y, struct arena *a);

#endif
