-- SPDX-License-Identifier: Apache-2.0

-- name: idempotency_find :one (principal, route, key)
SELECT request_digest, status, location, body, etag, created_at FROM idempotency
WHERE principal = $1 AND route = $2 AND key = $3;

-- name: idempotency_insert :exec (principal, route, key, request_digest, status, location, body, etag, created_at)
INSERT INTO idempotency (principal, route, key, request_digest, status, location, body, etag, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: idempotency_drop :cas (principal, route, key)
DELETE FROM idempotency WHERE principal = $1 AND route = $2 AND key = $3;

-- name: idempotency_purge :exec (before, limit)
DELETE FROM idempotency WHERE (principal, route, key) IN (
	SELECT principal, route, key FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT $2);
