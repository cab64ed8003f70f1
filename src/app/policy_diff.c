/* SPDX-License-Identifier: Apache-2.0
 *
 * Puts the differences between two documents into one line.
 */
#include "app/policy_diff.h"

#include "base/strbuf.h"
#include "model/document_diff.h"

enum { DIFF_MAX = 2048 };

static void add(struct strbuf *out, const struct document_change *c)
{
	if (c->old && c->new)
		strbuf_addf(out, "%s %s -> %s", c->pointer, c->old, c->new);
	else if (c->old)
		strbuf_addf(out, "-%s %s", c->pointer, c->old);
	else
		strbuf_addf(out, "+%s %s", c->pointer, c->new);
}

const char *policy_diff(const char *from, const char *to, int most, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(DIFF_MAX);
	struct document_change *changes;
	int n = (int)document_diff(from, to, a, &changes);

	for (int i = 0; i < n && i < most; i++) {
		strbuf_addstr(&out, i ? "; " : "");
		add(&out, &changes[i]);
	}
	if (n > most)
		strbuf_addf(&out, "; and %d more", n - most);
	return arena_strdup(a, out.buf);
}
