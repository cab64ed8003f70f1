/* SPDX-License-Identifier: Apache-2.0
 *
 * What drifted in a repository of releases, and what is next.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "policy/publication.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

/* Two releases, the first published at c1; the head is c1 as it was left, the channel at serial 1. */
static struct publication_release releases[2];
static struct publication_tag tags[3];
static struct publication_file files[3];

static struct publication_view begin(void)
{
	releases[0] = (struct publication_release){"1.0.0", "d1", "c1"};
	releases[1] = (struct publication_release){"1.1.0", "d2", NULL};
	tags[0] = (struct publication_tag){"v1.0.0", "c1"};
	files[0] = (struct publication_file){PUBLISHED_RELEASE, "d1", "d1"};
	files[1] = (struct publication_file){PUBLISHED_CHANNEL, "s1", "s1"};
	files[2] = (struct publication_file){PUBLISHED_STATES, "t", "t"};
	return (struct publication_view){
		.exists = true,
		.head = "c1",
		.tags = tags,
		.n_tags = 1,
		.releases = releases,
		.n_releases = 2,
		.files = files,
		.n_files = 3,
		.has_channel = true,
		.serial = 2,
		.recorded = 1,
	};
}

static void change(struct publication_view *v, const char *what)
{
	if (strstr(what, "all published")) {
		releases[1].commit = "c2";
		tags[1] = (struct publication_tag){"v1.1.0", "c2"};
		v->n_tags = 2;
		v->head = "c2";
		v->recorded = 2;
		files[0] = (struct publication_file){PUBLISHED_RELEASE, "d2", "d2"};
		files[1] = (struct publication_file){PUBLISHED_CHANNEL, "s2", "s2"};
	}
	if (strstr(what, "rolled back"))
		v->serial = 3;
	if (strstr(what, "nothing yet")) {
		v->n_releases = v->n_tags = v->n_files = 0;
		v->has_channel = false;
		v->serial = v->recorded = 0;
	}
	if (strstr(what, "no repository"))
		v->exists = false;
	if (strstr(what, "never published")) {
		releases[0].commit = NULL;
		v->n_tags = 0;
		for (size_t i = 0; i < v->n_files; i++)
			files[i].left = files[i].found = NULL;
		v->recorded = 0;
	}
	if (strstr(what, "lost answer")) {
		v->head = "c2";
		v->head_is = PUBLICATION_OWN_RELEASE;
		files[0].left = files[0].found = "d2";
		files[1].left = files[1].found = "s2";
	}
	if (strstr(what, "tagged")) {
		tags[1] = (struct publication_tag){"v1.1.0", "c2"};
		v->n_tags = 2;
	}
	if (strstr(what, "channel's answer lost")) {
		v->head = "c3";
		v->head_is = PUBLICATION_OWN_CHANNEL;
	}
	if (strstr(what, "tag taken")) {
		tags[1] = (struct publication_tag){"v1.1.0", "c9"};
		v->n_tags = 2;
		v->tag_fault = "does not hold release 1.1.0";
	}
	if (strstr(what, "tag moved"))
		tags[0].commit = "c9";
	if (strstr(what, "tag deleted"))
		v->n_tags--, tags[0] = tags[1];
	if (strstr(what, "strange tag"))
		tags[v->n_tags++] = (struct publication_tag){"v9.0.0", "c1"};
	if (strstr(what, "other tag"))
		tags[v->n_tags++] = (struct publication_tag){"vacation", "c1"};
	if (strstr(what, "file changed"))
		files[0].found = "dx";
	if (strstr(what, "file deleted"))
		files[1].found = NULL;
	if (strstr(what, "somebody's file"))
		files[2].left = NULL;
	if (strstr(what, "somebody's card"))
		files[2] = (struct publication_file){PUBLISHED_CARD, NULL, "r"};
	if (strstr(what, "bad seal"))
		v->head_fault = "has release 1.1.0, and no seal";
	if (strstr(what, "unsealed"))
		v->unsealed = true;
}

static const struct {
	const char *what, *drift; /* codes and subjects */
	enum publication_step step;
	const char *version, *commit;
} cases[] = {
	{"nothing yet", "", PUBLICATION_NOTHING, NULL, NULL},
	{"nothing yet, no repository", "", PUBLICATION_NOTHING, NULL, NULL},
	{"never published, no repository", "", PUBLICATION_CREATE, NULL, NULL},
	{"never published", "", PUBLICATION_COMMIT, "1.0.0", NULL},
	{"the next one", "", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"lost answer", "", PUBLICATION_TAG, "1.1.0", "c2"},
	{"lost answer, tagged", "", PUBLICATION_RECORD, "1.1.0", "c2"},
	{"all published", "", PUBLICATION_NOTHING, NULL, NULL},
	{"all published, rolled back", "", PUBLICATION_CHANNEL, NULL, NULL},
	{"all published, rolled back, channel's answer lost", "", PUBLICATION_RECORD_CHANNEL, NULL,
		NULL},
	{"all published, other tag", "", PUBLICATION_NOTHING, NULL, NULL},
	{"no repository", "repository_gone ", PUBLICATION_CREATE, NULL, NULL},
	{"channel's answer lost", "", PUBLICATION_RECORD_CHANNEL, NULL, NULL},
	{"all published, unsealed", "", PUBLICATION_CHANNEL, NULL, NULL},
	{"bad seal, file changed", "seal_invalid spiralfed/seal.json ", PUBLICATION_COMMIT, "1.1.0",
		NULL},
	{"somebody's file", "file_taken spiralfed/states.json ", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"somebody's card", "", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"tag taken", "tag_taken v1.1.0 ", PUBLICATION_RECORD, "1.1.0", "c9"},
	{"tag moved", "tag_moved v1.0.0 ", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"tag deleted", "tag_deleted v1.0.0 ", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"strange tag", "tag_unknown v9.0.0 ", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"file changed", "file_changed spiralfed/release.json ", PUBLICATION_COMMIT, "1.1.0", NULL},
	{"all published, file deleted", "file_deleted spiralfed/channel.json ", PUBLICATION_NOTHING,
		NULL, NULL},
	{"tag moved, file changed, strange tag",
		"tag_moved v1.0.0 tag_unknown v9.0.0 file_changed spiralfed/release.json ",
		PUBLICATION_COMMIT, "1.1.0", NULL},
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

START_TEST(test_publication__what_drifted_and_what_is_next)
{
	struct publication_view v = begin();
	struct publication_next next;
	struct list drift;
	const char *all = "";

	change(&v, cases[_i].what);
	publication_drift(&v, arena, &drift);
	for (size_t i = 0; i < drift.n; i++) {
		const struct publication_drift *d = LIST_AT(&drift, struct publication_drift, i);

		ck_assert(*d->detail && *d->needs);
		all = arena_printf(arena, "%s%s %s", all, d->code,
			*d->subject ? arena_printf(arena, "%s ", d->subject) : "");
	}
	ck_assert_str_eq(all, cases[_i].drift);
	next = publication_next(&v);
	ck_assert_msg(next.step == cases[_i].step, "%s: step %d", cases[_i].what, next.step);
	ck_assert_msg(same(next.version, cases[_i].version) && same(next.commit, cases[_i].commit),
		"%s: %s at %s", cases[_i].what, next.version, next.commit);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("what drifted in a repository of releases, and what is next");
	TCase *t = tcase_create("publication");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_publication__what_drifted_and_what_is_next, 0,
		sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	return s;
}
