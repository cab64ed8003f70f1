/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two documents, with the values of both sides.
 */
#include <check.h>
#include <string.h>

#include "base/strbuf.h"
#include "model/document_diff.h"

Suite *test_suite(void);

static const struct {
	const char *from, *to, *says; /* "pointer old new;" with - for what is not there */
} cases[] = {
	{"{}", "{}", ""},
	{"{'a':1}", "{'a':1}", ""},
	{"{'a':1}", "{'a':2}", "/a 1 2;"},
	{"{'a':[1,2]}", "{'a':[1,3,4]}", "/a/1 2 3;/a/2 - 4;"},
	{"{'a':{'b':{'c':1}}}", "{'a':{'b':{}}}", "/a/b - {};/a/b/c 1 -;"},
	{"{'a':'x,}','b':1}", "{'b':1}", "/a 'x,}' -;"},
	{"{'a/b~c':1}", "{'a/b~c':2}", "/a~1b~0c 1 2;"},
	{"{'a':1,'a.b':1}", "{'a':2,'a.b':2}", "/a 1 2;/a.b 1 2;"},
	{"{'a':{'b':1},'a.b':1}", "{'a':{'b':2},'a.b':2}", "/a.b 1 2;/a/b 1 2;"},
	{"1", "2", " 1 2;"},
};

static const char *quoted(struct arena *a, const char *text)
{
	char *out = arena_strdup(a, text);

	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

START_TEST(test_document_diff__names_each_leaf_that_differs)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO said = STRBUF_INIT(1000);
	struct document_change *c;
	size_t n = document_diff(quoted(a, cases[_i].from), quoted(a, cases[_i].to), a, &c);

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&said, "%s %s %s;", c[i].pointer, c[i].old ? c[i].old : "-",
			c[i].new ? c[i].new : "-");
	ck_assert_str_eq(said.buf, quoted(a, cases[_i].says));
}
END_TEST

START_TEST(test_document_diff__has_no_bound_on_leaves_or_depth)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO x = STRBUF_INIT(1 << 20);
	STRBUF_AUTO y = STRBUF_INIT(1 << 20);
	struct document_change *c;

	for (int i = 0; i < 5000; i++) {
		strbuf_addf(&x, "%s%d", i ? "," : "[", i);
		strbuf_addf(&y, "%s%d", i ? "," : "[", i + 1);
	}
	strbuf_addstr(&x, "]");
	strbuf_addstr(&y, "]");
	ck_assert_uint_eq(document_diff(x.buf, y.buf, a, &c), 5000);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("document differences");
	TCase *t = tcase_create("diff");

	tcase_add_loop_test(t, test_document_diff__names_each_leaf_that_differs, 0,
		sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, test_document_diff__has_no_bound_on_leaves_or_depth);
	suite_add_tcase(s, t);
	return s;
}
