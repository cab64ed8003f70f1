-- SPDX-License-Identifier: Apache-2.0
--
-- What nodes say of themselves, and drills of the way back.

-- The newest report of each node. One that is silent for long is forgotten.
CREATE TABLE node (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	serial INTEGER NOT NULL,	-- of the channel, as the node follows it
	release_version TEXT NOT NULL REFERENCES release (version), -- what it serves
	health TEXT NOT NULL,		-- ok, degraded, failing
	report TEXT NOT NULL,		-- canonical, as it was sent
	first_seen_at INTEGER NOT NULL,
	serial_since INTEGER NOT NULL,	-- since when it has said this serial and release
	seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX node_seen ON node (seen_at);

-- What each node has loaded, out of its report.
CREATE TABLE node_release (
	node_seq INTEGER NOT NULL REFERENCES node (seq),
	release_version TEXT NOT NULL REFERENCES release (version),
	ready INTEGER NOT NULL,
	PRIMARY KEY (node_seq, release_version)
) STRICT, WITHOUT ROWID;

-- How long it would take until every live node had the target ready; the channel stays where it is.
CREATE TABLE drill (
	seq INTEGER PRIMARY KEY,
	release_version TEXT NOT NULL REFERENCES release (version),
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	started_at INTEGER NOT NULL,
	due_at INTEGER NOT NULL,	-- not ready by then: failed
	finished_at INTEGER,
	phase TEXT NOT NULL,		-- Running, Succeeded, Failed
	nodes INTEGER NOT NULL,		-- live ones, when it ended
	ready INTEGER NOT NULL,		-- of them
	missing TEXT			-- the first that were not, parted by spaces
) STRICT;
CREATE UNIQUE INDEX drill_running ON drill (phase) WHERE phase = 'Running';
