/* SPDX-License-Identifier: Apache-2.0
 *
 * Every body of tests/tables/json.eval sent to each kind of route that reads one: never a crash or a
 * hang, always a problem document, and the server goes on. With JSON_SUITE=folder the files of that
 * folder, too: names that begin with n_ are no JSON, as in the public JSON parsing test suite; what is
 * JSON (y_) and is refused nevertheless is named: we want keys once, and no NUL.
 */
#include "rig.h"

#include <dirent.h>

#include "support/json_table.h"

Suite *test_suite(void);

static struct rig rig;
static char if_match[600];

static const struct {
	const char *method, *path;
	bool matched; /* wants If-Match */
} targets[] = {
	{"POST", "/v1/manifests", false},
	{"POST", "/v1/merges", false},
	{"POST", "/v1/observations", false},
	{"POST", "/v1/tokens", false},
	{"PUT", "/v1/policy", true},
};
enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

static void open_rig(void)
{
	struct reply_text t;
	char etag[512];

	scratch_make();
	rig_options(&rig);
	rig_open(&rig, true, true);
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	snprintf(if_match, sizeof(if_match), "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

static void send_body(size_t target, const struct strbuf *body, struct reply_text *t)
{
	STRBUF_AUTO out = STRBUF_INIT(2 << 20);
	int fd = rig_connect(&rig);

	strbuf_addf(&out,
		"%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		targets[target].method, targets[target].path, rig.token,
		targets[target].matched ? if_match : "", body->len);
	strbuf_add(&out, body->buf, body->len);
	rig_send(fd, out.buf, out.len);
	rig_read(fd, false, t);
	close(fd);
}

/* A problem document whose status is the answer's, with a code and words. */
static void check_problem(const char *name, const struct reply_text *t)
{
	json_auto_t *value = NULL;
	struct err err = {0};
	char type[512];

	ck_assert_str_eq(reply_header(t, "Content-Type", type), "application/problem+json");
	ck_assert_msg(jcs_load(t->body, t->body_len, &value, &err) == 0, "%s: %s in %s", name,
		err.msg, t->all.buf);
	ck_assert_int_eq(json_integer_value(json_object_get(value, "status")), t->status);
	for (int i = 0; i < 4; i++) {
		static const char *const words[] = {"code", "detail", "title", "hint"};
		const char *word = json_string_value(json_object_get(value, words[i]));

		ck_assert_msg(word && *word, "%s: no %s in %s", name, words[i], t->all.buf);
	}
}

static void post_everywhere(
	enum json_verdict verdict, const char *name, const struct strbuf *body, void *arg)
{
	size_t *bad_json = arg;
	struct reply_text t;

	for (size_t i = 0; i < TARGETS; i++) {
		send_body(i, body, &t);
		ck_assert_msg(t.status == 400 || t.status == 422 || t.status == 409, "%s %s: %s",
			targets[i].path, name, t.all.buf);
		check_problem(name, &t);
		bool refused = strstr(t.body, "\"code\": \"bad_json\"");

		/* An empty body is read as {}. */
		if (verdict != JSON_EITHER && body->len > 0)
			ck_assert_msg(refused == (verdict == JSON_IS_NOT), "%s %s: %s",
				targets[i].path, name, t.all.buf);
		*bad_json += refused;
		reply_clear(&t);
	}
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":0");
}

START_TEST(test_json__any_body_is_answered_with_a_problem)
{
	size_t bad_json = 0;

	ck_assert_uint_ge(json_table_each(post_everywhere, &bad_json), 318);
	ck_assert_uint_gt(bad_json, 100 * TARGETS);
	rig_expect(&rig, "GET", "/readyz", "", NULL, 200, "ok");
}
END_TEST

static void post_file(const char *folder, const char *name, size_t *bad_json)
{
	STRBUF_AUTO body = STRBUF_INIT(1 << 20);
	char path[1024], chunk[65536];
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "re");

	ck_assert_ptr_nonnull(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		strbuf_add(&body, chunk, n);
	fclose(f);
	ck_assert_msg(!body.overflow, "%s is larger than a body may be", name);
	size_t before = *bad_json;

	post_everywhere(
		strncmp(name, "n_", 2) == 0 ? JSON_IS_NOT : JSON_EITHER, name, &body, bad_json);
	if (strncmp(name, "y_", 2) == 0 && *bad_json != before)
		printf("stricter than JSON: %s\n", name);
}

START_TEST(test_json__a_folder_of_files_fares_the_same)
{
	const char *folder = getenv("JSON_SUITE");
	size_t files = 0, bad_json = 0;

	if (!folder)
		return;
	DIR *dir = opendir(folder);

	ck_assert_msg(dir, "JSON_SUITE=%s can't be read", folder);
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		post_file(folder, e->d_name, &bad_json);
		files++;
	}
	closedir(dir);
	ck_assert_uint_gt(files, 0);
	printf("%zu files to %d routes: %zu problems, %zu of them bad_json\n", files, (int)TARGETS,
		files * TARGETS, bad_json);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("foreign bodies: JSON, almost JSON, and neither");
	TCase *t = tcase_create("json");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_test(t, test_json__any_body_is_answered_with_a_problem);
	tcase_add_test(t, test_json__a_folder_of_files_fares_the_same);
	suite_add_tcase(s, t);
	return s;
}
