-- SPDX-License-Identifier: Apache-2.0

-- name: policy_newest :one () -- scan ok
SELECT version, digest, body, summary FROM policy ORDER BY version DESC LIMIT 1;

-- name: policy_by_version :one (version)
SELECT version, digest, body, summary FROM policy WHERE version = $1;

-- name: policy_list :many (after, limit)
SELECT version AS cursor, summary AS body FROM policy
WHERE version < $1 ORDER BY version DESC LIMIT $2;

-- name: policy_insert :exec (version, digest, body, summary, actor, reason, created_at)
INSERT INTO policy (version, digest, body, summary, actor, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- The newest with this document: an earlier one may come back. Few, and only to compute again.
-- name: policy_by_digest :one (digest) -- scan ok
SELECT version, digest, body, summary FROM policy WHERE digest = $1 ORDER BY version DESC LIMIT 1;
