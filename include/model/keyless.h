/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may submit without a token of ours: pipelines that bear one (OpenID Connect) of somebody whom the
 * policy names. A rule binds an issuer, an audience and a pattern of subjects to one provider.
 */
#ifndef MODEL_KEYLESS_H
#define MODEL_KEYLESS_H

#include <stdbool.h>

#include "model/field.h"

enum { KEYLESS_MAX = 32 };

struct policy_keyless {
	const char *issuer;   /* https, or http on this machine; as tokens spell it */
	const char *audience; /* what a token must be meant for */
	const char *subject;  /* `*` stands for any run of characters */
	const char *provider; /* whose manifests it may submit */
};
extern const struct field_table policy_keyless_table;

/* https://host..., or http://localhost, 127.0.0.1 or [::1]: what is asked for keys. */
bool issuer_url_valid(const char *url);

/* Is the subject one of the pattern? In time linear in either for each star. */
bool keyless_subject_matches(const char *pattern, const char *subject);

#endif
