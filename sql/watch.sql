-- SPDX-License-Identifier: Apache-2.0

-- name: watch_find :one (channel)
SELECT serial, latched, quarantined, told, locked_at, acknowledged_at FROM watch WHERE channel = $1;

-- name: watch_set :exec (channel, serial, latched, quarantined, told, locked_at, acknowledged_at, updated_at)
INSERT INTO watch (channel, serial, latched, quarantined, told, locked_at, acknowledged_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (channel) DO UPDATE SET serial = excluded.serial, latched = excluded.latched,
	quarantined = excluded.quarantined, told = excluded.told, locked_at = excluded.locked_at,
	acknowledged_at = excluded.acknowledged_at, updated_at = excluded.updated_at;

-- Newest first.
-- name: activation_caused :many (cause, after, limit)
SELECT serial, release_version, previous, reason, at FROM activation
WHERE cause = $1 AND at > $2 ORDER BY at DESC LIMIT $3;
