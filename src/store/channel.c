/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on activations and the channel.
 */
#include "store/release.h"

int activation_insert(struct db *db, const struct activation_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_insert);

	stmt_bind_int(s, "serial", r->serial);
	stmt_bind_text(s, "channel", r->channel);
	stmt_bind_text(s, "release_version", r->release_version);
	stmt_bind_text(s, "previous", r->previous);
	stmt_bind_text(s, "cause", r->cause);
	stmt_bind_text(s, "actor", r->actor);
	stmt_bind_text(s, "reason", r->reason);
	stmt_bind_int(s, "at", r->at);
	return stmt_exec(s, err);
}

static int activation_one(
	struct stmt *s, struct arena *a, struct activation_row *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0)
		*ret = (struct activation_row){
			.serial = stmt_int(s, "serial"),
			.release_version = stmt_text_dup(s, "release_version", a),
			.at = stmt_int(s, "at"),
		};
	return rc;
}

int activation_by_serial(
	struct db *db, int64_t serial, struct arena *a, struct activation_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_by_serial);

	stmt_bind_int(s, "serial", serial);
	return activation_one(s, a, ret, err);
}

int activation_begun(
	struct db *db, int64_t serial, struct arena *a, struct activation_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_begun);

	stmt_bind_int(s, "serial", serial);
	return activation_one(s, a, ret, err);
}

int activation_next(
	struct db *db, int64_t serial, struct arena *a, struct activation_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_next);

	stmt_bind_int(s, "serial", serial);
	return activation_one(s, a, ret, err);
}

int activation_newest_of(struct db *db, const char *version, struct arena *a,
	struct activation_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_newest_of);

	stmt_bind_text(s, "release_version", version);
	return activation_one(s, a, ret, err);
}

int channel_find(
	struct db *db, const char *name, struct arena *a, struct channel_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_channel_find);
	int rc;

	stmt_bind_text(s, "name", name);
	rc = body_load(s, a, &ret->body, err);
	if (rc > 0) {
		ret->name = arena_strdup(a, name);
		ret->serial = stmt_int(s, "serial");
		ret->release_version = stmt_text_dup(s, "release_version", a);
		ret->updated_at = stmt_int(s, "updated_at");
	}
	return rc;
}

int channel_set(struct db *db, const struct channel_row *c, int64_t old_serial, int64_t render,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, old_serial ? SQL_channel_set : SQL_channel_insert);

	stmt_bind_text(s, "name", c->name);
	stmt_bind_int(s, "serial", c->serial);
	stmt_bind_text(s, "release_version", c->release_version);
	stmt_bind_textn(s, "body", c->body.text, c->body.len);
	stmt_bind_text(s, "body_digest", c->body.digest);
	stmt_bind_int(s, "render", render);
	stmt_bind_int(s, "updated_at", c->updated_at);
	if (!old_serial)
		return stmt_exec(s, err) < 0 ? -1 : 1;
	stmt_bind_int(s, "old_serial", old_serial);
	return stmt_cas(s, err);
}
