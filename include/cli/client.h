/* SPDX-License-Identifier: Apache-2.0
 *
 * One question to the daemon: finds server and token, sends, and reports what was refused. One
 * thread; strings live in the invocation's arena.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/json_writer.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "model/field.h"
#include "net/http.h"

enum { CLIENT_PATH_MAX = 8192, CLIENT_BODY_MAX = 1 << 20, CLIENT_ANSWER_MAX = 64 << 20 };

struct call {
	const char *method, *path; /* path with its query, encoded */
	const char *body;	   /* JSON, NULL for none */
	size_t body_len;
	const char *about; /* named before an error, e.g. the file; NULL for none */
	bool quiet;	   /* with --json the answer is not printed either */
	bool table;	   /* without --json ask for a table in plain text, and print it */
};

/* 0 when the daemon did as asked; with --json, or when a table was asked for, its answer is then
 * printed. Else an exit code, after saying why on standard error. */
int client_call(struct cli *cli, const struct call *call, struct http_response *ret);

/* The same, then the answer read by an open field table, unless --json printed it already: then
 * *ret_done is set and *obj is untouched. */
int client_ask(struct cli *cli, const struct call *call, const struct field_table *t, void *obj,
	bool *ret_done);

/* The same for a POST of a body (NULL: none). */
int client_post(struct cli *cli, const char *path, const struct strbuf *body,
	const struct field_table *t, void *obj, bool *ret_done);

/* Append name=value of an option that was given to a path, as its next query parameter. */
void client_query(
	struct cli *cli, struct strbuf *path, const char *name, enum cli_option_id option);

/* Print what stands at a path, as a table without --json. */
int client_show(struct cli *cli, const char *path);
/* The same for one page of a list: --max-results and --page-token go along. */
int client_list(struct cli *cli, struct strbuf *path);
/* The list at this path, or the one of it that the first argument names. */
int client_list_or_one(struct cli *cli, const char *path);
/* POST a body, and print the answer as client_show() does. */
int client_order(struct cli *cli, const char *path, const struct strbuf *body);
/* Write the member for an option that was given: its text, or true when it takes none. */
void client_member(
	struct cli *cli, struct json_writer *w, const char *name, enum cli_option_id option);

/* Append the path of an artifact PROVIDER/NAMESPACE/NAME, each part encoded. 0, or the exit code of
 * misuse after saying so. */
int client_artifact_path(struct cli *cli, const char *id, struct strbuf *path);

/* A string of an answer that may be missing or null. */
#define ANSWER_STRING(type_, member_)                                                       \
	{                                                                                   \
		.name = #member_, .type = FIELD_STRING, .offset = offsetof(type_, member_), \
		.flags = FIELD_EMIT_NULL, .min = 0, .max = CLIENT_BODY_MAX                  \
	}
#define ANSWER_LIST(type_, member_, table_)                                               \
	{                                                                                 \
		.name = #member_, .type = FIELD_LIST, .offset = offsetof(type_, member_), \
		.min = 0, .max = CLIENT_BODY_MAX, .table = &(table_)                      \
	}

#endif
