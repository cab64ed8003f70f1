/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry of the tests with the folders hf and gcp, each the place of that provider, and one for
 * artifacts. registry_teardown() takes them back.
 */
#ifndef SUPPORT_FOLDERS_H
#define SUPPORT_FOLDERS_H

#include "engine/engine.h"
#include "provider/provider.h"
#include "store/schedule.h"

/* Both use the one kind, `dir`, of which a test may replace functions. */
extern struct engine_source folders[3];
extern struct connector_kind folders_kind;

void folders_setup(void);
const char *folders_at(const char *name); /* the path; in the registry's arena */

/* A file written just now, or an hour ago; folders_age() makes it `age` seconds old. */
void folders_put_young(const char *path, const char *text);
void folders_put(const char *path, const char *text);
void folders_age(const char *path, int64_t age);
/* A manifest of one unit; of hf and its role textgen, into a file. */
const char *folders_manifest(
	const char *provider, const char *id, const char *role, double quality);
void folders_put_unit(const char *path, const char *id, double quality);

/* Have the ingest run by hand: its run. */
struct job_run folders_ingest(void);

#endif
