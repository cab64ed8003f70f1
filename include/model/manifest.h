/* SPDX-License-Identifier: Apache-2.0
 *
 * A manifest: what a pipeline submits. Shape rules live in the tables; rules that need the policy
 * (is the provider known, is the role its own) in manifest_check().
 */
#ifndef MODEL_MANIFEST_H
#define MODEL_MANIFEST_H

#include "base/digest.h"
#include "model/artifact.h"

#define MANIFEST_SCHEMA "spiralfed.manifest/v1"
/* Where it lies beside what it describes, in every repository and bucket. */
#define MANIFEST_PATH "spiralfed/manifest.json"

struct run {
	const char *id, *pipeline, *commit;
	int64_t started_at, finished_at;
};

struct manifest {
	const char *schema, *provider;
	struct run *run;
	struct named_digest *eval_suite, *contract;
	struct list artifacts; /* struct artifact, 1 to 256 */
};
extern const struct field_table manifest_table;

struct policy;

/* Parse a body, check it against the policy's providers and roles (all faults in one list), and make
 * it canonical. The canonical text (of the document as sent, RFC 8785) and digest are its identity.
 * -1 with faults->n > 0, or with *err set when it is no JSON. *ret is untouched then. */
struct parsed_manifest {
	struct manifest manifest;
	const char *canonical;
	size_t canonical_len;
	char digest[DIGEST_STRLEN];
	struct unit *units;    /* one for each artifact, content_digest set */
	const char **contents; /* canonical text of each unit */
};
int manifest_parse(const char *text, size_t len, const struct policy *policy, struct arena *a,
	struct parsed_manifest *ret, struct faults *faults, struct err *err);

#endif
