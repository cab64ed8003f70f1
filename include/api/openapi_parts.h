/* SPDX-License-Identifier: Apache-2.0
 *
 * What openapi.c takes from openapi_components.c. One thread, once.
 */
#ifndef API_OPENAPI_PARTS_H
#define API_OPENAPI_PARTS_H

#include "base/json_writer.h"

/* The component that a name in routes.def stands for: its table's name, or itself. */
const char *openapi_schema_name(const char *name);
/* {"$ref": "#/components/<where>/<name>"} */
void openapi_ref(struct json_writer *w, const char *where, const char *name);
/* The member "components". */
void openapi_components(struct json_writer *w);

#endif
