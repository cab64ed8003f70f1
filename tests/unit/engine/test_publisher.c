/* SPDX-License-Identifier: Apache-2.0
 *
 * Releases go to a repository, once each, whatever gets lost on the way; and what is touched there is
 * noticed. The repository is in memory, the clock a fake one.
 */
#include <check.h>
#include <string.h>
#include <sys/resource.h>

#include "base/digest.h"
#include "engine/internal.h"
#include "engine/publication_seal.h"
#include "engine/publisher.h"
#include "store/event.h"
#include "store/release.h"
#include "support/memory_repository.h"
#include "support/registry.h"

Suite *test_suite(void);

static void setup(void)
{
	memory_clear();
	registry_setup();
	registry_sources(&memory_source, 1);
}

static void teardown(void)
{
	registry_teardown();
	memory_clear();
}

/* As much as `seconds` bring. */
static void pass(int seconds)
{
	fake_clock_step(&reg.clock, seconds * USEC_PER_SEC);
	engine_step(reg.engine);
}

static struct publication_status status(void)
{
	struct publication_status p;
	struct err err;

	ck_assert_msg(
		publication_show(reg.engine, reg.reader, reg.arena, &p, &err) == 0, "%s", err.msg);
	return p;
}

static const char *first_code(const struct publication_status *p)
{
	return p->drift.n ? LIST_AT(&p->drift, struct publication_drift, 0)->code : "";
}

static const char *document(const char *version)
{
	struct body body;
	struct err err;

	ck_assert_int_eq(release_body(reg.reader, version, reg.arena, &body, &err), 1);
	return body.text;
}

/* The files that the release and the channel are at `commit`, byte for byte. */
static void check_at(const char *commit, const char *version)
{
	const char *release = memory_read(commit, PUBLISHED_RELEASE);

	ck_assert_ptr_nonnull(release);
	ck_assert(strcmp(release, document(version)) == 0);
	ck_assert_ptr_nonnull(memory_read(commit, PUBLISHED_ATTESTATION));
	ck_assert_ptr_nonnull(memory_read(commit, PUBLISHED_RECORD));
	ck_assert_ptr_nonnull(memory_read(commit, PUBLISHED_CARD));
	ck_assert_ptr_nonnull(memory_read(commit, PUBLISHED_CHANGELOG));
}

static size_t commits_called(const char *summary)
{
	size_t n = 0;

	for (size_t i = 0; i < memory.n_commits; i++)
		n += strcmp(memory.commits[i].summary, summary) == 0;
	return n;
}

START_TEST(test_publisher__one_commit_and_tag_for_each_release)
{
	pass(1);
	ck_assert(!memory.exists);
	first_release();
	pass(1);
	ck_assert_ptr_nonnull(memory_tag("v1.0.0"));
	check_at(memory_tag("v1.0.0"), "1.0.0");
	ck_assert_str_eq(memory_read(memory_head(), PUBLISHED_CHANNEL), channel_text());
	const char *second = next_release(2, 0.84);

	pass(1);
	check_at(memory_tag(arena_printf(reg.arena, "v%s", second)), second);
	check_at(memory_tag("v1.0.0"), "1.0.0");
	ck_assert_uint_eq(memory.n_commits, 3); /* with the first of the repository itself */
	ck_assert_int_eq(count_events("release.published"), 2);
	struct publication_status p = status();

	ck_assert_int_eq(p.state, PUBLICATION_AGREES);
	ck_assert_int_eq(p.published, 2);
	ck_assert_str_eq(p.newest, second);
}
END_TEST

/* Out of descriptors when it starts: told, and tried again. */
START_TEST(test_publisher__opens_the_registry_when_it_can)
{
	struct publisher *p = reg.engine->publisher;
	struct rlimit before, none;
	struct db *reader = NULL;

	first_release();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	publisher_turn(p, &reader);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_ptr_null(reader);
	ck_assert_int_eq(count_events("hub.failed"), 1);
	ck_assert_int_eq(status().state, PUBLICATION_FAILING);
	/* Not at once: it would fail each second, and fill the log. */
	publisher_turn(p, &reader);
	ck_assert_ptr_null(reader);
	fake_clock_step(&reg.clock, 30 * USEC_PER_SEC);
	publisher_turn(p, &reader);
	ck_assert_ptr_nonnull(reader);
	ck_assert_ptr_nonnull(memory_tag("v1.0.0"));
	ck_assert_int_eq(count_events("hub.recovered"), 1);
	db_close(reader);
}
END_TEST

START_TEST(test_publisher__a_rollback_moves_the_channels_file_alone)
{
	first_release();
	next_release(2, 0.84);
	pass(1);
	rollback(NULL);
	pass(1);
	ck_assert_uint_eq(memory.n_commits, 4);
	ck_assert_str_eq(memory_read(memory_head(), PUBLISHED_CHANNEL), channel_text());
	ck_assert_ptr_nonnull(strstr(memory_read(memory_head(), PUBLISHED_STATES), "\"rollback\""));
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
}
END_TEST

/* Each fault at its place: nothing is committed twice, and in the end all stands there. */
static const struct {
	const char *what;
	int *fault;
} faults[] = {
	{"nothing answers", &memory.down},
	{"the answer of the commit is lost", &memory.lost},
	{"the answer of the tag is lost", &memory.tagless},
	{"somebody commits first", &memory.raced},
};

/* A repository that does not answer is a reason not to promote; the others are there before. */
static void next_with(int *fault, int n, double quality)
{
	if (fault != &memory.down)
		*fault = 1;
	if (n == 1)
		first_release();
	else
		next_release(n, quality);
	if (fault == &memory.down)
		*fault = 1;
	pass(1);
}

START_TEST(test_publisher__whatever_is_lost_comes_once)
{
	next_with(faults[_i].fault, 1, 0);
	for (int i = 0; i < 3; i++) {
		registry_reopen(); /* nothing is remembered but what is stored */
		pass(3600);
	}
	ck_assert_uint_eq(commits_called("Release 1.0.0"), 1);
	check_at(memory_tag("v1.0.0"), "1.0.0");
	ck_assert_int_eq(count_events("release.published"), 1);
	ck_assert_int_eq(count_events("hub.failed"), count_events("hub.recovered"));
	ck_assert_msg(
		status().state == PUBLICATION_AGREES, "%s: %d", faults[_i].what, status().state);
	/* And so does the next one, and the way back. */
	ck_assert_int_eq(*faults[_i].fault, 0);
	next_with(faults[_i].fault, 2, 0.84);
	pass(3600);
	pass(3600);
	*faults[_i].fault = 1;
	rollback(NULL);
	pass(1);
	pass(3600);
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	ck_assert_str_eq(memory_read(memory_head(), PUBLISHED_CHANNEL), channel_text());
	ck_assert_int_eq(count_events("release.published"), 2);
	ck_assert_int_eq(count_events("hub.drift_detected"), 0);
}
END_TEST

START_TEST(test_publisher__an_unchanged_repository_costs_one_request)
{
	first_release();
	pass(1);
	memory.requests = 0;
	pass(3600);
	ck_assert_int_eq(memory.requests, 1);
	pass(10);
	ck_assert_int_eq(memory.requests, 1);
}
END_TEST

/* Found by a week on a fake clock: the machine slept, and by its own time no hour had gone by. */
START_TEST(test_publisher__looks_again_after_a_sleep)
{
	first_release();
	pass(1);
	memory.requests = 0;
	fake_clock_set_wall(&reg.clock, clock_now(&reg.clock.clock) + 7200 * USEC_PER_SEC);
	engine_step(reg.engine);
	ck_assert_int_eq(memory.requests, 1);
}
END_TEST

/* Found by a reader: the tag went to the stranger's commit, and the stranger's card was taken for ours. */
START_TEST(test_publisher__takes_no_strangers_commit_for_its_own)
{
	first_release();
	pass(1);
	memory.lost = 1;
	next_release(2, 0.84);
	memory_edit(PUBLISHED_CARD, "# Mine");
	pass(3600);
	struct publication_status p = status();

	ck_assert_int_eq(p.state, PUBLICATION_DRIFTED);
	ck_assert_ptr_null(memory_tag("v1.0.1"));
	ck_assert_int_eq(count_events("release.published"), 1);
}
END_TEST

/* Nine of 64 MiB would be more than the daemon may use. */
START_TEST(test_publisher__keeps_no_file_of_others)
{
	char *large = arena_alloc(reg.arena, (1 << 20) + 1);

	memset(large, 'x', 1 << 20);
	large[1 << 20] = '\0';
	first_release();
	pass(1);
	for (size_t i = 0; i < PUBLISHED_PATHS; i++)
		memory_edit(published_paths[i], large);
	memory.kept = 0;
	memory.requests = 0;
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_DRIFTED);
	ck_assert_int_gt(memory.requests, PUBLISHED_PATHS);
	ck_assert_uint_lt(memory.kept, 1 << 20);
}
END_TEST

/* Its files at the head with one word for another. */
static void change(const char *path, const char *word, const char *other)
{
	const char *text = memory_read(memory_head(), path), *at = strstr(text, word);

	ck_assert_msg(at, "%s has no %s", path, word);
	memory_edit(path, arena_printf(reg.arena, "%.*s%s%s", (int)(at - text), text, other,
				  at + strlen(word)));
}

static const char *drift_of(const struct publication_status *p)
{
	const char *all = "";

	for (size_t i = 0; i < p->drift.n; i++) {
		const struct publication_drift *d = LIST_AT(&p->drift, struct publication_drift, i);

		all = arena_printf(reg.arena, "%s%s %s: %s; %s\n", all, d->code, d->subject,
			d->detail, d->needs);
	}
	return all;
}

/* What somebody does to a commit of ours whose answer never came, and what is said then. */
static const struct {
	const char *path, *word, *other, *says;
} touched[] = {
	{PUBLISHED_STATES, "\"held\": []", "\"held\": [ ]", PUBLISHED_STATES " there is not as"},
	{PUBLISHED_RECORD, "\"actor\"", " \"actor\"", PUBLISHED_RECORD " there is not as"},
	{PUBLISHED_POINTER, "{", " {", PUBLISHED_POINTER " there is not as"},
	{PUBLISHED_SEAL, "\"sig\":\"", "\"sig\":\"AA", PUBLISHED_SEAL ": "},
	{PUBLISHED_SEAL, NULL, NULL, "no " PUBLISHED_SEAL " is there"},
	{PUBLISHED_ATTESTATION, NULL, NULL, PUBLISHED_ATTESTATION " there is not as"},
};
enum { TOUCHED = sizeof(touched) / sizeof(touched[0]) };

static void touch(int i)
{
	if (touched[i].word)
		change(touched[i].path, touched[i].word, touched[i].other);
	else
		memory_edit(touched[i].path, NULL);
}

/* Found by a review: the head was tagged, and what was there taken for ours, by its documents alone. */
START_TEST(test_publisher__adopts_no_commit_without_its_seal)
{
	const bool first = _i % 2;
	const char *version = "1.0.0", *tag, *before;
	struct publication_status p;
	size_t commits;

	memory.lost = first;
	first_release();
	if (!first) {
		pass(1);
		memory.lost = 1;
		version = next_release(2, 0.84);
	}
	pass(1);
	tag = arena_printf(reg.arena, "v%s", version);
	before = memory_read(memory_head(), touched[_i].path);
	before = arena_strdup(reg.arena, before);
	touch(_i);
	commits = memory.n_commits;
	pass(3600);
	p = status();
	ck_assert_int_eq(p.state, PUBLICATION_DRIFTED);
	ck_assert_uint_eq(p.drift.n, 1);
	ck_assert_str_eq(first_code(&p), "seal_invalid");
	ck_assert_msg(strstr(drift_of(&p), touched[_i].says), "%s", drift_of(&p));
	ck_assert_msg(strstr(drift_of(&p), first ? "delete the folder" : "revert what came after"),
		"%s", drift_of(&p));
	ck_assert_ptr_null(memory_tag(tag));
	/* Nor when somebody tags it for us. */
	memory_retag(tag, memory_head());
	pass(3600);
	p = status();
	ck_assert_str_eq(first_code(&p), "tag_taken");
	ck_assert_msg(strstr(drift_of(&p), touched[_i].says), "%s", drift_of(&p));
	ck_assert_uint_eq(p.published, !first);
	ck_assert_uint_eq(memory.n_commits, commits);
	/* As it was sent, it is found. */
	memory_untag(tag);
	memory_edit(touched[_i].path, before);
	pass(3600);
	pass(3600);
	ck_assert_msg(status().state == PUBLICATION_AGREES, "%s", drift_of(&p));
	check_at(memory_tag(tag), version);
	ck_assert_uint_eq(memory.n_commits, commits + 1);
}
END_TEST

/* Found by a review: what stood at the head then was taken for what was left. */
START_TEST(test_publisher__adopts_what_its_tag_holds)
{
	struct publication_status p;
	const char *states;

	first_release();
	pass(1);
	memory.lost = 1;
	next_release(2, 0.84);
	pass(1);
	states = arena_strdup(reg.arena, memory_read(memory_head(), PUBLISHED_STATES));
	memory_retag("v1.0.1", memory_head()); /* by us, and the answer was lost, too */
	change(PUBLISHED_STATES, "{", " {");
	pass(3600);
	pass(3600);
	p = status();
	ck_assert_int_eq(p.state, PUBLICATION_DRIFTED);
	ck_assert_str_eq(first_code(&p), "file_changed");
	ck_assert_uint_eq(p.drift.n, 1);
	memory_edit(PUBLISHED_STATES, states);
	pass(3600);
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	ck_assert_int_eq(status().published, 2);
}
END_TEST

/* Found by a review: our own commit was told as somebody's, because the channel had moved on by then. */
START_TEST(test_publisher__knows_its_commit_when_the_channel_moved_on)
{
	size_t commits;

	first_release();
	next_release(2, 0.84);
	next_release(3, 0.88);
	pass(1);
	memory.lost = 1;
	rollback(NULL);
	pass(1);
	commits = memory.n_commits;
	rollback(NULL);
	pass(3600);
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	ck_assert_int_eq(count_events("hub.drift_detected"), 0);
	ck_assert_str_eq(memory_read(memory_head(), PUBLISHED_CHANNEL), channel_text());
	ck_assert_uint_eq(memory.n_commits, commits + 1);
}
END_TEST

/* A copy of this registry goes on elsewhere, with the same key: its channel is not ours. */
START_TEST(test_publisher__knows_a_copy_by_its_channel)
{
	struct publication_files f;
	struct publication_status p;
	STRBUF_AUTO seal = STRBUF_INIT(SPIRALFED_ENVELOPE_MAX);
	const char *channel, *at;
	char was[DIGEST_STRLEN], is[DIGEST_STRLEN];
	struct err err = {0};

	first_release();
	next_release(2, 0.84);
	pass(1);
	memory.down = 1;
	rollback(NULL);
	pass(1);
	ck_assert_int_eq(publication_files(reg.reader, NULL, "", reg.arena, &f, &err), 0);
	channel = arena_strdup(reg.arena, f.v[0].text);
	digest_string(channel, f.v[0].len, was);
	at = strstr(channel, "\"updated_at\":\"2");
	ck_assert_ptr_nonnull(at);
	((char *)at)[strlen("\"updated_at\":\"")] = '1';
	digest_string(channel, f.v[0].len, is);
	at = strstr(f.seal, was);
	ck_assert_ptr_nonnull(at);
	f.seal = arena_printf(
		reg.arena, "%.*s%s%s", (int)(at - f.seal), f.seal, is, at + strlen(was));
	keyring_seal(reg.engine, &seal, SEAL_PAYLOAD_TYPE, f.seal, strlen(f.seal));
	for (size_t i = 1; i < f.n; i++)
		memory_edit(f.v[i].path, f.v[i].text);
	memory_edit(PUBLISHED_CHANNEL, channel);
	memory_edit(PUBLISHED_SEAL, seal.buf);
	pass(3600);
	p = status();
	ck_assert_int_eq(p.state, PUBLICATION_DRIFTED);
	ck_assert_str_eq(first_code(&p), "file_changed");
	ck_assert_int_eq(p.serial, 2);
}
END_TEST

/* The head was on record before its release was, so it was not read again, and committed twice. */
START_TEST(test_publisher__finds_its_commit_until_it_is_tagged)
{
	memory.tagless = 3;
	first_release();
	pass(1);
	for (int i = 0; i < 4; i++)
		pass(3600);
	ck_assert_int_eq(memory.tagless, 0);
	ck_assert_uint_eq(commits_called("Release 1.0.0"), 1);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	memory.tagless = 3;
	next_release(2, 0.84);
	pass(1);
	for (int i = 0; i < 4; i++)
		pass(3600);
	ck_assert_int_eq(memory.tagless, 0);
	ck_assert_uint_eq(commits_called("Release 1.0.1"), 1);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
}
END_TEST

/* Two that publish into one repository: the second one wrote over the first one's release. */
START_TEST(test_publisher__writes_over_no_other_registry)
{
	struct publication_status p;

	memory.exists = true;
	memory_edit(PUBLISHED_CARD, "# New");
	memory_edit(PUBLISHED_RELEASE, "{\"of\":\"another\"}");
	first_release();
	pass(1);
	p = status();
	ck_assert_str_eq(first_code(&p), "file_taken");
	ck_assert_uint_eq(p.drift.n, 1);
	ck_assert_ptr_nonnull(strstr(drift_of(&p), "name another repository"));
	ck_assert_uint_eq(memory.n_commits, 2);
	memory_edit(PUBLISHED_RELEASE, NULL);
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	check_at(memory_tag("v1.0.0"), "1.0.0");
}
END_TEST

/* What was left there is from before there were seals: it is sealed as it stands, once. */
START_TEST(test_publisher__seals_what_was_left_without)
{
	struct err err = {0};
	const char *seal;

	first_release();
	pass(1);
	memory_forget(PUBLISHED_SEAL);
	ck_assert_int_eq(published_file_put(reg.engine->db, PUBLISHED_SEAL, NULL, &err), 0);
	memory.lost = _i;
	pass(3600);
	pass(3600);
	seal = memory_read(memory_head(), PUBLISHED_SEAL);
	ck_assert_ptr_nonnull(seal);
	ck_assert_uint_eq(memory.n_commits, 3);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	pass(3600);
	ck_assert_uint_eq(memory.n_commits, 3);
	ck_assert_int_eq(count_events("hub.drift_detected"), 0);
}
END_TEST

/* Found by a reader: it was made again and again, some sixty times a second. */
START_TEST(test_publisher__gives_up_on_what_does_not_show)
{
	memory.hidden = true;
	first_release();
	pass(1);
	ck_assert_int_eq(status().state, PUBLICATION_FAILING);
	ck_assert_int_le(memory.requests, 6);
	pass(1);
	ck_assert_int_le(memory.requests, 6);
}
END_TEST

START_TEST(test_publisher__records_the_evidence_too)
{
	submit_eval("s/textgen-eval-v1", "s/textgen-lora-v2", 900);
	first_release();
	next_release(2, 0.84);
	submit_eval("s/textgen-eval-v2", "s/textgen-lora-v2", 900);
	pass(1);
	const char *record = memory_read(memory_tag("v1.0.1"), PUBLISHED_RECORD);

	ck_assert_ptr_nonnull(record);
	ck_assert_ptr_nonnull(strstr(record, "s/textgen-eval-v1"));
	/* What came later did not speak for it. */
	ck_assert_ptr_null(strstr(record, "s/textgen-eval-v2"));
}
END_TEST

static const char *seal; /* as it was left */

static void move_tag(void)
{
	memory_retag("v1.0.0", "c1");
}
static void put_tag_back(void)
{
	memory_retag("v1.0.0", "c2");
}
static void delete_tag(void)
{
	memory_untag("v1.0.0");
}
static void add_tag(void)
{
	memory_retag("v7.0.0", "c1");
}
static void remove_tag(void)
{
	memory_untag("v7.0.0");
}
static void edit(void)
{
	memory_edit(PUBLISHED_RELEASE, "{}");
}
static void revert(void)
{
	memory_edit(PUBLISHED_RELEASE, document("1.0.0"));
}
static void delete_seal(void)
{
	seal = arena_strdup(reg.arena, memory_read(memory_head(), PUBLISHED_SEAL));
	memory_edit(PUBLISHED_SEAL, NULL);
}
static void bring_seal(void)
{
	memory_edit(PUBLISHED_SEAL, seal);
}
static void lose(void)
{
	memory.exists = false;
}
static void find(void)
{
	memory.exists = true;
}

static const struct {
	const char *code;
	void (*touch)(void), (*mend)(void);
} drifts[] = {
	{"tag_moved", move_tag, put_tag_back},
	{"tag_deleted", delete_tag, put_tag_back},
	{"tag_unknown", add_tag, remove_tag},
	{"file_changed", edit, revert},
	{"file_deleted", delete_seal, bring_seal},
	{"repository_gone", lose, find},
};

START_TEST(test_publisher__notices_what_is_touched)
{
	size_t commits;

	first_release();
	pass(1);
	submit_unit("spiralverse/textgen-lora-v2", "textgen", 0.84);
	ck_assert_int_eq(do_merge().status, 201);
	drifts[_i].touch();
	pass(3600);
	struct publication_status p = status();

	ck_assert_int_eq(p.state, PUBLICATION_DRIFTED);
	ck_assert_str_eq(first_code(&p), drifts[_i].code);
	ck_assert_uint_gt(strlen(LIST_AT(&p.drift, struct publication_drift, 0)->needs), 10);
	/* Told once; nothing is written over it, and nothing is promoted. */
	commits = memory.n_commits;
	ck_assert_int_eq(promote("1.0.1-rc.1").code, ERR_CHECKLIST_NOT_GO);
	pass(3600);
	ck_assert_int_eq(count_events("hub.drift_detected"), 1);
	ck_assert_uint_eq(memory.n_commits, commits);
	drifts[_i].mend();
	pass(3600);
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	ck_assert_int_eq(count_events("hub.settled"), 1);
	ck_assert_int_eq(promote("1.0.1-rc.1").status, 201);
	pass(3600);
	ck_assert_int_eq(status().published, 2);
}
END_TEST

static struct outcome acknowledge_hub(void)
{
	struct reason_request *r = ARENA_NEW(reg.arena, struct reason_request);
	struct command *c = registry_command("POST /v1/hub/acknowledge", "{}");

	r->reason = "the card reads better so";
	return registry_run(c, publication_acknowledge(reg.engine, c, r, &c->err));
}

/* Found by a review: acknowledged once, a forged record was no drift any more. */
START_TEST(test_publisher__what_is_signed_is_never_taken)
{
	static const char *const needed[] = {PUBLISHED_RELEASE, PUBLISHED_ATTESTATION,
		PUBLISHED_RECORD, PUBLISHED_CHANNEL, PUBLISHED_POINTER, PUBLISHED_STATES,
		PUBLISHED_SEAL};
	struct outcome o;
	struct page page;
	struct err err = {0};

	first_release();
	pass(1);
	memory_edit(needed[_i], "{}");
	pass(3600);
	o = acknowledge_hub();
	ck_assert_int_eq(o.code, ERR_STATE_CONFLICT);
	ck_assert_msg(strstr(o.c->err.msg, needed[_i]) && strstr(o.c->err.msg, "revert"), "%s",
		o.c->err.msg);
	/* The card beside it is taken, by its digest, and the rest stands. */
	memory_edit(PUBLISHED_CARD, "# Ours, but better");
	pass(3600);
	ck_assert_int_eq(acknowledge_hub().status, 200);
	ck_assert_uint_eq(status().drift.n, 1);
	ck_assert_int_eq(event_list(reg.reader, NULL, NULL, 0, 1000, reg.arena, &page, &err), 0);
	bool told = false;
	for (size_t i = 0; i < page.n; i++)
		told = told || (strstr(page.bodies[i], "hub.acknowledged") &&
				       strstr(page.bodies[i], "{\"files\":[{\"found\":\"sha256:") &&
				       strstr(page.bodies[i], "\"path\":\"README.md\""));
	ck_assert(told);
	pass(3600);
	struct publication_status p = status();

	ck_assert_int_eq(p.state, PUBLICATION_DRIFTED);
	ck_assert_str_eq(LIST_AT(&p.drift, struct publication_drift, 0)->subject, needed[_i]);
}
END_TEST

START_TEST(test_publisher__files_can_be_taken_as_they_are)
{
	struct outcome o;

	first_release();
	pass(1);
	ck_assert_int_eq(acknowledge_hub().status, 409);
	memory_edit(PUBLISHED_CARD, "# Ours, but better");
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_DRIFTED);
	ck_assert_int_eq(acknowledge_hub().status, 200);
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_AGREES);
	/* As it is, and not as somebody makes it next. */
	memory_edit(PUBLISHED_CARD, "# Nobody's");
	pass(3600);
	ck_assert_int_eq(status().state, PUBLICATION_DRIFTED);
	ck_assert_int_eq(acknowledge_hub().status, 200);
	move_tag();
	pass(3600);
	ck_assert_int_eq(acknowledge_hub().status, 409);
	lose();
	pass(3600);
	o = acknowledge_hub();
	ck_assert_msg(strstr(o.c->err.msg, "the repository (repository_gone)"), "%s", o.c->err.msg);
}
END_TEST

/* Found by reviews: from the 10,001st on the newest ones were left out, in silence; and after a restore, whose
 * registry has no serials 2 to 99, none were said to be missing. */
static const struct {
	int64_t more, omitted;
} left_out[] = {
	{STATES_MAX - 1, -1},
	{STATES_MAX, 99},
	{STATES_MAX + 5, 104},
};

START_TEST(test_publisher__says_how_many_activations_it_leaves_out)
{
	enum { FIRST = 100 };
	const int64_t more = left_out[_i].more;
	struct publication_files f;
	struct publication_states states;
	struct err err;

	first_release();
	ck_assert_int_eq(db_begin(reg.engine->db, &err), 0);
	for (int64_t i = 0; i < more; i++) {
		const struct activation_row a = {.serial = FIRST + i,
			.channel = "stable",
			.release_version = "1.0.0",
			.cause = "warm",
			.actor = "test",
			.reason = "",
			.at = 1};

		ck_assert_int_eq(activation_insert(reg.engine->db, &a, &err), 0);
	}
	ck_assert_int_eq(db_commit(reg.engine->db, &err), 0);
	ck_assert_int_eq(publication_files(reg.reader, NULL, "", reg.arena, &f, &err), 0);
	ck_assert_str_eq(f.v[2].path, PUBLISHED_STATES);
	ck_assert_int_eq(
		fields_load_text(&publication_states_table, f.v[2].text, reg.arena, &states, &err),
		0);
	ck_assert_uint_eq(states.activations.n, STATES_MAX);
	ck_assert_int_eq(states.omitted, left_out[_i].omitted);
	ck_assert_int_eq(
		LIST_AT(&states.activations, struct state_activation, STATES_MAX - 1)->serial,
		FIRST + more - 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("releases go to a repository, once each");
	TCase *t = tcase_create("publisher");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_publisher__one_commit_and_tag_for_each_release);
	tcase_add_test(t, test_publisher__opens_the_registry_when_it_can);
	tcase_add_test(t, test_publisher__a_rollback_moves_the_channels_file_alone);
	tcase_add_loop_test(t, test_publisher__whatever_is_lost_comes_once, 0,
		sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(t, test_publisher__an_unchanged_repository_costs_one_request);
	tcase_add_loop_test(
		t, test_publisher__notices_what_is_touched, 0, sizeof(drifts) / sizeof(drifts[0]));
	tcase_add_test(t, test_publisher__looks_again_after_a_sleep);
	tcase_add_test(t, test_publisher__takes_no_strangers_commit_for_its_own);
	tcase_add_test(t, test_publisher__keeps_no_file_of_others);
	tcase_add_loop_test(t, test_publisher__adopts_no_commit_without_its_seal, 0, TOUCHED);
	tcase_add_test(t, test_publisher__adopts_what_its_tag_holds);
	tcase_add_test(t, test_publisher__knows_its_commit_when_the_channel_moved_on);
	tcase_add_test(t, test_publisher__knows_a_copy_by_its_channel);
	tcase_add_test(t, test_publisher__finds_its_commit_until_it_is_tagged);
	tcase_add_test(t, test_publisher__writes_over_no_other_registry);
	tcase_add_loop_test(t, test_publisher__seals_what_was_left_without, 0, 2);
	tcase_add_test(t, test_publisher__gives_up_on_what_does_not_show);
	tcase_add_test(t, test_publisher__records_the_evidence_too);
	tcase_add_loop_test(t, test_publisher__says_how_many_activations_it_leaves_out, 0,
		sizeof(left_out) / sizeof(left_out[0]));
	tcase_add_test(t, test_publisher__files_can_be_taken_as_they_are);
	tcase_add_loop_test(t, test_publisher__what_is_signed_is_never_taken, 0, 7);
	suite_add_tcase(s, t);
	return s;
}
