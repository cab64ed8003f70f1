/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a configuration file, and any line of it as -o: refused with its place, or a
 * configuration in which every option has a value.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "app/config.h"

static int fd;
static char path[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fd = memfd_create("config", 0);
	CLAIM(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return 0;
}

static void load(const struct config_source *source, struct arena *a)
{
	struct config c = {0};
	struct err err = {0};

	if (config_load(source, a, &c, &err) < 0) {
		CLAIM(err.code == ERR_CONFIG && err.msg[0]);
		return;
	}
	for (size_t i = 0; i < OPTIONS; i++)
		CLAIM(c.text[i]);
	CLAIM(c.n_listeners > 0);
	CLAIM(config_changed(&c, &c) == 0 && !config_waits(&c, &c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	char *text = arena_strndup(a, (const char *)data, size);
	const char *assignments[8];
	size_t n = 0;

	CLAIM(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	load(&(struct config_source){.file = path}, a);
	for (char *p = text; n < 8 && *p;) {
		size_t len = strcspn(p, "\n");

		assignments[n++] = arena_strndup(a, p, len);
		p += len + (p[len] == '\n');
	}
	load(&(struct config_source){.assignments = assignments, .n_assignments = n}, a);
	return 0;
}
