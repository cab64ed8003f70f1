-- SPDX-License-Identifier: Apache-2.0
--
-- What people say about a merge before it is promoted.

-- Of each item of a merge the newest row counts; none is ever taken back, only followed by another.
CREATE TABLE signoff (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merge_version TEXT NOT NULL REFERENCES merge (version),
	item TEXT NOT NULL,
	verdict TEXT NOT NULL,		-- go, no_go
	evidence TEXT,			-- a link
	reason TEXT,
	signed_by TEXT NOT NULL,
	signed_at INTEGER NOT NULL,
	body TEXT NOT NULL		-- as served
) STRICT;
CREATE INDEX signoff_merge ON signoff (merge_version, item, seq);

CREATE TRIGGER signoff_no_update BEFORE UPDATE ON signoff BEGIN SELECT RAISE(ABORT, 'sign-offs are immutable'); END;
CREATE TRIGGER signoff_no_delete BEFORE DELETE ON signoff BEGIN SELECT RAISE(ABORT, 'sign-offs are immutable'); END;
