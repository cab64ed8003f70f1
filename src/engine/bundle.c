/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes and keeps bundles. A signature of ECDSA is another one each time, so a bundle is made once and
 * stored.
 */
#include "engine/bundle.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/sign_p256.h"
#include "engine/internal.h"
#include "model/attestation.h"
#include "model/dsse.h"
#include "store/release.h"

enum { UNBUNDLED_PAGE = 64, HINT_STRLEN = 2 * SHA256_SIZE + 1, FOLDER_MODE = 0700 };

struct bundle_signer {
	struct p256_key *key;
	char hint[HINT_STRLEN];
	int64_t seq;
};

void bundle_free(struct bundle_signer *b)
{
	if (!b)
		return;
	p256_key_free(b->key);
	free(b);
}

static void bundle_freep(struct bundle_signer **b)
{
	bundle_free(*b);
}

/* The file's, or a new one: the first, or where that was asked for. */
static int find_key(struct engine *e, bool fresh, const char *last, struct bundle_signer *b,
	struct arena *a, struct err *err)
{
	const char *path = arena_printf(a, "%s/bundle.pem", e->keys_folder);
	unsigned char hash[SHA256_SIZE];

	if (access(path, F_OK) == 0) {
		if (fresh)
			return err_set(err, ERR_CONFIG,
				"%s is there: move it away, then begin with another key of bundles",
				path);
		if (p256_key_load(path, SIGN_KEY_FILE, &b->key, err) < 0)
			return err_wrap(err, "the key of bundles");
	} else {
		if (last && !fresh)
			return err_set(err, ERR_CONFIG,
				"the key of bundles %.16s... is not in %s: restore it, or go on "
				"with another (spiralfedd --new-bundle-key), which everybody who "
				"verifies bundles must then be told",
				last, path);
		b->key = p256_key_make(err);
		if (!b->key || dir_make(e->keys_folder, FOLDER_MODE, err) < 0 ||
			p256_key_save(b->key, path, err) < 0)
			return -1;
	}
	sha256(p256_key_pem(b->key), strlen(p256_key_pem(b->key)), hash);
	hex_encode(hash, sizeof(hash), b->hint);
	return 0;
}

static int enter_key(
	struct tx *tx, const struct bundle_key_row *last, struct bundle_signer *b, struct err *err)
{
	struct bundle_key_row row = {
		.hint = b->hint, .public_key = p256_key_pem(b->key), .created_at = tx->now};

	if (last && strcmp(last->hint, b->hint) == 0) {
		b->seq = last->seq;
		return 0;
	}
	if (bundle_key_insert(tx->db, &row, err) < 0)
		return err_wrap(err, "the key of bundles was in use before another one");
	b->seq = row.seq;
	return 0;
}

static void make(const struct bundle_signer *b, const char *version, const char *digest,
	struct arena *a, struct body *ret)
{
	const char *statement =
		bundle_statement(arena_printf(a, "%s%s", FUSED_MODEL_PREFIX, version), digest, a);
	STRBUF_AUTO pae = STRBUF_INIT(strlen(statement) + 128);
	unsigned char signature[P256_SIGN_MAX];
	size_t len;

	dsse_pae(&pae, STATEMENT_PAYLOAD_TYPE, statement, strlen(statement));
	len = p256_sign(b->key, pae.buf, pae.len, signature);
	body_set_text(ret, bundle_write(statement, b->hint, signature, len, a));
}

static int make_missing(struct tx *tx, const struct bundle_signer *b, struct err *err)
{
	int64_t after = 0;

	for (;;) {
		ARENA_AUTO a = arena_new();
		struct unsigned_row *rows;
		size_t n;

		if (release_unbundled(tx->db, b->seq, after, UNBUNDLED_PAGE, a, &rows, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			struct body release, body;

			if (release_body(tx->db, rows[i].version, a, &release, err) <= 0)
				return err_set(
					err, ERR_STORAGE, "release %s is missing", rows[i].version);
			make(b, rows[i].version, release.digest, a, &body);
			if (release_bundle_insert(tx->db, rows[i].version, b->seq, &body, err) < 0)
				return -1;
			after = rows[i].seq;
		}
		if (n < UNBUNDLED_PAGE)
			return 0;
	}
}

int bundle_open(struct engine *e, const struct engine_options *o, struct err *err)
{
	ARENA_AUTO a = arena_new();
	__attribute__((cleanup(bundle_freep))) struct bundle_signer *b = NULL;
	struct tx tx = {
		.db = e->db, .now = engine_now(e), .actor = "local", .arena = a, .engine = e};
	struct bundle_key_row *rows;
	size_t n;

	if (!o->bundles)
		return 0;
	b = xcalloc(1, sizeof(*b));
	if (bundle_key_list(e->db, a, &rows, &n, err) < 0 ||
		find_key(e, o->new_bundle_key, n ? rows[0].hint : NULL, b, a, err) < 0 ||
		db_begin(e->db, err) < 0)
		return -1;
	if (enter_key(&tx, n ? rows : NULL, b, err) < 0 || make_missing(&tx, b, err) < 0) {
		db_rollback(e->db);
		return -1;
	}
	if (db_commit(e->db, err) < 0)
		return -1;
	e->bundles = b;
	b = NULL;
	return 0;
}

void bundle_make(const struct engine *e, const char *version, const char *digest, struct arena *a,
	struct body *ret)
{
	*ret = (struct body){0};
	if (e->bundles)
		make(e->bundles, version, digest, a, ret);
}

int bundle_insert(struct tx *tx, const char *version, const struct body *body, struct err *err)
{
	if (!body->text)
		return 0;
	return release_bundle_insert(tx->db, version, tx->engine->bundles->seq, body, err);
}
