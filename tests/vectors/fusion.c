/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fusion format: requests through the block with models that answer as `sim` says, votes, buckets
 * and the KServe form of the block.
 */
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

#include "policy/fusion.h"
#include "policy/kserve.h"

enum { FIELDS_MAX = 64, VOTES_MAX = 64, GRAPH_MAX = 1 << 20 };

static const char *first_fault(const struct faults *faults, struct arena *a)
{
	return arena_printf(a, "%s: %s", faults->list[0].pointer, faults->list[0].detail);
}

/* ---- Routing ---- */

static struct fusion_reply simulated(void *context, const char *model)
{
	const json_t *sim = json_object_get(context, model);
	const json_t *status = json_object_get(sim, "status");

	return (struct fusion_reply){
		.status = json_is_integer(status) ? (int)json_integer_value(status) : 200,
		.label = vectors_string(sim, "label")};
}

static struct fusion_value value_of(const json_t *v)
{
	if (json_is_string(v))
		return (struct fusion_value){.type = FUSION_STRING, .string = json_string_value(v)};
	if (json_is_number(v))
		return (struct fusion_value){.type = FUSION_NUMBER, .number = json_number_value(v)};
	if (json_is_boolean(v))
		return (struct fusion_value){.type = FUSION_BOOL, .boolean = json_is_true(v)};
	return (struct fusion_value){.type = FUSION_NONE};
}

static json_t *body_of(const struct fusion_outcome *o)
{
	if (!o->by)
		return json_pack(
			"{s:s, s:s}", "verdict", o->label, "reason", vote_reason_name(o->reason));
	if (o->status >= 200 && o->status < 300)
		return json_pack("{s:s}", "by", o->by);
	return json_pack("{s:{s:i, s:s}}", "error", "code", o->status, "by", o->by);
}

static void run_routing(struct vectors *run, const struct fusion *f, const json_t *test)
{
	ARENA_AUTO arena = arena_new();
	const json_t *request = json_object_get(test, "request");
	struct fusion_entry entries[FIELDS_MAX];
	struct fusion_request fields = {.fields = entries};
	const char *key;
	json_t *value;

	if (!json_is_object(request) || json_object_size(request) > FIELDS_MAX) {
		vectors_unreadable(
			run, vectors_string(test, "name"), "needs a request, of at most 64 fields");
		return;
	}
	json_t *trace = json_array();

	json_object_foreach((json_t *)request, key, value)
	{
		if (strcmp(key, "sim") != 0 && fields.n < FIELDS_MAX)
			entries[fields.n++] = (struct fusion_entry){key, value_of(value)};
	}
	struct fusion_outcome o = fusion_walk(f, &fields,
		(struct fusion_world){simulated, json_object_get(request, "sim")}, arena);

	for (size_t i = 0; i < o.trace.n; i++)
		json_array_append_new(trace, json_string(o.trace.v[i]));
	vectors_case(run, vectors_string(test, "name"), json_object_get(test, "expect"),
		json_pack("{s:i, s:o, s:o}", "status", o.status, "body", body_of(&o), "trace",
			trace));
}

/* ---- Votes ---- */

static json_t *tally_of(const struct fusion_ensemble *e, const struct fusion_vote *vote)
{
	json_t *tally = json_object();

	if (vote->reason == VOTE_VETO) {
		json_decref(tally);
		return json_null();
	}
	for (size_t i = 0; i < e->labels.n; i++)
		json_object_set_new(tally, e->labels.v[i],
			vote->tally[i] == floor(vote->tally[i])
				? json_integer((json_int_t)vote->tally[i])
				: json_real(vote->tally[i]));
	return tally;
}

static void run_vote(struct vectors *run, const json_t *test)
{
	ARENA_AUTO arena = arena_new();
	const json_t *votes = json_object_get(test, "votes");
	const json_t *ensemble = json_object_get(test, "ensemble");
	const char *name = vectors_string(test, "name");
	const char *said[VOTES_MAX];
	struct fusion_ensemble e = {0};
	struct faults faults;
	size_t n = 0;

	faults_init(&faults);
	if (!ensemble ||
		fields_parse(&fusion_ensemble_table, ensemble, "/ensemble", arena, &e, &faults)) {
		vectors_unreadable(
			run, name, ensemble ? first_fault(&faults, arena) : "needs an ensemble");
		return;
	}
	if (!json_is_array(votes) || json_array_size(votes) > VOTES_MAX) {
		vectors_unreadable(run, name, "needs votes, at most 64");
		return;
	}
	for (; n < json_array_size(votes); n++)
		said[n] = json_string_value(json_array_get(votes, n));
	struct fusion_vote vote = fusion_vote(&e, said, n);

	vectors_case(run, name, json_object_get(test, "expect"),
		json_pack("{s:s, s:s, s:o}", "label", vote.label, "reason",
			vote_reason_name(vote.reason), "tally", tally_of(&e, &vote)));
}

/* ---- Splits, KServe ---- */

static void run_bucket(struct vectors *run, const json_t *test)
{
	const char *salt = vectors_string(test, "salt");
	const char *key = vectors_string(test, "key");

	if (!salt || !key) {
		vectors_unreadable(run, key, "needs a salt and a key");
		return;
	}
	json_t *expected = json_pack("{s:O}", "bucket", json_object_get(test, "bucket"));

	vectors_case(run, key, expected, json_pack("{s:i}", "bucket", fusion_bucket(salt, key)));
	json_decref(expected);
}

/* Scheme and host of the first URL in the graph. */
static const char *base_of(const char *graph, struct arena *a)
{
	const char *from = strstr(graph, "http://");
	const char *to = from ? strpbrk(from + strlen("http://"), "/\"") : NULL;

	return to ? arena_strndup(a, from, (size_t)(to - from)) : "http://127.0.0.1";
}

static void run_kserve(struct vectors *run, const struct fusion *f, const json_t *graph)
{
	ARENA_AUTO arena = arena_new();
	STRBUF_AUTO out = STRBUF_INIT(GRAPH_MAX);
	char *expected = json_dumps(graph, JSON_COMPACT);
	const char *name = vectors_string(json_object_get(graph, "metadata"), "name");
	struct kserve_target target = {
		.name = name, .base = base_of(expected, arena), .client_timeout_s = 60};
	struct json_writer w;
	struct strings lossy;
	struct err err = {0};

	json_writer_init(&w, &out);
	if (kserve_write(f, &target, arena, &w, &lossy, &err)) {
		vectors_unreadable(run, "kserve_inference_graph", err.msg);
	} else {
		json_t *computed = json_loads(out.buf, 0, NULL);
		json_t *nodes = json_object_get(json_object_get(computed, "spec"), "nodes");
		json_t *wanted = json_object_get(json_object_get(graph, "spec"), "nodes");

		/* vectors_case() passes over what is not expected: here nothing may be more. */
		if (computed && json_object_size(nodes) != json_object_size(wanted))
			json_object_del(computed, "spec");
		vectors_case(run, "kserve_inference_graph", graph, computed);
	}
	free(expected);
}

void vectors_fusion(struct vectors *run, const json_t *root)
{
	ARENA_AUTO arena = arena_new();
	const json_t *block = json_object_get(root, "block");
	const json_t *graph = json_object_get(root, "kserve_inference_graph");
	struct fusion f = {0};
	struct faults faults;
	json_t *test;
	size_t i;

	faults_init(&faults);
	if (block && fields_parse(&fusion_table, block, "/block", arena, &f, &faults)) {
		vectors_unreadable(run, "block", first_fault(&faults, arena));
		return;
	}
	json_array_foreach(json_object_get(root, "routing"), i, test)
	{
		if (block)
			run_routing(run, &f, test);
		else
			vectors_unreadable(run, vectors_string(test, "name"), "needs a block");
	}
	json_array_foreach(json_object_get(root, "votes"), i, test)
	{
		run_vote(run, test);
	}
	json_array_foreach(json_object_get(root, "split_buckets"), i, test)
	{
		run_bucket(run, test);
	}
	if (block && json_is_object(graph))
		run_kserve(run, &f, graph);
}
