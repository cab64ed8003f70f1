-- SPDX-License-Identifier: Apache-2.0

-- name: observation_insert :cas (serial, node, t_end, t_start, total, errors, slow, tokens, cost_micro, safety_checked, safety_violations, safety_critical, received_at)
INSERT OR IGNORE INTO observation (serial, node, t_end, t_start, total, errors, slow, tokens, cost_micro,
	safety_checked, safety_violations, safety_critical, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- The row of the same key as a report that is repeated, when it counts otherwise.
-- name: observation_differs :one (serial, node, t_end, t_start, total, errors, slow, tokens, cost_micro, safety_checked, safety_violations, safety_critical)
SELECT 1 AS differs FROM observation
WHERE serial = $1 AND node = $2 AND t_end = $3
	AND (t_start, total, errors, slow, tokens, cost_micro, safety_checked, safety_violations, safety_critical)
	!= ($4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: observation_sum :one (serial, since, until)
SELECT coalesce(sum(total), 0) AS total, coalesce(sum(errors), 0) AS errors,
	coalesce(sum(slow), 0) AS slow, coalesce(sum(tokens), 0) AS tokens,
	coalesce(sum(cost_micro), 0) AS cost_micro, coalesce(sum(safety_checked), 0) AS safety_checked,
	coalesce(sum(safety_violations), 0) AS safety_violations,
	coalesce(sum(safety_critical), 0) AS safety_critical
FROM observation WHERE serial = $1 AND t_end > $2 AND t_end <= $3;
