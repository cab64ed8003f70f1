/* SPDX-License-Identifier: Apache-2.0
 *
 * The channel as a node sees it: a pointer that only moves on, and ends.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "spiralfed/envelope.h"

enum { CONTENT_MAX = 10240 };

#define POINTER_TYPE   "application/vnd.spiralfed.channel+json"
#define POINTER_SCHEMA "spiralfed.channel/v1"

static void read_target(struct scan *s, struct spiralfed_release *r)
{
	char key[SCAN_KEY_SIZE];
	bool first = true;

	*r = (struct spiralfed_release){0};
	scan_object(s);
	while (scan_member(s, &first, key)) {
		if (!strcmp(key, "digest") && !*r->digest)
			scan_digest(s, r->digest);
		else if (!strcmp(key, "version") && !*r->version)
			scan_version(s, r->version);
		else
			s->bad = true;
	}
	if (!*r->digest || !*r->version)
		s->bad = true;
}

static void read_warm(struct scan *s, struct spiralfed_pointer *p)
{
	bool first = true;

	scan_array(s);
	while (scan_element(s, &first)) {
		if (p->n_warm == SPIRALFED_WARM_MAX) {
			s->bad = true;
			return;
		}
		read_target(s, &p->warm[p->n_warm++]);
	}
}

static bool read_pointer(const char *text, size_t len, struct spiralfed_pointer *p)
{
	static const char *const names[] = {
		"channel", "digest", "expires", "issued", "schema", "serial", "version", "warm"};
	enum { CHANNEL, DIGEST, EXPIRES, ISSUED, SCHEMA, SERIAL, VERSION, WARM, MEMBERS };
	char key[SCAN_KEY_SIZE], schema[sizeof(POINTER_SCHEMA)] = "";
	unsigned seen = 0;
	bool first = true;
	struct scan s;

	*p = (struct spiralfed_pointer){0};
	scan_init(&s, text, len);
	scan_object(&s);
	while (scan_member(&s, &first, key)) {
		int m = 0;

		while (m < MEMBERS && strcmp(key, names[m]) != 0)
			m++;
		if (m == MEMBERS || seen & 1U << m)
			return false;
		seen |= 1U << m;
		if (m == CHANNEL)
			scan_string(&s, p->channel, sizeof(p->channel));
		else if (m == DIGEST)
			scan_digest(&s, p->release.digest);
		else if (m == EXPIRES)
			p->expires = scan_time(&s);
		else if (m == ISSUED)
			p->issued = scan_time(&s);
		else if (m == SCHEMA)
			scan_string(&s, schema, sizeof(schema));
		else if (m == SERIAL)
			p->serial = scan_integer(&s);
		else if (m == VERSION)
			scan_version(&s, p->release.version);
		else
			read_warm(&s, p);
	}
	return scan_done(&s) && seen == (1U << MEMBERS) - 1 && p->serial > 0 &&
	       p->issued < p->expires && !strcmp(schema, POINTER_SCHEMA);
}

/* The digest of all that may not change while the serial stays. */
static void content_of(const struct spiralfed_pointer *p, char ret[72])
{
	char text[CONTENT_MAX];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s\n%lld\n%s\n%s\n", p->channel,
		(long long)p->serial, p->release.version, p->release.digest);

	for (size_t i = 0; i < p->n_warm; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s\n", p->warm[i].version,
			p->warm[i].digest);
	digest_string(text, n, ret);
}

static enum spiralfed_status judge(const struct spiralfed_pointer *p, const char *content,
	const struct spiralfed_state *state, int64_t now)
{
	if (p->serial < state->serial)
		return SPIRALFED_ROLLBACK;
	if (p->serial == state->serial && strcmp(content, state->content) != 0)
		return SPIRALFED_EQUIVOCATION;
	if (p->serial == state->serial && p->issued < state->issued)
		return SPIRALFED_ROLLBACK;
	if (p->expires <= now)
		return SPIRALFED_FROZEN;
	if (p->serial > state->serial)
		return SPIRALFED_MOVED;
	return p->issued > state->issued ? SPIRALFED_RENEWED : SPIRALFED_UNCHANGED;
}

enum spiralfed_status spiralfed_pointer_verify(const struct spiralfed_key *keys, size_t n_keys,
	const char *channel, const char *envelope, size_t len, int64_t now,
	struct spiralfed_state *state, struct spiralfed_pointer *ret)
{
	struct spiralfed_pointer p;
	struct signed_bytes b = {.len = 0};
	char content[72];
	enum spiralfed_status status = envelope_open(keys, n_keys, POINTER_TYPE, envelope, len, &b);

	if (status != SPIRALFED_OK)
		return status;
	if (!read_pointer(signed_payload(&b), b.payload_len, &p))
		return SPIRALFED_MALFORMED;
	if (strcmp(p.channel, channel) != 0)
		return SPIRALFED_WRONG_CHANNEL;
	content_of(&p, content);
	status = judge(&p, content, state, now);
	if (status != SPIRALFED_MOVED && status != SPIRALFED_RENEWED &&
		status != SPIRALFED_UNCHANGED)
		return status;
	*state = (struct spiralfed_state){p.serial, p.issued, p.expires, "", p.release};
	memcpy(state->content, content, sizeof(content));
	*ret = p;
	return status;
}

bool spiralfed_frozen(const struct spiralfed_state *state, int64_t now)
{
	return state->serial > 0 && state->expires <= now;
}

/* ---- The state as text ---- */

size_t spiralfed_state_write(const struct spiralfed_state *state, char *buf, size_t size)
{
	char issued[TIME_STRLEN], expires[TIME_STRLEN];
	int n = snprintf(buf, size,
		"{\"content\":\"%s\",\"digest\":\"%s\",\"expires\":\"%s\",\"issued\":\"%s\","
		"\"serial\":%lld,\"version\":\"%s\"}\n",
		state->content, state->release.digest, time_format(state->expires, expires),
		time_format(state->issued, issued), (long long)state->serial,
		state->release.version);

	return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

enum spiralfed_status spiralfed_state_read(
	const char *text, size_t len, struct spiralfed_state *ret)
{
	struct spiralfed_state state = {0};
	char key[SCAN_KEY_SIZE];
	bool first = true;
	struct scan s;

	scan_init(&s, text, len);
	scan_object(&s);
	while (scan_member(&s, &first, key)) {
		if (!strcmp(key, "content"))
			scan_digest(&s, state.content);
		else if (!strcmp(key, "digest"))
			scan_digest(&s, state.release.digest);
		else if (!strcmp(key, "expires"))
			state.expires = scan_time(&s);
		else if (!strcmp(key, "issued"))
			state.issued = scan_time(&s);
		else if (!strcmp(key, "serial"))
			state.serial = scan_integer(&s);
		else if (!strcmp(key, "version"))
			scan_version(&s, state.release.version);
		else
			s.bad = true;
	}
	if (!scan_done(&s) || state.serial <= 0 || !*state.content || !*state.release.digest ||
		!*state.release.version || !state.issued || !state.expires)
		return SPIRALFED_MALFORMED;
	*ret = state;
	return SPIRALFED_OK;
}
