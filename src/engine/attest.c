/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes statements and pointers and signs them. It decides neither what is released nor where the
 * channel points.
 */
#include "engine/attest.h"

#include <string.h>

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "model/attestation.h"
#include "model/dsse.h"
#include "store/release.h"

enum { POINTER_MAX = 64 << 10, UNSIGNED_PAGE = 64 };

/* ---- Releases ---- */

static void sign_statement(
	const char *statement, const struct sign_key *key, unsigned char ret[SIGN_SIZE])
{
	size_t len = strlen(statement);
	STRBUF_AUTO pae = STRBUF_INIT(len + 128);

	dsse_pae(&pae, STATEMENT_PAYLOAD_TYPE, statement, len);
	sign_bytes(key, pae.buf, pae.len, ret);
}

void attestation_make(struct attestation *t, const struct keyring *k, const struct release *r,
	const char *digest, struct arena *a)
{
	t->statement = release_statement(r, digest, a);
	for (t->n = 0; t->n < k->n; t->n++) {
		t->signatures[t->n].key_seq = k->v[t->n].row.seq;
		sign_statement(t->statement, k->v[t->n].secret, t->signatures[t->n].bytes);
	}
}

int attestation_insert(
	struct tx *tx, const char *version, const struct attestation *t, struct err *err)
{
	if (release_statement_insert(tx->db, version, t->statement, err) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++)
		if (release_signature_insert(tx->db, version, t->signatures[i].key_seq,
			    t->signatures[i].bytes, err) < 0)
			return -1;
	return 0;
}

/* The statement of a release; of one that is older than statements, made and stored now. */
static int statement_of(struct db *db, const char *version, struct arena *a,
	const char **ret_statement, struct err *err)
{
	struct release r;
	struct body body;
	int rc = release_statement_find(db, version, a, ret_statement, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (release_body(db, version, a, &body, err) <= 0)
		return err_set(err, ERR_STORAGE, "release %s is missing", version);
	if (fields_load_text(&release_table, body.text, a, &r, err) < 0)
		return err_wrap(err, "release %s", version);
	*ret_statement = release_statement(&r, body.digest, a);
	return release_statement_insert(db, version, *ret_statement, err);
}

int attest_missing(struct tx *tx, const struct keyring_key *k, struct err *err)
{
	int64_t after = 0;

	for (;;) {
		ARENA_AUTO a = arena_new();
		struct unsigned_row *rows;
		size_t n;

		if (release_unsigned(tx->db, k->row.seq, after, UNSIGNED_PAGE, a, &rows, &n, err) <
			0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			unsigned char signature[SIGN_SIZE];
			const char *statement;

			if (statement_of(tx->db, rows[i].version, a, &statement, err) < 0)
				return -1;
			sign_statement(statement, k->secret, signature);
			if (release_signature_insert(
				    tx->db, rows[i].version, k->row.seq, signature, err) < 0)
				return -1;
			after = rows[i].seq;
		}
		if (n < UNSIGNED_PAGE)
			return 0;
	}
}

/* The signature of a key by its name; NULL: it did not sign this. */
static const char *signature_of(
	const struct release_signature_row *rows, size_t n, const char *keyid, struct arena *a)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].keyid, keyid))
			return dsse_base64(rows[i].signature, SIGN_SIZE, a);
	return NULL;
}

/* The statement in the envelope of the pointer, whose keys have all signed every release. */
static int put_statement(struct dsse_envelope *e, struct db *reader, const char *version,
	const char *statement, struct arena *a, struct err *err)
{
	struct release_signature_row *rows;
	size_t n;

	if (release_signature_list(reader, version, a, &rows, &n, err) < 0)
		return -1;
	e->type = STATEMENT_PAYLOAD_TYPE;
	e->payload = dsse_base64(statement, strlen(statement), a);
	for (size_t i = 0; i < e->signatures.n; i++) {
		struct dsse_signature *s = LIST_AT(&e->signatures, struct dsse_signature, i);

		s->sig = signature_of(rows, n, s->keyid, a);
		if (!s->sig)
			return err_set(err, ERR_STORAGE, "release %s lacks a signature of key %s",
				version, s->keyid);
	}
	return 0;
}

int attestation_body(
	struct db *reader, const char *version, struct arena *a, struct body *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct pointer_row pointer;
	struct dsse_envelope e;
	const char *statement;
	struct json_writer w;
	int rc = release_statement_find(reader, version, a, &statement, err);

	if (rc <= 0)
		return rc;
	rc = channel_pointer_find(reader, CHANNEL_STABLE, a, &pointer, err);
	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the pointer is missing");
	if (fields_load_text(&dsse_envelope_table, pointer.body.text, a, &e, err) < 0 ||
		put_statement(&e, reader, version, statement, a, err) < 0)
		return -1;
	json_writer_init(&w, &sb);
	fields_emit(&dsse_envelope_table, &e, &w);
	body_set(ret, arena_strndup(a, sb.buf, sb.len), sb.len);
	return 1;
}

/* ---- The channel ---- */

static int fill_warm(struct tx *tx, const struct channel *c, struct pointer *p, struct err *err)
{
	struct pointer_target *warm = ARENA_ARRAY(tx->arena, c->warm.n, struct pointer_target);

	p->warm.v = warm;
	for (size_t i = 0; i < c->warm.n; i++) {
		struct release_row row;

		if (release_find(tx->db, c->warm.v[i], tx->arena, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "release %s is missing", c->warm.v[i]);
		warm[i] = (struct pointer_target){row.digest, row.version};
		p->warm.n++;
	}
	return 0;
}

static void write_pointer(
	const struct pointer *p, const struct keyring *k, struct arena *a, struct pointer_row *ret)
{
	const struct sign_key *keys[KEYRING_MAX];
	size_t len, n = keyring_secrets(k, keys);
	const char *payload = fields_canonical(&pointer_table, p, a, &len);
	STRBUF_AUTO sb = STRBUF_INIT(POINTER_MAX);

	dsse_write(&sb, POINTER_PAYLOAD_TYPE, payload, len, keys, n);
	*ret = (struct pointer_row){.channel = p->channel,
		.serial = p->serial,
		.issued = p->issued,
		.expires = p->expires};
	body_set(&ret->body, arena_strndup(a, sb.buf, sb.len), sb.len);
}

int pointer_sign(struct tx *tx, const struct keyring *k, struct err *err)
{
	struct channel_row row;
	struct channel channel;
	struct pointer p;
	struct pointer_row before, after;
	int rc = channel_find(tx->db, CHANNEL_STABLE, tx->arena, &row, err);

	if (rc <= 0)
		return rc;
	if (fields_load_text(&channel_table, row.body.text, tx->arena, &channel, err) < 0)
		return -1;
	rc = channel_pointer_find(tx->db, CHANNEL_STABLE, tx->arena, &before, err);
	if (rc < 0)
		return -1;
	fields_init(&pointer_table, &p);
	p.schema = POINTER_SCHEMA;
	p.channel = channel.channel;
	p.serial = channel.serial;
	p.version = channel.version;
	p.digest = channel.digest;
	/* A clock that was set back makes no pointer look older than the one before. */
	p.issued = rc && before.issued >= tx->now ? before.issued + 1 : tx->now;
	p.expires = p.issued + tx->engine->pointer_lifetime;
	if (fill_warm(tx, &channel, &p, err) < 0)
		return -1;
	write_pointer(&p, k, tx->arena, &after);
	return channel_pointer_set(tx->db, &after, err);
}

int pointer_signed_by(
	const struct pointer_row *row, const struct keyring *k, struct arena *a, struct err *err)
{
	struct dsse_envelope e;

	if (fields_load_text(&dsse_envelope_table, row->body.text, a, &e, err) < 0)
		return -1;
	if (e.signatures.n != k->n || (k->n > 1 && !e.signers))
		return 0;
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(LIST_AT(&e.signatures, struct dsse_signature, i)->keyid,
			    k->v[i].row.public.keyid) != 0)
			return 0;
	return 1;
}
