/* SPDX-License-Identifier: Apache-2.0
 *
 * Releases as OpenSSF model-signing bundles, beside the attestation: P-256, one key in the folder of
 * the keys (bundle.pem), made when bundles are first asked for. Another file in its place is another
 * key, which signs every release anew at the next start.
 */
#ifndef ENGINE_BUNDLE_H
#define ENGINE_BUNDLE_H

#include "engine/engine.h"
#include "engine/tx.h"
#include "store/signing.h"

struct bundle_signer;

/* Before there are threads, behind keyring_open(): find or make the key, and make what bundles are
 * missing. Does nothing unless they are asked for. */
int bundle_open(struct engine *e, const struct engine_options *o, struct err *err);
void bundle_free(struct bundle_signer *b); /* NULL is allowed */

/* The bundle of a release; the text is NULL when none are made. */
void bundle_make(const struct engine *e, const char *version, const char *digest, struct arena *a,
	struct body *ret);
int bundle_insert(struct tx *tx, const char *version, const struct body *body, struct err *err);

#endif
