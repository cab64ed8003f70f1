/* SPDX-License-Identifier: Apache-2.0
 *
 * The channel and where each release stands: what the pointer signs decides, the rest must agree. A release
 * that was promoted and not published before all was lost is told from one that was taken away.
 */
#include <string.h>

#include "base/text.h"
#include "engine/restore_read.h"
#include "model/phase.h"
#include "policy/version.h"

enum { CHANNEL_MAX = 1 << 20 };

/* ---- The channel ---- */

/* It was promoted after the newest that is there; before that one, somebody took its tag away. */
static bool is_lost(const struct reading *x, const char *version)
{
	struct version v, newest;

	return !reading_release(x->r, version) && version_parse(version, &v) == 0 &&
	       version_parse(x->r->v[x->r->n - 1].tag, &newest) == 0 &&
	       version_compare(&v, &newest) > 0;
}

/* A release that the pointer names is there, with these bytes; or it is lost. */
static int check_target(
	const struct reading *x, const struct spiralfed_release *target, struct err *err)
{
	const struct restored_release *r = reading_release(x->r, target->version);

	if (is_lost(x, target->version))
		return 0;
	if (!r)
		return err_set(err, ERR_NOT_FOUND,
			"it names release %s, and there is no tag v%s: tag its commit again",
			target->version, target->version);
	return strcmp(r->document.digest, target->digest) == 0
		       ? 0
		       : reading_contradicts(err, "digest", target->version);
}

static int take_channel(struct reading *x, struct err *err)
{
	struct spiralfed_pointer *p = &x->pointer;
	struct channel *c = &x->r->channel;
	struct spiralfed_state seen = {0};
	struct source_document d;
	enum spiralfed_status status;

	if (reading_head_file(x, PUBLISHED_POINTER, SPIRALFED_ENVELOPE_MAX, &d, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_POINTER);
	/* When it was published it was good; that it has ended since says nothing. */
	status = spiralfed_pointer_verify(
		x->s->keys, x->s->n_keys, "stable", d.text, d.len, 0, &seen, p);
	if (reading_status(status == SPIRALFED_MOVED ? SPIRALFED_OK : status, err) < 0 ||
		check_target(x, &p->release, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_POINTER);
	for (size_t i = 0; i < p->n_warm; i++)
		if (check_target(x, &p->warm[i], err) < 0)
			return err_wrap(err, "main: " PUBLISHED_POINTER);
	if (p->serial < x->s->seen_serial)
		return err_set(err, ERR_BAD_SIGNATURE,
			"main: " PUBLISHED_POINTER
			": it has serial %lld, and %lld was seen: what came after is not there",
			(long long)p->serial, (long long)x->s->seen_serial);
	if (reading_head_file(x, PUBLISHED_CHANNEL, CHANNEL_MAX, &d, err) < 0 ||
		reading_parse(&channel_table, &d, x->arena, c, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_CHANNEL);
	if (c->serial != p->serial || !text_equal(c->version, p->release.version) ||
		!text_equal(c->digest, p->release.digest) || c->warm.n != p->n_warm)
		return err_set(err, ERR_BAD_SIGNATURE,
			"main: " PUBLISHED_CHANNEL ": it is not what " PUBLISHED_POINTER " signs");
	if (x->r->seal && x->r->seal->serial != p->serial)
		return err_set(err, ERR_BAD_SIGNATURE,
			"main: " PUBLISHED_SEAL
			": it is that of serial %lld, and " PUBLISHED_POINTER " has %lld",
			(long long)x->r->seal->serial, (long long)p->serial);
	return 0;
}

/* ---- The states ---- */

/* The states have it, and it is lost, now or before an earlier restore. */
static bool among_lost(const struct reading *x, const char *version)
{
	for (size_t i = 0; i < x->r->lost.n; i++)
		if (strcmp(LIST_AT(&x->r->lost, struct state_release, i)->version, version) == 0)
			return true;
	for (size_t i = 0; i < x->r->states.lost.n; i++)
		if (strcmp(x->r->states.lost.v[i], version) == 0)
			return true;
	return false;
}

static int check_activations(const struct reading *x, struct err *err)
{
	const struct list *l = &x->r->states.activations;
	const struct state_activation *a = NULL;
	int64_t before = 0;

	for (size_t i = 0; i < l->n; i++) {
		a = LIST_AT(l, struct state_activation, i);
		if (a->serial <= before)
			return err_set(err, ERR_IO, "serial %lld comes after %lld",
				(long long)a->serial, (long long)before);
		if (!reading_release(x->r, a->version) && !among_lost(x, a->version))
			return err_set(err, ERR_NOT_FOUND,
				"serial %lld was release %s, and there is no tag v%s",
				(long long)a->serial, a->version, a->version);
		before = a->serial;
	}
	if (a->serial != x->pointer.serial || strcmp(a->version, x->pointer.release.version) != 0)
		return reading_contradicts(err, "newest activation", PUBLISHED_POINTER);
	return 0;
}

static bool is_warm(const struct spiralfed_pointer *p, const char *version)
{
	for (size_t i = 0; i < p->n_warm; i++)
		if (strcmp(p->warm[i].version, version) == 0)
			return true;
	return false;
}

static bool activated(const struct publication_states *states, const struct state_release *s)
{
	const struct list *l = &states->activations;

	for (size_t i = 0; i < l->n; i++) {
		const struct state_activation *a = LIST_AT(l, struct state_activation, i);

		if (a->serial == s->last_serial)
			return strcmp(a->version, s->version) == 0;
	}
	return states->omitted > 0 &&
	       s->last_serial < LIST_AT(l, struct state_activation, 0)->serial;
}

/* Active and warm are what the pointer says, of which there is a signature. */
static int check_state(const struct reading *x, const struct state_release *s, const char *version,
	struct err *err)
{
	bool active = strcmp(version, x->pointer.release.version) == 0;

	if (strcmp(s->version, version) != 0)
		return err_set(err, ERR_IO, "it has release %s where the tags have v%s", s->version,
			version);
	if (names_find(&release_state_names, s->state) < 0)
		return err_set(err, ERR_IO, "%s is no state of a release", s->state);
	if ((strcmp(s->state, "active") == 0) != active ||
		(strcmp(s->state, "warm") == 0) != is_warm(&x->pointer, version))
		return err_set(err, ERR_BAD_SIGNATURE,
			"it says that %s is %s; " PUBLISHED_POINTER " says otherwise", version,
			s->state);
	if (s->digest && strcmp(s->digest, reading_release(x->r, version)->document.digest) != 0)
		return err_set(err, ERR_BAD_SIGNATURE,
			"it has another digest of %s than the document at v%s", version, version);
	return activated(&x->r->states, s)
		       ? 0
		       : err_set(err, ERR_IO, "%s was not active with serial %lld", version,
				 (long long)s->last_serial);
}

/* Those that are there come in the order of the tags, those that are lost after them. */
static int check_releases(struct reading *x, struct err *err)
{
	const struct list *l = &x->r->states.releases;
	struct restoration *r = x->r;
	struct state_release *lost = ARENA_ARRAY(x->arena, l->n, struct state_release);

	r->lost = (struct list){lost, 0};
	for (size_t i = 0; i < l->n; i++) {
		const struct state_release *s = LIST_AT(l, struct state_release, i);

		if (i < r->n) {
			if (check_state(x, s, r->v[i].tag + 1, err) < 0)
				return -1;
		} else if (is_lost(x, s->version)) {
			lost[r->lost.n++] = *s;
		} else {
			return err_set(err, ERR_NOT_FOUND,
				"it has release %s, and there is no tag v%s: tag its commit again",
				s->version, s->version);
		}
	}
	return l->n >= r->n
		       ? 0
		       : err_set(err, ERR_IO, "it has %zu releases, and there are %zu tags of such",
				 l->n, r->n);
}

static int check_states(struct reading *x, struct err *err)
{
	const struct publication_states *s = &x->r->states;

	if (strcmp(s->schema, STATES_SCHEMA) != 0)
		return err_set(err, ERR_IO, "its schema is %s, not " STATES_SCHEMA, s->schema);
	if (check_releases(x, err) < 0)
		return -1;
	for (size_t i = 0; i < s->held.n; i++) {
		const struct state_held *h = LIST_AT(&s->held, struct state_held, i);

		if (!reading_release(x->r, h->by) && !among_lost(x, h->by))
			return err_set(err, ERR_NOT_FOUND, "%s is held by %s, which is no release",
				h->id, h->by);
	}
	return check_activations(x, err);
}

/* ---- Without what is lost ---- */

/* What the channel names and is not there: the active release, or a warm one. NULL: nothing. */
static const char *missing_target(const struct reading *x)
{
	const struct spiralfed_pointer *p = &x->pointer;

	if (is_lost(x, p->release.version))
		return p->release.version;
	for (size_t i = 0; i < p->n_warm; i++)
		if (is_lost(x, p->warm[i].version))
			return p->warm[i].version;
	return NULL;
}

static struct state_release *state_of(const struct reading *x, const char *version)
{
	for (size_t i = 0; i < x->r->n; i++) {
		struct state_release *s = LIST_AT(&x->r->states.releases, struct state_release, i);

		if (strcmp(s->version, version) == 0)
			return s;
	}
	return NULL;
}

/* The one that is active, else the one that was last of those that are not breached. */
static const struct state_release *suggestion(const struct reading *x)
{
	const struct state_release *best = state_of(x, x->pointer.release.version);

	for (size_t i = 0; !state_of(x, x->pointer.release.version) && i < x->r->n; i++) {
		const struct state_release *s =
			LIST_AT(&x->r->states.releases, struct state_release, i);

		if (strcmp(s->state, "breached") != 0 &&
			(!best || s->last_serial > best->last_serial))
			best = s;
	}
	return best;
}

static int check_wish(const struct reading *x, const char *missing, struct err *err)
{
	const struct state_release *best = suggestion(x), *s;
	const char *wish = x->s->stable;

	if (!missing)
		return !wish ? 0
			     : err_set(err, ERR_STATE_CONFLICT,
				       "the channel is at %s and nothing that it names is missing: "
				       "leave out --stable, and roll back when the daemon runs",
				       x->pointer.release.version);
	if (!wish)
		return err_set(err, ERR_NOT_FOUND,
			"main: " PUBLISHED_POINTER ": it names release %s, which was promoted and "
			"not published, and is lost; %s%s%s",
			missing,
			best ? "to go on without it, --stable " : "all that is there is breached",
			best ? best->version : "",
			best ? " points the channel to the newest good one that is there" : "");
	s = state_of(x, wish);
	if (!s || strcmp(s->state, "breached") == 0)
		return err_set(err, ERR_NOT_FOUND, "--stable: release %s is %s", wish,
			s ? "breached" : "not there");
	if (state_of(x, x->pointer.release.version) &&
		strcmp(wish, x->pointer.release.version) != 0)
		return err_set(err, ERR_STATE_CONFLICT,
			"--stable: release %s is active and is there; it can only stay so",
			x->pointer.release.version);
	return 0;
}

/* A step of the channel beyond the one that nodes have seen. */
static void point_to(struct reading *x, const char *missing, struct state_activation *ret)
{
	const struct restored_release *to = reading_release(x->r, x->s->stable);
	struct state_release *s = state_of(x, x->s->stable);
	struct channel *c = &x->r->channel;
	int64_t now = clock_now(x->s->call.clock);

	c->serial++;
	c->version = s->version;
	c->digest = to->document.digest;
	c->updated_at = now;
	s->state = "active";
	s->last_serial = c->serial;
	s->last_active_at = now;
	*ret = (struct state_activation){
		.serial = c->serial,
		.version = s->version,
		.previous = arena_strdup(x->arena, x->pointer.release.version),
		.cause = "rollback",
		.actor = RESTORE_ACTOR,
		.reason = arena_printf(
			x->arena, "restored without release %s, which was not published", missing),
		.at = now,
	};
}

static void leave_out_lost(struct reading *x, const char *missing)
{
	struct list *l = &x->r->states.activations;
	struct state_activation *v = ARENA_ARRAY(x->arena, l->n + 1, struct state_activation);
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (!is_lost(x, LIST_AT(l, struct state_activation, i)->version))
			v[n++] = *LIST_AT(l, struct state_activation, i);
	x->r->states.releases.n = x->r->n;
	if (missing)
		point_to(x, missing, &v[n++]);
	*l = (struct list){v, n};
}

/* ---- The whole ---- */

int reading_take_states(struct reading *x, struct err *err)
{
	const char *missing;
	struct source_document d;

	if (take_channel(x, err) < 0)
		return -1;
	if (reading_head_file(x, PUBLISHED_STATES, PUBLISHED_FILE_MAX, &d, err) < 0 ||
		reading_parse(&publication_states_table, &d, x->arena, &x->r->states, err) < 0 ||
		check_states(x, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_STATES);
	x->r->published = x->r->channel.serial;
	missing = missing_target(x);
	if (check_wish(x, missing, err) < 0)
		return -1;
	leave_out_lost(x, missing);
	return 0;
}
