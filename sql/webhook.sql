-- SPDX-License-Identifier: Apache-2.0

-- name: webhook_find :one (id)
SELECT seq, id, url, types, format, description, status, disabled_cause, disabled_at, cursor, failing_since,
	last_delivered_at, created_by, created_at, updated_at
FROM webhook WHERE id = $1;

-- name: webhook_by_seq :one (seq)
SELECT seq, id, url, types, format, description, status, disabled_cause, disabled_at, cursor, failing_since,
	last_delivered_at, created_by, created_at, updated_at
FROM webhook WHERE seq = $1;

-- At most WEBHOOKS_MAX there are.
-- name: webhook_page :many (status, after, limit) -- scan ok
SELECT seq, id, url, types, format, description, status, disabled_cause, disabled_at, cursor, failing_since,
	last_delivered_at, created_by, created_at, updated_at
FROM webhook WHERE ($1 IS NULL OR status = $1) AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: webhook_counts :one () -- scan ok
SELECT count(*) AS n, coalesce(sum(status = 'ACTIVE'), 0) AS active FROM webhook;

-- name: webhook_insert :exec (id, url, types, format, description, status, disabled_cause, disabled_at, cursor, created_by, created_at, updated_at)
INSERT INTO webhook (id, url, types, format, description, status, disabled_cause, disabled_at, cursor,
	created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: webhook_update :cas (seq, url, types, format, description, status, disabled_cause, disabled_at, cursor, failing_since, last_delivered_at, updated_at)
UPDATE webhook SET url = $2, types = $3, format = $4, description = $5, status = $6, disabled_cause = $7,
	disabled_at = $8, cursor = $9, failing_since = $10, last_delivered_at = $11, updated_at = $12
WHERE seq = $1;

-- name: webhook_delete :cas (seq)
DELETE FROM webhook WHERE seq = $1;

-- name: webhook_cursor_set :cas (seq, cursor)
UPDATE webhook SET cursor = $2 WHERE seq = $1 AND cursor < $2 AND status = 'ACTIVE';

-- name: webhook_secret_insert :exec (webhook_seq, algorithm, secret, public, created_at)
INSERT INTO webhook_secret (webhook_seq, algorithm, secret, public, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: webhook_secret_list :many (webhook_seq, now)
SELECT algorithm, secret, public, created_at, expires_at FROM webhook_secret
WHERE webhook_seq = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY seq DESC;

-- The present one, and those that would last longer.
-- name: webhook_secret_end :exec (webhook_seq, expires_at)
UPDATE webhook_secret SET expires_at = $2
WHERE webhook_seq = $1 AND (expires_at IS NULL OR expires_at > $2);

-- name: webhook_secret_ended :one (now)
SELECT seq FROM webhook_secret WHERE expires_at IS NOT NULL AND expires_at <= $1 LIMIT 1;

-- name: webhook_secret_forget :exec (now)
DELETE FROM webhook_secret WHERE expires_at IS NOT NULL AND expires_at <= $1;

-- name: webhook_secret_delete :exec (webhook_seq)
DELETE FROM webhook_secret WHERE webhook_seq = $1;

-- name: webhook_delivery_insert :cas (webhook_seq, event_seq, id, due_at, created_at)
INSERT INTO webhook_delivery (webhook_seq, event_seq, id, phase, tries, attempts, due_at, created_at)
VALUES ($1, $2, $3, 'Pending', 0, 0, $4, $5)
ON CONFLICT (webhook_seq, id) DO NOTHING;

-- name: webhook_delivery_find :one (webhook_seq, id)
SELECT d.seq, d.id, d.event_seq AS event, e.type, d.phase, d.tries, d.attempts, d.first_at,
	d.due_at AS next_attempt_at, d.created_at, d.finished_at
FROM webhook_delivery d LEFT JOIN event e ON e.seq = d.event_seq
WHERE d.webhook_seq = $1 AND d.id = $2;

-- name: webhook_delivery_page :many (webhook_seq, after, limit)
SELECT d.seq, d.id, d.event_seq AS event, e.type, d.phase, d.tries, d.attempts, d.first_at,
	d.due_at AS next_attempt_at, d.created_at, d.finished_at
FROM webhook_delivery d LEFT JOIN event e ON e.seq = d.event_seq
WHERE d.webhook_seq = $1 AND d.seq < $2 ORDER BY d.seq DESC LIMIT $3;

-- name: webhook_delivery_page_phase :many (webhook_seq, phase, after, limit)
SELECT d.seq, d.id, d.event_seq AS event, e.type, d.phase, d.tries, d.attempts, d.first_at,
	d.due_at AS next_attempt_at, d.created_at, d.finished_at
FROM webhook_delivery d LEFT JOIN event e ON e.seq = d.event_seq
WHERE d.webhook_seq = $1 AND d.phase = $2 AND d.seq < $3 ORDER BY d.seq DESC LIMIT $4;

-- A disabled one gets its tests alone.
-- name: webhook_delivery_due :many (webhook_seq, now, tests, limit)
SELECT d.seq, d.id, d.event_seq AS event, e.type, d.phase, d.tries, d.attempts, d.first_at,
	d.due_at AS next_attempt_at, d.created_at, d.finished_at, e.entry, e.subject, e.at
FROM webhook_delivery d LEFT JOIN event e ON e.seq = d.event_seq
WHERE d.webhook_seq = $1 AND d.due_at IS NOT NULL AND d.due_at <= $2
	AND ($3 = 0 OR d.event_seq IS NULL)
ORDER BY d.due_at, d.seq LIMIT $4;

-- name: webhook_delivery_next :one (webhook_seq, tests)
SELECT due_at FROM webhook_delivery
WHERE webhook_seq = $1 AND due_at IS NOT NULL AND ($2 = 0 OR event_seq IS NULL) ORDER BY due_at LIMIT 1;

-- name: webhook_delivery_open :one (webhook_seq)
SELECT count(*) AS n FROM webhook_delivery WHERE webhook_seq = $1 AND due_at IS NOT NULL;

-- Of all webhooks; bounded for each.
-- name: webhook_delivery_backlog :one () -- scan ok
SELECT count(*) AS n, min(created_at) AS oldest FROM webhook_delivery WHERE due_at IS NOT NULL;

-- name: webhook_delivery_set :cas (seq, phase, tries, attempts, first_at, due_at, finished_at)
UPDATE webhook_delivery SET phase = $2, tries = $3, attempts = $4, first_at = $5, due_at = $6, finished_at = $7
WHERE seq = $1;

-- name: webhook_delivery_abort :exec (webhook_seq, now)
UPDATE webhook_delivery SET phase = 'Aborted', due_at = NULL, finished_at = $2
WHERE webhook_seq = $1 AND due_at IS NOT NULL;

-- name: webhook_delivery_delete :exec (webhook_seq)
DELETE FROM webhook_delivery WHERE webhook_seq = $1;

-- What is over for long, or more than is kept of one webhook.
-- name: webhook_delivery_old :one (webhook_seq, before)
SELECT seq FROM webhook_delivery
WHERE webhook_seq = $1 AND finished_at IS NOT NULL AND finished_at < $2 LIMIT 1;

-- name: webhook_delivery_surplus :one (webhook_seq, keep)
SELECT finished_at FROM webhook_delivery
WHERE webhook_seq = $1 AND finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 1 OFFSET $2;

-- name: webhook_delivery_prune :exec (webhook_seq, before, limit)
DELETE FROM webhook_delivery WHERE seq IN (
	SELECT seq FROM webhook_delivery
	WHERE webhook_seq = $1 AND finished_at IS NOT NULL AND finished_at <= $2
	ORDER BY finished_at LIMIT $3);

-- name: webhook_attempt_insert :exec (delivery_seq, n, at, took_ms, status, detail, response)
INSERT INTO webhook_attempt (delivery_seq, n, at, took_ms, status, detail, response)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: webhook_attempt_list :many (delivery_seq)
SELECT at, took_ms, status, detail, response FROM webhook_attempt WHERE delivery_seq = $1 ORDER BY n DESC;

-- name: webhook_attempt_prune :exec (delivery_seq, n)
DELETE FROM webhook_attempt WHERE delivery_seq = $1 AND n <= $2;
