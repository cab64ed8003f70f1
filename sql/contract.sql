-- SPDX-License-Identifier: Apache-2.0

-- name: contract_find :one (name, major, minor, patch)
SELECT seq, name, version, digest, document, summary FROM contract
WHERE name = $1 AND major = $2 AND minor = $3 AND patch = $4;

-- The oldest of those with this document.
-- name: contract_by_digest :one (digest)
SELECT seq, name, version, digest, document, summary FROM contract
WHERE digest = $1 ORDER BY seq LIMIT 1;

-- name: contract_below :one (name, major, minor, patch)
SELECT seq, name, version, digest, document, summary FROM contract
WHERE name = $1 AND (major, minor, patch) < ($2, $3, $4)
ORDER BY major DESC, minor DESC, patch DESC LIMIT 1;

-- name: contract_above :one (name, major, minor, patch)
SELECT seq, name, version, digest, document, summary FROM contract
WHERE name = $1 AND (major, minor, patch) > ($2, $3, $4)
ORDER BY major, minor, patch LIMIT 1;

-- name: contract_list :many (after, limit)
SELECT seq AS cursor, summary AS body FROM contract WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: contract_list_name :many (name, after, limit)
SELECT seq AS cursor, summary AS body FROM contract
WHERE name = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: contract_insert :exec (name, version, major, minor, patch, digest, document, summary, actor, created_at)
INSERT INTO contract (name, version, major, minor, patch, digest, document, summary, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
