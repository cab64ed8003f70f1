/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens "sfd_<id>_<secret>": made, verified, revoked. A secret is told once and stored as its hash.
 */
#include "engine/token.h"

#include <string.h>

#include "base/hex.h"
#include "base/id.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "base/words.h"
#include "engine/internal.h"
#include "model/format.h"
#include "store/token.h"

#define TOKEN_PREFIX "sfd_"

enum { TOKEN_ID_LEN = 12, SECRET_BYTES = 32, SECRET_LEN = 2 * SECRET_BYTES, PREFIX_LEN = 4 };

struct token_args {
	const struct token_request *request;
	const char *id; /* to revoke */
	struct token_row row;
	const char *token; /* told once */
};

/* A scope that exists: a plain word, or submit:<provider of the policy>. */
/* The words are the field's format; whether there is such a provider is the policy's to say. */
static bool scope_valid(const char *scope, const struct policy *policy)
{
	if (!format_scope.check(scope))
		return false;
	return !text_starts(scope, "submit:") || strcmp(scope + 7, "*") == 0 ||
	       policy_provider(policy, scope + 7);
}

bool scopes_allow(const char *scopes, const char *scope)
{
	return words_have(scopes, "admin") || words_have(scopes, scope) ||
	       (text_starts(scope, "submit:") && words_have(scopes, "submit:*"));
}

static int refused(struct err *err)
{
	return err_set(err, ERR_INVALID_TOKEN, "the token is unknown, revoked or expired");
}

int token_verify(struct db *reader, const char *token, int64_t now, struct arena *a,
	struct principal *ret, struct err *err)
{
	static const unsigned char dummy[SHA256_SIZE];
	struct token_row row = {0};
	unsigned char hash[SHA256_SIZE];
	const char *secret, *id;
	int rc;

	if (strlen(token) != PREFIX_LEN + TOKEN_ID_LEN + 1 + SECRET_LEN ||
		strncmp(token, TOKEN_PREFIX, PREFIX_LEN) != 0 ||
		token[PREFIX_LEN + TOKEN_ID_LEN] != '_')
		return refused(err);
	id = arena_strndup(a, token + PREFIX_LEN, TOKEN_ID_LEN);
	secret = token + PREFIX_LEN + TOKEN_ID_LEN + 1;
	rc = token_find(reader, id, a, &row, err);
	if (rc < 0)
		return -1;
	sha256(secret, SECRET_LEN, hash);
	/* A miss takes as long as a hit. */
	if (!equal_constant_time(hash, rc ? row.hash : dummy, SHA256_SIZE) || !rc ||
		row.revoked_at || (row.expires_at && row.expires_at <= now))
		return refused(err);
	*ret = (struct principal){
		.token_id = row.id,
		.name = row.name,
		.actor = arena_printf(a, "token:%s", row.id),
		.scopes = row.scopes,
	};
	return 0;
}

static const char *token_render(const struct token_row *t, const char *token, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(64 << 10);
	struct json_writer w;
	struct word scope;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "id", t->id);
	jw_kstring(&w, "name", t->name);
	jw_key(&w, "scopes");
	jw_array(&w);
	for (const char *at = t->scopes; words_next(&at, &scope);)
		jw_stringn(&w, scope.s, scope.n);
	jw_end(&w);
	jw_kstring(&w, "created_by", t->created_by);
	jw_ktime(&w, "created_at", t->created_at);
	jw_ktime(&w, "expires_at", t->expires_at);
	jw_ktime(&w, "revoked_at", t->revoked_at);
	if (token)
		jw_kstring(&w, "token", token);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

static void token_fill(struct token_args *t, const struct command *c)
{
	unsigned char bytes[SECRET_BYTES];
	char id[TOKEN_ID_LEN + 1], secret[SECRET_LEN + 1];

	id_random(id, TOKEN_ID_LEN);
	random_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), secret);
	sha256(secret, SECRET_LEN, t->row.hash);
	t->row.id = arena_strdup(c->arena, id);
	t->row.created_by = c->actor;
	t->token = arena_printf(c->arena, "%s%s_%s", TOKEN_PREFIX, id, secret);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(secret, sizeof(secret));
}

static int create_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct token_args *t = c->args;
	const struct token_request *r = t->request;
	STRBUF_AUTO scopes = STRBUF_INIT(16 << 10);
	char pointer[64];

	command_check_begin(c);
	for (size_t i = 0; i < r->scopes.n; i++) {
		pointer_index(pointer, sizeof(pointer), "/scopes", i);
		if (!scope_valid(r->scopes.v[i], &c->prepared->policy))
			fault_add(c->faults, pointer, "\"%s\" names no provider of the policy",
				r->scopes.v[i]);
		else if (!words_have(scopes.buf, r->scopes.v[i]))
			strbuf_addf(&scopes, "%s%s", scopes.len ? " " : "", r->scopes.v[i]);
	}
	if (r->expires_at && r->expires_at <= engine_now(e))
		fault_add(c->faults, "/expires_at", "is in the past");
	if (command_check_end(c, err) < 0)
		return -1;
	t->row.name = r->name;
	t->row.scopes = arena_strndup(c->arena, scopes.buf, scopes.len);
	t->row.expires_at = r->expires_at;
	token_fill(t, c);
	return 0;
}

static int create_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct token_args *t = c->args;
	struct body body;

	t->row.created_at = tx->now;
	t->row.body = token_render(&t->row, NULL, tx->arena);
	if (token_insert(tx->db, &t->row, err) < 0 ||
		tx_event(tx, EVENT_TOKEN_CREATED, t->row.id, NULL,
			arena_printf(tx->arena, "{\"scopes\":\"%s\"}", t->row.scopes), NULL,
			err) < 0)
		return -1;
	/* What will not work is not shown. */
	body_set_text(&body, token_render(&t->row, c->dry_run ? NULL : t->token, tx->arena));
	command_answer(c, 201, arena_printf(tx->arena, "/v1/tokens/%s", t->row.id), &body);
	c->answer.replay_body = t->row.body;
	return 0;
}

static const struct command_kind create_kind = {
	.name = "token_create",
	.prepare = create_prepare,
	.apply = create_apply,
};

int token_create(
	struct engine *e, struct command *c, const struct token_request *r, struct err *err)
{
	struct token_args *t = ARENA_NEW(c->arena, struct token_args);

	t->request = r;
	c->kind = &create_kind;
	c->args = t;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

static int revoke_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct token_args *t = c->args;
	struct body body;
	int rc = token_find(tx->db, t->id, tx->arena, &t->row, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "there is no token %s", t->id);
	if (!t->row.revoked_at) {
		t->row.revoked_at = tx->now;
		t->row.body = token_render(&t->row, NULL, tx->arena);
		if (token_set_revoked(tx->db, t->id, tx->now, t->row.body, err) < 0 ||
			tx_event(tx, EVENT_TOKEN_REVOKED, t->id, NULL, NULL, NULL, err) < 0)
			return -1;
	}
	body_set_text(&body, t->row.body);
	command_answer(c, 200, NULL, &body);
	return 0;
}

static const struct command_kind revoke_kind = {.name = "token_revoke", .apply = revoke_apply};

int token_revoke(struct engine *e, struct command *c, const char *id, struct err *err)
{
	struct token_args *t = ARENA_NEW(c->arena, struct token_args);

	t->id = id;
	c->kind = &revoke_kind;
	c->args = t;
	return command_submit(e, c, err);
}

/* ---- the host's own way in ---- */

struct waiter {
	struct lock lock;
	struct cond cond;
	bool over;
};

static void waiter_done(struct command *c)
{
	struct waiter *w = c->owner;

	LOCK_SCOPE(&w->lock);
	w->over = true;
	cond_wake(&w->cond);
}

static void waiter_wait(struct engine *e, struct waiter *w)
{
	if (!e->threads)
		engine_step(e);
	LOCK_SCOPE(&w->lock);
	while (!w->over)
		cond_wait(&w->cond, &w->lock, -1);
}

int engine_admin_token(struct engine *e, const char *name, struct arena *a, const char **ret_secret,
	struct err *err)
{
	static const char *scopes[] = {"admin"};
	const struct token_request r = {.name = name, .scopes = {.v = scopes, .n = 1}};
	struct waiter w = {0};
	struct command c = {.arena = a, .actor = "local", .done = waiter_done, .owner = &w};

	lock_init(&w.lock, "waiter", LOCK_METRICS);
	cond_init(&w.cond);
	if (token_create(e, &c, &r, &c.err) == 0)
		waiter_wait(e, &w);
	cond_clear(&w.cond);
	lock_clear(&w.lock);
	if (c.err.code != ERR_NONE) {
		*err = c.err;
		return -1;
	}
	*ret_secret = ((struct token_args *)c.args)->token;
	return 0;
}

int engine_has_tokens(struct engine *e, struct err *err)
{
	struct db *reader;
	int rc;

	if (engine_reader(e, &reader, err) < 0)
		return -1;
	rc = token_any(reader, err);
	db_close(reader);
	return rc;
}
