/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed verify`: what a node has to check, by the library that nodes link: of a daemon the whole
 * way from the pointer to the release, of a file what it holds. The state is written only when all of
 * it held.
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/trust.h"

enum { KEY_FILE_MAX = 64 << 10, STATE_MODE = 0644 };

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"
#define PEM_END	  "-----END PUBLIC KEY-----"
#define STATEMENT "application/vnd.in-toto+json"
#define CHANNEL	  "/v1/channels/stable"
#define POINTER	  CHANNEL "/attestation"
#define RELEASES  "/v1/releases/"

struct verification {
	struct spiralfed_key keys[SPIRALFED_KEYS_MAX];
	size_t n_keys;
	struct spiralfed_state state;
	struct spiralfed_pointer pointer;
	int64_t now;
};

int cli_trusted_keys(struct cli *cli, struct spiralfed_key ret[SPIRALFED_KEYS_MAX], size_t *ret_n)
{
	const char *path = cli->option[CLI_OPTION_KEY];
	struct err err = {0};
	char *text, *at;
	size_t len, n = 0;

	if (file_read(path, KEY_FILE_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--key: %s", err.msg);
	for (at = text; (at = strstr(at, PEM_BEGIN));) {
		const char *from = at, *end = strstr(at, PEM_END);

		if (!end)
			break;
		if (n == SPIRALFED_KEYS_MAX)
			return cli_fail(cli, CLI_USAGE, "--key: %s holds more than %d keys", path,
				SPIRALFED_KEYS_MAX);
		at = text + (end - text) + strlen(PEM_END);
		if (spiralfed_key_pem(from, (size_t)(at - from), &ret[n++]) != SPIRALFED_OK)
			return cli_fail(
				cli, CLI_USAGE, "--key: %s: key %zu is no Ed25519 key", path, n);
	}
	*ret_n = n;
	return n ? CLI_DONE
		 : cli_fail(cli, CLI_USAGE,
			   "--key: %s holds no public key in PEM; `spiralfed key show` "
			   "prints them",
			   path);
}

static int load_state(struct cli *cli, struct verification *v)
{
	const char *path = cli->option[CLI_OPTION_STATE];
	struct err err = {0};
	char *text;
	size_t len;

	if (!path || access(path, F_OK) < 0)
		return CLI_DONE;
	if (file_read(path, SPIRALFED_STATE_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--state: %s", err.msg);
	if (spiralfed_state_read(text, len, &v->state) != SPIRALFED_OK)
		return cli_fail(cli, CLI_USAGE, "--state: %s holds no state of a node", path);
	return CLI_DONE;
}

static int save_state(struct cli *cli, const struct verification *v)
{
	const char *path = cli->option[CLI_OPTION_STATE];
	char text[SPIRALFED_STATE_MAX];
	struct err err = {0};
	size_t len = spiralfed_state_write(&v->state, text, sizeof(text));

	if (!path)
		return CLI_DONE;
	if (file_replace(path, text, len, STATE_MODE, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "--state: %s", err.msg);
	return CLI_DONE;
}

/* ---- What is said ---- */

static int refuse(struct cli *cli, const char *what, enum spiralfed_status status)
{
	if (cli->option[CLI_OPTION_JSON])
		fprintf(cli->out, "{\"status\":\"%s\"}\n", spiralfed_status_name(status));
	return cli_fail(cli, CLI_REFUSED, "%s: %s: %s", what, spiralfed_status_name(status),
		spiralfed_status_text(status));
}

static int report(struct cli *cli, enum spiralfed_status status, const struct spiralfed_pointer *p)
{
	STRBUF_AUTO sb = STRBUF_INIT(CLIENT_BODY_MAX);
	char expires[TIME_STRLEN];
	struct json_writer w;

	if (!cli->option[CLI_OPTION_JSON]) {
		fprintf(cli->out, "%s: %s is at %s (serial %lld), valid until %s\n",
			spiralfed_status_name(status), p->channel, p->release.version,
			(long long)p->serial, time_format(p->expires, expires));
		return CLI_DONE;
	}
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "status", spiralfed_status_name(status));
	jw_kstring(&w, "channel", p->channel);
	jw_kint(&w, "serial", p->serial);
	jw_kstring(&w, "version", p->release.version);
	jw_kstring(&w, "digest", p->release.digest);
	jw_ktime(&w, "issued", p->issued);
	jw_ktime(&w, "expires", p->expires);
	jw_end(&w);
	fprintf(cli->out, "%s\n", sb.buf);
	return CLI_DONE;
}

/* ---- A daemon ---- */

static int fetch(struct cli *cli, const char *path, struct http_response *ret)
{
	const char *json = cli->option[CLI_OPTION_JSON];
	int rc;

	cli->option[CLI_OPTION_JSON] = NULL; /* it is our answer that is wanted, not each of its */
	rc = client_call(cli, &(struct call){.method = "GET", .path = path}, ret);
	cli->option[CLI_OPTION_JSON] = json;
	return rc;
}

/* `named` NULL: it is known by its version alone. */
static int check_release(struct cli *cli, const struct verification *v, const char *version,
	const struct spiralfed_release *named, struct spiralfed_release *ret)
{
	struct http_response body, envelope;
	enum spiralfed_status status;
	int rc;

	version = http_escape(version, cli->arena);
	rc = fetch(cli, arena_printf(cli->arena, "/v1/releases/%s", version), &body);

	if (!rc)
		rc = fetch(cli, arena_printf(cli->arena, "/v1/releases/%s/attestation", version),
			&envelope);
	if (rc)
		return rc;
	status = spiralfed_release_verify(v->keys, v->n_keys, envelope.body, envelope.body_len,
		body.body, body.body_len, named, ret);
	if (status == SPIRALFED_OK && strcmp(ret->version, version) != 0)
		status = SPIRALFED_MISMATCH;
	return status == SPIRALFED_OK
		       ? CLI_DONE
		       : refuse(cli, arena_printf(cli->arena, "release %s", version), status);
}

static bool taken(enum spiralfed_status status)
{
	return status == SPIRALFED_MOVED || status == SPIRALFED_RENEWED ||
	       status == SPIRALFED_UNCHANGED;
}

static enum spiralfed_status check_pointer(struct verification *v, const char *text, size_t len)
{
	return spiralfed_pointer_verify(
		v->keys, v->n_keys, "stable", text, len, v->now, &v->state, &v->pointer);
}

static int verify_daemon(struct cli *cli, struct verification *v)
{
	struct http_response pointer;
	struct spiralfed_release got;
	enum spiralfed_status status;
	int rc = fetch(cli, POINTER, &pointer);

	if (rc)
		return rc;
	status = check_pointer(v, pointer.body, pointer.body_len);
	if (!taken(status))
		return refuse(cli, "the channel", status);
	rc = check_release(cli, v, v->pointer.release.version, &v->pointer.release, &got);
	if (!rc)
		rc = save_state(cli, v);
	return rc ? rc : report(cli, status, &v->pointer);
}

static int report_release(struct cli *cli, const char *what, const struct spiralfed_release *r)
{
	if (cli->option[CLI_OPTION_JSON])
		fprintf(cli->out, "{\"status\":\"ok\",\"version\":\"%s\",\"digest\":\"%s\"}\n",
			r->version, r->digest);
	else
		fprintf(cli->out, "ok: %s is release %s, %s\n", what, r->version, r->digest);
	return CLI_DONE;
}

/* Of a release by itself nobody can say whether it is the one to follow: no state is kept. */
static int verify_release(
	struct cli *cli, const struct verification *v, const char *url, const char *version)
{
	struct spiralfed_release got;
	int rc;

	if (cli->option[CLI_OPTION_STATE])
		return cli_misuse(cli, "--state goes with the channel, not with a release");
	rc = check_release(cli, v, version, NULL, &got);
	return rc ? rc : report_release(cli, url, &got);
}

/* ---- A file ---- */

static int verify_release_file(struct cli *cli, const struct verification *v, const char *path,
	const char *text, size_t len)
{
	const char *release = cli->option[CLI_OPTION_RELEASE];
	struct spiralfed_release got;
	enum spiralfed_status status;
	struct err err = {0};
	char *body;
	size_t body_len;

	if (file_read(release, SPIRALFED_RELEASE_MAX, cli->arena, &body, &body_len, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--release: %s", err.msg);
	status =
		spiralfed_release_verify(v->keys, v->n_keys, text, len, body, body_len, NULL, &got);
	if (status != SPIRALFED_OK)
		return refuse(cli, path, status);
	return report_release(cli, release, &got);
}

static int verify_file(struct cli *cli, struct verification *v, const char *path)
{
	enum spiralfed_status status;
	struct err err = {0};
	char *text;
	size_t len;
	int rc;

	if (file_read(path, SPIRALFED_ENVELOPE_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "%s", err.msg);
	if (cli->option[CLI_OPTION_RELEASE])
		return verify_release_file(cli, v, path, text, len);
	status = check_pointer(v, text, len);
	if (status == SPIRALFED_BAD_SIGNATURE && strstr(text, STATEMENT))
		return cli_fail(cli, CLI_REFUSED,
			"%s: bad_signature: no trusted key signed this as a pointer; as the "
			"envelope "
			"of a release it goes with --release",
			path);
	if (!taken(status))
		return refuse(cli, path, status);
	rc = save_state(cli, v);
	return rc ? rc : report(cli, status, &v->pointer);
}

/* ---- A URL ---- */

/* The version of a path /v1/releases/{version} or of its envelope; NULL: it is no such path. */
static const char *version_of(struct cli *cli, const char *path)
{
	const char *from = path + strlen(RELEASES);
	size_t len;

	if (!text_starts(path, RELEASES))
		return NULL;
	from += *from == 'v';
	len = strcspn(from, "/?#");
	return len && (!from[len] || !strcmp(from + len, "/attestation"))
		       ? arena_strndup(cli->arena, from, len)
		       : NULL;
}

/* Of a daemon, of its channel, or of one of its releases. */
static int verify_url(struct cli *cli, struct verification *v, const char *url)
{
	const char *path = strstr(url, "/v1/"), *version;

	for (const char *next = path; next; next = strstr(next + 1, "/v1/"))
		path = next;
	if (!path) {
		cli->option[CLI_OPTION_SERVER] = url;
		return verify_daemon(cli, v);
	}
	cli->option[CLI_OPTION_SERVER] = arena_strndup(cli->arena, url, (size_t)(path - url));
	if (!strcmp(path, POINTER) || !strcmp(path, CHANNEL))
		return verify_daemon(cli, v);
	version = version_of(cli, path);
	if (!version)
		return cli_misuse(cli,
			"%s: nothing there can be checked; what can is the daemon (its address "
			"alone), " CHANNEL " and " RELEASES "VERSION",
			path);
	return verify_release(cli, v, url, version);
}

int cli_verify(struct cli *cli)
{
	const char *what = cli->n_args ? cli->args[0] : NULL;
	struct verification v = {.now = clock_now(cli->clock)};
	int rc = cli_trusted_keys(cli, v.keys, &v.n_keys);

	if (!rc)
		rc = load_state(cli, &v);
	if (rc)
		return rc;
	if (what && !strstr(what, "://") && !text_starts(what, "unix:"))
		return verify_file(cli, &v, what);
	if (cli->option[CLI_OPTION_RELEASE])
		return cli_misuse(cli, "--release goes with a file: the envelope of the release");
	return what ? verify_url(cli, &v, what) : verify_daemon(cli, &v);
}
