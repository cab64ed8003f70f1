/* SPDX-License-Identifier: Apache-2.0
 *
 * The scratch folder of a test, below $TEST_TMP or /tmp.
 */
#include "support/scratch.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[256];

void scratch_make(void)
{
	const char *base = getenv("TEST_TMP");

	snprintf(folder, sizeof(folder), "%s/scratch-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void scratch_remove(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

char *scratch_file(char buf[SCRATCH_PATH], const char *name)
{
	snprintf(buf, SCRATCH_PATH, "%s/%s", folder, name);
	return buf;
}

char *scratch_read(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(1 << 24);

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(data);
	*ret_len = fread(data, 1, 1 << 24, f);
	fclose(f);
	return data;
}
