-- SPDX-License-Identifier: Apache-2.0
--
-- Whom a drill counts: those that were live when it began, so that one that falls silent is missing.

CREATE TABLE drill_node (
	drill_seq INTEGER NOT NULL REFERENCES drill (seq),
	node TEXT NOT NULL,
	ready_at INTEGER,		-- since when it has said so; NULL: it has not
	PRIMARY KEY (drill_seq, node)
) STRICT, WITHOUT ROWID;
