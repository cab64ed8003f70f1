-- SPDX-License-Identifier: Apache-2.0

-- name: token_find :one (id)
SELECT id, name, hash, scopes, created_by, created_at, expires_at, revoked_at, body
FROM token WHERE id = $1;

-- name: token_any :one () -- scan ok
SELECT 1 AS yes FROM token LIMIT 1;

-- name: token_list :many (after, limit)
SELECT seq AS cursor, body FROM token WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: token_insert :exec (id, name, hash, scopes, created_by, created_at, expires_at, body)
INSERT INTO token (id, name, hash, scopes, created_by, created_at, expires_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: token_revoke :cas (id, revoked_at, body)
UPDATE token SET revoked_at = $2, body = $3 WHERE id = $1 AND revoked_at IS NULL;
