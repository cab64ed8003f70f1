-- SPDX-License-Identifier: Apache-2.0
--
-- What was published to a repository, and how it is left there.

-- Releases that stand there: the commit that holds them, which has the tag vX.Y.Z.
CREATE TABLE publication (
	release_version TEXT PRIMARY KEY REFERENCES release (version),
	commit_id TEXT NOT NULL,
	published_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The files at the head of its main branch, as we left them.
CREATE TABLE published_file (
	path TEXT PRIMARY KEY,
	digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE published_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	serial INTEGER NOT NULL,	-- of the channel, as its file there says; 0: none yet
	head TEXT NOT NULL,		-- as we left it, or as somebody took it for ours
	checked_at INTEGER NOT NULL,	-- the newest look that could be had; 0: none
	drift TEXT NOT NULL,		-- JSON array of what differs from what we left
	drift_since INTEGER NOT NULL,
	failing_since INTEGER NOT NULL,
	code TEXT,			-- of the newest failure
	detail TEXT,
	failed_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER publication_no_update BEFORE UPDATE ON publication BEGIN SELECT RAISE(ABORT, 'what was published stays so'); END;
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication BEGIN SELECT RAISE(ABORT, 'what was published stays so'); END;
