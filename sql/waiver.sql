-- SPDX-License-Identifier: Apache-2.0

-- name: waiver_find :one (id)
SELECT w.seq, w.id, w.gate, w.provider, w.artifact_id, w.reason, w.requested_by, w.requested_at,
	w.expires_at, s.state, s.approved_by, s.approved_at, s.approval_reason, s.revoked_by,
	s.revoked_at, s.revocation_reason
FROM waiver w JOIN waiver_state s ON s.waiver_seq = w.seq WHERE w.id = $1;

-- Newest first; those that ended by `now` in the state that they are in since.
-- name: waiver_page :many (now, state, after, limit)
SELECT w.seq, w.id, w.gate, w.provider, w.artifact_id, w.reason, w.requested_by, w.requested_at,
	w.expires_at, s.state, s.approved_by, s.approved_at, s.approval_reason, s.revoked_by,
	s.revoked_at, s.revocation_reason
FROM waiver w JOIN waiver_state s ON s.waiver_seq = w.seq
WHERE w.seq < $3 AND ($2 IS NULL OR $2 =
	CASE WHEN s.state IN ('requested', 'approved') AND s.expires_at <= $1 THEN 'expired' ELSE s.state END)
ORDER BY w.seq DESC LIMIT $4;

-- Requested or in force for one artifact.
-- name: waiver_live :many (provider, artifact_id, now)
SELECT w.seq, w.id, w.gate, w.provider, w.artifact_id, w.reason, w.requested_by, w.requested_at,
	w.expires_at, s.state, s.approved_by, s.approved_at, s.approval_reason, s.revoked_by,
	s.revoked_at, s.revocation_reason
FROM waiver w JOIN waiver_state s ON s.waiver_seq = w.seq
WHERE w.provider = $1 AND w.artifact_id = $2 AND s.state IN ('requested', 'approved')
	AND s.expires_at > $3
ORDER BY w.seq;

-- Those whose end is not yet entered.
-- name: waiver_ended :many (now, limit)
SELECT w.seq, w.id, w.gate, w.provider, w.artifact_id, w.reason, w.requested_by, w.requested_at,
	w.expires_at, s.state, s.approved_by, s.approved_at, s.approval_reason, s.revoked_by,
	s.revoked_at, s.revocation_reason
FROM waiver_state s JOIN waiver w ON w.seq = s.waiver_seq
WHERE s.state IN ('requested', 'approved') AND s.expires_at <= $1
ORDER BY s.expires_at LIMIT $2;

-- name: waiver_insert :exec (id, gate, provider, artifact_id, reason, requested_by, requested_at, expires_at)
INSERT INTO waiver (id, gate, provider, artifact_id, reason, requested_by, requested_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: waiver_state_insert :exec (waiver_seq, state, expires_at)
INSERT INTO waiver_state (waiver_seq, state, expires_at) VALUES ($1, $2, $3);

-- name: waiver_state_set :cas (waiver_seq, old_state, state, approved_by, approved_at, approval_reason, revoked_by, revoked_at, revocation_reason)
UPDATE waiver_state SET state = $3, approved_by = $4, approved_at = $5, approval_reason = $6,
	revoked_by = $7, revoked_at = $8, revocation_reason = $9
WHERE waiver_seq = $1 AND state = $2;
