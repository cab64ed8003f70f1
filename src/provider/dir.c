/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `dir`: a folder of manifests, one JSON document in each file called *.json; dir_web.c
 * has the listings over HTTPS. What has not changed costs a stat. It refuses symbolic links, devices and whatever else is no regular file,
 * files above DOCUMENT_MAX, and folders of more than LISTING_MAX files; it looks into no subfolder.
 *
 * Who puts a file there does well to write it under another name (x.json.tmp) and rename it. One that
 * is written in place is safe too: a document that is cut off is no JSON, so a young file that does
 * not parse is left for another time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "base/utf8.h"
#include "provider/dir_web.h"
#include "provider/provider.h"

/* A file changed this lately may be half of what it will be. */
enum { SETTLE_S = 60, CHECK_EVERY = 256 };

#define NOT_TEXT "bytes/"

struct connector {
	char *path; /* NULL: web has it */
	struct dir_web *web;
	char *artifacts; /* NULL: not told */
};

/* ---- Opening ---- */

static int check_path(const char *name, const char *path, struct err *err)
{
	if (path && *path != '/')
		return err_set(err, ERR_CONFIG, "%s = %s: is no absolute path", name, path);
	return 0;
}

/* Without slashes at its end: URIs are compared with it. */
static char *folder_of(const char *path)
{
	char *out = xstrdup(path);

	for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	return out;
}

static int dir_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	struct connector *c;

	if (!o->path == !o->url)
		return err_set(err, ERR_CONFIG,
			"connector = dir needs either path = FOLDER or url = LISTING");
	if (check_path("path", o->path, err) < 0 || check_path("artifacts", o->artifacts, err) < 0)
		return -1;
	c = xcalloc(1, sizeof(*c));
	if (o->url && dir_web_new(o->url, o->private_network, &c->web, err) < 0) {
		free(c);
		return -1;
	}
	c->path = o->path ? xstrdup(o->path) : NULL;
	c->artifacts = o->artifacts ? folder_of(o->artifacts) : NULL;
	*ret = c;
	return 0;
}

static void dir_close(struct connector *c)
{
	if (!c)
		return;
	dir_web_free(c->web);
	free(c->path);
	free(c->artifacts);
	free(c);
}

/* ---- Listing ---- */

static int folder_error(const char *what, const char *path, struct err *err)
{
	return err_set(err, ERR_IO, "cannot %s the folder %s: %s", what, path, strerror(errno));
}

static int open_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? folder_error("open", path, err) : fd;
}

static bool is_manifest(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

/* The change time is part of it: an owner may set the others back. */
static const char *version_of(const struct stat *st, struct arena *a)
{
	return arena_printf(a, "%llx-%llx-%llx.%lx-%llx.%lx", (unsigned long long)st->st_ino,
		(unsigned long long)st->st_size, (unsigned long long)st->st_mtim.tv_sec,
		(unsigned long)st->st_mtim.tv_nsec, (unsigned long long)st->st_ctim.tv_sec,
		(unsigned long)st->st_ctim.tv_nsec);
}

static const char *fault_of(const struct stat *st, const char *name, struct arena *a)
{
	if (S_ISLNK(st->st_mode))
		return "is a symbolic link; put the file itself here";
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_size > DOCUMENT_MAX)
		return arena_printf(a,
			"has %lld bytes; a manifest has at most %d: data sets do not belong into "
			"it",
			(long long)st->st_size, (int)DOCUMENT_MAX);
	if (!utf8_valid(name, strlen(name)))
		return "has a name that is not UTF-8";
	return NULL;
}

/* Bytes that are no text would not come back from the registry as they went in. No name of a file holds
 * a slash, so that none is called like another one's bytes. */
static const char *name_of(const char *name, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(NAME_MAX * 3 + sizeof(NOT_TEXT));

	if (utf8_valid(name, strlen(name)))
		return arena_strdup(a, name);
	strbuf_addstr(&sb, NOT_TEXT);
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x80 && *p != '%')
			strbuf_addch(&sb, *p);
		else
			strbuf_addf(&sb, "%%%02X", (unsigned char)*p);
	return arena_strndup(a, sb.buf, sb.len);
}

struct gathering {
	struct source_entry *v;
	size_t n, room;
};

static void gather(struct gathering *g, int folder, const char *name, struct arena *a)
{
	struct stat st;

	/* Gone since the folder was read. */
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 256;
		g->v = xrealloc(g->v, g->room * sizeof(*g->v));
	}
	g->v[g->n++] = (struct source_entry){
		.name = name_of(name, a),
		.version = version_of(&st, a),
		.fault = fault_of(&st, name, a),
	};
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int read_folder(const struct connector *c, const struct provider_call *call,
	struct gathering *g, struct source_listing *l, struct err *err)
{
	int fd = open_folder(c->path, err);
	__attribute__((cleanup(closedirp))) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? -1 : folder_error("read", c->path, err);
	}
	for (size_t seen = 0;; seen++) {
		const struct dirent *e;

		if (seen % CHECK_EVERY == 0 && provider_call_check(call, err) < 0)
			return -1;
		errno = 0;
		e = readdir(d);
		if (!e)
			return errno ? folder_error("read", c->path, err) : 0;
		if (!is_manifest(e->d_name)) {
			l->ignored++;
		} else if (g->n == LISTING_MAX) {
			l->cut = true;
			return 0;
		} else {
			gather(g, dirfd(d), e->d_name, call->arena);
		}
	}
}

static int dir_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	struct source_listing l = {0};
	struct gathering g = {0};
	int rc;

	if (c->web)
		return dir_web_list(c->web, call, ret, err);
	rc = read_folder(c, call, &g, &l, err);

	if (rc == 0 && g.n) {
		l.n = source_entries_sort(g.v, g.n);
		l.v = arena_memdup(call->arena, g.v, l.n * sizeof(*g.v));
	}
	free(g.v);
	if (rc == 0)
		*ret = l;
	return rc;
}

/* ---- Fetching ---- */

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_young(const struct stat *st, const struct clock *clock)
{
	int64_t age = clock_now(clock) / USEC_PER_SEC - (int64_t)st->st_mtim.tv_sec;

	return age > -SETTLE_S && age < SETTLE_S;
}

static int read_error(const char *name, struct err *err)
{
	return err_set(err, ERR_IO, "cannot read %s: %s", name, strerror(errno));
}

/* All of the descriptor, up to `size` bytes and one more. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len <= size) {
		ssize_t n = read(fd, buf + len, size + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int read_file(int fd, const char *name, const struct provider_call *call,
	struct source_document *ret, struct err *err)
{
	struct stat before, after;
	char *buf;
	ssize_t n;

	if (fstat(fd, &before) < 0)
		return read_error(name, err);
	/* Another file than the one that was listed. */
	if (!S_ISREG(before.st_mode) || before.st_size > DOCUMENT_MAX)
		return FETCH_UNSETTLED;
	buf = arena_alloc(call->arena, (size_t)before.st_size + 2);
	n = read_all(fd, buf, (size_t)before.st_size);
	if (n < 0 || fstat(fd, &after) < 0)
		return read_error(name, err);
	if (n != before.st_size || !same(&before, &after))
		return FETCH_UNSETTLED;
	buf[n] = '\0';
	*ret = (struct source_document){buf, (size_t)n, is_young(&before, call->clock)};
	return FETCH_DONE;
}

static int dir_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	FD_AUTO folder = -1;
	FD_AUTO fd = -1;

	if (provider_call_check(call, err) < 0)
		return -1;
	folder = open_folder(c->path, err);
	if (folder < 0)
		return -1;
	/* Without O_NONBLOCK a pipe that took the file's place would hold us. */
	fd = openat(folder, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return FETCH_GONE;
	if (fd < 0 && errno == ELOOP)
		return FETCH_UNSETTLED;
	if (fd < 0)
		return read_error(entry->name, err);
	return read_file(fd, entry->name, call, ret, err);
}

/* ---- Probing ---- */

/* What stands behind scheme:// as a path within the folder of artifacts, and behind file:// the path
 * itself; NULL when the URI names no such path, or one that leaves the folder. */
static const char *path_of(const struct connector *c, const char *uri, struct arena *a)
{
	const char *at = strstr(uri, "://");
	STRBUF_AUTO sb = STRBUF_INIT(4096);
	size_t root = strlen(c->artifacts);

	if (!at)
		return NULL;
	if (!text_starts(uri, "file://"))
		strbuf_addf(&sb, "%s/", c->artifacts);
	for (at += 3; *at && *at != '?' && *at != '#'; at++) {
		int byte = *at == '%' ? hex_byte(at + 1) : *at;

		if (*at == '%' && byte <= 0)
			return NULL;
		strbuf_addch(&sb, (char)byte);
		at += *at == '%' ? 2 : 0;
	}
	if (sb.overflow || strncmp(sb.buf, c->artifacts, root) != 0 || sb.buf[root] != '/' ||
		strstr(sb.buf, "/../") || (sb.len > 2 && !strcmp(sb.buf + sb.len - 3, "/..")))
		return NULL;
	return arena_strndup(a, sb.buf, sb.len);
}

static bool is_empty_folder(const char *path)
{
	__attribute__((cleanup(closedirp))) DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			return false;
	return true;
}

static struct probe probe_path(const char *path, int64_t size, struct arena *a)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct probe){
			PROBE_MISSING, arena_printf(a, "%s: %s", path, strerror(errno))};
	if (S_ISDIR(st.st_mode) && is_empty_folder(path))
		return (struct probe){PROBE_MISSING,
			arena_printf(a, "%s is an empty folder, or can't be read", path)};
	if (!S_ISDIR(st.st_mode) && size >= 0 && st.st_size != size)
		return (struct probe){
			PROBE_MISSING, arena_printf(a, "%s has %lld bytes; its manifest says %lld",
					       path, (long long)st.st_size, (long long)size)};
	return (struct probe){PROBE_REACHABLE, arena_printf(a, "%s is there", path)};
}

static bool dir_probes(const struct connector *c)
{
	return c->artifacts != NULL;
}

static int dir_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	const char *path;

	if (provider_call_check(call, err) < 0)
		return -1;
	path = path_of(c, target->uri, call->arena);
	*ret = path ? probe_path(path, target->size, call->arena)
		    : (struct probe){
			      PROBE_UNKNOWN, arena_printf(call->arena, "%s names no path within %s",
						     target->uri, c->artifacts)};
	return 0;
}

static int fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	return c->web ? dir_web_fetch(c->web, call, entry, ret, err)
		      : dir_fetch(c, call, entry, ret, err);
}

static bool dir_health(struct connector *c, const struct clock *clock, struct session_health *ret)
{
	if (c->web)
		dir_web_health(c->web, clock, ret);
	return c->web != NULL;
}

const struct connector_kind connector_dir = {
	.name = "dir",
	.open = dir_open,
	.close = dir_close,
	.list = dir_list,
	.fetch = fetch,
	.health = dir_health,
	.probes = dir_probes,
	.probe = dir_probe,
};
