-- SPDX-License-Identifier: Apache-2.0

-- name: observation_insert :cas (serial, node, t_end, t_start, total, errors, slow, tokens, cost_micro, safety_checked, safety_violations, safety_critical, received_at)
INSERT INTO observation (serial, node, t_end, t_start, total, errors, slow, tokens, cost_micro,
	safety_checked, safety_violations, safety_critical, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (serial, node, t_end) DO NOTHING;

-- The same report, counts and all.
-- name: observation_reported :one (serial, node, t_end, t_start, total, errors, slow, tokens, cost_micro, safety_checked, safety_violations, safety_critical)
SELECT 1 AS reported FROM observation
WHERE serial = $1 AND node = $2 AND t_end = $3
	AND (t_start, total, errors, slow, tokens, cost_micro, safety_checked, safety_violations, safety_critical)
	= ($4, $5, $6, $7, $8, $9, $10, $11, $12);

-- A window of the node that shares time with this one. No window is longer than a minute, so those that may
-- end within two.
-- name: observation_overlap :one (serial, node, t_start, t_end, until)
SELECT 1 AS overlaps FROM observation
WHERE serial = $1 AND node = $2 AND t_end > $3 AND t_end < $5 AND t_start < $4 LIMIT 1;

-- By the second in which windows ended, rounded up.
-- name: observation_seconds :many (serial, since)
SELECT (t_end + 999999) / 1000000 AS second, sum(total) AS total, sum(errors) AS errors,
	sum(slow) AS slow, sum(tokens) AS tokens, sum(cost_micro) AS cost_micro,
	sum(safety_checked) AS safety_checked, sum(safety_violations) AS safety_violations,
	sum(safety_critical) AS safety_critical
FROM observation WHERE serial = $1 AND t_end > $2 GROUP BY second;

-- Up to when there are counts: what ends ahead of its arrival says nothing of the time beyond that. It may by
-- two minutes, so of what ended before those nothing comes later.
-- name: observation_newest :one (serial, ahead)
SELECT coalesce(max(CASE WHEN t_end < received_at THEN t_end ELSE received_at END), 0) AS newest
FROM observation WHERE serial = $1
	AND t_end >= (SELECT max(t_end) FROM observation WHERE serial = $1) - $2;

-- name: observation_any :one () -- scan ok
SELECT 1 AS found FROM observation LIMIT 1;

-- Those that ended before, of whichever activation: at most one look into the rows of each.
-- name: observation_old :one (before) -- scan ok
SELECT o.serial FROM activation a JOIN observation o ON o.serial = a.serial AND o.t_end < $1 LIMIT 1;

-- name: observation_purge :exec (before, limit) -- scan ok
DELETE FROM observation WHERE (serial, node, t_end) IN (
	SELECT o.serial, o.node, o.t_end FROM activation a
	JOIN observation o ON o.serial = a.serial AND o.t_end < $1 LIMIT $2);
