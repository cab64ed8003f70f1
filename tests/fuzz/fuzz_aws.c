/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as an answer in XML, as an error of AWS's, or as a shared file of credentials: the first
 * byte says which.
 */
#include "fuzz.h"

#include "base/jcs.h"
#include "base/utf8.h"
#include "provider/aws_credentials.h"
#include "provider/aws_error.h"
#include "provider/aws_xml.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	jcs_setup();
	return 0;
}

static void read_xml(const char *text, size_t len, struct arena *a)
{
	static const char *const names[] = {"Code", "Message", "Expiration", "KeyCount"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *found = aws_xml_text(text, len, names[i], a);

		CLAIM(!found || (strlen(found) <= len && utf8_valid(found, strlen(found))));
	}
}

static void read_error(const char *text, size_t len, struct arena *a)
{
	const struct http_header type = {"x-amzn-errortype", arena_strndup(a, text, len % 40)};
	struct http_response r = {.status = 400 + (int)(len % 200),
		.headers = &type,
		.n_headers = len % 2,
		.body = arena_strndup(a, text, len),
		.body_len = len};
	struct session_verdict v;
	struct err err = {0};

	aws_judge(&r, 0, a, &v, &err);
	CLAIM((err.code == ERR_UNREACHABLE) == v.passing && err.code != ERR_NONE);
	for (const char *p = err.msg; *p; p++)
		CLAIM((unsigned char)*p >= ' ' && *p != 0x7F);
}

static void read_profile(const char *text, size_t len, struct arena *a)
{
	struct aws_profile p = {0};
	struct err err = {0};
	int rc = aws_profile_parse(text, len, "default", a, &p, &err);

	CLAIM(rc >= 0 || (err.code == ERR_CONFIG && err.msg[0]));
	CLAIM(rc > 0 || (!p.id && !p.secret && !p.token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	FREE_AUTO char *text = NULL;

	if (size == 0)
		return 0;
	/* Without a NUL at its end, so that a read beyond it is seen. */
	text = xmalloc(size);
	memcpy(text, data, size);
	(data[0] % 3 == 0	   ? read_xml
		: data[0] % 3 == 1 ? read_error
				   : read_profile)(text + 1, size - 1, a);
	return 0;
}
