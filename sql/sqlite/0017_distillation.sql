-- SPDX-License-Identifier: Apache-2.0
--
-- Distillations that fell due and the runs that were started for them.

CREATE TABLE distillation (
	seq INTEGER PRIMARY KEY,
	release_version TEXT NOT NULL REFERENCES release (version),
	phase TEXT NOT NULL,
	provider TEXT,			-- whose connector runs it
	token TEXT NOT NULL UNIQUE,	-- the provider starts one run for it, however often it is asked
	job TEXT,			-- the provider's name of the run
	reason TEXT,
	teacher TEXT,			-- ids of artifacts
	student TEXT,
	candidate TEXT,
	due_at INTEGER NOT NULL,
	started_at INTEGER,
	finished_at INTEGER,
	awaited_until INTEGER,
	settled_at INTEGER,
	plan TEXT NOT NULL		-- the data of distillation.due
) STRICT;
CREATE INDEX distillation_unsettled ON distillation (seq) WHERE settled_at IS NULL;

CREATE TRIGGER distillation_settled BEFORE UPDATE ON distillation WHEN OLD.settled_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a distillation that is settled stays so'); END;
CREATE TRIGGER distillation_no_delete BEFORE DELETE ON distillation
BEGIN SELECT RAISE(ABORT, 'a distillation that fell due stays on record'); END;
