-- SPDX-License-Identifier: Apache-2.0

-- name: artifact_known :one (provider, id)
SELECT a.seq, a.role, a.digest, m.digest AS manifest_digest, a.late, a.received_at, s.phase,
	j.body AS judgement
FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq
WHERE a.provider = $1 AND a.id = $2;

-- name: artifact_find :one (provider, id)
SELECT a.seq, a.provider, a.id, a.namespace, a.family, a.number, a.branch, a.role, a.subject,
	a.digest, a.content, m.digest AS manifest_digest, a.late, a.received_at, s.slot, s.phase,
	s.judgement_seq, j.body AS judgement, s.context, s.score, s.held_by, s.withdrawn_at, s.updated_at
FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq
WHERE a.provider = $1 AND a.id = $2;

-- name: artifact_by_seq :one (seq)
SELECT a.seq, a.provider, a.id, a.namespace, a.family, a.number, a.branch, a.role, a.subject,
	a.digest, a.content, m.digest AS manifest_digest, a.late, a.received_at, s.slot, s.phase,
	s.judgement_seq, j.body AS judgement, s.context, s.score, s.held_by, s.withdrawn_at, s.updated_at
FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq
WHERE a.seq = $1;

-- name: artifact_page :many (after, limit)
SELECT a.seq, a.provider, a.id, a.namespace, a.family, a.number, a.branch, a.role, a.subject,
	a.digest, a.content, m.digest AS manifest_digest, a.late, a.received_at, s.slot, s.phase,
	s.judgement_seq, j.body AS judgement, s.context, s.score, s.held_by, s.withdrawn_at, s.updated_at
FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq
WHERE a.seq > $1 ORDER BY a.seq LIMIT $2;

-- Candidates of a slot that were judged against another baseline or policy than $2.
-- name: artifact_stale :many (slot, context, baseline_seq, limit) -- scan ok
SELECT a.seq, a.provider, a.id, a.namespace, a.family, a.number, a.branch, a.role, a.subject,
	a.digest, a.content, m.digest AS manifest_digest, a.late, a.received_at, s.slot, s.phase,
	s.judgement_seq, j.body AS judgement, s.context, s.score, s.held_by, s.withdrawn_at, s.updated_at
FROM (
	SELECT artifact_seq FROM artifact_state
	WHERE slot = $1 AND withdrawn_at IS NULL AND context < $2 AND artifact_seq <> $3
	UNION ALL
	SELECT artifact_seq FROM artifact_state
	WHERE slot = $1 AND withdrawn_at IS NULL AND context > $2 AND artifact_seq <> $3
	LIMIT $4
) f JOIN artifact a ON a.seq = f.artifact_seq JOIN artifact_state s ON s.artifact_seq = a.seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq;

-- The newest of them.
-- name: artifact_stale_newest :many (slot, context, baseline_seq, limit) -- scan ok
SELECT artifact_seq FROM artifact_state
WHERE slot = $1 AND withdrawn_at IS NULL AND context < $2 AND artifact_seq <> $3
UNION ALL
SELECT artifact_seq FROM artifact_state
WHERE slot = $1 AND withdrawn_at IS NULL AND context > $2 AND artifact_seq <> $3
ORDER BY artifact_seq DESC LIMIT $4;

-- The best of a slot, in the order of selection_best().
-- name: artifact_best :many (slot, baseline_seq, limit)
SELECT a.seq, a.provider, a.id, a.namespace, a.family, a.number, a.branch, a.role, a.subject,
	a.digest, a.content, m.digest AS manifest_digest, a.late, a.received_at, s.slot, s.phase,
	s.judgement_seq, j.body AS judgement, s.context, s.score, s.held_by, s.withdrawn_at, s.updated_at
FROM artifact_state s JOIN artifact a ON a.seq = s.artifact_seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq
WHERE s.slot = $1 AND s.phase = 'Succeeded' AND s.held_by IS NULL AND s.withdrawn_at IS NULL
	AND s.artifact_seq <> $2
ORDER BY s.score DESC, s.number DESC LIMIT $3;

-- name: artifact_passing :one (slot, baseline_seq)
SELECT count(*) AS n FROM artifact_state
WHERE slot = $1 AND phase = 'Succeeded' AND held_by IS NULL AND withdrawn_at IS NULL
	AND artifact_seq <> $2;

-- The best candidates of a slot in one phase, held ones too.
-- name: artifact_contenders :many (slot, phase, baseline_seq, limit)
SELECT a.seq, a.provider, a.id, a.namespace, a.family, a.number, a.branch, a.role, a.subject,
	a.digest, a.content, m.digest AS manifest_digest, a.late, a.received_at, s.slot, s.phase,
	s.judgement_seq, j.body AS judgement, s.context, s.score, s.held_by, s.withdrawn_at, s.updated_at
FROM artifact_state s JOIN artifact a ON a.seq = s.artifact_seq
	JOIN manifest m ON m.seq = a.manifest_seq
	LEFT JOIN judgement j ON j.seq = s.judgement_seq
WHERE s.slot = $1 AND s.phase = $2 AND s.withdrawn_at IS NULL AND s.artifact_seq <> $3
ORDER BY s.score DESC, s.number DESC LIMIT $4;

-- Those that came when `received_at` or later and are undecided.
-- name: artifact_undecided :one (slot, baseline_seq, received_at)
SELECT count(*) AS n FROM artifact_state s JOIN artifact a ON a.seq = s.artifact_seq
WHERE s.slot = $1 AND s.phase = 'Inconclusive' AND s.held_by IS NULL AND s.withdrawn_at IS NULL
	AND s.artifact_seq <> $2 AND a.received_at >= $3;

-- name: artifact_held :many (held_by)
SELECT artifact_seq FROM artifact_state WHERE held_by = $1;

-- name: held_awaited_insert :exec (provider, id, held_by)
INSERT INTO held_awaited (provider, id, held_by) VALUES ($1, $2, $3);

-- name: held_awaited_find :one (provider, id)
SELECT held_by FROM held_awaited WHERE provider = $1 AND id = $2;

-- name: artifact_family_newest :one (provider, namespace, family)
SELECT number FROM artifact WHERE provider = $1 AND namespace = $2 AND family = $3
ORDER BY number DESC LIMIT 1;

-- name: artifact_insert :exec (provider, id, namespace, family, number, branch, role, subject, digest, content, manifest_seq, late, received_at)
INSERT INTO artifact (provider, id, namespace, family, number, branch, role, subject, digest,
	content, manifest_seq, late, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: artifact_state_insert :exec (artifact_seq, provider, role, slot, phase, judgement_seq, context, score, number, body, body_digest, render, updated_at)
INSERT INTO artifact_state (artifact_seq, provider, role, slot, phase, judgement_seq, context, score,
	number, body, body_digest, render, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: artifact_state_set :cas (artifact_seq, slot, phase, judgement_seq, context, score, held_by, withdrawn_at, body, body_digest, render, updated_at, old_context, old_phase, old_held_by)
UPDATE artifact_state SET slot = $2, phase = $3, judgement_seq = $4, context = $5, score = $6,
	held_by = $7, withdrawn_at = $8, body = $9, body_digest = $10, render = $11, updated_at = $12
WHERE artifact_seq = $1 AND context = $13 AND phase = $14 AND held_by IS $15
	AND withdrawn_at IS NULL;

-- name: artifact_state_render :cas (artifact_seq, body, body_digest, render)
UPDATE artifact_state SET body = $2, body_digest = $3, render = $4 WHERE artifact_seq = $1;

-- Units whose place the policy has changed: their slot is another now.
-- name: artifact_state_reslot :exec (provider, role, slot, limit)
UPDATE artifact_state SET slot = $3, context = '' WHERE artifact_seq IN (
	SELECT artifact_seq FROM artifact_state
	WHERE role = $2 AND provider = $1 AND slot IS NOT $3 AND withdrawn_at IS NULL LIMIT $4);

-- name: artifact_misplaced :one (provider, role, slot)
SELECT artifact_seq FROM artifact_state
WHERE role = $2 AND provider = $1 AND slot IS NOT $3 AND withdrawn_at IS NULL LIMIT 1;

-- name: artifact_body :one (provider, id)
SELECT s.body, s.body_digest FROM artifact a JOIN artifact_state s ON s.artifact_seq = a.seq
WHERE a.provider = $1 AND a.id = $2;

-- name: artifact_list :many (after, limit)
SELECT artifact_seq AS cursor, body FROM artifact_state
WHERE artifact_seq < $1 ORDER BY artifact_seq DESC LIMIT $2;

-- name: artifact_list_provider :many (provider, after, limit)
SELECT artifact_seq AS cursor, body FROM artifact_state
WHERE provider = $1 AND artifact_seq < $2 ORDER BY artifact_seq DESC LIMIT $3;

-- name: artifact_list_phase :many (phase, provider, after, limit)
SELECT artifact_seq AS cursor, body FROM artifact_state
WHERE phase = $1 AND ($2 IS NULL OR +provider = $2) AND artifact_seq < $3
ORDER BY artifact_seq DESC LIMIT $4;

-- name: artifact_list_role :many (role, provider, after, limit)
SELECT artifact_seq AS cursor, body FROM artifact_state
WHERE role = $1 AND ($2 IS NULL OR +provider = $2) AND artifact_seq < $3
ORDER BY artifact_seq DESC LIMIT $4;

-- name: artifact_list_role_phase :many (role, phase, provider, after, limit)
SELECT artifact_seq AS cursor, body FROM artifact_state
WHERE role = $1 AND phase = $2 AND ($3 IS NULL OR +provider = $3) AND artifact_seq < $4
ORDER BY artifact_seq DESC LIMIT $5;

-- name: artifact_newest :one ()
SELECT max(seq) AS seq FROM artifact;

-- name: judgement_insert :exec (artifact_seq, at, digest, inputs_digest, inputs, policy_version, phase, body)
INSERT INTO judgement (artifact_seq, at, digest, inputs_digest, inputs, policy_version, phase, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: judgement_by_seq :one (seq)
SELECT seq, artifact_seq, digest, inputs_digest, inputs, policy_version, phase, at, body
FROM judgement WHERE seq = $1;

-- Candidates with a verdict, newest first.
-- name: candidate_page :many (after, since, limit)
SELECT s.artifact_seq AS seq, a.provider, a.id, s.slot, s.judgement_seq
FROM artifact_state s JOIN artifact a ON a.seq = s.artifact_seq
WHERE s.artifact_seq < $1 AND s.judgement_seq IS NOT NULL AND s.slot IS NOT NULL
	AND s.withdrawn_at IS NULL AND a.received_at >= $2
ORDER BY s.artifact_seq DESC LIMIT $3;

-- By the role, whose index has them in order.
-- name: candidate_slot :many (role, slot, limit)
SELECT s.artifact_seq AS seq, a.provider, a.id, s.slot, s.judgement_seq
FROM artifact_state s JOIN artifact a ON a.seq = s.artifact_seq
WHERE s.role = $1 AND +s.slot = $2 AND s.judgement_seq IS NOT NULL AND s.withdrawn_at IS NULL
ORDER BY s.artifact_seq DESC LIMIT $3;

-- Offline, to compute it again.
-- name: judgement_by_digest :one (digest) -- scan ok
SELECT seq, artifact_seq, digest, inputs_digest, inputs, policy_version, phase, at, body
FROM judgement WHERE digest = $1 ORDER BY seq LIMIT 1;

-- name: judgement_page :many (after, limit)
SELECT seq, digest FROM judgement WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: judgement_newest :one ()
SELECT max(seq) AS seq FROM judgement;
