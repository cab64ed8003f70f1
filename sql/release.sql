-- SPDX-License-Identifier: Apache-2.0
-- Releases, their states, activations and the channel.

-- name: release_insert :exec (version, merge_version, previous, body, digest, actor, reason, created_at)
INSERT INTO release (version, merge_version, previous, body, digest, actor, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: release_find :one (version)
SELECT r.seq, r.version, r.merge_version, r.previous, r.body, r.digest, r.created_at, s.state,
	s.last_serial, s.last_active_at, s.updated_at
FROM release r JOIN release_state s ON s.release_seq = r.seq WHERE r.version = $1;

-- name: release_in_state :many (state, limit)
SELECT r.seq, r.version, r.merge_version, r.previous, r.body, r.digest, r.created_at, s.state,
	s.last_serial, s.last_active_at, s.updated_at
FROM release_state s JOIN release r ON r.seq = s.release_seq
WHERE s.state = $1 ORDER BY s.last_serial DESC LIMIT $2;

-- name: release_page :many (after, limit)
SELECT r.seq, r.version, r.merge_version, r.previous, r.body, r.digest, r.created_at, s.state,
	s.last_serial, s.last_active_at, s.updated_at
FROM release r JOIN release_state s ON s.release_seq = r.seq
WHERE r.seq > $1 ORDER BY r.seq LIMIT $2;

-- name: release_newest :one () -- scan ok
SELECT version FROM release ORDER BY seq DESC LIMIT 1;

-- name: release_lost_insert :exec (version, at)
INSERT INTO release_lost (version, at) VALUES ($1, $2);

-- name: release_lost_list :many () -- scan ok
SELECT version FROM release_lost ORDER BY version;

-- name: release_body :one (version)
SELECT body, digest AS body_digest FROM release WHERE version = $1;

-- name: release_summary :one (version)
SELECT body, body_digest FROM release_state WHERE release_version = $1;

-- name: release_list :many (after, limit)
SELECT release_seq AS cursor, body FROM release_state
WHERE release_seq < $1 ORDER BY release_seq DESC LIMIT $2;

-- name: release_list_state :many (state, after, limit)
SELECT release_seq AS cursor, body FROM release_state
WHERE state = $1 AND release_seq < $2 ORDER BY release_seq DESC LIMIT $3;

-- name: release_unit_insert :exec (release_version, slot, artifact_seq, fresh)
INSERT INTO release_unit (release_version, slot, artifact_seq, fresh) VALUES ($1, $2, $3, $4);

-- name: release_units :many (release_version)
SELECT slot, artifact_seq, fresh FROM release_unit WHERE release_version = $1;

-- name: release_state_insert :exec (release_seq, release_version, state, last_serial, last_active_at, body, body_digest, render, updated_at)
INSERT INTO release_state (release_seq, release_version, state, last_serial, last_active_at, body,
	body_digest, render, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: release_state_set :cas (release_version, old_state, state, last_serial, last_active_at, body, body_digest, render, updated_at)
UPDATE release_state SET state = $3, last_serial = $4, last_active_at = $5, body = $6,
	body_digest = $7, render = $8, updated_at = $9
WHERE release_version = $1 AND state = $2;

-- name: release_state_render :cas (release_seq, body, body_digest, render)
UPDATE release_state SET body = $2, body_digest = $3, render = $4 WHERE release_seq = $1;

-- name: activation_insert :exec (serial, channel, release_version, previous, cause, actor, reason, at)
INSERT INTO activation (serial, channel, release_version, previous, cause, actor, reason, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: activation_by_serial :one (serial)
SELECT serial, release_version, at FROM activation WHERE serial = $1;

-- name: activation_newest_of :one (release_version)
SELECT serial, release_version, at FROM activation WHERE release_version = $1
ORDER BY serial DESC LIMIT 1;

-- A serial that rose because the warm releases changed (cause 'warm') begins no activation of its own:
-- the one that goes on with this serial, and the one after it.
-- name: activation_begun :one (serial)
SELECT serial, release_version, at FROM activation
WHERE serial <= $1 AND cause <> 'warm' ORDER BY serial DESC LIMIT 1;

-- name: activation_next :one (serial)
SELECT serial, release_version, at FROM activation
WHERE serial > $1 AND cause <> 'warm' ORDER BY serial LIMIT 1;

-- name: channel_find :one (name)
SELECT serial, release_version, body, body_digest, updated_at FROM channel WHERE name = $1;

-- name: channel_insert :exec (name, serial, release_version, body, body_digest, render, updated_at)
INSERT INTO channel (name, serial, release_version, body, body_digest, render, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: channel_set :cas (name, old_serial, serial, release_version, body, body_digest, render, updated_at)
UPDATE channel SET serial = $3, release_version = $4, body = $5, body_digest = $6, render = $7,
	updated_at = $8
WHERE name = $1 AND serial = $2;

-- The oldest release that is active, or was since then, and is not breached.
-- name: release_anchor :one (since) -- scan ok
SELECT release_version AS version, state, last_active_at FROM release_state
WHERE state = 'active' OR (last_active_at >= $1 AND state IN ('warm', 'retired'))
ORDER BY release_seq LIMIT 1;
