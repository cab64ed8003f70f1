-- SPDX-License-Identifier: Apache-2.0
--
-- Somebody knows that a distillation failed. Of one that is settled nothing else may change.

ALTER TABLE distillation ADD COLUMN acknowledged_at INTEGER;

DROP TRIGGER distillation_settled;
CREATE TRIGGER distillation_settled BEFORE UPDATE OF
	seq, release_version, phase, provider, token, job, reason, teacher, student, candidate,
	due_at, started_at, finished_at, awaited_until, settled_at, plan
ON distillation WHEN OLD.settled_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a distillation that is settled stays so'); END;
CREATE TRIGGER distillation_acknowledged BEFORE UPDATE OF acknowledged_at
ON distillation WHEN OLD.settled_at IS NULL OR OLD.acknowledged_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a distillation is acknowledged once, when it is settled'); END;
