-- SPDX-License-Identifier: Apache-2.0
-- What was published to a repository.

-- name: publication_list :many (after, limit)
SELECT r.seq, r.version, r.digest, r.created_at, p.commit_id, p.published_at
FROM release r LEFT JOIN publication p ON p.release_version = r.version
WHERE r.seq > $1 ORDER BY r.seq LIMIT $2;

-- Of those that are published.
-- name: publication_newest :one () -- scan ok
SELECT r.version FROM release r JOIN publication p ON p.release_version = r.version
ORDER BY r.seq DESC LIMIT 1;

-- name: publication_insert :exec (release_version, commit_id, published_at)
INSERT INTO publication (release_version, commit_id, published_at) VALUES ($1, $2, $3);

-- name: published_files :many () -- scan ok
SELECT path, digest FROM published_file ORDER BY path;

-- name: published_file_put :exec (path, digest)
INSERT INTO published_file (path, digest) VALUES ($1, $2)
ON CONFLICT (path) DO UPDATE SET digest = excluded.digest;

-- name: published_file_drop :exec (path)
DELETE FROM published_file WHERE path = $1;

-- name: published_state_find :one () -- scan ok
SELECT serial, head, checked_at, drift, drift_since, failing_since, code, detail, failed_at
FROM published_state WHERE id = 1;

-- name: published_state_put :exec (serial, head, checked_at, drift, drift_since, failing_since, code, detail, failed_at)
INSERT INTO published_state (id, serial, head, checked_at, drift, drift_since, failing_since, code, detail, failed_at)
VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET serial = excluded.serial, head = excluded.head, checked_at = excluded.checked_at,
	drift = excluded.drift, drift_since = excluded.drift_since, failing_since = excluded.failing_since,
	code = excluded.code, detail = excluded.detail, failed_at = excluded.failed_at;

-- The newest ones.
-- name: activation_recent :many (limit) -- scan ok
SELECT serial, release_version, previous, cause, actor, reason, at FROM activation
ORDER BY serial DESC LIMIT $1;

-- Those that are here, then those that are held when they come.
-- name: artifact_held_list :many (limit) -- scan ok
SELECT provider, id, held_by FROM (
	SELECT a.provider, a.id, s.held_by, a.seq FROM artifact_state s
		JOIN artifact a ON a.seq = s.artifact_seq WHERE s.held_by IS NOT NULL
	UNION ALL
	SELECT h.provider, h.id, h.held_by, 9223372036854775807 AS seq FROM held_awaited h
	WHERE NOT EXISTS (SELECT 1 FROM artifact a WHERE a.provider = h.provider AND a.id = h.id))
ORDER BY held_by, seq, provider, id LIMIT $1;

-- name: release_maker :one (version)
SELECT actor, reason FROM release WHERE version = $1;

-- name: merge_actor :one (version)
SELECT actor FROM merge WHERE version = $1;

-- name: manifest_arrival :one (digest)
SELECT canonical, actor, received_at FROM manifest WHERE digest = $1;

-- The newest of this digest: an earlier document may have come back.
-- name: policy_arrival :one (digest) -- scan ok
SELECT version, digest, body, actor, reason, created_at FROM policy WHERE digest = $1
ORDER BY version DESC LIMIT 1;
