-- SPDX-License-Identifier: Apache-2.0
-- What was measured before, whatever its id was.

-- name: measurement_insert :exec (key, artifact_seq)
INSERT INTO measurement (key, artifact_seq) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: measurement_newest :one (key)
SELECT artifact_seq FROM measurement WHERE key = $1 ORDER BY artifact_seq DESC LIMIT 1;
