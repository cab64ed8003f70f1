/* SPDX-License-Identifier: Apache-2.0
 *
 * The committed openapi.json is the document that the daemon serves, indented, and docs/routes.md has its
 * routes. With OPENAPI_OUT and ROUTES_OUT in the environment they are written there instead (make openapi).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi.h"
#include "api/router.h"
#include "base/json_writer.h"
#include "support/scratch.h"

Suite *test_suite(void);

/* The committed file has this text; with the name `out` in the environment it gets it instead. */
static void expect_file(const char *out, const char *name, const struct strbuf *text)
{
	const char *to = getenv(out), *src = getenv("SRC");
	char path[512];
	size_t len;

	ck_assert(!text->overflow);
	if (to) {
		FILE *f = fopen(to, "w");

		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(text->buf, 1, text->len, f), text->len);
		ck_assert_int_eq(fclose(f), 0);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", src ? src : ".", name);
	char *committed = scratch_read(path, &len);

	ck_assert_msg(len == text->len && memcmp(committed, text->buf, len) == 0,
		"%s is not what the daemon serves: make openapi", name);
	free(committed);
}

START_TEST(test_openapi__committed_document_is_the_served_one)
{
	const struct body *served = openapi_document();
	STRBUF_AUTO pretty = STRBUF_INIT(8 << 20);

	json_pretty(&pretty, served->text, served->len);
	expect_file("OPENAPI_OUT", "openapi.json", &pretty);
}
END_TEST

static const char *scope_of(const struct route *r)
{
	if (r->flags & ROUTE_OWN_PROOF)
		return "the provider's proof";
	return r->flags & ROUTE_PUBLIC	    ? "none"
	       : strcmp(r->scope, "submit") ? r->scope
					    : "submit:PROVIDER";
}

START_TEST(test_openapi__manual_has_each_route)
{
	STRBUF_AUTO text = STRBUF_INIT(1 << 20);

	strbuf_addstr(&text,
		"# The routes\n\nMade by `make openapi` from include/api/routes.def. Shapes are in "
		"`openapi.json`, what holds for all of them in\n[http.md](http.md).\n\n"
		"| route | scope | |\n|---|---|---|\n");
	for (int id = 0; id < ROUTES; id++) {
		const struct route *r = route_at((enum route_id)id);

		strbuf_addf(&text, "| `%s` | %s | %s |\n", r->name, scope_of(r), r->summary);
	}
	expect_file("ROUTES_OUT", "docs/routes.md", &text);
}
END_TEST

/* Prose: the sentence on what answers without a token names all that does, and nothing else. */
START_TEST(test_openapi__manual_says_what_needs_no_token)
{
	const char *src = getenv("SRC");
	char path[512], quoted[128], *text, *end, *from;
	size_t len;

	snprintf(path, sizeof(path), "%s/docs/http.md", src ? src : ".");
	text = scratch_read(path, &len);
	end = strstr(text, " need no token.");
	ck_assert_ptr_nonnull(end);
	*end = '\0';
	from = strrchr(text, '.'); /* of openapi.json, perhaps */
	while (from && from[1] != '\n' && from > text)
		from--;
	for (int id = 0; id < ROUTES; id++) {
		const struct route *r = route_at((enum route_id)id);
		bool open = (r->flags & (ROUTE_PUBLIC | ROUTE_OWN_PROOF)) == ROUTE_PUBLIC;

		snprintf(quoted, sizeof(quoted), "`%s`", r->pattern);
		ck_assert_msg(!!strstr(from, quoted) == open, "%s", r->name);
	}
	free(text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("openapi.json and the manual are what the daemon serves");
	TCase *t = tcase_create("openapi");

	tcase_add_test(t, test_openapi__committed_document_is_the_served_one);
	tcase_add_test(t, test_openapi__manual_has_each_route);
	tcase_add_test(t, test_openapi__manual_says_what_needs_no_token);
	suite_add_tcase(s, t);
	return s;
}
