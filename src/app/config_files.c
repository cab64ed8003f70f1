/* SPDX-License-Identifier: Apache-2.0
 *
 * Files with secrets that options name. Whether they can be read is only said: they are read anew
 * whenever they are needed, and a rotated one may come later than the start.
 */
#include <string.h>
#include <sys/stat.h>

#include "app/config.h"
#include "base/file.h"
#include "engine/source.h"

enum { SECRET_FILE_MAX = 64 << 10 };

/* What is wrong with it; NULL: nothing that can be seen before it is used. */
static const char *fault_of(const struct option_info *o, const char *path, struct arena *a)
{
	ARENA_SECRET secret = arena_new();
	struct err err = {0};
	char *text;
	size_t len;

	if (file_read_regular(path, SECRET_FILE_MAX, secret, &text, &len, &err) < 0)
		return arena_strdup(a, err.msg);
	text += strspn(text, " \t\r\n");
	if (!*text)
		return "it is empty";
	if (strcmp(o->name, "webhook_secret") == 0 && strcspn(text, "\r\n") < WEBHOOK_SECRET_MIN)
		return arena_printf(a,
			"it has fewer than %d characters and is not taken: openssl rand -hex 32 "
			"makes one",
			WEBHOOK_SECRET_MIN);
	return NULL;
}

static bool is_open(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IRWXO;
}

static void look(const struct option_info *o, const char *section, const char *where,
	const char *path, struct arena *a, config_warn *warn, void *arg)
{
	const char *fault;

	if (!path || strcmp(o->unit, "file") != 0)
		return;
	if (is_open(path))
		warn(arg, arena_printf(a,
				  "%s: [%s] %s = %s: everybody on this machine may read it: chmod "
				  "o= it",
				  where, section, o->name, path));
	fault = fault_of(o, path, a);
	if (fault)
		warn(arg, arena_printf(a,
				  "%s: [%s] %s = %s: %s; write it there, for the daemon's user to "
				  "read: it is read when it is needed, without a restart",
				  where, section, o->name, path, fault));
}

void config_files_check(const struct config *c, struct arena *a, config_warn *warn, void *arg)
{
	for (size_t i = 0; i < c->n_providers; i++) {
		const struct connector_config *p = &c->providers[i];
		const char *section = arena_printf(a, "provider.%s", p->options.provider);

		for (size_t k = 0; k < PROVIDER_OPTIONS; k++)
			look(provider_option_info(k), section, p->where[k], p->text[k], a, warn,
				arg);
	}
	for (size_t k = 0; k < PROMETHEUS_OPTIONS; k++)
		look(prometheus_option_info(k), "slo.prometheus", c->prometheus_where[k],
			c->prometheus_text[k], a, warn, arg);
}
