-- SPDX-License-Identifier: Apache-2.0

-- name: setting_find :one (name)
SELECT value FROM setting WHERE name = $1;

-- name: setting_set :exec (name, value)
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
