-- SPDX-License-Identifier: Apache-2.0
--
-- What runs by itself: the runs of jobs, where each job's rule stands, and the freezes.

-- A run of a job: by its rule, or by hand. It is written when it falls due, before anything is done,
-- and done once, whatever is killed and however the clock is set.
CREATE TABLE job_run (
	seq INTEGER PRIMARY KEY,
	job TEXT NOT NULL,
	scheduled_for INTEGER,		-- the rule's instant; NULL: by hand
	due INTEGER NOT NULL,
	started_at INTEGER,
	finished_at INTEGER,
	phase TEXT NOT NULL,
	outcome TEXT,			-- done, nothing, missed, suppressed, failed; NULL until it is over
	result TEXT,			-- path of what came of it
	decided TEXT,			-- what was done, one sentence
	reason TEXT,			-- why nothing was, or not yet; one sentence
	detail TEXT,			-- the job's own record, a JSON object
	actor TEXT NOT NULL,
	asked TEXT,			-- why somebody had it run by hand
	UNIQUE (job, scheduled_for)
) STRICT;
CREATE INDEX job_run_list ON job_run (job, seq);
CREATE INDEX job_run_open ON job_run (job, seq) WHERE outcome IS NULL;
CREATE INDEX job_run_outcome ON job_run (outcome, seq);

-- Up to which instant the rule of a job is settled: what was due is in job_run. Without a row nothing
-- was due yet.
CREATE TABLE job_state (
	job TEXT PRIMARY KEY,
	handled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A deny of one time: [from_at, to_at).
CREATE TABLE freeze (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	from_at INTEGER NOT NULL,
	to_at INTEGER NOT NULL,
	jobs TEXT NOT NULL,		-- space separated
	reason TEXT NOT NULL,
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX freeze_to ON freeze (to_at);

-- One that was lifted before its time.
CREATE TABLE freeze_end (
	freeze_seq INTEGER PRIMARY KEY REFERENCES freeze (seq),
	ended_at INTEGER NOT NULL,
	ended_by TEXT NOT NULL,
	reason TEXT NOT NULL
) STRICT;

CREATE TRIGGER freeze_no_update BEFORE UPDATE ON freeze BEGIN SELECT RAISE(ABORT, 'freezes are immutable'); END;
CREATE TRIGGER freeze_no_delete BEFORE DELETE ON freeze BEGIN SELECT RAISE(ABORT, 'freezes are immutable'); END;
CREATE TRIGGER freeze_end_no_update BEFORE UPDATE ON freeze_end BEGIN SELECT RAISE(ABORT, 'freezes are immutable'); END;
CREATE TRIGGER freeze_end_no_delete BEFORE DELETE ON freeze_end BEGIN SELECT RAISE(ABORT, 'freezes are immutable'); END;
