/* SPDX-License-Identifier: Apache-2.0
 *
 * The bodies that are stored and served, made from rows. RENDER_VERSION rises when one of them
 * changes; engine_open() then makes the stored ones anew. Releases and receipts never change.
 */
#ifndef ENGINE_RENDER_H
#define ENGINE_RENDER_H

#include "model/gate.h"
#include "model/manifest.h"
#include "model/policy.h"
#include "model/release.h"
#include "store/artifact.h"
#include "store/manifest.h"
#include "store/merge.h"
#include "store/release.h"

enum { RENDER_VERSION = 1, BODY_MAX = 4 << 20 };

/* The metrics as they were submitted, as JSON. */
const char *metrics_render(const struct artifact *artifact, struct arena *a);
/* The gates of a judgement in short: [{gate, verdict, reason, detail}]. */
const char *gates_render(const struct judgement *j, struct arena *a);
/* Set r->gates from the stored judgement of the row. */
int gates_load(struct artifact_row *r, struct arena *a, struct err *err);

/* What there is to say about evidence that is held; NULL: nothing. */
const char *artifact_detail(const struct artifact_row *r, struct arena *a);
/* GET /v1/artifacts/...; `metrics` by metrics_render(); r->gates is set. */
void artifact_render(const struct artifact_row *r, const struct artifact *artifact,
	const char *metrics, struct arena *a, struct body *ret);
/* The stored body of a suite, and whether it is the current one, which is not stored with it. */
const char *suite_marked(const char *body, bool current, struct arena *a);
/* ERR_INTERNAL when it would be larger than BODY_MAX: the units bring their metrics along. */
int merge_render(const struct merge *m, struct arena *a, struct body *ret, struct err *err);
void release_summary_render(const struct release_row *r, struct arena *a, struct body *ret);
void channel_render(const struct channel *c, struct arena *a, struct body *ret);

/* GET /v1/manifests/{digest}: the receipt with the document and who sent it. 1, 0, -1. */
int manifest_body(
	struct db *reader, const char *digest, struct arena *a, struct body *ret, struct err *err);
/* GET .../gates: the newest judgement with what it was made from. 1, 0 (no such artifact), -1;
 * an artifact that was never judged has an empty list of gates. */
int judgement_body(struct db *reader, const char *provider, const char *id, struct arena *a,
	struct body *ret, struct err *err);

/* The stored unit of an artifact, parsed, content_digest set. */
int unit_load(const struct artifact_row *r, struct arena *a, struct unit *ret, struct err *err);

#endif
