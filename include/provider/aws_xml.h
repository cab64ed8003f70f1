/* SPDX-License-Identifier: Apache-2.0
 *
 * The few texts that AWS answers in XML (STS, S3), by the name of their element. No parser of XML:
 * it knows no documents, no namespaces and no attributes, and expands nothing but the five entities
 * and characters by number. Pure.
 */
#ifndef PROVIDER_AWS_XML_H
#define PROVIDER_AWS_XML_H

#include <stddef.h>

#include "base/arena.h"

/* The text of the first element of this name, in the arena; NULL when there is none, when it holds
 * other elements, or when what is before it is not well formed. */
const char *aws_xml_text(const char *xml, size_t len, const char *name, struct arena *a);

#endif
