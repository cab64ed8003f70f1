/* SPDX-License-Identifier: Apache-2.0
 *
 * The OpenAPI 3.1 document, made from routes.def, params.def, schemas.def and the field tables. It is
 * made once; openapi.json in the tree is the same document, indented.
 */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "store/body.h"

/* Lives as long as the process. Any thread. */
const struct body *openapi_document(void);

#endif
