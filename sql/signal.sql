-- SPDX-License-Identifier: Apache-2.0
-- Sums by the hour.

-- name: signal_add :exec (hour, target, total, errors, tokens, cost_micro)
INSERT INTO signal_hour (hour, target, total, errors, tokens, cost_micro) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (hour, target) DO UPDATE SET total = total + excluded.total, errors = errors + excluded.errors,
	tokens = tokens + excluded.tokens, cost_micro = cost_micro + excluded.cost_micro;

-- name: signal_sums :one (since, target)
SELECT total(total) AS total, total(errors) AS errors, total(tokens) AS tokens, total(cost_micro) AS cost_micro
FROM signal_hour WHERE hour > $1 AND target = $2;

-- name: signal_purge :exec (before)
DELETE FROM signal_hour WHERE hour < $1;
