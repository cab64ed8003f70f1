-- SPDX-License-Identifier: Apache-2.0

-- name: manifest_receipt :one (digest)
SELECT receipt FROM manifest WHERE digest = $1;

-- name: manifest_find :one (digest)
SELECT receipt, canonical, actor FROM manifest WHERE digest = $1;

-- name: manifest_insert :exec (digest, provider, canonical, receipt, actor, event_seq, received_at)
INSERT INTO manifest (digest, provider, canonical, receipt, actor, event_seq, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: manifest_artifact_insert :exec (manifest_seq, position, artifact_seq)
INSERT INTO manifest_artifact (manifest_seq, position, artifact_seq) VALUES ($1, $2, $3);

-- name: manifest_list :many (after, limit)
SELECT seq AS cursor, receipt AS body FROM manifest WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: manifest_list_provider :many (provider, after, limit)
SELECT seq AS cursor, receipt AS body FROM manifest
WHERE provider = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: manifest_newest :one ()
SELECT max(seq) AS seq FROM manifest;
