/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys, attestations and the signed pointer as the engine keeps them: what a node of this very moment
 * takes, after each thing that may happen.
 */
#include <check.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/hex.h"
#include "engine/attest.h"
#include "engine/internal.h"
#include "engine/snapshot.h"
#include "model/attestation.h"
#include "spiralfed/node.h"
#include "store/release.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

#define HOUR (INT64_C(3600) * USEC_PER_SEC)
#define DAY  (24 * HOUR)

/* The node: it trusts what it was given once. */
static struct spiralfed_key trusted;
static struct spiralfed_state state;
static struct spiralfed_pointer pointer;

static int64_t now(void)
{
	return reg.clock.clock.now(&reg.clock.clock);
}

static const char *keys(void)
{
	struct err err = {0};
	struct body body;

	ck_assert_int_eq(keys_body(reg.reader, now(), reg.arena, &body, &err), 0);
	return body.text;
}

/* The value of a member of key number i in the list, the newest first. */
static const char *key_member(size_t i, const char *name)
{
	struct signing_keys list;
	struct err err = {0};
	const struct signing_key *k;

	ck_assert_int_eq(fields_load_text(&signing_keys_table, keys(), reg.arena, &list, &err), 0);
	if (i >= list.keys.n)
		return "";
	k = LIST_AT(&list.keys, struct signing_key, i);
	return strcmp(name, "public_key") == 0	  ? k->public_key
	       : strcmp(name, "keyid") == 0	  ? k->keyid
	       : k->state == SIGNING_KEY_ACTIVE	  ? "active"
	       : k->state == SIGNING_KEY_RETIRING ? "retiring"
						  : "retired";
}

static void trust(size_t i)
{
	const char *pem = key_member(i, "public_key");

	ck_assert_int_eq(spiralfed_key_pem(pem, strlen(pem), &trusted), SPIRALFED_OK);
}

static enum spiralfed_status poll_channel(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);

	ck_assert(s->has_release);
	return spiralfed_pointer_verify(&trusted, 1, "stable", s->pointer.body.text,
		s->pointer.body.len, now(), &state, &pointer);
}

static enum spiralfed_status fetch(const char *version)
{
	struct body attestation, body;
	struct err err = {0};

	ck_assert_int_eq(attestation_body(reg.reader, version, reg.arena, &attestation, &err), 1);
	ck_assert_int_eq(release_body(reg.reader, version, reg.arena, &body, &err), 1);
	return spiralfed_release_verify(
		&trusted, 1, attestation.text, attestation.len, body.text, body.len, NULL, NULL);
}

static struct outcome rotate(int64_t overlap)
{
	static struct key_rotation_request request;
	struct command *c = registry_command("POST /v1/keys/rotate", "{}");

	request = (struct key_rotation_request){.reason = "test", .overlap_usec = overlap};
	return registry_run(c, key_rotate(reg.engine, c, &request, &c->err));
}

static size_t key_files(void)
{
	char pattern[SCRATCH_PATH];
	glob_t found;
	size_t n;

	n = glob(scratch_file(pattern, "keys/*.pem"), 0, NULL, &found) ? 0 : found.gl_pathc;
	for (size_t i = 0; i < n; i++) {
		struct stat st;

		ck_assert_int_eq(stat(found.gl_pathv[i], &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
	}
	if (n)
		globfree(&found);
	return n;
}

static const char *key_file(size_t i)
{
	char path[SCRATCH_PATH];

	return arena_strdup(reg.arena,
		scratch_file(path, arena_printf(reg.arena, "keys/%s.pem", key_member(i, "keyid"))));
}

static void setup(void)
{
	registry_setup();
	state = (struct spiralfed_state){0};
	trust(0);
}

START_TEST(test_signing__a_node_follows)
{
	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_str_eq(pointer.release.version, "1.0.0");
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_OK);
	next_release(2, 0.85);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_uint_eq(pointer.n_warm, 1);
	ck_assert_str_eq(pointer.warm[0].version, "1.0.0");
	ck_assert_int_eq(rollback(NULL).status, 201);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_str_eq(pointer.release.version, "1.0.0");
	ck_assert_int_eq(pointer.serial, 3);
	ck_assert_int_eq(fetch("1.0.1"), SPIRALFED_OK);
	check_registry();
}
END_TEST

START_TEST(test_signing__the_key_stays_over_a_restart)
{
	first_release();
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	registry_reopen();
	ck_assert_str_eq(key_member(0, "keyid"), trusted.keyid);
	ck_assert_str_eq(key_member(1, "keyid"), "");
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(count_events("key.created"), 1);
}
END_TEST

START_TEST(test_signing__a_warm_list_of_its_own_is_a_move)
{
	const char *before, *after;

	first_release();
	next_release(2, 0.85);
	rollback(NULL);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	before = channel_text();
	ck_assert_int_eq(unquarantine_release("1.0.1").status, 200);
	after = channel_text();
	ck_assert_str_ne(before, after);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(pointer.serial, 4);
	ck_assert_str_eq(pointer.release.version, "1.0.0");
	ck_assert_uint_eq(pointer.n_warm, 1);
	ck_assert_int_eq(count_events("channel.refreshed"), 1);
	check_registry();
}
END_TEST

START_TEST(test_signing__signs_again_before_it_expires)
{
	const char *channel;
	int64_t issued;

	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	issued = pointer.issued;
	channel = channel_text();
	fake_clock_step(&reg.clock, 11 * HOUR);
	finish();
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	fake_clock_step(&reg.clock, 2 * HOUR);
	finish();
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_int_gt(pointer.issued, issued);
	ck_assert_str_eq(channel_text(), channel);
	/* For years nobody is frozen out. */
	for (int i = 0; i < 40; i++) {
		fake_clock_step(&reg.clock, 12 * HOUR);
		finish();
		ck_assert_int_ne(poll_channel(), SPIRALFED_FROZEN);
	}
	ck_assert_int_eq(pointer.serial, 1);
	/* And after a day without a daemon everybody is, until it is back. */
	fake_clock_step(&reg.clock, 2 * DAY);
	ck_assert_int_eq(poll_channel(), SPIRALFED_FROZEN);
	registry_reopen();
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
}
END_TEST

START_TEST(test_signing__a_clock_set_back_makes_nothing_older)
{
	first_release();
	fake_clock_step(&reg.clock, 13 * HOUR);
	finish();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	fake_clock_set_wall(&reg.clock, now() - 5 * HOUR);
	next_release(2, 0.85);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(rotate(DAY).status, 201);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	registry_reopen();
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
}
END_TEST

START_TEST(test_signing__rotation_with_overlap)
{
	struct spiralfed_key old;
	struct outcome o;

	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	old = trusted;
	o = rotate(7 * DAY);
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(o.body, keys());
	ck_assert_str_eq(key_member(0, "state"), "active");
	ck_assert_str_eq(key_member(1, "state"), "retiring");
	ck_assert_str_eq(key_member(1, "keyid"), old.keyid);
	ck_assert_uint_eq(key_files(), 2);
	/* Those with the old key, and those with the new one. */
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_OK);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_OK); /* made before the key was */
	next_release(2, 0.85);
	ck_assert_int_eq(fetch("1.0.1"), SPIRALFED_OK);
	registry_reopen();
	trusted = old;
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(fetch("1.0.1"), SPIRALFED_OK);
	/* The end of the old one. */
	fake_clock_step(&reg.clock, 7 * DAY);
	finish();
	ck_assert_int_eq(poll_channel(), SPIRALFED_BAD_SIGNATURE);
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_BAD_SIGNATURE);
	ck_assert_str_eq(key_member(1, "state"), "retired");
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(count_events("key.retired"), 1);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_OK);
	registry_reopen();
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	check_registry();
}
END_TEST

static bool lists_signers(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct body attestation;
	struct err err = {0};
	bool listed = strstr(s->pointer.body.text, "\"signers\"") != NULL;

	ck_assert_int_eq(attestation_body(reg.reader, "1.0.0", reg.arena, &attestation, &err), 1);
	ck_assert_int_eq(strstr(attestation.text, "\"signers\"") != NULL, listed);
	return listed;
}

/* A pointer from an overlap before signers were listed: a start lists them. */
START_TEST(test_signing__signers_are_listed_in_an_overlap)
{
	char path[SCRATCH_PATH];
	sqlite3 *db;

	first_release();
	ck_assert(!lists_signers());
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(rotate(DAY).status, 201);
	ck_assert(lists_signers());
	ck_assert_int_eq(sqlite3_open(scratch_file(path, "registry.db"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				 "UPDATE channel_pointer SET body = substr(body, 1, instr(body, "
				 "',\"signers\"') - 1) || '}'",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	registry_reopen();
	ck_assert(lists_signers());
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	registry_reopen();
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	fake_clock_step(&reg.clock, DAY);
	finish();
	ck_assert(!lists_signers());
}
END_TEST

START_TEST(test_signing__a_key_retires_while_nobody_runs)
{
	struct spiralfed_key old;

	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	old = trusted;
	ck_assert_int_eq(rotate(HOUR).status, 201);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_uint_eq(key_files(), 2);
	registry_reopen_after(2 * HOUR);
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(count_events("key.retired"), 1);
	ck_assert_int_eq(poll_channel(), SPIRALFED_BAD_SIGNATURE);
	trust(0);
	ck_assert_str_ne(trusted.keyid, old.keyid);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	registry_reopen();
	ck_assert_int_eq(count_events("key.retired"), 1);
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	check_registry();
}
END_TEST

START_TEST(test_signing__rotation_at_once)
{
	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(rotate(0).status, 201);
	ck_assert_int_eq(poll_channel(), SPIRALFED_BAD_SIGNATURE);
	ck_assert_str_eq(key_member(1, "state"), "retired");
	ck_assert_uint_eq(key_files(), 1);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
}
END_TEST

START_TEST(test_signing__rotation_at_once_in_a_full_ring)
{
	first_release();
	for (size_t i = 1; i < KEYRING_MAX; i++)
		ck_assert_int_eq(rotate(DAY).status, 201);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(rotate(DAY).code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(rotate(0).status, 201);
	/* None of those before is good any more, whatever time it had. */
	for (size_t i = 1; i <= KEYRING_MAX; i++) {
		ck_assert_str_eq(key_member(i, "state"), "retired");
		trust(i);
		ck_assert_int_eq(poll_channel(), SPIRALFED_BAD_SIGNATURE);
		ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_BAD_SIGNATURE);
	}
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(count_events("key.retired"), KEYRING_MAX);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_OK);
	registry_reopen();
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	ck_assert_int_eq(count_events("key.retired"), KEYRING_MAX);
	check_registry();
}
END_TEST

/* One whose secret is not here ends, too: whoever has it could go on as one in its overlap. */
START_TEST(test_signing__rotation_at_once_ends_a_key_that_was_lost)
{
	first_release();
	ck_assert_int_eq(rotate(DAY).status, 201);
	ck_assert_int_eq(unlink(key_file(1)), 0);
	registry_reopen();
	ck_assert_str_eq(key_member(1, "state"), "retiring");
	ck_assert_int_eq(rotate(0).status, 201);
	ck_assert_str_eq(key_member(2, "state"), "retired");
}
END_TEST

/* The commit of a rotation fails for us and is there all the same: its secret must not go. */
START_TEST(test_signing__rotation_of_which_nothing_is_known)
{
	struct sign_key *made = sign_key_make(NULL);
	const struct sign_public *public =
		arena_memdup(reg.arena, sign_key_public(made), sizeof(*public));
	char path[SCRATCH_PATH], hex[2 * SIGN_PUBLIC_SIZE + 1];
	struct outcome o;
	struct err err;
	sqlite3 *db;

	first_release();
	ck_assert_int_eq(
		sign_key_save(made,
			scratch_file(path, arena_printf(reg.arena, "keys/%s.pem", public->keyid)),
			&err),
		0);
	reg.engine->key_next = made;
	hex_encode(public->bytes, SIGN_PUBLIC_SIZE, hex);
	ck_assert_int_eq(sqlite3_open(scratch_file(path, "registry.db"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				 arena_printf(reg.arena,
					 "UPDATE signing_key SET retires_at = %lld WHERE "
					 "retires_at IS NULL; INSERT INTO signing_key (keyid, "
					 "public_key, created_at) VALUES ('%s', x'%s', 1)",
					 (long long)(now() + DAY), public->keyid, hex),
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	o = rotate(DAY);
	ck_assert_int_eq(o.code, ERR_STATE_CONFLICT);
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, "restart the daemon"));
	ck_assert_uint_eq(key_files(), 2);
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	registry_reopen();
	ck_assert_str_eq(key_member(0, "keyid"), public->keyid);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_int_eq(rotate(DAY).status, 201);
}
END_TEST

START_TEST(test_signing__rotation_as_a_dry_run)
{
	with.dry_run = true;
	ck_assert_int_eq(rotate(DAY).status, 200);
	ck_assert_str_eq(key_member(0, "keyid"), trusted.keyid);
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(rotate(DAY).status, 201);
	ck_assert_uint_eq(key_files(), 2);
}
END_TEST

START_TEST(test_signing__rotation_has_a_bound)
{
	for (size_t i = 1; i < KEYRING_MAX; i++)
		ck_assert_int_eq(rotate(DAY).status, 201);
	ck_assert_int_eq(rotate(DAY).code, ERR_STATE_CONFLICT);
	ck_assert_uint_eq(key_files(), KEYRING_MAX);
	fake_clock_step(&reg.clock, DAY);
	finish();
	ck_assert_uint_eq(key_files(), 1);
	ck_assert_int_eq(rotate(DAY).status, 201);
}
END_TEST

/* ---- At the start ---- */

static enum err_code reopen_with(const struct engine_options *changes, struct err *err)
{
	struct engine_options o = *changes;
	char path[SCRATCH_PATH];

	*err = (struct err){0};
	db_close(reg.reader);
	engine_close(reg.engine);
	reg.reader = NULL;
	reg.engine = NULL;
	o.path = scratch_file(path, "registry.db");
	o.clock = &reg.clock.clock;
	o.queue_max = 16;
	if (engine_open(&o, &reg.engine, err) < 0)
		return err->code;
	ck_assert_int_eq(engine_reader(reg.engine, &reg.reader, err), 0);
	return ERR_NONE;
}

START_TEST(test_signing__a_key_that_others_can_read_is_refused)
{
	const struct engine_options plain = {0};
	const char *path = key_file(0);
	struct err err;

	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "mode 0640"));
	ck_assert_ptr_nonnull(strstr(err.msg, "chmod 600"));
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_NONE);
}
END_TEST

START_TEST(test_signing__a_lost_key_is_not_replaced_in_silence)
{
	const struct engine_options plain = {0}, new = {.new_key = true};
	struct err err;

	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(unlink(key_file(0)), 0);
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "--new-signing-key"));
	ck_assert_int_eq(reopen_with(&new, &err), ERR_NONE);
	ck_assert_str_eq(key_member(1, "state"), "retired");
	ck_assert_int_eq(poll_channel(), SPIRALFED_BAD_SIGNATURE);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED);
	ck_assert_int_eq(fetch("1.0.0"), SPIRALFED_OK);
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_NONE);
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
}
END_TEST

START_TEST(test_signing__another_file_under_its_name)
{
	const struct engine_options plain = {0};
	SIGN_KEY_AUTO other = sign_key_make(NULL);
	const char *path = key_file(0);
	struct err err = {0};

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(sign_key_save(other, path, &err), 0);
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "another key than its name says"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(reopen_with(&(struct engine_options){.new_key = true}, &err), ERR_NONE);
}
END_TEST

START_TEST(test_signing__a_credential)
{
	SIGN_KEY_AUTO key = sign_key_make(NULL);
	char path[SCRATCH_PATH];
	const struct engine_options plain = {0},
				    given = {.key_credential = scratch_file(path, "signing.key")};
	struct err err = {0};

	first_release();
	ck_assert_int_eq(poll_channel(), SPIRALFED_MOVED);
	ck_assert_int_eq(reopen_with(&given, &err), ERR_IO);
	ck_assert_int_eq(sign_key_save(key, path, &err), 0);
	ck_assert_int_eq(chmod(path, 0440), 0);
	ck_assert_int_eq(reopen_with(&given, &err), ERR_NONE);
	ck_assert_str_eq(key_member(0, "keyid"), sign_key_public(key)->keyid);
	ck_assert_str_eq(key_member(1, "state"), "retiring");
	ck_assert_int_eq(poll_channel(), SPIRALFED_RENEWED); /* the one before still signs */
	ck_assert_int_eq(rotate(DAY).code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(reopen_with(&given, &err), ERR_NONE);
	trust(0);
	ck_assert_int_eq(poll_channel(), SPIRALFED_UNCHANGED);
	/* Without it, and with one that was in use before. */
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_CONFIG);
	ck_assert_int_eq(reopen_with(&(struct engine_options){.new_key = true}, &err), ERR_NONE);
	ck_assert_int_eq(reopen_with(&given, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "in use before"));
	ck_assert_int_eq(reopen_with(&plain, &err), ERR_NONE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("what is signed");
	TCase *t = tcase_create("signing");

	tcase_add_checked_fixture(t, setup, registry_teardown);
	tcase_add_test(t, test_signing__a_node_follows);
	tcase_add_test(t, test_signing__the_key_stays_over_a_restart);
	tcase_add_test(t, test_signing__a_warm_list_of_its_own_is_a_move);
	tcase_add_test(t, test_signing__signs_again_before_it_expires);
	tcase_add_test(t, test_signing__a_clock_set_back_makes_nothing_older);
	tcase_add_test(t, test_signing__rotation_with_overlap);
	tcase_add_test(t, test_signing__signers_are_listed_in_an_overlap);
	tcase_add_test(t, test_signing__a_key_retires_while_nobody_runs);
	tcase_add_test(t, test_signing__rotation_at_once);
	tcase_add_test(t, test_signing__rotation_at_once_in_a_full_ring);
	tcase_add_test(t, test_signing__rotation_at_once_ends_a_key_that_was_lost);
	tcase_add_test(t, test_signing__rotation_of_which_nothing_is_known);
	tcase_add_test(t, test_signing__rotation_as_a_dry_run);
	tcase_add_test(t, test_signing__rotation_has_a_bound);
	tcase_add_test(t, test_signing__a_key_that_others_can_read_is_refused);
	tcase_add_test(t, test_signing__a_lost_key_is_not_replaced_in_silence);
	tcase_add_test(t, test_signing__another_file_under_its_name);
	tcase_add_test(t, test_signing__a_credential);
	suite_add_tcase(s, t);
	return s;
}
