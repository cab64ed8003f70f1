/* SPDX-License-Identifier: Apache-2.0
 *
 * The components of the OpenAPI document: a schema for each field table that a route takes or gives, for
 * the lists of schemas.def, and how to show a token.
 */
#include "api/openapi_parts.h"

#include <stdio.h>
#include <string.h>

#include "api/router.h"
#include "api/schemas.h"
#include "api/status.h"
#include "model/attestation.h"
#include "model/canonical_suite.h"
#include "model/checklist.h"
#include "model/contract.h"
#include "model/distillation.h"
#include "model/document_diff.h"
#include "model/dsse.h"
#include "model/node.h"
#include "model/phase.h"
#include "model/policy.h"
#include "model/promotability.h"
#include "model/provider.h"
#include "model/publication.h"
#include "model/release.h"
#include "model/routing.h"
#include "model/schedule_view.h"
#include "model/slo.h"
#include "model/waiver.h"
#include "model/webhook.h"

enum { TABLES_MAX = 256 };

struct listed {
	const char *name, *member, *element;
};
static const struct field_table *const answer_tables[] = {
#define SCHEMA(name, table) &table,
#define SCHEMA_LIST(name, member, element)
#include "api/schemas.def"
#undef SCHEMA
#undef SCHEMA_LIST
};
static const struct listed lists[] = {
#define SCHEMA(name, table)
#define SCHEMA_LIST(name, member, element) {#name, #member, #element},
#include "api/schemas.def"
#undef SCHEMA
#undef SCHEMA_LIST
};

const char *openapi_schema_name(const char *name)
{
#define SCHEMA(name_, table)           \
	if (strcmp(name, #name_) == 0) \
		return table.name;
#define SCHEMA_LIST(name_, member, element)
#include "api/schemas.def"
#undef SCHEMA
#undef SCHEMA_LIST
	return name;
}

void openapi_ref(struct json_writer *w, const char *where, const char *name)
{
	char ref[128];

	snprintf(ref, sizeof(ref), "#/components/%s/%s", where, name);
	jw_object(w);
	jw_kstring(w, "$ref", ref);
	jw_end(w);
}

struct seen {
	struct json_writer *w;
	const struct field_table *tables[TABLES_MAX];
	size_t n;
};

static void write_table(const struct field_table *t, void *arg)
{
	struct seen *seen = arg;

	for (size_t i = 0; i < seen->n; i++)
		if (seen->tables[i] == t)
			return;
	if (seen->n == TABLES_MAX)
		return;
	seen->tables[seen->n++] = t;
	jw_key(seen->w, t->name);
	fields_schema(t, seen->w);
}

static void write_list_schema(struct json_writer *w, const struct listed *l)
{
	jw_key(w, l->name);
	jw_object(w);
	jw_kstring(w, "type", "object");
	jw_key(w, "required");
	jw_array(w);
	jw_string(w, l->member);
	jw_end(w);
	jw_key(w, "properties");
	jw_object(w);
	jw_key(w, l->member);
	jw_object(w);
	jw_kstring(w, "type", "array");
	jw_key(w, "items");
	openapi_ref(w, "schemas", openapi_schema_name(l->element));
	jw_end(w);
	jw_key(w, "next_page_token");
	jw_object(w);
	jw_kstring(w, "type", "string");
	jw_kstring(w, "description", "absent on the last page");
	jw_end(w);
	jw_end(w);
	jw_end(w);
}

static void write_names(struct json_writer *w, const char *name, const struct field_names *names)
{
	jw_key(w, name);
	jw_object(w);
	jw_kstring(w, "type", "string");
	jw_key(w, "enum");
	jw_array(w);
	for (size_t i = 0; names->names[i]; i++)
		jw_string(w, names->names[i]);
	jw_end(w);
	jw_end(w);
}

static void write_schemas(struct json_writer *w)
{
	struct seen seen = {.w = w, .n = 0};

	jw_key(w, "schemas");
	jw_object(w);
	for (size_t i = 0; i < ROUTES; i++)
		if (route_at((enum route_id)i)->body)
			fields_visit(route_at((enum route_id)i)->body, write_table, &seen);
	for (size_t i = 0; i < sizeof(answer_tables) / sizeof(answer_tables[0]); i++)
		fields_visit(answer_tables[i], write_table, &seen);
	fields_visit(&problem_table, write_table, &seen);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		write_list_schema(w, &lists[i]);
	write_names(w, "Phase", &phase_names);
	jw_end(w);
}

void openapi_components(struct json_writer *w)
{
	jw_key(w, "components");
	jw_object(w);
	write_schemas(w);
	jw_key(w, "securitySchemes");
	jw_object(w);
	jw_key(w, "bearer");
	jw_object(w);
	jw_kstring(w, "type", "http");
	jw_kstring(w, "scheme", "bearer");
	jw_kstring(w, "bearerFormat", "sfd_<id>_<secret>, or a JWT");
	jw_kstring(w, "description",
		"A token with the scope that the route's description names. admin holds every "
		"scope; "
		"operate and promote hold read. A pipeline may also hand in manifests with an OIDC "
		"token of an issuer that the policy names. Not asked for when the daemon runs "
		"with auth = off.");
	jw_end(w);
	jw_key(w, "basic");
	jw_object(w);
	jw_kstring(w, "type", "http");
	jw_kstring(w, "scheme", "basic");
	jw_kstring(w, "description",
		"For calendar programs: any name, and the token as the password.");
	jw_end(w);
	jw_end(w);
	jw_end(w);
}
