-- SPDX-License-Identifier: Apache-2.0

-- name: source_items :many (provider)
SELECT name, version, outcome, digest, policy_version, code, handled_at, refused_at, tries FROM source_item
WHERE provider = $1 ORDER BY name;

-- name: source_item_put :exec (provider, name, version, outcome, digest, policy_version, code, pointer, detail, handled_at, refused_at, tries)
INSERT INTO source_item (provider, name, version, outcome, digest, policy_version, code, pointer, detail, handled_at, refused_at, tries)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (provider, name) DO UPDATE SET version = excluded.version, outcome = excluded.outcome,
	digest = excluded.digest, policy_version = excluded.policy_version, code = excluded.code,
	pointer = excluded.pointer, detail = excluded.detail, handled_at = excluded.handled_at,
	refused_at = excluded.refused_at, tries = excluded.tries;

-- name: source_item_drop :exec (provider, name)
DELETE FROM source_item WHERE provider = $1 AND name = $2;

-- name: source_refused :many (provider, limit)
SELECT name, outcome, digest, code, pointer, detail, handled_at, refused_at, tries FROM source_item
WHERE provider = $1 AND outcome <> 'stored' ORDER BY handled_at DESC, name LIMIT $2;

-- name: source_refused_count :one (provider)
SELECT count(*) AS n FROM source_item WHERE provider = $1 AND outcome <> 'stored';

-- name: source_find :one (provider)
SELECT connector, last_run_at, last_success_at, failing_since, code, detail, failed_at, listed FROM source
WHERE provider = $1;

-- name: source_put :exec (provider, connector, last_run_at, last_success_at, failing_since, code, detail, failed_at, listed)
INSERT INTO source (provider, connector, last_run_at, last_success_at, failing_since, code, detail, failed_at, listed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (provider) DO UPDATE SET connector = excluded.connector, last_run_at = excluded.last_run_at,
	last_success_at = excluded.last_success_at, failing_since = excluded.failing_since, code = excluded.code,
	detail = excluded.detail, failed_at = excluded.failed_at, listed = excluded.listed;

-- name: delivery_newest :one (provider)
SELECT received_at FROM manifest WHERE provider = $1 ORDER BY seq DESC LIMIT 1;

-- name: delivery_until :one (provider, until)
SELECT received_at FROM manifest WHERE provider = $1 AND received_at <= $2 ORDER BY seq DESC LIMIT 1;

-- name: ingest_due_insert :exec (run_seq, provider, since, due_at)
INSERT INTO ingest_due (run_seq, provider, since, due_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (run_seq, provider) DO NOTHING;

-- name: ingest_due_last :one (provider)
SELECT run_seq, since, due_at, closed_at, delivered_at FROM ingest_due WHERE provider = $1
ORDER BY run_seq DESC LIMIT 1;

-- name: ingest_due_overdue :many (now, limit)
SELECT run_seq, provider, since, due_at FROM ingest_due WHERE closed_at IS NULL AND due_at <= $1
ORDER BY due_at, provider LIMIT $2;

-- name: ingest_due_next :one ()
SELECT min(due_at) AS due_at FROM ingest_due WHERE closed_at IS NULL;

-- name: ingest_due_close :cas (run_seq, provider, closed_at, delivered_at)
UPDATE ingest_due SET closed_at = $3, delivered_at = $4
WHERE run_seq = $1 AND provider = $2 AND closed_at IS NULL;

-- name: ingest_due_newest :one ()
SELECT max(run_seq) AS run_seq FROM ingest_due;

-- name: ingest_due_run :many (run_seq)
SELECT provider, since, due_at, closed_at, delivered_at FROM ingest_due WHERE run_seq = $1 ORDER BY provider;

-- name: ingest_missed_count :one (provider)
SELECT count(*) AS n FROM ingest_due WHERE provider = $1 AND closed_at IS NOT NULL AND delivered_at IS NULL;

-- name: artifact_probe_find :one (artifact_seq)
SELECT at, verdict, detail FROM artifact_probe WHERE artifact_seq = $1;

-- name: artifact_probe_put :exec (artifact_seq, at, verdict, detail)
INSERT INTO artifact_probe (artifact_seq, at, verdict, detail) VALUES ($1, $2, $3, $4)
ON CONFLICT (artifact_seq) DO UPDATE SET at = excluded.at, verdict = excluded.verdict, detail = excluded.detail;

-- name: source_ask_put :exec (provider, name)
INSERT INTO source_ask (provider, name, times) VALUES ($1, $2, 1)
ON CONFLICT (provider, name) DO UPDATE SET times = source_ask.times + 1;

-- name: source_ask_list :many (provider)
SELECT name, times FROM source_ask WHERE provider = $1 ORDER BY name;

-- name: source_ask_drop :exec (provider, name, times)
DELETE FROM source_ask WHERE provider = $1 AND name = $2 AND times = $3;

-- name: source_ask_drop_names :exec (provider)
DELETE FROM source_ask WHERE provider = $1 AND name <> '';
