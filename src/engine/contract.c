/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts: published once under a name and a version that says no less than what changed. A
 * version is held against both its neighbours, so that the order of publishing does not matter.
 */
#include "engine/contract.h"

#include <stdio.h>
#include <string.h>

#include "base/json_writer.h"
#include "engine/evidence.h"
#include "engine/internal.h"
#include "policy/contract.h"
#include "store/contract.h"
#include "store/evidence.h"

/* A problem is small: it shows the first changes and counts the rest. */
enum { CONTRACT_BODY_MAX = 64 << 20, SHOWN_MAX = 20, MEMBERS_MAX = 32 << 10 };

struct contract_args {
	const struct contract_record *request;
	struct version version;
	struct contract_record record;
	bool known; /* published before, the same */
	struct contract_row row;
};

/* ---- Documents ---- */

/* The record with its document in the place of nothing: {..., "schema": ...}. */
static void record_body(const struct contract_row *row, struct arena *a, struct body *ret)
{
	size_t n = strlen(row->summary) - 1, m = strlen(row->document);
	static const char key[] = ",\"schema\":";
	char *text = arena_alloc(a, n + sizeof(key) + m + 1), *p = text;

	memcpy(p, row->summary, n);
	memcpy(p += n, key, sizeof(key) - 1);
	memcpy(p += sizeof(key) - 1, row->document, m);
	memcpy(p + m, "}", 2);
	body_set(ret, text, n + sizeof(key) + m);
}

static int parse_stored(const struct contract_row *row, struct arena *a,
	const struct contract **ret, struct err *err)
{
	struct faults faults;

	faults_init(&faults);
	if (contract_parse(row->document, strlen(row->document), a, ret, &faults, err) == 0)
		return 0;
	return err_set(err, ERR_STORAGE, "stored contract %s %s: %s", row->name, row->version,
		faults.n ? faults.list[0].detail : "can't be read");
}

static void diff_record(const char *name, const char *from, const char *to,
	const struct contract_diff *d, struct arena *a, struct contract_diff_record *ret)
{
	struct contract_change_record *list = ARENA_ARRAY(a, d->n, struct contract_change_record);

	for (size_t i = 0; i < d->n; i++) {
		const struct contract_change *c = &d->change[i];

		list[i] = (struct contract_change_record){
			.pointer = c->pointer,
			.document = c->in_old ? "old" : "new",
			.direction = contract_direction_name(c->direction),
			.kind = contract_kind_name(c->kind),
			.level = contract_level_name(c->level),
			.detail = c->sentence,
			.undecided = c->undecided ? 1 : -1,
		};
	}
	*ret = (struct contract_diff_record){
		.name = name,
		.from = from,
		.to = to,
		.relation = contract_relation_name(d->relation),
		.level = contract_level_name(d->level),
		.total = (int64_t)d->total,
		.changes = {.v = list, .n = d->n},
	};
}

/* ---- Publishing ---- */

/* The document, checked; its faults with pointers into the body. */
static int parse_document(struct command *c, const struct contract_record *r,
	const struct contract **ret, struct err *err)
{
	struct faults *inner = ARENA_NEW(c->arena, struct faults);
	char at[2 * sizeof(inner->list[0].pointer)];

	faults_init(inner);
	command_check_begin(c);
	if (contract_parse(r->schema, strlen(r->schema), c->arena, ret, inner, err) == 0) {
		const char *name = contract_name(*ret), *version = contract_version(*ret);

		if (name && strcmp(name, r->name) != 0)
			fault_add(c->faults, "/name", "the document calls itself \"%s\"", name);
		if (version && strcmp(version, r->version) != 0)
			fault_add(c->faults, "/version", "the document says that it is version %s",
				version);
	} else if (!inner->n) {
		fault_add(c->faults, "/schema", "%s", err->msg);
	}
	for (size_t i = 0; i < inner->n; i++) {
		snprintf(at, sizeof(at), "/schema%s", inner->list[i].pointer);
		fault_add(c->faults, at, "%s", inner->list[i].detail);
	}
	c->faults->total += inner->total - inner->n;
	if (c->faults->n)
		return faults_refuse(c->faults, ERR_INVALID_CONTRACT, err);
	c->faults = NULL;
	return 0;
}

/* The step from one version to a higher one. */
static enum contract_level step(const struct version *from, const struct version *to)
{
	return from->major != to->major	  ? CONTRACT_MAJOR
	       : from->minor != to->minor ? CONTRACT_MINOR
					  : CONTRACT_PATCH;
}

static const char *least(const struct version *below, enum contract_level level, struct arena *a)
{
	static const enum version_level levels[] = {
		[CONTRACT_NONE] = LEVEL_PATCH,
		[CONTRACT_PATCH] = LEVEL_PATCH,
		[CONTRACT_MINOR] = LEVEL_MINOR,
		[CONTRACT_MAJOR] = LEVEL_MAJOR,
	};
	char buf[VERSION_STRLEN];
	struct version next;

	version_next(below, levels[level], &next);
	return arena_strdup(a, version_format(&next, buf));
}

/* The members of the problem, with as many changes as there is room for; NULL: not even none. */
static const char *too_low_members(struct contract_diff_record d, const char *least_version,
	const char *other, struct arena *a)
{
	for (size_t n = d.changes.n < SHOWN_MAX ? d.changes.n : SHOWN_MAX;; n /= 2) {
		STRBUF_AUTO sb = STRBUF_INIT(MEMBERS_MAX);
		struct json_writer w;

		d.changes.n = n;
		json_writer_init(&w, &sb);
		jw_object(&w);
		fields_emit_members(&contract_diff_table, &d, &w);
		jw_kstring(&w, "against", other);
		if (least_version)
			jw_kstring(&w, "least_version", least_version);
		jw_end(&w);
		if (json_writer_done(&w))
			return arena_strndup(a, sb.buf, sb.len);
		if (!n)
			return NULL;
	}
}

static int too_low(struct command *c, const struct contract_diff_record *d,
	const char *least_version, const char *other, struct err *err)
{
	c->err_members = too_low_members(*d, least_version, other, c->arena);
	return err_set_at(err, ERR_VERSION_TOO_LOW, "/version",
		"from %s to %s of %s the changes are %s%s%s", d->from, d->to, d->name, d->level,
		least_version ? ": it must be at least " : ", which the numbers do not say",
		least_version ? least_version : "");
}

/* Hold the document against the nearest version below (or above, when `above`). */
static int check_neighbour(struct db *reader, struct command *c, const struct contract *document,
	bool above, struct err *err)
{
	struct contract_args *x = c->args;
	const struct contract_record *r = x->request;
	struct contract_row row;
	const struct contract *other;
	struct contract_diff_record record;
	struct contract_diff diff;
	struct version v;
	int rc = above ? contract_above(reader, r->name, &x->version, c->arena, &row, err)
		       : contract_below(reader, r->name, &x->version, c->arena, &row, err);

	if (rc <= 0)
		return rc;
	if (parse_stored(&row, c->arena, &other, err) < 0)
		return -1;
	if (version_parse(row.version, &v) < 0)
		return err_set(err, ERR_STORAGE, "stored contract %s has no version", row.name);
	contract_compare(above ? document : other, above ? other : document, c->arena, &diff);
	if (!above) {
		x->record.previous = row.version;
		x->record.relation = contract_relation_name(diff.relation);
		x->record.level = contract_level_name(diff.level);
	}
	if (diff.level <= (above ? step(&x->version, &v) : step(&v, &x->version)))
		return 0;
	diff_record(r->name, above ? r->version : row.version, above ? row.version : r->version,
		&diff, c->arena, &record);
	return too_low(
		c, &record, above ? NULL : least(&v, diff.level, c->arena), row.version, err);
}

static int submit_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct contract_args *x = c->args;
	const struct contract_record *r = x->request;
	const struct contract *document;
	char digest[DIGEST_STRLEN];
	int rc;

	if (version_parse(r->version, &x->version) < 0)
		return err_set_at(err, ERR_INVALID_CONTRACT, "/version", "is no version X.Y.Z");
	digest_string(r->schema, strlen(r->schema), digest);
	x->record = *r;
	x->record.digest = arena_strdup(c->arena, digest);
	rc = contract_find(reader, r->name, &x->version, c->arena, &x->row, err);
	if (rc < 0)
		return -1;
	x->known = rc > 0;
	if (x->known && strcmp(x->row.digest, digest) != 0)
		return err_set(err, ERR_VERSION_CONFLICT, "%s %s exists with the digest %s",
			r->name, r->version, x->row.digest);
	if (x->known)
		return 0;
	if (parse_document(c, r, &document, err) < 0 ||
		check_neighbour(reader, c, document, false, err) < 0 ||
		check_neighbour(reader, c, document, true, err) < 0)
		return -1;
	return 0;
}

static bool is_baselines(const struct snapshot *s, const char *digest)
{
	for (size_t i = 0; i < s->policy.slots.n; i++) {
		const struct named_digest *n = s->baselines[i] ? s->baselines[i]->contract : NULL;

		if (n && n->digest && strcmp(n->digest, digest) == 0)
			return true;
	}
	return false;
}

/* Candidates whose comparison lacked this document are judged anew. The snapshot is the writer's own
 * newest: what stands in its place after this transaction is made with the document. */
static int compare_due(struct tx *tx, const char *digest, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(tx->engine);
	int64_t event = tx->engine->state.event_seq;

	if (contract_wait_over(
		    tx->db, digest, arena_printf(tx->arena, "!%lld", (long long)event), err) < 0)
		return -1;
	if (is_baselines(s, digest))
		return sides_moved(tx, err);
	return tx_outbox(tx, event, OUTBOX_REJUDGE, "{}", err);
}

static int publish(struct tx *tx, struct contract_args *x, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(64 << 10);
	struct contract_record *r = &x->record;
	struct json_writer w;

	r->actor = tx->actor;
	r->created_at = tx->now;
	json_writer_init(&w, &sb);
	fields_emit(&contract_summary_table, r, &w);
	x->row = (struct contract_row){
		.name = r->name,
		.version = r->version,
		.digest = r->digest,
		.document = r->schema,
		.summary = arena_strndup(tx->arena, sb.buf, sb.len),
		.actor = tx->actor,
		.created_at = tx->now,
	};
	if (contract_insert(tx->db, &x->row, &x->version, err) < 0)
		return -1;
	if (tx_event(tx, EVENT_CONTRACT_CREATED,
		    arena_printf(tx->arena, "%s/%s", r->name, r->version), NULL,
		    arena_printf(tx->arena, "{\"digest\":\"%s\"}", r->digest), NULL, err) < 0)
		return -1;
	return compare_due(tx, r->digest, err);
}

static int submit_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct contract_args *x = c->args;
	struct body body;

	if (!x->known && publish(tx, x, err) < 0)
		return -1;
	record_body(&x->row, c->arena, &body);
	command_answer(c, x->known ? 200 : 201,
		x->known ? NULL
			 : arena_printf(
				   c->arena, "/v1/contracts/%s/%s", x->row.name, x->row.version),
		&body);
	return 0;
}

static const struct command_kind submit_kind = {
	.name = "contract_submit",
	.prepare = submit_prepare,
	.apply = submit_apply,
};

int contract_submit(
	struct engine *e, struct command *c, const struct contract_record *r, struct err *err)
{
	struct contract_args *x = ARENA_NEW(c->arena, struct contract_args);

	x->request = r;
	c->kind = &submit_kind;
	c->args = x;
	return command_submit(e, c, err);
}

/* ---- Reading ---- */

static int find(struct db *reader, const char *name, const char *version, struct arena *a,
	struct contract_row *ret, struct err *err)
{
	struct version v;

	if (version_parse(version, &v) < 0 || v.rc)
		return 0;
	return contract_find(reader, name, &v, a, ret, err);
}

int contract_body(struct db *reader, const char *name, const char *version, struct arena *a,
	struct body *ret, struct err *err)
{
	struct contract_row row;
	int rc = find(reader, name, version, a, &row, err);

	if (rc > 0)
		record_body(&row, a, ret);
	return rc;
}

int contract_body_by_digest(
	struct db *reader, const char *digest, struct arena *a, struct body *ret, struct err *err)
{
	struct contract_row row;
	int rc = contract_by_digest(reader, digest, a, &row, err);

	if (rc > 0)
		record_body(&row, a, ret);
	return rc;
}

/* Both sides of a comparison; -1 with ERR_NOT_FOUND naming the one that is not there. */
static int find_pair(struct db *reader, const char *name, const char *version, const char *against,
	struct arena *a, struct contract_row *ret_from, struct contract_row *ret_to,
	struct err *err)
{
	struct version v;
	int rc = find(reader, name, version, a, ret_to, err);

	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND, "no contract %s %s", name, version);
	if (against)
		rc = find(reader, name, against, a, ret_from, err);
	else if (version_parse(version, &v) == 0)
		rc = contract_below(reader, name, &v, a, ret_from, err);
	if (rc > 0)
		return 0;
	if (rc == 0 && against)
		return err_set(err, ERR_NOT_FOUND, "no contract %s %s", name, against);
	return rc < 0 ? -1
		      : err_set(err, ERR_NOT_FOUND,
				"%s is the lowest version of %s: say ?against=VERSION", version,
				name);
}

int contract_diff_body(struct db *reader, const char *name, const char *version,
	const char *against, struct arena *a, struct body *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(CONTRACT_BODY_MAX);
	struct contract_row from, to;
	const struct contract *old, *new;
	struct contract_diff_record record;
	struct contract_diff diff;
	struct json_writer w;

	if (find_pair(reader, name, version, against, a, &from, &to, err) < 0 ||
		parse_stored(&from, a, &old, err) < 0 || parse_stored(&to, a, &new, err) < 0)
		return -1;
	contract_compare(old, new, a, &diff);
	diff_record(name, from.version, to.version, &diff, a, &record);
	json_writer_init(&w, &sb);
	fields_emit(&contract_diff_table, &record, &w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "the comparison is too large");
	body_set(ret, arena_strndup(a, sb.buf, sb.len), sb.len);
	return 1;
}
