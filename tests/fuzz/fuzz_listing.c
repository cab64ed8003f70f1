/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as the listing of a web server: refused with a sentence, or names that lead nowhere else.
 */
#include "fuzz.h"

#include "base/jcs.h"
#include "base/utf8.h"
#include "provider/dir_web.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	jcs_setup();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, size);
	struct dir_links l;
	struct err err = {0};

	if (dir_links_parse(text, size, a, &l, &err) < 0) {
		CLAIM(err.code == ERR_IO && err.msg[0]);
		return 0;
	}
	CLAIM(l.n <= LISTING_MAX);
	for (size_t i = 0; i < l.n; i++) {
		const char *name = l.v[i].name;
		size_t len = strlen(name);

		CLAIM(len > 5 && !strcmp(name + len - 5, ".json") && *name != '.');
		CLAIM(!strpbrk(name, "/\\:?#") && utf8_valid(name, len));
		CLAIM(!l.v[i].state || *l.v[i].state);
	}
	return 0;
}
