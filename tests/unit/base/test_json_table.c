/* SPDX-License-Identifier: Apache-2.0
 *
 * jcs_load against every body of tests/tables/json.eval; what it takes has a canonical form that it
 * takes again and that does not change.
 */
#include <check.h>
#include <string.h>

#include "base/jcs.h"
#include "support/json_table.h"

Suite *test_suite(void);

static void check_row(
	enum json_verdict verdict, const char *name, const struct strbuf *body, void *arg)
{
	struct err err = {0};
	json_auto_t *value = NULL, *again = NULL;
	STRBUF_AUTO once = STRBUF_INIT(1 << 20);
	STRBUF_AUTO twice = STRBUF_INIT(1 << 20);
	int rc = jcs_load(body->buf, body->len, &value, &err);
	if (verdict != JSON_EITHER)
		ck_assert_msg(
			(rc == 0) == (verdict == JSON_IS), "%s: %s", name, rc ? err.msg : "taken");
	if (rc != 0) {
		ck_assert_msg(err.code == ERR_BAD_JSON && err.msg[0], "%s: no reason", name);
		return;
	}
	ck_assert_msg(jcs_render(value, &once, &err) == 0, "%s: %s", name, err.msg);
	ck_assert_msg(jcs_load(once.buf, once.len, &again, &err) == 0, "%s: %s", name, err.msg);
	ck_assert_msg(jcs_render(again, &twice, &err) == 0, "%s: %s", name, err.msg);
	ck_assert_str_eq(once.buf, twice.buf);
}

START_TEST(test_json_table__each_body_is_taken_or_refused)
{
	jcs_setup();
	ck_assert_uint_ge(json_table_each(check_row, NULL), 318);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("jcs_load against the table of JSON and what is none");
	TCase *tc = tcase_create("table");
	tcase_add_test(tc, test_json_table__each_body_is_taken_or_refused);
	suite_add_tcase(s, tc);
	return s;
}
