/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes: refused with a reason, or a document whose canonical form is taken again and is its own
 * canonical form. What the short way takes, the long way takes and reads alike.
 */
#include "fuzz.h"

#include "base/jcs.h"
#include "base/jcs_read.h"

enum { OUT_MAX = 8 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	jcs_setup();
	return 0;
}

static void compare_ways(const char *text, size_t len)
{
	json_auto_t *got = jcs_read(text, len), *want = NULL;
	json_error_t error;

	if (!got)
		return;
	want = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	CLAIM(want && json_equal(got, want));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STRBUF_AUTO once = STRBUF_INIT(OUT_MAX);
	STRBUF_AUTO twice = STRBUF_INIT(OUT_MAX);
	json_auto_t *value = NULL, *again = NULL;
	struct err err = {0};

	compare_ways((const char *)data, size);
	if (jcs_load((const char *)data, size, &value, &err) < 0) {
		CLAIM(err.code == ERR_BAD_JSON && err.msg[0]);
		return 0;
	}
	CLAIM(jcs_render(value, &once, &err) == 0 && !once.overflow);
	CLAIM(jcs_load(once.buf, once.len, &again, &err) == 0);
	CLAIM(jcs_render(again, &twice, &err) == 0);
	CLAIM(once.len == twice.len && memcmp(once.buf, twice.buf, once.len) == 0);
	return 0;
}
