/* SPDX-License-Identifier: Apache-2.0
 *
 * A file system for SQLite's writing connection, over the system's own, that joins writes which
 * follow on one another into one. SQLite writes each frame of its log in two calls and each page of a
 * checkpoint in one; a group of commands is some hundred calls so, and a few with this.
 *
 * Nothing is promised earlier or later than without it: what is gathered is written before the file
 * is synced, read, measured, cut, unlocked or closed, and a write that failed then fails that call.
 * SQLite shows a commit to other connections only after it synced the log (synchronous=FULL, which
 * sqlite.c insists on), and a checkpoint's pages only after it synced the file.
 */
#ifndef DB_GATHER_H
#define DB_GATHER_H

/* The name to open with, registered with SQLite at the first call; NULL when SQLite refuses. */
const char *gather_vfs(void);

#endif
