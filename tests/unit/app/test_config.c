/* SPDX-License-Identifier: Apache-2.0
 *
 * The options table against the sample file and the manual, and what a wrong configuration is told.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config.h"
#include "net/listener.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/strbuf.h"

Suite *test_suite(void);

static struct arena *arena;
static char folder[] = "/tmp/spiralfed-config-XXXXXX";

static void setup(void)
{
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/nonexistent", 1);
	arena = arena_new();
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	unlink(arena_printf(arena, "%s/f.conf", folder));
	rmdir(folder);
	arena_free(arena);
}

static const char *conf(const char *text)
{
	const char *path = arena_printf(arena, "%s/f.conf", folder);
	struct err err = {0};

	ck_assert_int_eq(file_replace(path, text, strlen(text), 0600, &err), 0);
	return path;
}

static int load(const char *file, const char *o, struct config *ret, struct err *err)
{
	const char *assignments[] = {o};
	const struct config_source source = {file, assignments, o ? 1 : 0};

	return config_load(&source, arena, ret, err);
}

static char *tree_file(const char *name)
{
	const char *src = getenv("SRC");
	struct err err = {0};
	char *text;
	size_t len;

	ck_assert_msg(file_read(arena_printf(arena, "%s/%s", src ? src : ".", name), 1 << 20, arena,
			      &text, &len, &err) == 0,
		"%s", err.msg);
	return text;
}

START_TEST(test_config__defaults)
{
	struct config c;
	struct err err = {0};

	ck_assert_int_eq(load(NULL, NULL, &c, &err), 0);
	ck_assert_int_eq(c.auth, 1);
	ck_assert_str_eq(c.listen, "127.0.0.1:8787");
	ck_assert_uint_eq(c.n_listeners, 1);
	ck_assert_int_eq(c.drain_timeout, 8 * USEC_PER_SEC);
	ck_assert_int_eq(c.log_level, LOG_LEVEL_INFO);
	ck_assert_int_eq(c.log_format, LOG_FORMAT_LOGFMT);
	ck_assert_str_eq(c.state, "/nonexistent/.local/state/spiralfed");
}
END_TEST

START_TEST(test_config__state_follows_the_environment)
{
	struct config c;
	struct err err = {0};

	setenv("XDG_STATE_HOME", "/x", 1);
	ck_assert_int_eq(load(NULL, NULL, &c, &err), 0);
	ck_assert_str_eq(c.state, "/x/spiralfed");
	setenv("STATE_DIRECTORY", "/s:/t", 1);
	ck_assert_int_eq(load(NULL, NULL, &c, &err), 0);
	ck_assert_str_eq(c.state, "/s");
	ck_assert_int_eq(load(NULL, "state=/o", &c, &err), 0);
	ck_assert_str_eq(c.state, "/o");
}
END_TEST

START_TEST(test_config__command_line_wins_over_file)
{
	struct config c;
	struct err err = {0};

	ck_assert_int_eq(load(conf("[spiralfedd]\nloops = 3\n\tqueue_max=7 ; few\n# end\n"),
				 "loops=5", &c, &err),
		0);
	ck_assert_int_eq(c.loops, 5);
	ck_assert_int_eq(c.queue_max, 7);
	ck_assert_str_eq(c.where[OPTION_ID_loops], "-o");
}
END_TEST

static const struct {
	const char *file, *o, *says; /* FILE stands for the path */
} wrong[] = {
	{"\nlisten = 127.0.0.1:1\nlisen = x\n", NULL,
		"FILE:3: no option is called lisen; did you mean listen?"},
	{"\n\nloops = many\n", NULL,
		"FILE:3: loops = many: not a whole number of threads from 0 to 64"},
	{"loops = 65\n", NULL, "FILE:1: loops = 65: not a whole number of threads from 0 to 64"},
	{"loops = 1\nauth = on\nloops = 2\n", NULL, "FILE:3: loops is set already at FILE:1"},
	{"auth = maybe\n", NULL, "FILE:1: auth = maybe: not one of off|on"},
	{"# fine\nnonsense\n", NULL, "FILE:2: is not `name = value`"},
	{"[provider.Hf]\nconnector = dir\n", NULL, "FILE:1: [provider.Hf]: Hf is not"},
	{"auth = on\n[provider.]\n", NULL, "FILE:2: [provider.]: "},
	{"[provider.hf]\n", NULL, "FILE:1: [provider.hf] has no connector; set one of dir"},
	{"[provider.hf]\nconnector = s3\n", NULL, "FILE:2: connector = s3: not one of dir"},
	{"[provider.hf]\nconector = dir\n", NULL,
		"FILE:2: no option of a provider is called conector; did you mean connector?"},
	{"[provider.hf]\nconnector = dir\n", NULL,
		"FILE:1: [provider.hf]: connector = dir needs either path = FOLDER or url = "
		"LISTING"},
	{"[provider.hf]\nconnector = dir\npath = in\n", NULL,
		"FILE:1: [provider.hf]: path = in: is no absolute path"},
	{"[provider.hf]\npath = /a\npath = /b\n", NULL, "FILE:3: path is set already at FILE:2"},
	{"[provider.hf]\nconnector = dir\npath = /a\ntimeout = 0\n", NULL,
		"FILE:4: timeout = 0: not a whole number of s from 1 to 3600"},
	{"[provider.hf]\nconnector = dir\npath = /a\nloops = 1\n", NULL,
		"FILE:4: no option of a provider is called loops"},
	{"[provider.a]\nconnector = hf\npublish = s/r\n[provider.b]\nconnector = hf\npublish = "
	 "s/q\n",
		NULL, "FILE:6: [provider.a] publishes already (s/r); releases go to one place"},
	{"[provider.hf]\nconnector = hf\nauthor = s\nrole = text gen\n", NULL,
		"FILE:4: role = text gen: no artifact can have it; write "},
	{"[provider.aws]\nconnector = aws\nregion = eu-west-1\nnamespace = a/b\n", NULL,
		"FILE:4: namespace = a/b: no artifact can have it; write "},
	{"[provider.aws]\nconnector = aws\nregion = eu-west-1\ngroup = "
	 "arn:aws:sagemaker:eu-west-1:1:model-package-group/runtime\n",
		NULL,
		"FILE:4: group = arn:aws:sagemaker:eu-west-1:1:model-package-group/runtime: is an "
		"ARN; write the name of the group"},
	{"[provider.hf]\nconnector = hf\npublish = r\n", NULL,
		"FILE:1: [provider.hf]: publish = r: is no repository of the Hub"},
	{"[slo.prometheus]\ntotal = t\n", NULL, "FILE:2: [slo.prometheus] has no url"},
	{"[slo.prometheus]\nurl = http://h\n", NULL, "FILE:2: [slo.prometheus]: there is no query"},
	{"[slo.prometheus]\nurl = http://h\nerrors = e\n", NULL,
		"FILE:2: [slo.prometheus]: errors is asked for without total"},
	{"[slo.prometheus]\nurl = http://h\ncost_micro = e\n", NULL,
		"FILE:2: [slo.prometheus]: cost_micro is asked for without tokens, for which it is "
		"paid"},
	{"[slo.prometheus]\nurl = h\ntotal = t\n", NULL,
		"FILE:2: [slo.prometheus]: h is no server"},
	{"[slo.prometheus]\ntotals = t\n", NULL,
		"FILE:2: no option of [slo.prometheus] is called totals; did you mean total?"},
	{"[slo.prometheus]\ntotal = t\ntotal = u\n", NULL,
		"FILE:3: total is set already at FILE:2"},
	{"", "slo.prometheus=x", "-o: slo.prometheus is not slo.prometheus.OPTION"},
	{"", "provider.hf=dir", "-o: provider.hf is not provider.NAME.OPTION"},
	{"", "provider.hf.path=/a", "-o: [provider.hf] has no connector"},
	{"[other]\nauth = on\n", NULL, "FILE:1: no section is called [other]"},
	{"auth = on\n\n[empty]\n", NULL, "FILE:3: no section is called [empty]"},
	{"loops = 65\n[other]\n", NULL, "FILE:1: loops = 65: not a whole number"},
	{"listen = example.org:80\n", NULL, "FILE:1: listen = example.org:80: the host is not"},
	{"listen = 0.0.0.0:80\nauth = off\n", NULL, "FILE:2: auth = off, but 0.0.0.0:80 can be"},
	{"", "lop=1", "-o: no option is called lop; did you mean loops?"},
	{"", "loops", "-o: loops is not name=value"},
	{"", "=1", "-o: =1 is not name=value"},
	{"", "loops=", "-o: loops = : not a whole number"},
	{"", "loops=1e1", "-o: loops = 1e1: not a whole number"},
	{"", "listen=127.0.0.1:70000", "-o: listen = 127.0.0.1:70000: not host:port"},
	{"", "listen=", "-o: listen: names no address"},
	{"cors_origins = ops.example.org\n", NULL,
		"FILE:1: cors_origins: ops.example.org is no origin"},
	{"cors_origins = https://a.example, https://b.example/\n", NULL,
		"FILE:1: cors_origins: https://b.example/ is no origin"},
	{"", "cors_origins=https://", "-o: cors_origins: https:// is no origin"},
	{"", "cors_origins=https://Ops.example", "-o: cors_origins: https://Ops.example is no"},
	{"auth = off\n", "cors_origins=*", "-o: cors_origins = * with auth = off lets every"},
	{"", "listen=unix:relative",
		"-o: listen = unix:relative: a Unix socket has an absolute path"},
	{"listen = 0.0.0.0:80\n", "auth=off", "-o: auth = off, but 0.0.0.0:80"},
	{"auth = off\n", "listen=[::]:80", "FILE:1: auth = off, but [::]:80"},
};

START_TEST(test_config__wrong_options_are_told_with_their_place)
{
	const char *path = conf(wrong[_i].file), *says = wrong[_i].says;
	struct config c;
	struct err err = {0};
	STRBUF_AUTO want = STRBUF_INIT(4096);

	for (const char *at; (at = strstr(says, "FILE")); says = at + 4) {
		strbuf_add(&want, says, (size_t)(at - says));
		strbuf_addstr(&want, path);
	}
	strbuf_addstr(&want, says);
	ck_assert_int_eq(load(path, wrong[_i].o, &c, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(
		!strncmp(err.msg, want.buf, want.len), "%s\n  instead of\n%s", err.msg, want.buf);
}
END_TEST

static void note(void *arg, const char *text)
{
	const char **said = arg;

	*said = arena_printf(arena, "%s%s\n", *said, text);
}

static const char *warnings(const char *file)
{
	const char *said = "";
	struct err err = {0};
	struct config c;

	ck_assert_msg(load(file, NULL, &c, &err) == 0, "%s", err.msg);
	config_files_check(&c, arena, note, &said);
	return said;
}

/* A secret may come later than the start. */
START_TEST(test_config__files_that_are_not_there_are_told)
{
	const char *path = arena_printf(arena, "%s/token", folder), *said, *file;
	struct err err = {0};

	said = warnings(
		conf("[provider.hf]\nconnector = hf\nauthor = s\ntoken_file = /nonexistent/t\n"
		     "webhook_secret = /\n[slo.prometheus]\nurl = http://127.0.0.1:9\ntotal = t\n"
		     "errors = e\ntoken_file = /nonexistent/p\n"));
	ck_assert_ptr_nonnull(
		strstr(said, ":4: [provider.hf] token_file = /nonexistent/t: cannot "
			     "open /nonexistent/t: No such file or directory; write"));
	ck_assert_ptr_nonnull(
		strstr(said, ":5: [provider.hf] webhook_secret = /: / is no regular file; write"));
	ck_assert_ptr_nonnull(strstr(said, ":10: [slo.prometheus] token_file = /nonexistent/p: "));

	file = conf(arena_printf(
		arena, "[provider.hf]\nconnector = hf\nauthor = s\ntoken_file = %s\n", path));
	ck_assert_int_eq(file_replace(path, " \n", 2, 0600, &err), 0);
	ck_assert_ptr_nonnull(strstr(warnings(file), "/token: it is empty; write"));
	ck_assert_int_eq(file_replace(path, "hf_x\n", 5, 0600, &err), 0);
	ck_assert_str_eq(warnings(file), "");
	ck_assert_int_eq(file_replace(path, "hf_x\n", 5, 0644, &err), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_ptr_nonnull(strstr(warnings(file), "everybody on this machine may read it"));
	file = conf(arena_printf(
		arena, "[provider.hf]\nconnector = hf\nauthor = s\nwebhook_secret = %s\n", path));
	ck_assert_int_eq(file_replace(path, "0123456789abcde\n", 16, 0600, &err), 0);
	ck_assert_ptr_nonnull(strstr(warnings(file), "it has fewer than 16 characters"));
	ck_assert_int_eq(file_replace(path, "0123456789abcdef\n", 17, 0600, &err), 0);
	ck_assert_str_eq(warnings(file), "");
	unlink(path);
}
END_TEST

START_TEST(test_config__sections_of_providers)
{
	const char *file = conf("loops = 2\n[provider.hf]\nconnector = dir\npath = /a\n"
				"[provider.gcp]\nconnector = dir\npath = /b\nartifacts = /c\n"
				"timeout = 7\n[spiralfedd]\nqueue_max = 9\n");
	struct config c, other;
	struct err err = {0};

	ck_assert_msg(load(file, "provider.hf.path=/d", &c, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(c.loops, 2);
	ck_assert_int_eq(c.queue_max, 9);
	ck_assert_uint_eq(c.n_providers, 2);
	ck_assert_str_eq(c.providers[0].options.provider, "hf");
	ck_assert_ptr_eq(c.providers[0].kind, &connector_dir);
	ck_assert_str_eq(c.providers[0].options.path, "/d");
	ck_assert_ptr_null(c.providers[0].options.artifacts);
	ck_assert_int_eq(c.providers[0].options.timeout, 300 * USEC_PER_SEC);
	ck_assert_str_eq(c.providers[1].options.artifacts, "/c");
	ck_assert_int_eq(c.providers[1].options.timeout, 7 * USEC_PER_SEC);
	ck_assert_int_eq(load(file, NULL, &other, &err), 0);
	ck_assert_ptr_null(config_waits(&c, &c));
	ck_assert_str_eq(config_waits(&c, &other), "provider");
}
END_TEST

START_TEST(test_config__section_of_prometheus)
{
	const char *file = conf("[slo.prometheus]\nurl = http://127.0.0.1:9090\ntotal = t\n"
				"errors = e\nlag = 7\n[provider.hf]\nconnector = dir\npath = /a\n");
	struct config c, other;
	struct err err = {0};

	ck_assert_msg(load(file, "slo.prometheus.errors=f", &c, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(c.prometheus.url, "http://127.0.0.1:9090");
	ck_assert_str_eq(c.prometheus.errors, "f");
	ck_assert_ptr_null(c.prometheus.slow);
	ck_assert_int_eq(c.prometheus.lag, 7 * USEC_PER_SEC);
	ck_assert_int_eq(c.prometheus.timeout, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(c.n_providers, 1);
	ck_assert_int_eq(load(file, NULL, &other, &err), 0);
	ck_assert_str_eq(config_waits(&c, &other), "slo.prometheus");
	ck_assert_int_eq(load(conf(""), NULL, &other, &err), 0);
	ck_assert_ptr_null(other.prometheus.url);
}
END_TEST

START_TEST(test_config__long_line_is_refused)
{
	char text[600] = "cors_origins = ";
	struct config c;
	struct err err = {0};

	memset(text + 15, 'x', 500);
	ck_assert_int_eq(load(conf(text), NULL, &c, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "f.conf:1: the line is longer than"));
}
END_TEST

START_TEST(test_config__missing_file)
{
	struct config c;
	struct err err = {0};

	ck_assert_int_eq(load("/nonexistent/x.conf", NULL, &c, &err), -1);
	ck_assert_str_eq(err.msg, "/nonexistent/x.conf: No such file or directory");
}
END_TEST

START_TEST(test_config__reload_sees_what_changed_and_what_waits)
{
	struct config old, fresh;
	struct err err = {0};

	ck_assert_int_eq(load(conf("log_level = info\nloops = 1\n"), NULL, &old, &err), 0);
	ck_assert_int_eq(load(conf("log_level = debug\nloops = 2\n"), NULL, &fresh, &err), 0);
	ck_assert_uint_eq(config_changed(&old, &fresh), 1);
	ck_assert_str_eq(config_waits(&old, &fresh), "loops");
	ck_assert_ptr_null(config_waits(&old, &old));
}
END_TEST

static const struct {
	const char *list;
	size_t n;
	bool local;
} addresses[] = {
	{"127.0.0.1:8787", 1, true},
	{"localhost:1", 1, true},
	{"127.9.9.9:0, [::1]:5", 2, true},
	{"unix:/run/x.sock", 1, true},
	{"[::1]:80,10.0.0.1:80", 2, false},
	{"0.0.0.0:80", 1, false},
	{"[::ffff:127.0.0.1]:80", 1, false},
};

START_TEST(test_listener__local_or_not)
{
	struct listener *l;
	struct err err = {0};
	bool local = true;
	size_t n;

	ck_assert_int_eq(listeners_parse(addresses[_i].list, arena, &l, &n, &err), 0);
	ck_assert_uint_eq(n, addresses[_i].n);
	for (size_t i = 0; i < n; i++)
		local = local && listener_is_local(&l[i]);
	ck_assert_int_eq(local, addresses[_i].local);
}
END_TEST

enum { ALL_OPTIONS = OPTIONS + PROVIDER_OPTIONS + PROMETHEUS_OPTIONS };

static const struct option_info *any_option(size_t i)
{
	if (i < OPTIONS)
		return option_info(i);
	i -= OPTIONS;
	return i < PROVIDER_OPTIONS ? provider_option_info(i)
				    : prometheus_option_info(i - PROVIDER_OPTIONS);
}

/* Both ways: each option has its line with its default, and no other line sets anything. */
START_TEST(test_options__sample_file_is_the_table)
{
	char *text = tree_file("etc/spiralfedd.conf"), *save = NULL;
	bool seen[ALL_OPTIONS] = {false};

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t i = 0;
		if (line[0] != '#' || line[1] == ' ' || line[1] == '[')
			ck_assert_msg(line[0] == '#', "not a comment: %s", line);
		else {
			for (; i < ALL_OPTIONS; i++) {
				const struct option_info *o = any_option(i);
				const char *want = arena_printf(arena, "#%s =%s%s", o->name,
					*o->default_text ? " " : "", o->default_text);
				/* Sections may have options of one name. */
				if (!seen[i] && !strcmp(line, want))
					break;
			}
			ck_assert_msg(
				i < ALL_OPTIONS, "no option with this default, or twice: %s", line);
			seen[i] = true;
		}
	}
	for (size_t i = 0; i < ALL_OPTIONS; i++)
		ck_assert_msg(seen[i], "etc/spiralfedd.conf lacks %s", any_option(i)->name);
}
END_TEST

START_TEST(test_options__sample_file_explains_each)
{
	const char *text = tree_file("etc/spiralfedd.conf");

	for (size_t i = 0; i < ALL_OPTIONS; i++)
		ck_assert_msg(strstr(text, arena_printf(arena, "# %s\n", any_option(i)->help)),
			"etc/spiralfedd.conf lacks: %s", any_option(i)->help);
}
END_TEST

START_TEST(test_options__sample_file_loads)
{
	const char *src = getenv("SRC");
	struct config c;
	struct err err = {0};

	ck_assert_msg(load(arena_printf(arena, "%s/etc/spiralfedd.conf", src ? src : "."), NULL, &c,
			      &err) == 0,
		"%s", err.msg);
}
END_TEST

static const char *values_of(const struct option_info *o)
{
	STRBUF_AUTO s = STRBUF_INIT(256);

	if (o->type == OPTION_TEXT)
		return o->unit;
	if (o->type != OPTION_CHOICE)
		return arena_printf(
			arena, "%lld to %lld %s", (long long)o->least, (long long)o->most, o->unit);
	for (const char *at = o->unit; *at; at++)
		strbuf_add(&s, *at == '|' ? " or " : at, *at == '|' ? 4 : 1);
	return arena_strdup(arena, s.buf);
}

START_TEST(test_options__manual_is_the_table)
{
	const char *text = tree_file("docs/options.md");
	size_t rows = 0;

	for (size_t i = 0; i < ALL_OPTIONS; i++) {
		const struct option_info *o = any_option(i);
		const char *quote = *o->default_text ? "`" : "";
		const char *row = arena_printf(arena, "| `%s` | %s%s%s | %s | %s | %s |\n", o->name,
			quote, o->default_text, quote, values_of(o), o->reload ? "yes" : "",
			o->help);
		ck_assert_msg(strstr(text, row), "docs/options.md lacks: %s", row);
	}
	for (const char *at = text; (at = strstr(at, "\n| `")); at++)
		rows++;
	ck_assert_uint_eq(rows, ALL_OPTIONS);
}
END_TEST

START_TEST(test_options__are_in_order_and_explained)
{
	for (size_t i = 0; i < ALL_OPTIONS; i++) {
		ck_assert_uint_ge(strlen(any_option(i)->help), 10);
		if (i && i != OPTIONS && i != OPTIONS + PROVIDER_OPTIONS)
			ck_assert_int_lt(strcmp(any_option(i - 1)->name, any_option(i)->name), 0);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("configuration");
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_config__defaults);
	tcase_add_test(t, test_config__state_follows_the_environment);
	tcase_add_test(t, test_config__command_line_wins_over_file);
	tcase_add_loop_test(t, test_config__wrong_options_are_told_with_their_place, 0,
		sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, test_config__section_of_prometheus);
	tcase_add_test(t, test_config__long_line_is_refused);
	tcase_add_test(t, test_config__sections_of_providers);
	tcase_add_test(t, test_config__files_that_are_not_there_are_told);
	tcase_add_test(t, test_config__missing_file);
	tcase_add_test(t, test_config__reload_sees_what_changed_and_what_waits);
	tcase_add_loop_test(
		t, test_listener__local_or_not, 0, sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_test(t, test_options__sample_file_is_the_table);
	tcase_add_test(t, test_options__sample_file_explains_each);
	tcase_add_test(t, test_options__sample_file_loads);
	tcase_add_test(t, test_options__manual_is_the_table);
	tcase_add_test(t, test_options__are_in_order_and_explained);
	suite_add_tcase(s, t);
	return s;
}
