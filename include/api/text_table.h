/* SPDX-License-Identifier: Apache-2.0
 *
 * An aligned table for people: a head (optional), rows of cells, columns as wide as their widest
 * cell, the last one ragged. What steers a terminal (utf8_steers) is shown as '?'.
 */
#ifndef API_TEXT_TABLE_H
#define API_TEXT_TABLE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/strbuf.h"

struct text_table;

struct text_table *text_table_new(struct arena *a);
void text_table_head(struct text_table *t, const char *name, size_t len);
void text_table_row(struct text_table *t);
void text_table_cell(struct text_table *t, const char *value);
void text_table_print(const struct text_table *t, struct strbuf *out);

#endif
