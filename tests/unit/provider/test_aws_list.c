/* SPDX-License-Identifier: Apache-2.0
 *
 * What the connector `aws` lists between two whole listings, on a fake clock: one request when nothing
 * changed, whatever changed, how late its index shows it, and without Search.
 */
#include <check.h>
#include <string.h>

#include "support/aws_rig.h"
#include "support/count.h"

Suite *test_suite(void);

static void change(const char *arn, const char *members)
{
	aws_rig_control(
		"POST", "package", arena_printf(aws_rig.arena, "{'arn':'%s',%s}", arn, members));
}

/* Approved at that time, which SageMaker tells in seconds with a fraction. */
static void approve(const char *arn, int64_t at)
{
	change(arn, arena_printf(aws_rig.arena,
			    "'ModelApprovalStatus':'Approved','LastModifiedTime':%.3f",
			    (double)at / (double)USEC_PER_SEC));
}

/* Made a month ago, and nobody has decided. */
static const char *pending(const char *group)
{
	const char *arn = aws_rig_create(group, "'ModelApprovalStatus':'PendingManualApproval'");
	double at = (double)(aws_rig.fake.wall - 30 * DAY) / (double)USEC_PER_SEC;

	change(arn,
		arena_printf(aws_rig.arena, "'CreationTime':%.3f,'LastModifiedTime':%.3f", at, at));
	return arn;
}

static size_t times_listed(const struct source_listing *l, const char *arn)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		n += strcmp(l->v[i].name, arn) == 0;
		ck_assert(i == 0 || strcmp(l->v[i - 1].name, l->v[i].name) < 0);
	}
	return n;
}

/* How many entries there are, each once, and by how many requests. */
static struct source_listing expect(size_t n, int64_t lists, int64_t searches)
{
	aws_rig_control("DELETE", "stats", NULL);
	struct source_listing l = aws_rig_list();

	ck_assert_uint_eq(l.n, n);
	ck_assert_uint_eq(times_listed(&l, ""), 0);
	ck_assert_int_eq(aws_rig_counted("ListModelPackages"), lists);
	ck_assert_int_eq(aws_rig_counted("Search"), searches);
	ck_assert(!l.cut);
	return l;
}

START_TEST(test_aws_list__an_unchanged_listing_costs_one_request)
{
	aws_rig_seed_aged("same", 9, 30);
	aws_rig_open_group("same");
	struct source_listing first = expect(9, 3, 0);

	for (int i = 0; i < 3; i++) {
		aws_rig_later(DAY);
		struct source_listing again = expect(9, 0, 1);

		for (size_t k = 0; k < 9; k++) {
			ck_assert_str_eq(again.v[k].name, first.v[k].name);
			ck_assert_str_eq(again.v[k].version, first.v[k].version);
		}
		ck_assert_ptr_null(again.note);
	}
}
END_TEST

START_TEST(test_aws_list__a_late_approval_is_seen_the_next_time)
{
	aws_rig_seed_aged("late", 9, 30);
	const char *old = pending("late"), *other = pending("late");
	aws_rig_open_group("late");
	expect(9, 3, 0);
	aws_rig_later(DAY);
	expect(9, 0, 1);
	approve(old, aws_rig.fake.wall);
	aws_rig_later(DAY);
	struct source_listing l = expect(10, 0, 1);
	ck_assert_uint_eq(times_listed(&l, old), 1);
	/* It stays, though Search shows it no more: whoever could not take it in finds it again. */
	aws_rig_later(3 * DAY);
	expect(10, 0, 1);
	aws_rig_later(DAY);
	l = expect(10, 0, 1);
	ck_assert_uint_eq(times_listed(&l, old), 1);
	/* The whole listing shows it, too. */
	aws_rig_later(3 * DAY);
	l = expect(10, 3, 0);
	ck_assert_uint_eq(times_listed(&l, old), 1);
	ck_assert_uint_eq(times_listed(&l, other), 0);
	/* Without a version it is nobody's; failed, it is none. */
	approve(other, aws_rig.fake.wall);
	change(other, "'ModelPackageStatus':'Failed'");
	expect(10, 0, 1);
	change(other, "'ModelPackageStatus':'Completed','ModelPackageVersion':null");
	l = expect(10, 0, 1);
	ck_assert_uint_eq(times_listed(&l, other), 0);
}
END_TEST

/* Against the start of the listing before: usec, and whether it is read once more. */
static const struct {
	int64_t at;
	bool seen;
} moments[] = {
	{-DAY, true},
	{-DAY + 1000, true},
	{-DAY - 2 * USEC_PER_SEC, false},
	{-USEC_PER_SEC, true},
	{0, true},
	{1000, true},
};

START_TEST(test_aws_list__a_change_at_the_edge_is_seen)
{
	const char *group = arena_printf(aws_rig.arena, "edge-%d", _i);
	const char *arn = pending(group);

	aws_rig_open_group(group);
	expect(0, 1, 0);
	approve(arn, aws_rig.fake.wall + moments[_i].at);
	aws_rig_later(USEC_PER_SEC);
	expect(moments[_i].seen, 0, 1);
}
END_TEST

START_TEST(test_aws_list__what_was_never_changed_is_seen)
{
	aws_rig_create("unchanged", "");
	aws_rig_open_group("unchanged");
	expect(1, 1, 0);
	change(aws_rig_create("unchanged", ""), "'LastModifiedTime':null");
	expect(2, 0, 1);
}
END_TEST

START_TEST(test_aws_list__many_changes_of_one_moment_are_all_seen)
{
	aws_rig_open_group("at-once");
	aws_rig_create("at-once", "");
	expect(1, 1, 0);
	for (int i = 0; i < 10; i++)
		approve(pending("at-once"), aws_rig.fake.wall);
	expect(11, 0, 3);
	/* More than it is worth: twenty pages of four. */
	aws_rig_seed("at-once", 80);
	expect(91, 23, 20);
}
END_TEST

START_TEST(test_aws_list__an_index_that_lags_hides_nothing)
{
	const char *arn, *never;

	aws_rig_open_group("lag");
	aws_rig_create("lag", "");
	expect(1, 1, 0);
	aws_rig_later(DAY);
	aws_rig_control("POST", "index", "{'lag':43200}");
	arn = aws_rig_create("lag", "");
	aws_rig_control("POST", "index", "{'lag':8640000}");
	never = aws_rig_create("lag", "");
	aws_rig_control("POST", "index", "{'lag':0}");
	expect(1, 0, 1);
	aws_rig_later(DAY / 3);
	expect(1, 0, 1);
	aws_rig_later(DAY / 3);
	struct source_listing l = expect(2, 0, 1);
	ck_assert_uint_eq(times_listed(&l, arn), 1);
	aws_rig_later(6 * DAY);
	l = expect(3, 1, 0);
	ck_assert_uint_eq(times_listed(&l, never), 1);
}
END_TEST

START_TEST(test_aws_list__what_is_gone_is_noticed_within_a_week)
{
	struct source_document d;
	struct source_entry e;
	const char *deleted, *rejected;

	aws_rig_seed_aged("fewer", 3, 30);
	deleted = aws_rig_create("fewer", "");
	rejected = aws_rig_create("fewer", "");
	aws_rig_open_group("fewer");
	expect(5, 2, 0);
	aws_rig_control("DELETE", "package", arena_printf(aws_rig.arena, "{'arn':'%s'}", deleted));
	change(rejected, "'ModelApprovalStatus':'Rejected'");
	aws_rig_later(3 * DAY);
	expect(5, 0, 1);
	/* At once, where it is asked for. */
	ck_assert_int_eq(aws_rig_fetch_it(rejected, &d), FETCH_GONE);
	expect(4, 0, 1);
	aws_rig_later(4 * DAY);
	expect(3, 1, 0);
	/* What a message of its own told of is in the listing, even before the index knows it. */
	aws_rig_control("POST", "index", "{'lag':43200}");
	const char *told = aws_rig_create("fewer", "");
	aws_rig_control("POST", "index", "{'lag':0}");
	ck_assert_int_eq(
		connector_aws.find(aws_rig.connector, &aws_rig.call, told, &e, &aws_rig.err), 1);
	struct source_listing l = expect(4, 0, 1);
	ck_assert_uint_eq(times_listed(&l, told), 1);
}
END_TEST

static const struct {
	const char *fault, *words;
} refusals[] = {
	{"'kind':'denied'", "Search: AccessDeniedException: User: arn:aws:iam::"},
	{"'kind':'error','status':400,'code':'UnknownOperationException'",
		"Search: UnknownOperationException"},
	{"'kind':'error','status':400,'code':'ValidationException'", "Search: ValidationException"},
	{"'kind':'drift','variant':'wrap'", "Search answered without a Results"},
	{"'kind':'drift','variant':'rename'", "without a ModelPackageArn"},
	{"'kind':'drift','variant':'types'", "without a CreationTime in seconds"},
	{"'kind':'drift','variant':'endless'", "The pagination token is not valid"},
	{"'kind':'drift','variant':'turning'", "Search: the listing goes on with a page that was"},
};

START_TEST(test_aws_list__without_search_all_are_listed)
{
	const char *group = arena_printf(aws_rig.arena, "without-%d", _i);
	const char *arn = pending(group);

	aws_rig_seed(group, 5);
	aws_rig_open_group(group);
	expect(5, 2, 0);
	aws_rig_control("POST", "fault",
		arena_printf(aws_rig.arena, "{'service':'sagemaker','match':'Search',%s}",
			refusals[_i].fault));
	approve(arn, aws_rig.fake.wall);
	aws_rig_later(DAY);
	for (int i = 0; i < 2; i++) {
		aws_rig_control("DELETE", "stats", NULL);
		struct source_listing l = aws_rig_list();

		ck_assert_uint_eq(l.n, 6);
		ck_assert_int_eq(aws_rig_counted("ListModelPackages"), 2);
		ck_assert_ptr_nonnull(l.note);
		ck_assert_msg(strstr(l.note, refusals[_i].words), "%s", l.note);
		ck_assert_ptr_nonnull(strstr(l.note, "sagemaker:Search"));
		aws_rig_later(DAY);
	}
	aws_rig_control("DELETE", "fault", NULL);
	aws_rig_later(2 * DAY);
	ck_assert_ptr_null(expect(6, 0, 1).note);
}
END_TEST

/* The provider fails: no listing at all, and what changed meanwhile is in the next. */
START_TEST(test_aws_list__a_search_that_fails_loses_nothing)
{
	struct source_listing l;
	const char *arn = pending("fails");

	aws_rig_open_group("fails");
	expect(0, 1, 0);
	aws_rig_later(DAY);
	aws_rig_control("POST", "fault", "{'service':'sagemaker','kind':'throttle'}");
	ck_assert_int_eq(
		connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err), -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_UNREACHABLE);
	approve(arn, aws_rig.fake.wall - DAY / 2);
	aws_rig_later(3 * DAY);
	ck_assert_int_eq(
		connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err), -1);
	aws_rig_control("DELETE", "fault", NULL);
	aws_rig_later(DAY);
	l = expect(1, 0, 1);
	ck_assert_uint_eq(times_listed(&l, arn), 1);
}
END_TEST

/* The linker leads the connector's calls here (see Makefile). */
int __real_source_listing_page(size_t *bytes, size_t page, struct err *err);
int __wrap_source_listing_page(size_t *bytes, size_t page, struct err *err);
static size_t page_is_of; /* 0: of what it is */

int __wrap_source_listing_page(size_t *bytes, size_t page, struct err *err)
{
	return __real_source_listing_page(bytes, page_is_of ? page_is_of : page, err);
}

START_TEST(test_aws_list__its_pages_are_counted)
{
	struct source_listing l;

	aws_rig_seed("large", 9);
	aws_rig_open_group("large");
	page_is_of = LISTING_BYTES_MAX / 3;
	expect(9, 3, 0);
	aws_rig_later(8 * DAY);
	page_is_of++;
	int rc = connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err);

	page_is_of = 0;
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_IO);
	ck_assert_msg(strstr(aws_rig.err.msg, "more than 256 MiB"), "%s", aws_rig.err.msg);
}
END_TEST

Suite *test_suite(void)
{
	TCase *t;
	Suite *s = aws_rig_suite("the listing of the connector aws", "aws_list", &t);

	tcase_add_test(t, test_aws_list__an_unchanged_listing_costs_one_request);
	tcase_add_test(t, test_aws_list__a_late_approval_is_seen_the_next_time);
	tcase_add_loop_test(t, test_aws_list__a_change_at_the_edge_is_seen, 0, COUNT(moments));
	tcase_add_test(t, test_aws_list__what_was_never_changed_is_seen);
	tcase_add_test(t, test_aws_list__many_changes_of_one_moment_are_all_seen);
	tcase_add_test(t, test_aws_list__an_index_that_lags_hides_nothing);
	tcase_add_test(t, test_aws_list__what_is_gone_is_noticed_within_a_week);
	tcase_add_loop_test(t, test_aws_list__without_search_all_are_listed, 0, COUNT(refusals));
	tcase_add_test(t, test_aws_list__a_search_that_fails_loses_nothing);
	tcase_add_test(t, test_aws_list__its_pages_are_counted);
	return s;
}
