-- SPDX-License-Identifier: Apache-2.0
-- The history, and the work that follows from it.

-- name: event_head :one () -- scan ok
SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1;

-- name: event_insert :exec (seq, at, type, subject, actor, entry, prev_hash, hash)
INSERT INTO event (seq, at, type, subject, actor, entry, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: event_list :many (after, limit)
SELECT seq AS cursor, entry AS body FROM event WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: event_list_type :many (type, after, limit)
SELECT seq AS cursor, entry AS body FROM event
WHERE type = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: event_list_subject :many (subject, type, after, limit)
SELECT seq AS cursor, entry AS body FROM event
WHERE subject = $1 AND type <> 'manifest.submitted' AND ($2 IS NULL OR type = $2) AND seq < $3
UNION ALL
SELECT e.seq AS cursor, e.entry AS body FROM manifest m JOIN event e ON e.seq = m.event_seq
WHERE m.digest = $1 AND ($2 IS NULL OR e.type = $2) AND e.seq < $3
ORDER BY cursor DESC LIMIT $4;

-- name: event_after :many (after, limit)
SELECT seq, type, subject, entry FROM event WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: event_chain :many (after, limit)
SELECT seq, entry, prev_hash, hash FROM event WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: event_seen :one (type, subject)
SELECT seq FROM event WHERE subject = $2 AND type <> 'manifest.submitted' AND type = $1 LIMIT 1;

-- name: outbox_insert :exec (event_seq, kind, payload, due_at)
INSERT INTO outbox (event_seq, kind, payload, due_at) VALUES ($1, $2, $3, $4);

-- name: outbox_due :many (now, limit)
SELECT id, kind, payload FROM outbox WHERE done_at IS NULL AND due_at <= $1
ORDER BY due_at, id LIMIT $2;

-- name: outbox_open :one (kind)
SELECT id FROM outbox WHERE done_at IS NULL AND kind = $1 LIMIT 1;

-- name: outbox_done :cas (id, now)
UPDATE outbox SET done_at = $2, attempts = attempts + 1 WHERE id = $1 AND done_at IS NULL;

-- name: outbox_retry :cas (id, due_at)
UPDATE outbox SET due_at = $2, attempts = attempts + 1 WHERE id = $1 AND done_at IS NULL;
