-- SPDX-License-Identifier: Apache-2.0
-- Keys that sign, and what was signed.

-- name: signing_key_list :many () -- scan ok
SELECT seq, keyid, public_key, created_at, retires_at FROM signing_key ORDER BY seq DESC;

-- name: signing_key_insert :exec (keyid, public_key, created_at, retires_at)
INSERT INTO signing_key (keyid, public_key, created_at, retires_at) VALUES ($1, $2, $3, $4);

-- name: signing_key_retire :cas (keyid, retires_at)
UPDATE signing_key SET retires_at = $2 WHERE keyid = $1 AND (retires_at IS NULL OR retires_at > $2);

-- name: release_statement_find :one (release_version)
SELECT statement FROM release_statement WHERE release_version = $1;

-- name: release_statement_insert :exec (release_version, statement)
INSERT INTO release_statement (release_version, statement) VALUES ($1, $2);

-- Of every key that ever signed it, the newest key first.
-- name: release_signature_list :many (release_version)
SELECT k.keyid, s.signature FROM release_signature s JOIN signing_key k ON k.seq = s.key_seq
WHERE s.release_version = $1 ORDER BY k.seq DESC;

-- name: release_signature_insert :exec (release_version, key_seq, signature)
INSERT INTO release_signature (release_version, key_seq, signature) VALUES ($1, $2, $3);

-- Releases that this key has not signed, the oldest first.
-- name: release_unsigned :many (key_seq, after, limit)
SELECT r.seq, r.version FROM release r WHERE r.seq > $2 AND NOT EXISTS (
	SELECT 1 FROM release_signature s WHERE s.release_version = r.version AND s.key_seq = $1)
ORDER BY r.seq LIMIT $3;

-- name: channel_pointer_find :one (channel)
SELECT serial, issued, expires, body, body_digest FROM channel_pointer WHERE channel = $1;

-- name: channel_pointer_set :exec (channel, serial, issued, expires, body, body_digest)
INSERT INTO channel_pointer (channel, serial, issued, expires, body, body_digest)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel) DO UPDATE SET serial = excluded.serial, issued = excluded.issued,
	expires = excluded.expires, body = excluded.body, body_digest = excluded.body_digest;

-- name: bundle_key_list :many () -- scan ok
SELECT seq, hint, public_key, created_at FROM bundle_key ORDER BY seq DESC;

-- name: bundle_key_insert :exec (hint, public_key, created_at)
INSERT INTO bundle_key (hint, public_key, created_at) VALUES ($1, $2, $3);

-- By the newest key that signed it.
-- name: release_bundle_find :one (release_version)
SELECT body, body_digest FROM release_bundle WHERE release_version = $1 ORDER BY key_seq DESC LIMIT 1;

-- name: release_bundle_insert :exec (release_version, key_seq, body, body_digest)
INSERT INTO release_bundle (release_version, key_seq, body, body_digest) VALUES ($1, $2, $3, $4);

-- Releases that this key has made no bundle of, the oldest first.
-- name: release_unbundled :many (key_seq, after, limit)
SELECT r.seq, r.version FROM release r WHERE r.seq > $2 AND NOT EXISTS (
	SELECT 1 FROM release_bundle b WHERE b.release_version = r.version AND b.key_seq = $1)
ORDER BY r.seq LIMIT $3;
