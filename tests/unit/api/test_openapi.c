/* SPDX-License-Identifier: Apache-2.0
 *
 * The committed openapi.json is the document that the daemon serves, indented. With OPENAPI_OUT in
 * the environment it is written there instead (make openapi).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi.h"
#include "base/json_writer.h"
#include "support/scratch.h"

Suite *test_suite(void);

START_TEST(test_openapi__committed_document_is_the_served_one)
{
	const struct body *served = openapi_document();
	const char *out = getenv("OPENAPI_OUT"), *src = getenv("SRC");
	STRBUF_AUTO pretty = STRBUF_INIT(8 << 20);
	char path[512];
	size_t len;

	json_pretty(&pretty, served->text, served->len);
	ck_assert(!pretty.overflow);
	if (out) {
		FILE *f = fopen(out, "w");

		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(pretty.buf, 1, pretty.len, f), pretty.len);
		ck_assert_int_eq(fclose(f), 0);
		return;
	}
	snprintf(path, sizeof(path), "%s/openapi.json", src ? src : ".");
	char *committed = scratch_read(path, &len);

	ck_assert_msg(len == pretty.len && memcmp(committed, pretty.buf, len) == 0,
		"openapi.json is not what the daemon serves: make openapi");
	free(committed);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("openapi.json is what the daemon serves");
	TCase *t = tcase_create("openapi");

	tcase_add_test(t, test_openapi__committed_document_is_the_served_one);
	suite_add_tcase(s, t);
	return s;
}
