/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the Hub's token where its own tools leave it. It refuses no token: the Hub does.
 */
#include "provider/hf_token.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { TOKEN_MAX = 16 << 10 };

static const char *trimmed(const char *text, struct arena *a)
{
	size_t from = strspn(text, " \t\r\n"), to = strlen(text);

	while (to > from && strchr(" \t\r\n", text[to - 1]))
		to--;
	return arena_strndup(a, text + from, to - from);
}

static const char *token_path(struct arena *a)
{
	const char *path = getenv("HF_TOKEN_PATH"), *home = getenv("HF_HOME");

	return path && *path ? path : home && *home ? arena_printf(a, "%s/token", home) : NULL;
}

int hf_token(const char *token_file, struct arena *a, const char **ret, struct err *err)
{
	static const char *const names[] = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"};
	struct err ignored;
	char *text;
	size_t len;

	if (token_file) {
		if (file_read(token_file, TOKEN_MAX, a, &text, &len, err) < 0) {
			err->code = ERR_CONFIG;
			return err_wrap(err, "token_file");
		}
		*ret = trimmed(text, a);
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *(*ret = trimmed(value, a)))
			return 0;
	}
	const char *path = token_path(a);

	*ret = path && file_read(path, TOKEN_MAX, a, &text, &len, &ignored) == 0 ? trimmed(text, a)
										 : "";
	return 0;
}
