-- SPDX-License-Identifier: Apache-2.0
--
-- When the provider took the order to stop a run, which is followed on until it has. And a phase that is an
-- end stays: a distillation whose run succeeded is Running until what it made has come.

ALTER TABLE distillation ADD COLUMN stopped_at INTEGER;
UPDATE distillation SET phase = 'Running' WHERE phase = 'Succeeded' AND settled_at IS NULL;

DROP TRIGGER distillation_settled;
CREATE TRIGGER distillation_settled BEFORE UPDATE OF
	seq, release_version, phase, provider, token, job, reason, teacher, student, candidate,
	due_at, started_at, stopped_at, finished_at, awaited_until, settled_at, plan
ON distillation WHEN OLD.settled_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a distillation that is settled stays so'); END;
