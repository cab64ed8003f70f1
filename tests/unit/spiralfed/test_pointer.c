/* SPDX-License-Identifier: Apache-2.0
 *
 * What a node takes for the channel. The tests named tuf_* are the scenarios of the TUF conformance
 * suite that have a meaning here, by its names: its timestamp is our pointer, its target our release.
 */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "support/signed.h"

Suite *test_suite(void);

#define HOUR  (INT64_C(3600) * USEC_PER_SEC)
#define START (INT64_C(1795000000) * USEC_PER_SEC)

static struct signers signers;
static struct pointer pointer;
static struct spiralfed_state state;
static struct spiralfed_pointer got;
static int64_t now;
static size_t n_trusted;

static void setup(void)
{
	signers_make(&signers);
	pointer = signed_pointer(&signers, START);
	state = (struct spiralfed_state){0};
	now = START + HOUR;
	n_trusted = 1;
}

static void teardown(void)
{
	signers_clear(&signers);
}

static enum spiralfed_status take_text(const char *text, size_t len)
{
	return spiralfed_pointer_verify(
		signers.trusted, n_trusted, "stable", text, len, now, &state, &got);
}

/* The present pointer, signed by keys first .. first + n - 1. */
static enum spiralfed_status take_signed(size_t first, size_t n)
{
	size_t len;
	const char *text = signed_envelope(&signers, &pointer, first, n, &len);

	return take_text(text, len);
}

static enum spiralfed_status take(void)
{
	return take_signed(0, 1);
}

static enum spiralfed_status take_payload(const char *type, const char *payload)
{
	size_t len;
	const char *text = sign_payload(&signers, type, payload, strlen(payload), 0, 1, &len);

	return take_text(text, len);
}

START_TEST(test_pointer__moves_renews_and_stays)
{
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	ck_assert_int_eq(got.serial, 7);
	ck_assert_str_eq(got.release.version, "1.2.3");
	ck_assert_str_eq(got.release.digest, pointer.digest);
	ck_assert_uint_eq(got.n_warm, 2);
	ck_assert_str_eq(got.warm[1].version, "1.1.0");
	ck_assert_int_eq(state.serial, 7);
	ck_assert_int_eq(take(), SPIRALFED_UNCHANGED);
	pointer.issued += HOUR;
	pointer.expires += HOUR;
	ck_assert_int_eq(take(), SPIRALFED_RENEWED);
	ck_assert_int_eq(state.issued, pointer.issued);
	/* A rollback of the channel: a higher serial that points at an older release. */
	pointer.serial++;
	pointer.version = "1.2.2";
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	ck_assert_str_eq(state.release.version, "1.2.2");
}
END_TEST

START_TEST(test_pointer__state_is_touched_only_by_what_is_taken)
{
	struct spiralfed_state before;

	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	before = state;
	pointer.serial = 6;
	ck_assert_int_eq(take(), SPIRALFED_ROLLBACK);
	pointer.serial = 8;
	ck_assert_int_eq(take_signed(1, 1), SPIRALFED_BAD_SIGNATURE);
	now = pointer.expires;
	ck_assert_int_eq(take(), SPIRALFED_FROZEN);
	ck_assert_mem_eq(&before, &state, sizeof(state));
}
END_TEST

/* How many of the ways to change one byte are taken: each bit, all bits, and into the other alphabet. */
static size_t changes_taken(char *text, size_t len)
{
	size_t taken = 0;

	for (size_t i = 0; i < len; i++) {
		for (int change = 1; change < 256; change++) {
			if ((change & (change - 1)) && change != 0xff && change != ('+' ^ '-') &&
				change != ('/' ^ '_'))
				continue;
			text[i] = (char)(text[i] ^ change);
			enum spiralfed_status status = take_text(text, len);

			taken += status == SPIRALFED_MOVED || status == SPIRALFED_UNCHANGED ||
				 status == SPIRALFED_RENEWED;
			text[i] = (char)(text[i] ^ change);
		}
	}
	return taken;
}

START_TEST(test_pointer__each_byte_counts)
{
	size_t len;
	char *text = (char *)(uintptr_t)signed_envelope(&signers, &pointer, 0, 1, &len);

	ck_assert_uint_eq(changes_taken(text, len), 0);
	ck_assert_int_eq(state.serial, 0);
	ck_assert_int_eq(take_text(text, len), SPIRALFED_MOVED);
}
END_TEST

/* In the overlap of a rotation, for nodes that know the old key, the new one, and both. */
START_TEST(test_pointer__each_byte_counts_in_an_overlap)
{
	struct spiralfed_key fresh = signers.trusted[1];
	size_t len;
	char *text = (char *)(uintptr_t)signed_envelope(&signers, &pointer, 0, 2, &len);

	if (_i == 1)
		signers.trusted[0] = fresh;
	n_trusted = _i == 2 ? 2 : 1;
	ck_assert_uint_eq(changes_taken(text, len), 0);
	ck_assert_int_eq(state.serial, 0);
	ck_assert_int_eq(take_text(text, len), SPIRALFED_MOVED);
}
END_TEST

/* As the daemon wrote an overlap before signers were listed: good to whoever knows all of its keys. */
START_TEST(test_pointer__several_signatures_without_a_list)
{
	size_t len;
	char *text = (char *)(uintptr_t)signed_envelope(&signers, &pointer, 0, 2, &len);
	char *list = strstr(text, ",\"signers\"");

	ck_assert_ptr_nonnull(list);
	list[0] = '}';
	len = (size_t)(list - text) + 1;
	ck_assert_int_eq(take_text(text, len), SPIRALFED_BAD_SIGNATURE);
	n_trusted = 2;
	ck_assert_uint_eq(changes_taken(text, len), 0);
	ck_assert_int_eq(take_text(text, len), SPIRALFED_MOVED);
}
END_TEST

/* Lists that are not what the keys that signed have signed: none lets a stranger's signature in. */
START_TEST(test_pointer__lists_of_other_signers)
{
	size_t len, other_len;
	const char *text = signed_envelope(&signers, &pointer, 0, 2, &len);
	const char *other = signed_envelope(&signers, &pointer, 1, 2, &other_len);
	const char *three = signed_envelope(&signers, &pointer, 0, 3, &other_len);
	const char *one = signed_envelope(&signers, &pointer, 0, 1, &other_len);
	const char *at = strstr(text, ",\"signers\"");
	const char *wrong[] = {
		/* of other keys, of more, and the one list beside signatures of others */
		arena_printf(signers.arena, "%.*s%s", (int)(at - text), text,
			strstr(other, ",\"signers\"")),
		arena_printf(signers.arena, "%.*s%s", (int)(at - text), text,
			strstr(three, ",\"signers\"")),
		arena_printf(signers.arena, "%.*s%s", (int)(strstr(other, ",\"signers\"") - other),
			other, at),
		/* beside one signature; twice; without its members */
		arena_printf(signers.arena, "%.*s%s", (int)strlen(one) - 1, one, at),
		arena_printf(signers.arena, "%.*s%s", (int)len - 1, text, at),
		arena_printf(signers.arena, "%.*s,\"signers\":{}}", (int)(at - text), text),
		arena_printf(signers.arena, "%.*s,\"signers\":{\"keys\":\"\",\"sigs\":[]}}",
			(int)(at - text), text),
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		enum spiralfed_status status = take_text(wrong[i], strlen(wrong[i]));

		ck_assert_msg(status == SPIRALFED_BAD_SIGNATURE || status == SPIRALFED_MALFORMED,
			"%zu: %s", i, spiralfed_status_name(status));
	}
	ck_assert_int_eq(take_text(text, len), SPIRALFED_MOVED);
}
END_TEST

START_TEST(test_pointer__cut_grown_and_too_large)
{
	size_t len, taken = 0;
	const char *text = signed_envelope(&signers, &pointer, 0, 1, &len);
	char *large = arena_alloc(signers.arena, SPIRALFED_ENVELOPE_MAX + 1);

	for (size_t n = 0; n < len; n++)
		taken += take_text(text, n) == SPIRALFED_MOVED;
	ck_assert_uint_eq(taken, 0);
	memset(large, ' ', SPIRALFED_ENVELOPE_MAX + 1);
	memcpy(large, text, len);
	ck_assert_int_eq(take_text(large, SPIRALFED_ENVELOPE_MAX + 1), SPIRALFED_TOO_LARGE);
	ck_assert_int_eq(take_text(large, SPIRALFED_ENVELOPE_MAX), SPIRALFED_MOVED);
}
END_TEST

/* Signed payloads that are no pointers. */
static const char *const odd_payloads[] = {
	"",
	"{}",
	"[]",
	"{\"channel\":\"stable\"}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:00\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2020-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v2\",\"serial\":1,"
	"\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":0,"
	"\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":-3,"
	"\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1.5,"
	"\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\","
	"\"serial\":99999999999999999999,\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"serial\":9,\"version\":\"1.0.0\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"1.0.0\",\"warm\":[{\"version\":\"1.0.0\"}]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"1.0.0\",\"warm\":[]} x",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"1.0.0\\\"\",\"warm\":[]}",
	"{\"channel\":\"stable\",\"digest\":\"sha256:%s\",\"expires\":\"2027-01-01T00:00:00Z\","
	"\"issued\":\"2026-01-01T00:00:00Z\",\"schema\":\"spiralfed.channel/v1\",\"serial\":1,"
	"\"version\":\"../keys\",\"warm\":[]}",
};

START_TEST(test_pointer__signed_nonsense)
{
	static const char hex[] =
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	const char *payload = odd_payloads[_i], *at = strstr(payload, "%s");

	if (at)
		payload = arena_printf(
			signers.arena, "%.*s%s%s", (int)(at - payload), payload, hex, at + 2);
	if (!*payload) {
		ck_assert_int_eq(take_text("", 0), SPIRALFED_MALFORMED);
		return;
	}
	ck_assert_int_eq(take_payload(POINTER_PAYLOAD_TYPE, payload), SPIRALFED_MALFORMED);
}
END_TEST

START_TEST(test_pointer__more_warm_releases_than_fit)
{
	struct pointer_target *warm =
		ARENA_ARRAY(signers.arena, SPIRALFED_WARM_MAX + 1, struct pointer_target);

	for (size_t i = 0; i <= SPIRALFED_WARM_MAX; i++)
		warm[i] = (struct pointer_target){pointer.digest, "1.0.0"};
	pointer.warm = (struct list){warm, SPIRALFED_WARM_MAX + 1};
	ck_assert_int_eq(take(), SPIRALFED_MALFORMED);
	pointer.warm.n--;
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	ck_assert_uint_eq(got.n_warm, SPIRALFED_WARM_MAX);
}
END_TEST

START_TEST(test_pointer__state_as_text)
{
	char text[SPIRALFED_STATE_MAX];
	struct spiralfed_state again;
	size_t len, taken = 0;

	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	len = spiralfed_state_write(&state, text, sizeof(text));
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_eq(spiralfed_state_write(&state, text, len), 0);
	len = spiralfed_state_write(&state, text, sizeof(text));
	ck_assert_int_eq(spiralfed_state_read(text, len, &again), SPIRALFED_OK);
	ck_assert_int_eq(again.serial, state.serial);
	ck_assert_int_eq(again.issued, state.issued);
	ck_assert_int_eq(again.expires, state.expires);
	ck_assert_str_eq(again.content, state.content);
	ck_assert_str_eq(again.release.version, state.release.version);
	ck_assert_str_eq(again.release.digest, state.release.digest);
	for (size_t n = 0; n + 1 < len; n++)
		taken += spiralfed_state_read(text, n, &again) == SPIRALFED_OK;
	ck_assert_uint_eq(taken, 0);
	ck_assert_int_eq(spiralfed_state_read("{}", 2, &again), SPIRALFED_MALFORMED);
}
END_TEST

START_TEST(test_pointer__another_channel)
{
	pointer.channel = "canary";
	ck_assert_int_eq(take(), SPIRALFED_WRONG_CHANNEL);
}
END_TEST

START_TEST(test_pointer__every_status_has_its_words)
{
	for (int i = 0; i < SPIRALFED_STATUSES; i++) {
		ck_assert_ptr_nonnull(spiralfed_status_name((enum spiralfed_status)i));
		ck_assert_ptr_nonnull(spiralfed_status_text((enum spiralfed_status)i));
	}
	ck_assert_ptr_null(spiralfed_status_name(SPIRALFED_STATUSES));
	ck_assert_ptr_null(spiralfed_status_text((enum spiralfed_status) - 1));
}
END_TEST

/* ---- By the names of the TUF conformance suite ---- */

START_TEST(test_pointer__tuf_new_timestamp_version_rollback)
{
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	pointer.serial = 6;
	pointer.issued += HOUR;
	ck_assert_int_eq(take(), SPIRALFED_ROLLBACK);
	/* The same serial, replayed from before it was renewed. */
	pointer.serial = 7;
	ck_assert_int_eq(take(), SPIRALFED_RENEWED);
	pointer.issued -= HOUR;
	ck_assert_int_eq(take(), SPIRALFED_ROLLBACK);
}
END_TEST

START_TEST(test_pointer__tuf_timestamp_content_changes)
{
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	struct pointer same = pointer;

	pointer.issued += HOUR;
	pointer.version = "1.2.4";
	ck_assert_int_eq(take(), SPIRALFED_EQUIVOCATION);
	pointer = same;
	pointer.issued += HOUR;
	pointer.digest = LIST_AT(&pointer.warm, struct pointer_target, 0)->digest;
	ck_assert_int_eq(take(), SPIRALFED_EQUIVOCATION);
	pointer = same;
	pointer.issued += HOUR;
	pointer.warm.n--;
	ck_assert_int_eq(take(), SPIRALFED_EQUIVOCATION);
}
END_TEST

START_TEST(test_pointer__tuf_timestamp_expired)
{
	now = pointer.expires;
	ck_assert_int_eq(take(), SPIRALFED_FROZEN);
	ck_assert_int_eq(state.serial, 0);
	now = pointer.expires - 1;
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	ck_assert(!spiralfed_frozen(&state, now));
	ck_assert(spiralfed_frozen(&state, now + 1));
	now++;
	ck_assert_int_eq(take(), SPIRALFED_FROZEN);
	ck_assert(!spiralfed_frozen(&(struct spiralfed_state){0}, now));
}
END_TEST

/* What expired at home still says which serials are old. */
START_TEST(test_pointer__tuf_expired_local_timestamp)
{
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	now = pointer.expires + 10 * HOUR;
	pointer.serial = 6;
	pointer.issued = now - 1;
	pointer.expires = now + HOUR;
	ck_assert_int_eq(take(), SPIRALFED_ROLLBACK);
	pointer.serial = 8;
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
}
END_TEST

START_TEST(test_pointer__tuf_unsigned_metadata)
{
	size_t len;
	const char *text = signed_envelope(&signers, &pointer, 0, 0, &len);

	ck_assert_ptr_nonnull(strstr(text, "\"signatures\":[]"));
	ck_assert_int_eq(take_text(text, len), SPIRALFED_MALFORMED);
	ck_assert_int_eq(take_signed(1, 1), SPIRALFED_BAD_SIGNATURE);
	ck_assert_int_eq(take_signed(1, 2), SPIRALFED_BAD_SIGNATURE);
	n_trusted = 0;
	ck_assert_int_eq(take(), SPIRALFED_BAD_SIGNATURE);
}
END_TEST

START_TEST(test_pointer__tuf_snapshot_does_not_meet_threshold)
{
	/* One key is enough here: of those that are trusted. */
	n_trusted = 2;
	ck_assert_int_eq(take_signed(2, 1), SPIRALFED_BAD_SIGNATURE);
	ck_assert_int_eq(take_signed(1, 2), SPIRALFED_MOVED);
}
END_TEST

START_TEST(test_pointer__tuf_duplicate_keys)
{
	struct spiralfed_key first = signers.trusted[0];

	signers.trusted[1] = first;
	signers.trusted[2] = first;
	n_trusted = 3;
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
}
END_TEST

/* A signature under the name of a key that did not make it, beside a good one. */
START_TEST(test_pointer__tuf_invalid_sig_in_valid_metadata)
{
	size_t len;
	char *text = (char *)(uintptr_t)signed_envelope(&signers, &pointer, 0, 2, &len);
	char *second = strstr(strstr(text, "\"sig\"") + 1, "\"sig\":\"") + 7;

	*second = *second == 'A' ? 'B' : 'A';
	ck_assert_int_eq(
		take_text(text, len), SPIRALFED_BAD_SIGNATURE); /* of a key unknown to us */
	n_trusted = 2;
	ck_assert_int_eq(take_text(text, len), SPIRALFED_BAD_SIGNATURE);
}
END_TEST

START_TEST(test_pointer__tuf_duplicate_sig_keyids)
{
	size_t len;
	char *text = (char *)(uintptr_t)signed_envelope(&signers, &pointer, 0, 2, &len);
	char *second = strstr(strstr(text, "\"keyid\"") + 1, "\"keyid\":\"") + 9;

	/* The second signature in the first key's name: which did not make it. */
	memcpy(second, signers.trusted[0].keyid, 64);
	ck_assert_int_eq(take_text(text, len), SPIRALFED_BAD_SIGNATURE);
}
END_TEST

START_TEST(test_pointer__tuf_incorrect_metadata_type)
{
	size_t len;
	const char *payload = fields_canonical(&pointer_table, &pointer, signers.arena, &len);

	ck_assert_int_eq(take_payload("application/json", payload), SPIRALFED_BAD_SIGNATURE);
	ck_assert_int_eq(take_payload(STATEMENT_PAYLOAD_TYPE, payload), SPIRALFED_BAD_SIGNATURE);
	ck_assert_int_eq(take_payload(POINTER_PAYLOAD_TYPE, payload), SPIRALFED_MOVED);
}
END_TEST

/* Other than TUF's: all that a pointer of this schema holds is known, and more is refused. */
START_TEST(test_pointer__tuf_custom_fields)
{
	size_t len;
	const char *payload = fields_canonical(&pointer_table, &pointer, signers.arena, &len);

	ck_assert_int_eq(take_payload(POINTER_PAYLOAD_TYPE,
				 arena_printf(signers.arena, "{\"a\":1,%s", payload + 1)),
		SPIRALFED_MALFORMED);
}
END_TEST

START_TEST(test_pointer__tuf_non_root_rotations)
{
	/* Before, in the overlap, after: for a node that has the old key, and one that has both. */
	ck_assert_int_eq(take_signed(0, 1), SPIRALFED_MOVED);
	pointer.issued++;
	ck_assert_int_eq(take_signed(0, 2), SPIRALFED_RENEWED);
	pointer.issued++;
	ck_assert_int_eq(take_signed(1, 1), SPIRALFED_BAD_SIGNATURE);
	n_trusted = 2;
	ck_assert_int_eq(take_signed(1, 1), SPIRALFED_RENEWED);
}
END_TEST

/* After a thief of the key has raised the serial: the state goes with the key. */
START_TEST(test_pointer__tuf_new_timestamp_fast_forward_recovery)
{
	pointer.serial = INT64_C(1) << 52;
	ck_assert_int_eq(take(), SPIRALFED_MOVED);
	pointer.serial = 8;
	ck_assert_int_eq(take(), SPIRALFED_ROLLBACK);
	state = (struct spiralfed_state){0};
	signers.trusted[0] = signers.trusted[1];
	ck_assert_int_eq(take_signed(1, 1), SPIRALFED_MOVED);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("pointers as a node takes them");
	TCase *t = tcase_create("pointer");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_pointer__moves_renews_and_stays);
	tcase_add_test(t, test_pointer__state_is_touched_only_by_what_is_taken);
	tcase_add_test(t, test_pointer__each_byte_counts);
	tcase_add_loop_test(t, test_pointer__each_byte_counts_in_an_overlap, 0, 3);
	tcase_add_test(t, test_pointer__several_signatures_without_a_list);
	tcase_add_test(t, test_pointer__lists_of_other_signers);
	tcase_add_test(t, test_pointer__cut_grown_and_too_large);
	tcase_add_loop_test(t, test_pointer__signed_nonsense, 0,
		(int)(sizeof(odd_payloads) / sizeof(odd_payloads[0])));
	tcase_add_test(t, test_pointer__more_warm_releases_than_fit);
	tcase_add_test(t, test_pointer__state_as_text);
	tcase_add_test(t, test_pointer__another_channel);
	tcase_add_test(t, test_pointer__every_status_has_its_words);
	tcase_add_test(t, test_pointer__tuf_new_timestamp_version_rollback);
	tcase_add_test(t, test_pointer__tuf_timestamp_content_changes);
	tcase_add_test(t, test_pointer__tuf_timestamp_expired);
	tcase_add_test(t, test_pointer__tuf_expired_local_timestamp);
	tcase_add_test(t, test_pointer__tuf_unsigned_metadata);
	tcase_add_test(t, test_pointer__tuf_snapshot_does_not_meet_threshold);
	tcase_add_test(t, test_pointer__tuf_duplicate_keys);
	tcase_add_test(t, test_pointer__tuf_invalid_sig_in_valid_metadata);
	tcase_add_test(t, test_pointer__tuf_duplicate_sig_keyids);
	tcase_add_test(t, test_pointer__tuf_incorrect_metadata_type);
	tcase_add_test(t, test_pointer__tuf_custom_fields);
	tcase_add_test(t, test_pointer__tuf_non_root_rotations);
	tcase_add_test(t, test_pointer__tuf_new_timestamp_fast_forward_recovery);
	suite_add_tcase(s, t);
	return s;
}
