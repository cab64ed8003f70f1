/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects in Cloud Storage, by URIs of the form gs://bucket/object, with #generation behind it for one
 * state of it. It reads and looks; it writes nothing.
 */
#ifndef PROVIDER_GCP_STORAGE_H
#define PROVIDER_GCP_STORAGE_H

#include "provider/gcp_client.h"

struct gcp_object {
	const char *bucket, *name; /* a name may be empty, or end in a slash: a folder */
	const char *generation;	   /* NULL: whichever there is */
};
/* False when it is no such URI. */
bool gcp_object_parse(const char *uri, struct arena *a, struct gcp_object *ret);

/* The object's content: 1, 0 when there is none, -1 as gcp_get(). */
int gcp_object_read(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_object *o, size_t cap, struct source_document *ret, struct err *err);

/* The only object of a folder, as gs://bucket/object#generation; when it has several, the folder as it
 * was named. 1, 0 when it has none, -1. */
int gcp_folder_pin(struct gcp_client *c, const struct provider_call *call,
	const struct gcp_object *folder, const char **ret, struct err *err);

/* Is the object, or anything in the folder, there, and of the size that the target names? 0, -1 when that
 * could not be found out. */
int gcp_object_probe(struct gcp_client *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err);

#endif
