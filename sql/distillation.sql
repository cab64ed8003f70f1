-- SPDX-License-Identifier: Apache-2.0
-- Distillations that fell due, and how their runs went.

-- name: distillation_insert :exec (release, phase, provider, token, reason, teacher, student, due_at, settled_at, plan)
INSERT INTO distillation (release_version, phase, provider, token, reason, teacher, student, due_at, settled_at, plan)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: distillation_find :one (id)
SELECT seq AS id, release_version AS release, phase, provider, token, job, reason, teacher, student, candidate,
	due_at, started_at, stopped_at, finished_at, awaited_until, settled_at, acknowledged_at, plan
FROM distillation WHERE seq = $1;

-- name: distillation_open :many (limit)
SELECT seq AS id, release_version AS release, phase, provider, token, job, reason, teacher, student, candidate,
	due_at, started_at, stopped_at, finished_at, awaited_until, settled_at, acknowledged_at, plan
FROM distillation WHERE settled_at IS NULL ORDER BY seq LIMIT $1;

-- Of the newest alone: where nothing runs them all are 'Inconclusive', and this is asked each second.
-- name: distillation_settled :one ()
SELECT seq AS id, release_version AS release, phase, provider, token, job, reason, teacher, student, candidate,
	due_at, started_at, stopped_at, finished_at, awaited_until, settled_at, acknowledged_at, plan
FROM distillation
WHERE seq > (SELECT max(seq) FROM distillation) - 256 AND settled_at IS NOT NULL AND phase <> 'Inconclusive'
ORDER BY seq DESC LIMIT 1;

-- name: distillation_page :many (after, limit)
SELECT seq AS id, release_version AS release, phase, provider, token, job, reason, teacher, student, candidate,
	due_at, started_at, stopped_at, finished_at, awaited_until, settled_at, acknowledged_at, plan
FROM distillation WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: distillation_update :cas (id, was, phase, job, reason, candidate, started_at, stopped_at, finished_at, awaited_until, settled_at)
UPDATE distillation SET phase = $3, job = $4, reason = $5, candidate = $6, started_at = $7, stopped_at = $8,
	finished_at = $9, awaited_until = $10, settled_at = $11
WHERE seq = $1 AND phase = $2 AND settled_at IS NULL;

-- name: distillation_acknowledge :cas (id, acknowledged_at)
UPDATE distillation SET acknowledged_at = $2 WHERE seq = $1 AND phase IN ('Failed', 'Error') AND acknowledged_at IS NULL;

-- What no other distillation has. Of those there is one in a cooldown.
-- name: derived_since :many (parent, provider, since, limit) -- scan ok
SELECT a.id, a.namespace, a.family, a.received_at, m.canonical
FROM lineage l JOIN artifact a ON a.seq = l.artifact_seq JOIN manifest m ON m.seq = a.manifest_seq
WHERE l.parent = $1 AND a.provider = $2 AND a.received_at >= $3 AND a.subject IS NULL
	AND NOT EXISTS (SELECT 1 FROM distillation d WHERE d.candidate = a.id AND d.provider = a.provider)
ORDER BY l.artifact_seq DESC LIMIT $4;
