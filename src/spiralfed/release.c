/* SPDX-License-Identifier: Apache-2.0
 *
 * A release as a node sees it: bytes that a statement names and a trusted key signed.
 */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "spiralfed/envelope.h"

#define STATEMENT_PAYLOAD "application/vnd.in-toto+json"
#define STATEMENT_TYPE	  "https://in-toto.io/Statement/v1"
#define RELEASE_PREDICATE "urn:spiralfed:release:v1"

struct statement {
	bool typed, predicated;
	struct spiralfed_release release;
};

static bool read_word(struct scan *s, const char *wanted)
{
	char text[128];

	scan_string(s, text, sizeof(text));
	return !s->bad && strcmp(text, wanted) == 0;
}

static void read_predicate(struct scan *s, struct statement *st)
{
	char key[SCAN_KEY_SIZE];
	bool first = true;

	scan_object(s);
	while (scan_member(s, &first, key)) {
		if (!strcmp(key, "version"))
			scan_version(s, st->release.version);
		else
			scan_skip(s);
	}
}

/* One subject, and of its digests the one that we make. */
static void read_subject(struct scan *s, struct statement *st)
{
	char key[SCAN_KEY_SIZE], hex[65];
	bool first = true, member = true, inner = true;

	scan_array(s);
	if (!scan_element(s, &first)) {
		s->bad = true;
		return;
	}
	scan_object(s);
	while (scan_member(s, &member, key)) {
		if (strcmp(key, "digest") != 0) {
			scan_skip(s);
			continue;
		}
		scan_object(s);
		while (scan_member(s, &inner, key)) {
			if (strcmp(key, "sha256") != 0) {
				scan_skip(s);
				continue;
			}
			if (scan_string(s, hex, sizeof(hex)) != 64)
				s->bad = true;
			snprintf(st->release.digest, sizeof(st->release.digest), "sha256:%s", hex);
		}
	}
	if (scan_element(s, &first))
		s->bad = true;
}

static bool read_statement(const char *text, size_t len, struct statement *st)
{
	char key[SCAN_KEY_SIZE];
	bool first = true;
	struct scan s;

	*st = (struct statement){0};
	scan_init(&s, text, len);
	scan_object(&s);
	while (scan_member(&s, &first, key)) {
		if (!strcmp(key, "_type"))
			st->typed = read_word(&s, STATEMENT_TYPE);
		else if (!strcmp(key, "predicateType"))
			st->predicated = read_word(&s, RELEASE_PREDICATE);
		else if (!strcmp(key, "predicate"))
			read_predicate(&s, st);
		else if (!strcmp(key, "subject"))
			read_subject(&s, st);
		else
			scan_skip(&s);
	}
	return scan_done(&s) && st->typed && st->predicated && *st->release.version &&
	       digest_valid(st->release.digest);
}

enum spiralfed_status spiralfed_release_matches(
	const char *body, size_t len, const struct spiralfed_release *wanted)
{
	char digest[DIGEST_STRLEN], version[64];
	struct scan s;

	if (len > SPIRALFED_RELEASE_MAX)
		return SPIRALFED_TOO_LARGE;
	if (strcmp(digest_string(body, len, digest), wanted->digest) != 0)
		return SPIRALFED_MISMATCH;
	if (!scan_find(&s, body, len, "version"))
		return SPIRALFED_MALFORMED;
	scan_version(&s, version);
	return !s.bad && strcmp(version, wanted->version) == 0 ? SPIRALFED_OK : SPIRALFED_MISMATCH;
}

enum spiralfed_status spiralfed_release_verify(const struct spiralfed_key *keys, size_t n_keys,
	const char *envelope, size_t len, const char *body, size_t body_len,
	const struct spiralfed_release *wanted, struct spiralfed_release *ret)
{
	struct signed_bytes b = {.len = 0};
	struct statement st;
	enum spiralfed_status status =
		envelope_open(keys, n_keys, STATEMENT_PAYLOAD, envelope, len, &b);

	if (status != SPIRALFED_OK)
		return status;
	if (!read_statement(signed_payload(&b), b.payload_len, &st))
		return SPIRALFED_MALFORMED;
	if (wanted && (strcmp(wanted->version, st.release.version) != 0 ||
			      strcmp(wanted->digest, st.release.digest) != 0))
		return SPIRALFED_MISMATCH;
	status = spiralfed_release_matches(body, body_len, &st.release);
	if (status == SPIRALFED_OK && ret)
		*ret = st.release;
	return status;
}
