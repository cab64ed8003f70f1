/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at a registry that no daemon has open: SQLite's own integrity and foreign key checks, each
 * manifest's canonical text against its digest, and the history's hash chain from its first link.
 * Exit 1 and a line for each fault.
 *
 *	integrity REGISTRY
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"

static int faults;

static void fault(const char *what, const char *detail)
{
	printf("integrity: %s: %s\n", what, detail);
	faults++;
}

static sqlite3_stmt *query(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fault(sql, sqlite3_errmsg(db));
	return s;
}

static void check_pragmas(sqlite3 *db)
{
	sqlite3_stmt *s = query(db, "PRAGMA integrity_check");
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(s, 0);
		if (strcmp(line, "ok") != 0)
			fault("integrity_check", line);
	}
	sqlite3_finalize(s);
	s = query(db, "PRAGMA foreign_key_check");
	while (sqlite3_step(s) == SQLITE_ROW)
		fault("foreign_key_check", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
}

static int64_t check_manifests(sqlite3 *db)
{
	int64_t n = 0;
	sqlite3_stmt *s = query(db, "SELECT digest, canonical FROM manifest");
	while (sqlite3_step(s) == SQLITE_ROW) {
		char digest[DIGEST_STRLEN];
		const char *want = (const char *)sqlite3_column_text(s, 0);
		digest_string(
			sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1), digest);
		if (strcmp(digest, want) != 0)
			fault("manifest content", want);
		n++;
	}
	sqlite3_finalize(s);
	return n;
}

static int64_t check_chain(sqlite3 *db)
{
	unsigned char prev[SHA256_SIZE] = {0}, hash[SHA256_SIZE];
	int64_t next = 1;
	sqlite3_stmt *s = query(db, "SELECT seq, entry, prev_hash, hash FROM event ORDER BY seq");
	while (sqlite3_step(s) == SQLITE_ROW) {
		char at[32];
		snprintf(at, sizeof(at), "event %" PRId64, (int64_t)sqlite3_column_int64(s, 0));
		chain_hash(
			prev, sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1), hash);
		if (sqlite3_column_int64(s, 0) != next)
			fault("history has a gap before", at);
		if (memcmp(sqlite3_column_blob(s, 2), prev, SHA256_SIZE) != 0)
			fault("previous hash of", at);
		if (memcmp(sqlite3_column_blob(s, 3), hash, SHA256_SIZE) != 0)
			fault("hash of", at);
		memcpy(prev, hash, SHA256_SIZE);
		next = sqlite3_column_int64(s, 0) + 1;
	}
	sqlite3_finalize(s);
	return next - 1;
}

int main(int argc, char **argv)
{
	sqlite3 *db = NULL;
	if (argc != 2) {
		fprintf(stderr, "usage: integrity REGISTRY\n");
		return 2;
	}
	if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		fprintf(stderr, "integrity: %s: %s\n", argv[1], sqlite3_errmsg(db));
		return 2;
	}
	check_pragmas(db);
	int64_t manifests = check_manifests(db), events = check_chain(db);
	printf("integrity: %" PRId64 " manifests match their digests, %" PRId64
	       " events in an unbroken chain, %d faults\n",
		manifests, events, faults);
	sqlite3_close(db);
	return faults ? 1 : 0;
}
