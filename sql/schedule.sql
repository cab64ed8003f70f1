-- SPDX-License-Identifier: Apache-2.0

-- name: job_run_insert :cas (job, scheduled_for, due, started_at, finished_at, phase, outcome, reason, actor, asked)
INSERT INTO job_run (job, scheduled_for, due, started_at, finished_at, phase, outcome, reason, actor, asked)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (job, scheduled_for) DO NOTHING;

-- One that was not run after all, when its time comes again: the clock was set back.
-- name: job_run_revive :cas (job, scheduled_for)
UPDATE job_run SET started_at = NULL, finished_at = NULL, phase = 'Pending', outcome = NULL, reason = NULL
WHERE job = $1 AND scheduled_for = $2 AND outcome IN ('missed', 'suppressed');

-- name: job_run_start :cas (id, started_at)
UPDATE job_run SET started_at = coalesce(started_at, $2), phase = 'Running'
WHERE seq = $1 AND outcome IS NULL;

-- name: job_run_wait :cas (id, phase, reason, detail)
UPDATE job_run SET phase = $2, reason = $3, detail = $4 WHERE seq = $1 AND outcome IS NULL;

-- name: job_run_finish :cas (id, finished_at, phase, outcome, result, decided, reason, detail)
UPDATE job_run SET finished_at = $2, phase = $3, outcome = $4, result = $5, decided = $6, reason = $7,
	detail = $8
WHERE seq = $1 AND outcome IS NULL;

-- name: job_run_find :one (id)
SELECT seq AS id, job, scheduled_for, due, started_at, finished_at, phase, outcome, result, decided, reason,
	detail, actor, asked
FROM job_run WHERE seq = $1;

-- name: job_run_open :one (job, now)
SELECT seq AS id, job, scheduled_for, due, started_at, finished_at, phase, outcome, result, decided, reason,
	detail, actor, asked
FROM job_run WHERE job = $1 AND outcome IS NULL AND due <= $2 ORDER BY seq LIMIT 1;

-- The newest one that was run, or is.
-- name: job_run_last :one (job)
SELECT seq AS id, job, scheduled_for, due, started_at, finished_at, phase, outcome, result, decided, reason,
	detail, actor, asked
FROM job_run WHERE job = $1 AND started_at IS NOT NULL ORDER BY seq DESC LIMIT 1;

-- name: job_run_page :many (job, after, limit)
SELECT seq AS id, job, scheduled_for, due, started_at, finished_at, phase, outcome, result, decided, reason,
	detail, actor, asked
FROM job_run WHERE job = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: job_state_find :one (job)
SELECT handled FROM job_state WHERE job = $1;

-- name: job_state_set :exec (job, handled)
INSERT INTO job_state (job, handled) VALUES ($1, $2)
ON CONFLICT (job) DO UPDATE SET handled = excluded.handled;

-- name: freeze_insert :exec (id, from_at, to_at, jobs, reason, created_by, created_at)
INSERT INTO freeze (id, from_at, to_at, jobs, reason, created_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: freeze_end_insert :exec (freeze_seq, ended_at, ended_by, reason)
INSERT INTO freeze_end (freeze_seq, ended_at, ended_by, reason) VALUES ($1, $2, $3, $4);

-- name: freeze_find :one (id)
SELECT f.seq, f.id, f.from_at, f.to_at, f.jobs, f.reason, f.created_by, f.created_at, e.ended_at, e.ended_by
FROM freeze f LEFT JOIN freeze_end e ON e.freeze_seq = f.seq WHERE f.id = $1;

-- Those that were to end later than this, those that hold longest first: ended ones stand back.
-- name: freeze_since :many (since, limit)
SELECT f.seq, f.id, f.from_at, f.to_at, f.jobs, f.reason, f.created_by, f.created_at, e.ended_at, e.ended_by
FROM freeze f LEFT JOIN freeze_end e ON e.freeze_seq = f.seq WHERE f.to_at > $1
ORDER BY coalesce(e.ended_at, f.to_at) DESC LIMIT $2;

-- name: freeze_page :many (after, limit)
SELECT f.seq, f.id, f.from_at, f.to_at, f.jobs, f.reason, f.created_by, f.created_at, e.ended_at, e.ended_by
FROM freeze f LEFT JOIN freeze_end e ON e.freeze_seq = f.seq WHERE f.seq < $1 ORDER BY f.seq DESC LIMIT $2;
