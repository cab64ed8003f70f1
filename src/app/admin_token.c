/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps the secret of the host's own token in a file that only the daemon's user reads.
 */
#include "app/admin_token.h"

#include <string.h>

#include "base/file.h"
#include "engine/token.h"

enum { TOKEN_FILE_MODE = 0600 };

int admin_token_new(struct engine *e, const struct state *s, struct err *err)
{
	ARENA_AUTO a = arena_new();
	const char *secret;

	if (engine_admin_token(e, "admin", a, &secret, err) < 0)
		return -1;
	const char *line = arena_printf(a, "%s\n", secret);
	return file_replace(s->admin_token, line, strlen(line), TOKEN_FILE_MODE, err);
}

int admin_token_first(struct engine *e, const struct state *s, struct err *err)
{
	int any = engine_has_tokens(e, err);

	if (any != 0)
		return any < 0 ? -1 : 0;
	return admin_token_new(e, s, err) < 0 ? -1 : 1;
}
