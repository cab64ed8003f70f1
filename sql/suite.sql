-- SPDX-License-Identifier: Apache-2.0

-- name: suite_find :one (name, version)
SELECT seq, name, version, digest, content, body, body_digest FROM suite
WHERE name = $1 AND version = $2;

-- name: suite_current :one () -- scan ok
SELECT s.seq, s.name, s.version, s.digest, s.content, s.body, s.body_digest, a.serial
FROM suite_activation a JOIN suite s ON s.seq = a.suite_seq ORDER BY a.serial DESC LIMIT 1;

-- name: suite_list :many (after, limit)
SELECT seq AS cursor, body FROM suite WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: suite_list_name :many (name, after, limit)
SELECT seq AS cursor, body FROM suite WHERE name = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: suite_insert :exec (name, version, digest, content, body, body_digest, actor, created_at)
INSERT INTO suite (name, version, digest, content, body, body_digest, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: suite_activation_insert :exec (serial, suite_seq, actor, reason, at)
INSERT INTO suite_activation (serial, suite_seq, actor, reason, at) VALUES ($1, $2, $3, $4, $5);
