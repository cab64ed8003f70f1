/* SPDX-License-Identifier: Apache-2.0
 *
 * Listings of web servers, as they write them, and what must not be taken for an entry.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "provider/dir_web.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	jcs_setup();
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static const struct {
	const char *text, *links; /* "name=state; name" */
	size_t ignored;
} listings[] = {
	{"[\"a.json\", \"b.json\", \"notes.txt\"]", "a.json; b.json", 1},
	{"[]", "", 0},
	/* nginx, autoindex_format json */
	{"[\n{ \"name\":\"old\", \"type\":\"directory\", \"mtime\":\"Tue, 24 Nov 2026 12:00:00 "
	 "GMT\" },\n{ \"name\":\"a.json\", \"type\":\"file\", \"mtime\":\"Tue, 24 Nov 2026 "
	 "12:00:01 GMT\", \"size\":240 }\n]\n",
		"a.json=Tue, 24 Nov 2026 12:00:01 GMT 240", 1},
	/* nginx, autoindex as HTML */
	{"<html>\r\n<head><title>Index of /m/</title></head>\r\n<body>\r\n<h1>Index of "
	 "/m/</h1><hr><pre><a href=\"../\">../</a>\r\n"
	 "<a href=\"a%20b.json\">a b.json</a>           24-Nov-2026 12:00        240\r\n"
	 "<a href=\"c.json\">c.json</a>             24-Nov-2026 12:01          7\r\n"
	 "</pre><hr></body>\r\n</html>\r\n",
		"a b.json=24-Nov-2026 12:00 240; c.json=24-Nov-2026 12:01 7", 1},
	/* Apache, fancy indexing as a table */
	{"<!DOCTYPE HTML>\n<table><tr><th><a href=\"?C=N;O=D\">Name</a></th></tr>\n<tr><td "
	 "valign=\"top\"><img src=\"/i.gif\"></td><td><a href=\"a.json\">a.json</a></td><td "
	 "align=\"right\">2026-11-24 12:00  </td><td align=\"right\">240 </td></tr>\n",
		"a.json=2026-11-24 12:00 240", 1},
	/* Python's http.server */
	{"<!DOCTYPE HTML>\n<ul>\n<li><a href=\"a.json\">a.json</a></li>\n<li><a "
	 "href=\"sub/\">sub/</a></li>\n</ul>\n",
		"a.json", 1},
	/* Whatever leads elsewhere is no name. */
	{"[\"../a.json\", \"/etc/x.json\", \"https://else/where.json\", \".hidden.json\", "
	 "\"a\\\\b.json\", \"q.json?x\", \"a.json#f\", \".json\"]",
		"", 8},
	{"<a href=\"..%2fa.json\">x</a><a href='//else/a.json'>y</a><a href=\"%00.json\">z</a>", "",
		3},
	{"<a href=\"a&amp;b.json\">x</a><a href='./c.json'>y</a>", "a&b.json; c.json", 0},
	{"<a href=\"a.json", "", 0},
	/* An icon that leads there, and a name that comes again. */
	{"<a href='b.json'><img></a> <a href='b.json'>b</a> 2025-11-24 10:00 5\n"
	 "<a href='a.json'>a</a> 2025-11-24 11:00 6\n<a href='b.json'>b</a> 2025-11-24 12:00 7",
		"b.json=2025-11-24 10:00 5; a.json=2025-11-24 11:00 6", 0},
	{"[\"b.json\",\"a.json\",\"b.json\",\"b.json\"]", "b.json; a.json", 0},
};

START_TEST(test_dir_links__reads_what_servers_write)
{
	struct dir_links l;
	struct err err = {0};
	const char *got = "";

	ck_assert_msg(
		dir_links_parse(listings[_i].text, strlen(listings[_i].text), arena, &l, &err) == 0,
		"%s", err.msg);
	for (size_t i = 0; i < l.n; i++)
		got = arena_printf(arena, "%s%s%s%s%s", got, i ? "; " : "", l.v[i].name,
			l.v[i].state ? "=" : "", l.v[i].state ? l.v[i].state : "");
	ck_assert_str_eq(got, listings[_i].links);
	ck_assert_uint_eq(l.ignored, listings[_i].ignored);
	ck_assert(!l.cut);
}
END_TEST

/* It goes to the registry. */
START_TEST(test_dir_links__a_state_is_short_and_follows_all_of_it)
{
	const char *states[2];
	struct dir_links l;
	struct err err;

	for (int i = 0; i < 2; i++) {
		const char *text = arena_printf(
			arena, "[{\"name\":\"a.json\",\"mtime\":\"%03000d\",\"size\":1}]", i);

		ck_assert_int_eq(dir_links_parse(text, strlen(text), arena, &l, &err), 0);
		states[i] = l.v[0].state;
		ck_assert_uint_le(strlen(states[i]), 200);
	}
	ck_assert_str_ne(states[0], states[1]);
	ck_assert_str_eq(dir_state("\"etag\"", NULL, arena), "\"etag\"");
	ck_assert_str_eq(dir_state("monday", "", arena), "monday ");
}
END_TEST

static const char *const broken[] = {
	"", "  \n", "{\"a\":1}", "[1]", "[{\"size\":1}]", "[\"a.json\"", "a.json\n", "[null]"};

START_TEST(test_dir_links__refuses_what_is_no_listing)
{
	struct dir_links l;
	struct err err = {0};

	ck_assert_int_eq(dir_links_parse(broken[_i], strlen(broken[_i]), arena, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "the listing"));
}
END_TEST

START_TEST(test_dir_links__says_when_there_are_too_many)
{
	STRBUF_AUTO sb = STRBUF_INIT(4 << 20);
	struct dir_links l;
	struct err err;

	for (int i = 0; i <= LISTING_MAX; i++)
		strbuf_addf(&sb, "<a href='%d.json'>", i);
	ck_assert_int_eq(dir_links_parse(sb.buf, sb.len, arena, &l, &err), 0);
	ck_assert_uint_eq(l.n, LISTING_MAX);
	ck_assert(l.cut);
}
END_TEST

/* However long the page, what is behind a link is looked for nearby, and links are counted. */
START_TEST(test_dir_links__takes_no_longer_than_the_page_is_long)
{
	STRBUF_AUTO sb = STRBUF_INIT(8 << 20);
	struct dir_links l;
	struct err err;

	strbuf_addf(&sb, "<a href='a.json'>a</a>%3000s2025-11-24 10:00", "");
	ck_assert_int_eq(dir_links_parse(sb.buf, sb.len, arena, &l, &err), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_ptr_null(l.v[0].state);
	ck_assert(!l.cut);
	for (int i = 0; i < 4 * LISTING_MAX; i++)
		strbuf_addf(&sb, "<a href='x'>");
	strbuf_addf(&sb, "<a href='late.json'>");
	ck_assert(!sb.overflow);
	ck_assert_int_eq(dir_links_parse(sb.buf, sb.len, arena, &l, &err), 0);
	ck_assert_uint_eq(l.n, 1);
	ck_assert(l.cut);
}
END_TEST

static const struct {
	const char *path, *url;
	int private_network;
	const char *says;
} options[] = {
	{NULL, NULL, 0, "either path = FOLDER or url"},
	{"/a", "https://h/", 0, "either path = FOLDER or url"},
	{NULL, "http://h/m/", 0, "is not https://"},
	{NULL, "ftp://h/m/", 1, "no URL of a listing"},
	{NULL, "https://user@h/m/", 0, "no URL of a listing"},
	{NULL, "https://h/m/#x", 0, "no URL of a listing"},
	{NULL, "nonsense", 1, "is not https://"},
	{NULL, "https://h/m/", 0, NULL},
	{NULL, "https://h", 0, NULL},
	{NULL, "http://10.0.0.1/m/index.json?x=1", 1, NULL},
};

START_TEST(test_dir_links__options)
{
	const struct connector_options o = {.provider = "hf",
		.path = options[_i].path,
		.url = options[_i].url,
		.private_network = options[_i].private_network};
	struct connector *c = NULL;
	struct err err = {0};
	int rc = connector_dir.open(&o, &c, &err);

	ck_assert_int_eq(rc, options[_i].says ? -1 : 0);
	if (options[_i].says) {
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_msg(strstr(err.msg, options[_i].says), "%s", err.msg);
	}
	connector_dir.close(c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("listings over HTTPS");
	TCase *t = tcase_create("links");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_dir_links__reads_what_servers_write, 0,
		sizeof(listings) / sizeof(listings[0]));
	tcase_add_test(t, test_dir_links__a_state_is_short_and_follows_all_of_it);
	tcase_add_loop_test(t, test_dir_links__refuses_what_is_no_listing, 0,
		sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(t, test_dir_links__says_when_there_are_too_many);
	tcase_add_test(t, test_dir_links__takes_no_longer_than_the_page_is_long);
	tcase_add_loop_test(t, test_dir_links__options, 0, sizeof(options) / sizeof(options[0]));
	suite_add_tcase(s, t);
	return s;
}
