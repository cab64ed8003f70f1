/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes an admin token through the engine like any other, as "local", and keeps its secret in a file
 * that only the daemon's user reads.
 */
#include "app/admin_token.h"

#include <semaphore.h>
#include <string.h>

#include "base/file.h"
#include "model/field.h"
#include "store/token.h"

enum { TOKEN_FILE_MODE = 0600 };

struct made_token {
	const char *token;
};
static const struct field made_fields[] = {
	{"token", FIELD_STRING, offsetof(struct made_token, token), FIELD_REQUIRED},
};
static const struct field_table made_table = FIELD_TABLE(
	"MadeToken", "The answer's secret.", struct made_token, made_fields, .open = true);

static void wake(struct command *c)
{
	sem_post(c->owner);
}

int admin_token_new(struct engine *e, const struct state *s, struct err *err)
{
	static const char *scopes[] = {"admin"};
	const struct token_request request = {.name = "admin", .scopes = {.v = scopes, .n = 1}};
	struct made_token made;
	sem_t done;
	ARENA_AUTO a = arena_new();
	struct command c = {.arena = a, .actor = "local", .done = wake, .owner = &done};

	sem_init(&done, 0, 0);
	int rc = token_create(e, &c, &request, err);
	while (rc == 0 && sem_wait(&done) < 0)
		continue;
	sem_destroy(&done);
	if (rc < 0)
		return -1;
	if (c.err.code != ERR_NONE) {
		*err = c.err;
		return -1;
	}
	if (fields_load_text(&made_table, c.answer.body, a, &made, err) < 0)
		return -1;
	const char *line = arena_printf(a, "%s\n", made.token);
	return file_replace(s->admin_token, line, strlen(line), TOKEN_FILE_MODE, err);
}

int admin_token_first(struct engine *e, const struct state *s, struct err *err)
{
	struct db *reader = NULL;

	if (engine_reader(e, &reader, err) < 0)
		return -1;
	int any = token_any(reader, err);
	db_close(reader);
	if (any < 0)
		return -1;
	if (any)
		return 0;
	return admin_token_new(e, s, err) < 0 ? -1 : 1;
}
