-- SPDX-License-Identifier: Apache-2.0

-- name: merge_find :one (version)
SELECT m.seq, m.version, m.release, m.baseline, m.serial, m.policy_digest, m.identity, m.content,
	m.digest, m.created_at, s.state, s.phase, s.updated_at
FROM merge m JOIN merge_state s ON s.merge_seq = m.seq WHERE m.version = $1;

-- name: merge_open :many ()
SELECT m.seq, m.version, m.release, m.baseline, m.serial, m.policy_digest, m.identity, m.content,
	m.digest, m.created_at, s.state, s.phase, s.updated_at
FROM merge_state s JOIN merge m ON m.seq = s.merge_seq WHERE s.state = 'open';

-- name: merge_open_with :many (artifact_seq)
SELECT u.merge_version AS version FROM merge_unit u
JOIN merge_state s ON s.merge_version = u.merge_version
WHERE u.artifact_seq = $1 AND s.state = 'open';

-- name: merge_newest_of :one (release)
SELECT version FROM merge WHERE release = $1 ORDER BY seq DESC LIMIT 1;

-- name: merge_page :many (after, limit)
SELECT m.seq, m.version, m.release, m.baseline, m.serial, m.policy_digest, m.identity, m.content,
	m.digest, m.created_at, s.state, s.phase, s.updated_at
FROM merge m JOIN merge_state s ON s.merge_seq = m.seq WHERE m.seq > $1 ORDER BY m.seq LIMIT $2;

-- name: merge_insert :exec (version, release, baseline, serial, policy_digest, identity, content, digest, actor, created_at)
INSERT INTO merge (version, release, baseline, serial, policy_digest, identity, content, digest, actor,
	created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: merge_unit_insert :exec (merge_version, slot, artifact_seq, kept)
INSERT INTO merge_unit (merge_version, slot, artifact_seq, kept) VALUES ($1, $2, $3, $4);

-- name: merge_units :many (merge_version)
SELECT slot, artifact_seq, kept FROM merge_unit WHERE merge_version = $1;

-- name: merge_state_insert :exec (merge_seq, merge_version, state, phase, body, body_digest, render, updated_at)
INSERT INTO merge_state (merge_seq, merge_version, state, phase, body, body_digest, render, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: merge_state_set :cas (merge_version, old_state, state, phase, body, body_digest, render, updated_at)
UPDATE merge_state SET state = $3, phase = $4, body = $5, body_digest = $6, render = $7,
	updated_at = $8
WHERE merge_version = $1 AND state = $2;

-- name: merge_state_render :cas (merge_seq, body, body_digest, render)
UPDATE merge_state SET body = $2, body_digest = $3, render = $4 WHERE merge_seq = $1;

-- name: merge_body :one (version)
SELECT body, body_digest FROM merge_state WHERE merge_version = $1;

-- name: merge_list :many (after, limit)
SELECT merge_seq AS cursor, body FROM merge_state
WHERE merge_seq < $1 ORDER BY merge_seq DESC LIMIT $2;

-- name: merge_list_state :many (state, after, limit)
SELECT merge_seq AS cursor, body FROM merge_state
WHERE state = $1 AND merge_seq < $2 ORDER BY merge_seq DESC LIMIT $3;
