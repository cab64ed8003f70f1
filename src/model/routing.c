/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of a routing.
 */
#include "model/routing.h"

#include "model/format.h"

static const struct field model_fields[] = {
#define F(name_, ...)                                                                      \
	{                                                                                  \
#name_, FIELD_STRING, offsetof(struct routed_model, name_), 0, __VA_ARGS__ \
	}
	F(artifact, .max = 256),
	F(adapter, .max = 256),
	F(id, .format = &format_artifact_id, .help = "of the unit that the artifact is"),
	F(provider, .format = &format_provider),
	F(uri, .max = 2048),
	F(adapter_id, .format = &format_artifact_id),
	F(adapter_provider, .format = &format_provider),
	F(adapter_uri, .max = 2048),
#undef F
};
static const struct field_table model_table = FIELD_TABLE("RoutedModel",
	"A model on the way, and the units that it is made of.", struct routed_model, model_fields);

static const struct field split_fields[] = {
	{"name", FIELD_STRING, offsetof(struct routed_split, name), FIELD_REQUIRED},
	{"key", FIELD_STRING, offsetof(struct routed_split, key), FIELD_REQUIRED,
		.help = "the request's field that is hashed"},
	{"bucket", FIELD_INT, offsetof(struct routed_split, bucket), FIELD_REQUIRED,
		.help = "of 10000"},
	{"to", FIELD_STRING, offsetof(struct routed_split, to), FIELD_REQUIRED},
};
static const struct field_table split_table = FIELD_TABLE(
	"RoutedSplit", "On which branch the request is.", struct routed_split, split_fields);

static const struct field ensemble_fields[] = {
	{"name", FIELD_STRING, offsetof(struct routed_ensemble, name), FIELD_REQUIRED},
	{"ballot", FIELD_OBJECT, offsetof(struct routed_ensemble, ballot), FIELD_REQUIRED,
		.table = &fusion_ensemble_table},
};
static const struct field_table ensemble_table = FIELD_TABLE(
	"RoutedEnsemble", "Who votes on the request.", struct routed_ensemble, ensemble_fields);

static const struct field routing_fields[] = {
#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct routing, name_), __VA_ARGS__ \
	}
	F(release, FIELD_STRING, 0, .format = &format_release),
	F(without, FIELD_STRING, 0, .format = &format_provider,
		.help = "the provider that is taken as lost"),
	F(request, FIELD_JSON, 0, .help = "the fields as they were understood"),
	F(route, FIELD_STRING, FIELD_REQUIRED, .help = "default when none matched"),
	F(to, FIELD_STRING, FIELD_REQUIRED),
	F(fallback, FIELD_STRINGS, FIELD_EMIT_EMPTY, .help = "on any failure, in order"),
	F(split, FIELD_OBJECT, 0, .table = &split_table),
	F(ensemble, FIELD_OBJECT, 0, .table = &ensemble_table),
	F(models, FIELD_MAP, FIELD_EMIT_EMPTY, .table = &model_table, .format = &format_name),
#undef F
};
const struct field_table routing_table =
	FIELD_TABLE("Routing", "Where a request would go.", struct routing, routing_fields);
