-- SPDX-License-Identifier: Apache-2.0
--
-- What comes in through connectors, when each provider has to have delivered, and whether artifacts
-- can be reached. All of it could be found out again: only events are history.

-- An entry of a provider's listing, as it was when it was handled last. One whose version is still the
-- same is not fetched.
CREATE TABLE source_item (
	provider TEXT NOT NULL,
	name TEXT NOT NULL,
	version TEXT NOT NULL,		-- the connector's word for this state of it
	outcome TEXT NOT NULL,		-- stored, refused, conflict, failed
	digest TEXT,			-- of the bytes; NULL: never fetched
	policy_version INTEGER NOT NULL, -- by which it was refused
	code TEXT,			-- of the refusal
	pointer TEXT,
	detail TEXT,
	handled_at INTEGER NOT NULL,
	PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_item_refused ON source_item (provider, handled_at) WHERE outcome <> 'stored';

-- How the runs of a provider's connector went.
CREATE TABLE source (
	provider TEXT PRIMARY KEY,
	connector TEXT NOT NULL,
	last_run_at INTEGER NOT NULL,
	last_success_at INTEGER,	-- the whole listing was handled
	failing_since INTEGER,		-- NULL: the last run succeeded
	code TEXT,			-- of the last error, kept after a success
	detail TEXT,
	failed_at INTEGER,
	listed INTEGER NOT NULL		-- entries of the last listing
) STRICT, WITHOUT ROWID;

-- Up to when a provider has to have delivered for a run of the ingest.
CREATE TABLE ingest_due (
	run_seq INTEGER NOT NULL REFERENCES job_run (seq),
	provider TEXT NOT NULL,
	since INTEGER NOT NULL,		-- only what came after this counts
	due_at INTEGER NOT NULL,
	closed_at INTEGER,		-- NULL: not decided yet
	delivered_at INTEGER,		-- NULL once closed: missed
	PRIMARY KEY (run_seq, provider)
) STRICT, WITHOUT ROWID;
CREATE INDEX ingest_due_open ON ingest_due (due_at) WHERE closed_at IS NULL;
CREATE INDEX ingest_due_provider ON ingest_due (provider, run_seq);

-- Whether an artifact was there when somebody looked last.
CREATE TABLE artifact_probe (
	artifact_seq INTEGER PRIMARY KEY REFERENCES artifact (seq),
	at INTEGER NOT NULL,
	verdict TEXT NOT NULL,		-- reachable, missing, unknown, failed
	detail TEXT NOT NULL
) STRICT;
