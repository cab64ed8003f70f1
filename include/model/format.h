/* SPDX-License-Identifier: Apache-2.0
 *
 * The shapes of names and references, each once: what field tables check and the schema shows.
 */
#ifndef MODEL_FORMAT_H
#define MODEL_FORMAT_H

#include <stdint.h>

#include "base/arena.h"
#include "model/field.h"

extern const struct field_format format_artifact_id; /* namespace/family-vN */
extern const struct field_format format_digest;	     /* sha256:<64 hex> */
extern const struct field_format format_uri;	     /* any absolute URI, RFC 3986 */
extern const struct field_format format_name;	     /* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
extern const struct field_format format_provider;    /* [a-z][a-z0-9-]{0,31} */
extern const struct field_format format_version;     /* semver 2.0.0, no leading v */
extern const struct field_format format_core;	     /* X.Y.Z and nothing more */
extern const struct field_format format_release;     /* X.Y.Z, with or without a leading v */
extern const struct field_format format_merge;	     /* X.Y.Z-rc.N, with or without a leading v */
extern const struct field_format
	format_scope;			      /* what a token may do: a word or submit:<provider> */
extern const struct field_format format_line; /* one line of text, no control characters */

/* namespace/family-vN. Namespace and family: [A-Za-z0-9][A-Za-z0-9._-]*, at most 96 bytes each; N a
 * decimal without leading zeros, 0 to 10^9. Parts are copied into the arena. -1 when it is none. */
struct artifact_name {
	const char *ns, *family, *name; /* name = family-vN */
	int64_t number;
};
int artifact_name_parse(const char *id, struct arena *a, struct artifact_name *ret);

#endif
